from collector.indicators.campaign import put_together
from collector.indicators.learning import learning
from collector.indicators.slices import slices
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, planned, report, row, survey

NAMES = [f"ERB-{number:02}" for number in range(12)]
FEW = NAMES[-2:]


def campaign():
    reports = [
        report(name, languages=("ar",) if name in FEW else ("ckb",), governorate="duhok" if name in FEW else "erbil")
        for name in NAMES
    ]
    people = [(name, f"{name} {number}") for name in NAMES for number in range(4)]
    rows = [row(person, name, row=number) for number, (name, person) in enumerate(people, start=1)]
    sessions = put_together([planned(name) for name in NAMES], reports, rows, PROGRAMME.codes)
    surveys = [survey(wave, person, session=name) for name, person in people for wave in ("before", "after")]
    return sessions, link(surveys, sessions, PROGRAMME)


def test_a_slice_says_what_its_sessions_alone_would_say():
    sessions, linked = campaign()
    found = {(one.name, one.value): one for one in slices(linked, sessions, PROGRAMME)}
    assert found["audiences", "gov"].learned == learning(linked, sessions, PROGRAMME, "professional")
    erbil = found["governorates", "erbil"].learned
    assert (erbil.pairs, erbil.sessions, erbil.change) == (40, 10, 100)
    assert erbil == found["languages", "ckb"].learned


def test_a_slice_of_fewer_than_five_sessions_has_counts_and_no_figures():
    sessions, linked = campaign()
    (duhok,) = (one for one in slices(linked, sessions, PROGRAMME) if one.value == "duhok")
    assert duhok.is_small
    assert (duhok.learned.pairs, duhok.learned.sessions, duhok.learned.change) == (8, 2, None)
