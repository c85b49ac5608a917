from datetime import date, timedelta

from collector.indicators.campaign import put_together
from collector.indicators.learning import changes_of
from collector.quality.linking import exact_only, link, only_one
from collector.tablets.cards import card
from tests.support.campaign import PROGRAMME, RECEIVED_AT, RIGHT, WRONG, planned, report, survey

SESSIONS = put_together([planned()], [report()], [], PROGRAMME.codes)


def pairs_of(*surveys):
    return link(surveys, SESSIONS, PROGRAMME).pairs


def test_before_and_after_of_one_card_in_one_session_are_a_pair():
    (pair,) = pairs_of(survey("before"), survey("after"))
    assert (pair.before.score, pair.after.score, pair.change) == (0, 100, 100)


def test_the_same_card_in_another_session_is_not_a_pair():
    linked = link([survey("before"), survey("after", session="ERB-02")], SESSIONS, PROGRAMME)
    assert (len(linked.pairs), len(linked.unpaired_before), len(linked.unpaired_after)) == (0, 1, 1)


def test_a_form_sent_twice_counts_once_and_the_earliest_is_kept():
    again = survey("before", root_uuid="again", submitted_at=RECEIVED_AT + timedelta(hours=2))
    (pair,) = pairs_of(again, survey("before"), survey("after"))
    assert pair.before.survey.root_uuid == "before-p1"


def test_two_different_surveys_of_a_wave_are_not_paired_because_nobody_knows_which_is_right():
    other = survey("after", root_uuid="other", answers=RIGHT | {"K01": "false"})
    linked = link([survey("before"), survey("after"), other], SESSIONS, PROGRAMME)
    assert linked.pairs == ()
    assert [scored.survey.root_uuid for scored in linked.unpaired_before] == ["before-p1"]
    assert linked.unpaired_after == ()


def test_same_answers_of_another_sex_are_another_person():
    assert only_one([survey("before"), survey("before", root_uuid="b", sex="m")]) is None


def test_without_consent_there_is_no_score_and_no_pair():
    assert pairs_of(survey("before"), survey("after", consent="no")) == ()


def test_a_survey_without_card_pairs_with_nobody():
    assert pairs_of(survey("before", None), survey("after", None)) == ()


def test_two_item_sets_are_never_compared():
    assert pairs_of(survey("before", item_set="community"), survey("after")) == ()


def test_the_audience_of_the_session_names_the_set_where_the_form_does_not():
    (pair,) = pairs_of(survey("before", item_set=None, answers=WRONG), survey("after", item_set=None))
    assert pair.before.item_set == "professional"


def test_a_key_that_changed_between_rounds_is_used_from_its_day_on_before_and_after_alike():
    """The law changed: sessions before that day are scored without the item, not by a key that was not in force."""
    changed = PROGRAMME.items["K09"].model_copy(update={"key": ("true",), "valid_from": date(2026, 9, 1)})
    programme = PROGRAMME.model_copy(update={"items": {**PROGRAMME.items, "K09": changed}})
    days = {"R1": date(2026, 7, 5), "R2": date(2026, 9, 20)}
    reports = [report(name, held_on=day, submitted_at=RECEIVED_AT + timedelta(days=90)) for name, day in days.items()]
    sessions = put_together([], reports, [], programme.codes)
    answers = RIGHT | {"K09": "true"}
    surveys = [
        survey(wave, name, session=name, answers=WRONG if wave == "before" else answers)
        for name in days
        for wave in ("before", "after")
    ]
    first, second = link(surveys, sessions, programme).pairs
    assert ("K09" in first.before.right, "K09" in first.after.right) == (False, False)
    assert (second.before.right["K09"], second.after.right["K09"]) == (False, True)
    assert (first.after.score, second.after.score) == (100, 100)
    assert changes_of([first, second])["K09"].pairs == 1


def test_no_two_valid_cards_differ_in_one_digit_so_no_pair_is_made_of_nearly_equal_cards():
    valid = {card(serial) for serial in range(10_000, 100_000)}
    assert {number % 97 for number in valid} == {1}
    for digit in range(7):
        changes = {change * 10**digit % 97 for change in range(1, 10)}
        assert 0 not in changes  # two numbers so far apart do not both leave 1


def test_a_pair_says_whether_its_surveys_agree_on_sex_and_age_group():
    def method(**after):
        (pair,) = pairs_of(survey("before"), survey("after", **after))
        return pair.link_method

    assert method() == method(sex="pns") == method(sex=None, age_group=None) == "exact"
    assert method(sex="m") == method(age_group="35_44") == "one_differs"
    assert method(sex="m", age_group="35_44") == "two_differ"


def test_without_pairs_that_differ_their_surveys_have_no_partner():
    surveys = [survey("before", "p1"), survey("after", "p1"), survey("before", "p2"), survey("after", "p2", sex="m")]
    linked = link(surveys, SESSIONS, PROGRAMME)
    exact = exact_only(linked)
    assert [pair.person_key for pair in linked.pairs] == ["p1", "p2"]
    assert [pair.person_key for pair in exact.pairs] == ["p1"]
    assert [one.survey.person_key for one in (*exact.unpaired_before, *exact.unpaired_after)] == ["p2", "p2"]
