from collector.indicators.campaign import put_together
from collector.indicators.feedback import by_group
from tests.support.campaign import PROGRAMME, planned, report, survey

NAMES = ("ERB-01", "ERB-02", "ERB-03")


def told(names=NAMES, people=10, **changes):
    given = {"languages": ("ckb",), "facilitators": ("F01", "F02")} | changes
    reports = [report(name, **given) for name in names]
    sessions = put_together([planned(name) for name in names], reports, [], PROGRAMME.codes)
    surveys = [
        survey("after", f"{name} {number}", session=name, feedback=("5", "4", "1", None, "3"))
        for name in names
        for number in range(people)
    ]
    return by_group(surveys, sessions, PROGRAMME)


def test_each_facilitator_of_a_session_is_told_of_with_thirty_answers_and_three_sessions():
    found = told()
    assert set(found) == {("languages", "ckb"), ("facilitators", "F01"), ("facilitators", "F02")}
    assert [(one.people, one.agree.count, one.low) for one in found["facilitators", "F01"]] == [
        (30, 30, 0),
        (30, 30, 0),
        (30, 0, 30),
        (30, 0, 0),
    ]


def test_fewer_answers_or_sessions_tell_nothing_and_two_languages_are_neither():
    assert told(people=9) == {}
    assert told(NAMES[:2], people=40) == {}
    assert set(told(languages=("ckb", "ar"))) == {("facilitators", "F01"), ("facilitators", "F02")}
