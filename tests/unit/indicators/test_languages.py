from collector.indicators.campaign import put_together
from collector.indicators.languages import is_apart, language_of, right_after
from collector.indicators.learning import Share
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, planned, report, survey

SPOKEN = {"ERB-01": ("ckb",), "ERB-02": ("ar",), "ERB-03": ("ar", "ckb"), "ERB-04": ("en",)}
PEOPLE = {"ERB-01": 40, "ERB-02": 30, "ERB-03": 50, "ERB-04": 29}


def campaign():
    reports = [report(name, languages=languages) for name, languages in SPOKEN.items()]
    sessions = put_together([planned(name) for name in SPOKEN], reports, [], PROGRAMME.codes)
    surveys = []
    for name, people in PEOPLE.items():
        for number in range(people):
            person = f"{name} {number}"
            answers = RIGHT if name != "ERB-02" or number < 24 else WRONG
            surveys += [survey("before", person, session=name), survey("after", person, session=name, answers=answers)]
    return sessions, link(surveys, sessions, PROGRAMME)


def test_a_survey_counts_under_the_one_language_of_its_session_and_thirty_are_needed():
    sessions, linked = campaign()
    assert language_of(sessions) == {"ERB-01": "ckb", "ERB-02": "ar", "ERB-04": "en"}
    assert right_after(linked, language_of(sessions))["K01"] == {"ckb": Share(40, 40), "ar": Share(24, 30)}


def test_a_translation_is_suspected_from_fifteen_points_on():
    assert is_apart({"ckb": Share(40, 40), "ar": Share(24, 30)})
    assert not is_apart({"ckb": Share(38, 40), "ar": Share(24, 30)})
    assert not is_apart({"ckb": Share(40, 40)})
