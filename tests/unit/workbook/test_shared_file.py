"""What a reader works out of the shared edition's own files, alone and beside the next one: never a count of 1 to 10.

Each file's numbers are read back and set up as a linear programme; the ranges that it leaves to hidden counts, and to
what they moved by from one edition to the next, are compared with the truth.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from collector.indicators import learning, reach, shared, shared_periods
from collector.indicators.campaign import put_together
from collector.indicators.disclosure import FEWEST
from collector.indicators.told import may_follow
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, planned, report, row, survey
from tests.support.night import MADE_AT, night
from tests.support.shared_file import OF_SURVEYS, Parted, Read, assert_protected

FIRST_DAY = date(2026, 7, 5)
FIRST_ROUND_ENDS = PROGRAMME.rounds["r1"].ends_on


def campaign_night(sessions, late=0, seed=1, **changes):
    """A night of a varied campaign; `late`: people of earlier sessions whose register came later. Each comes once."""
    plan, reports, rows, surveys = [], [], [], []
    for number in range(sessions):
        random, name = Random(f"{seed}/{number}"), f"S{number:02}"
        day = FIRST_DAY + timedelta(days=3 * number)
        where = random.choices(["erbil", "duhok", "halabja"], [5, 4, 1])[0]
        whom = random.choices(["gov", "cso", "idp", "host"], [4, 3, 3, 1])[0]
        people = random.randint(14, 26) if random.random() < 0.9 else random.randint(3, 9)
        people += late if number < 2 else 0
        district = f"{where}_{Random(f'{seed}/{number}/district').choices('abc', [6, 3, 1])[0]}"
        held_in = "r1" if day <= FIRST_ROUND_ENDS else "r2"
        slices = {"governorate": where, "audience": whom, "round": held_in, "district": district}
        plan.append(planned(name, planned_on=day, governorate=where, audience=whom, district=district, round=held_in))
        reports.append(report(name, held_on=day, women=people // 2, men=people - people // 2, **slices))
        for place in range(people):
            key = f"{name}/{place}"
            details = {
                "sex": random.choices(["f", "m", None], [46, 50, 4])[0],
                "age_group": random.choices(["18_24", "25_34", "35_44", "45_59", "60_up"], [15, 40, 28, 15, 2])[0],
                "displacement": random.choices(["resident", "idp", "returnee", "refugee", None], [70, 20, 5, 3, 2])[0],
                "org_type": random.choices(["gov_admin", "ngo_local", "un"], [60, 37, 3])[0],
            }
            rows.append(row(key, name, row=place + 1, **details))
            right = dict(list(RIGHT.items())[: random.randint(0, 6)])
            surveys.append(survey("before", key, session=name, answers=WRONG | right))
            if random.random() < 0.9:
                chosen = {"K12": random.choice(["refer", "dk"]), "K11": random.choice([RIGHT["K11"], ("dk",)])}
                surveys.append(survey("after", key, session=name, answers=RIGHT | chosen))
    together = put_together(plan, reports, rows, PROGRAMME.codes)
    linked = link(surveys, together, PROGRAMME)
    made = replace(
        night(),
        sessions=together,
        people=reach.participants(together, PROGRAMME.codes),
        surveys=tuple(surveys),
        linked=linked,
        learning=tuple(learning.learning(linked, together, PROGRAMME, key) for key in PROGRAMME.item_sets),
        items=learning.item_changes(linked.pairs, PROGRAMME),
        edition="shared",
    )
    return replace(made, **changes)


@pytest.mark.parametrize("seed", range(2))
def test_no_file_gives_a_small_count_away(seed):
    assert assert_protected(Read(campaign_night(16, seed=seed)))


@pytest.mark.parametrize("seed", range(2))
def test_no_two_files_give_away_who_came_between_them(seed):
    first = campaign_night(16, seed=seed)
    then = MADE_AT + timedelta(days=31)
    second = campaign_night(21, late=2, seed=seed, made_at=then, told=(first.published.told,))
    assert may_follow(second.published.told, second.told)
    assert assert_protected(Read(second, Read(first)))


def test_a_file_without_the_one_before_in_mind_would_give_them_away():
    """The test above can fail: the same two nights, the second not told what the first said."""
    first = campaign_night(16)
    second = campaign_night(21, late=2, made_at=MADE_AT + timedelta(days=31))
    with pytest.raises(AssertionError):
        assert_protected(Read(second, Read(first)))


def nights(seed, *days):
    """The shared editions of some days, each with the sessions held until then, and knowing what those before told."""
    told, made = (), []
    for place, day in enumerate(days):
        held = (day - FIRST_DAY).days // 3 + 1
        at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        one = campaign_night(held, late=2 * place, seed=seed, made_at=at, told=told)
        told, made = (*told, one.published.told), [*made, one]
    return made


SOON = FIRST_ROUND_ENDS + timedelta(days=2)  # after the round: the campaign has one session more


@pytest.mark.parametrize(("seed", "first_on"), [(0, SOON), (1, date(2026, 9, 12))])
def test_no_month_and_no_round_gives_a_few_people_away_alone_or_in_two_editions(seed, first_on):
    first, second = nights(seed, first_on, date(2026, 10, 10))
    reads = [Read(first), Read(second)]
    assert any(share is not None for read in reads for share in read.periods["I17"].values())
    for parted in (Parted(reads[:1]), Parted(reads)):
        for indicator in OF_SURVEYS:
            parted.assert_protected(indicator)


def test_months_and_rounds_without_the_rest_in_mind_would_give_them_away(monkeypatch):
    """The test above can fail: the campaign has a few people more than the round that is over."""
    monkeypatch.setattr(shared_periods, "_is_apart", lambda one, parts, marks: True)
    (one,) = nights(0, SOON)
    reader = Parted([Read(one)])
    with pytest.raises(AssertionError):
        reader.assert_protected("I17")


def test_a_district_is_hidden_with_its_governorate_and_where_it_had_one_session():
    one = campaign_night(16)
    people = {f"{each.name}/{each.value}": (each, hidden) for each, hidden in one.published.hidden.items()}
    districts = [(each, hidden) for key, (each, hidden) in people.items() if key.startswith("districts/")]
    assert {bool(hidden) for _, hidden in districts} == {True, False}
    for each, hidden in districts:
        assert hidden or each.sessions > 1
        whole = people.get(f"governorates/{each.value.split(' ')[0]}")
        assert hidden or (whole and "high" not in whole[1])


def test_districts_told_without_their_governorate_in_mind_would_give_it_away(monkeypatch):
    """The test of one file can fail: a governorate's people are those of its districts."""
    shown = shared.hidden_counts

    def careless(found, earlier):
        return {
            one: frozenset() if one.name == "districts" and one.people.high >= FEWEST else hidden
            for one, hidden in shown(found, earlier).items()
        }

    monkeypatch.setattr(shared, "hidden_counts", careless)
    with pytest.raises(AssertionError):
        assert_protected(Read(campaign_night(16)))
