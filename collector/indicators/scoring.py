"""Score one survey against the answer key of programme.toml. Read by collector/quality/linking.py and learning.py.

Source: domain README §1.3. Confidence and feedback are never part of a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from collector.form.programme import Item, Programme
from collector.form.records import Answer, Survey
from collector.indicators.statistics import mean

MOST_MISSING = 2  # with more items missing there is no score


@dataclass(frozen=True, slots=True)
class Scored:
    """A survey with its score, 0 to 100, over the items of its set.

    right: by answered item, whether it is fully right; dont_know: items answered "I do not know".
    """

    survey: Survey
    item_set: str
    score: float
    right: Mapping[str, bool]
    dont_know: frozenset[str]


def score_survey(survey: Survey, programme: Programme, item_set: str, held_on: date | None) -> Scored | None:
    """Score a survey; None with more than two items missing.

    held_on: the session's day; an item whose key was not yet valid then is left out of the set.
    """
    items = {key: programme.items[key] for key in programme.item_sets[item_set].items}
    in_force = {key: item for key, item in items.items() if held_on is None or item.valid_from <= held_on}
    unknown = programme.codes.dont_know
    credits = {key: credit(item, survey.answers.get(key), unknown) for key, item in in_force.items()}
    answered = {key: value for key, value in credits.items() if value is not None}
    if not answered or len(in_force) - len(answered) > MOST_MISSING:
        return None
    return Scored(
        survey=survey,
        item_set=item_set,
        score=100 * mean(answered.values()),
        right={key: value == 1 for key, value in answered.items()},
        dont_know=frozenset(key for key in answered if is_dont_know(survey.answers.get(key), unknown)),
    )


def credit(item: Item, answer: Answer, dont_know: str) -> float | None:
    """Credit for one item, 0 to 1; None where it is missing. "I do not know" earns 0, also beside other choices.

    Several choices: max(0, right chosen / right - wrong chosen / wrong), so that choosing everything earns nothing.
    """
    if answer is None or answer == "":
        return None
    if is_dont_know(answer, dont_know):
        return 0.0
    if isinstance(answer, str):
        return float(answer in item.key)
    chosen = set(answer)
    wrong = len(chosen.intersection(item.wrong)) / len(item.wrong) if item.wrong else 0.0
    return max(0.0, len(chosen.intersection(item.key)) / len(item.key) - wrong)


def is_dont_know(answer: Answer, dont_know: str) -> bool:
    return answer == dont_know or (isinstance(answer, tuple) and dont_know in answer)
