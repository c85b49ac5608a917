"""Who kept what: follow-up surveys are linked by card to one pair, or not at all; few answers tell nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from collector.indicators.campaign import put_together
from collector.indicators.reach import participants
from collector.indicators.results import Evidence, indicators
from collector.indicators.retention import Caution, kept
from collector.quality.follow_up import follow_up, months_after
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, report, survey

LATER = datetime(2026, 10, 20, 9, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HALF_RIGHT = WRONG | dict(list(RIGHT.items())[:6])
SESSIONS = put_together([], [report("ERB-01"), report("ERB-02", audience="cso"), report("ERB-03")], [], PROGRAMME.codes)


def again(person, **changes):
    return replace(survey("follow_up", person, session=None, submitted_at=LATER, answers=HALF_RIGHT), **changes)


def pairs_of(people, session="ERB-01"):
    both = [survey(wave, name, session=session) for name in people for wave in ("before", "after")]
    return link(both, SESSIONS, PROGRAMME).pairs


def linked(surveys, pairs, today=TODAY):
    return follow_up(surveys, pairs, SESSIONS, PROGRAMME, months=3, today=today)


def named(count, letter="p"):
    return [f"{letter}{number}" for number in range(count)]


def told(found):
    return [(one.audience, one.due, one.answered, one.kept, one.cautions) for one in kept(found, SESSIONS, PROGRAMME)]


def test_a_follow_up_survey_belongs_to_the_pair_of_its_card_whatever_session_it_names():
    found = linked([again("p1", session="ERB-02")], pairs_of(["p1", "p2"]))
    assert [(pair.person_key, later.score) for pair, later in found.answered] == [("p1", 50)]
    assert [pair.person_key for pair in found.due] == ["p1", "p2"]


@pytest.mark.parametrize(
    "surveys",
    [
        [again("stranger")],
        [again(None)],
        [again("p1", item_set="community")],
        [again("p1", answers={"K01": "true"})],
        [again("p1"), again("p1", root_uuid="other", answers=RIGHT)],
    ],
    ids=["no pair", "no card", "another set", "no score", "two that differ"],
)
def test_what_cannot_be_linked_is_counted_and_not_used(surveys):
    found = linked(surveys, pairs_of(["p1"]))
    assert (found.answered, found.unlinked, found.early) == ((), len(surveys), 0)


def test_the_same_survey_sent_twice_is_one_answer_and_a_refusal_is_none():
    twice = linked([again("p1"), again("p1", root_uuid="other")], pairs_of(["p1"]))
    assert (len(twice.answered), twice.unlinked) == (1, 0)
    refused = linked([again("p1", consent="no")], pairs_of(["p1"]))
    assert (len(refused.answered), refused.unlinked) == (0, 0)


def test_who_has_pairs_in_two_sessions_is_asked_about_neither():
    found = linked([again("p1")], [*pairs_of(["p1", "p2"]), *pairs_of(["p1"], "ERB-02")])
    assert ([pair.person_key for pair in found.due], found.answered, found.unlinked) == (["p2"], (), 1)


def test_what_is_answered_early_does_not_count_and_nobody_is_due_before_the_months_are_over():
    early = linked([again("p1", submitted_at=datetime(2026, 10, 4, 9, tzinfo=UTC))], pairs_of(["p1"]))
    assert (early.answered, early.early, len(early.due)) == ((), 1, 1)
    assert linked([], pairs_of(["p1"]), today=date(2026, 10, 4)).due == ()


def test_it_is_scored_by_the_items_and_keys_of_the_sessions_day():
    """The law changed between the session and the follow-up: the item is left out of all three."""
    changed = PROGRAMME.items["K09"].model_copy(update={"key": ("true",), "valid_from": date(2026, 9, 1)})
    programme = PROGRAMME.model_copy(update={"items": {**PROGRAMME.items, "K09": changed}})
    both = [survey(wave, "p1") for wave in ("before", "after")]
    pairs = link(both, SESSIONS, programme).pairs
    ((pair, later),) = follow_up([again("p1")], pairs, SESSIONS, programme, months=3, today=TODAY).answered
    assert [set(one.right) for one in (pair.before, pair.after, later)] == [set(RIGHT) - {"K09"}] * 3


def test_thirty_who_answered_tell_what_is_kept_by_audience_and_in_all():
    pairs = [*pairs_of(named(30)), *pairs_of(named(10, "q"), "ERB-02")]
    found = linked([again(name) for name in [*named(30), *named(4, "q")]], pairs)
    assert told(found) == [
        ("", 40, 34, 0.5, ()),
        ("cso", 10, 4, None, (Caution.FEW, Caution.WHO_ANSWERED)),
        ("gov", 30, 30, 0.5, ()),
    ]


def test_fewer_than_half_are_those_who_answered():
    found = linked([again(name) for name in named(30)], pairs_of(named(61)))
    assert told(found)[0] == ("", 61, 30, 0.5, (Caution.WHO_ANSWERED,))


def test_where_nobody_rose_there_is_nothing_to_keep():
    both = [survey(wave, name, answers=HALF_RIGHT) for name in named(30) for wave in ("before", "after")]
    found = linked([again(name) for name in named(30)], link(both, SESSIONS, PROGRAMME).pairs)
    assert told(found)[0] == ("", 30, 30, None, (Caution.NO_RISE,))


def test_the_indicator_says_how_many_answered_or_why_there_is_none():
    def of(found):
        people = participants(SESSIONS, PROGRAMME.codes)
        made = Evidence(PROGRAMME, TODAY, SESSIONS, people, (), link([], SESSIONS, PROGRAMME), (), (), (), found)
        return [one for one in indicators(made) if one.id == "I18"]

    pairs = pairs_of(named(30))
    (one,) = of(linked([again(name) for name in named(30)] + [again("stranger")], pairs))
    assert (one.value, one.denominator, one.item_set) == (0.5, 30, "professional")
    assert one.notes == ("kept_response", "kept_left_out")
    assert (one.facts["due"], one.facts["response"], one.facts["unlinked"]) == (30, 1, 1)
    assert [each.notes for each in of(linked([], []))] == [("kept_not_due",)]
    assert [each.notes for each in of(None)] == [("no_follow_up",)]


def test_months_end_where_the_calendar_does():
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_after(date(2026, 7, 5), 3) == date(2026, 10, 5)
    assert months_after(date(2026, 7, 5), 12) == date(2027, 7, 5)
