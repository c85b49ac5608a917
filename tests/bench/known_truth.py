"""Simulated campaigns whose truth is known, because it is put in. Used by coverage.py; nobody in them is real.

Forty sessions of about 22 people are drawn from all sessions that could have been held. Answers are those of
collector/tablets/knowledge.py: people differ in ability, sessions in what they teach (SESSION_SD, logits). Sessions
differ as much in their share of women and in how far their people agree, people in how readily they agree. The truth
is the mean or share over all possible sessions and people, integrated over these normal differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import comb, exp
from random import Random

from collector.form.programme import Programme
from collector.form.records import PlannedSession, RegisterRow, SessionReport, Survey
from collector.indicators import learning, reach
from collector.indicators.campaign import put_together
from collector.indicators.results import Evidence
from collector.quality.linking import link
from collector.tablets.knowledge import (
    ABILITY_SD,
    COMMUNITY_SHIFT,
    DONT_KNOW,
    FACILITY,
    RIGHT_OPTION,
    SESSION_SD,
    WRONG_OPTION,
    Mind,
    answer,
    intercept,
)
from collector.tablets.people import DISABILITY, REFUSES_REGISTER, REFUSES_SURVEY, WOMEN

SESSIONS: Mapping[str, int] = {"gov": 14, "cso": 12, "idp": 10, "host": 4}
SIZE, SIZE_SD, SMALLEST, LARGEST = 22.5, 4.5, 11, 34
WAVES = ("before", "after")
PRESENT: Mapping[str, tuple[float, float]] = {"professional": (0.95, 0.92), "community": (0.95, 0.88)}
"""Share of people who fill in the survey before, and after."""
AGREE, COURTESY_SD, QUESTIONS = 0.88, 1.0, 5
"""Share of the answers about the session that agree, how far people differ in it (logits), and how many each gives."""
FIRST_DAY = date(2026, 7, 5)
RECEIVED_AT = datetime(2026, 12, 1, tzinfo=UTC)
NODES = [step / 5 for step in range(-25, 26)]
"""Of the standard normal, where it is integrated."""

Name = tuple[str, str]
"""Indicator and item set; "" where sets are pooled."""


def simulated(programme: Programme, seed: int, sessions: Mapping[str, int] = SESSIONS) -> Evidence:
    """One campaign, as the records that the reporting database gives. sessions: how many, by audience."""
    random = Random(f"coverage/{seed}")
    plan, reports, rows, surveys = [], [], list[RegisterRow](), list[Survey]()
    for number, audience in enumerate(audience for audience, count in sessions.items() for _ in range(count)):
        name, day = f"S{number:02}", FIRST_DAY + timedelta(days=number)
        plan.append(PlannedSession(name, "r1", day, 150, "erbil", "erbil_c", audience))
        codes = programme.codes
        done = {"before_done": codes.yes, "after_done": codes.yes}
        reports.append(SessionReport(f"form {name}", RECEIVED_AT, name, codes.held, held_on=day, **done))
        register, answers = _session(programme, name, audience, random)
        rows += register
        surveys += answers
    together = put_together(plan, reports, rows, programme.codes)
    linked = link(surveys, together, programme)
    learned = [learning.learning(linked, together, programme, item_set) for item_set in programme.item_sets]
    items = learning.item_changes(linked.pairs, programme)
    people = reach.participants(together, programme.codes)
    return Evidence(programme, RECEIVED_AT.date(), together, people, surveys, linked, learned, items, ())


def _session(programme: Programme, name: str, audience: str, random: Random) -> tuple[list[RegisterRow], list[Survey]]:
    """The register of a session, and the surveys of its people."""
    codes = programme.codes
    taught, women, mood = (random.gauss(0, SESSION_SD) for _ in range(3))
    rows, surveys = [], list[Survey]()
    for number in range(min(max(round(random.gauss(SIZE, SIZE_SD)), SMALLEST), LARGEST)):
        key, is_woman = f"{name}/{number}", random.random() < _logistic(_logit(WOMEN[audience], SESSION_SD) + women)
        sex = codes.female if is_woman else codes.male
        if random.random() < REFUSES_REGISTER:
            rows.append(RegisterRow(f"form {name}", number + 1, key, codes.no))
        else:
            rows.append(RegisterRow(f"form {name}", number + 1, key, codes.yes, sex))
        if random.random() >= REFUSES_SURVEY:
            surveys += _surveys(programme, name, key, audience, (taught, mood), random)
    return rows, surveys


def _surveys(
    programme: Programme, session: str, person: str, audience: str, effects: tuple[float, float], random: Random
) -> Iterator[Survey]:
    """What one person answers before and after. effects: of the session, on what is learned and on agreeing."""
    taught, mood = effects
    codes, item_set = programme.codes, item_set_of(programme, audience)
    ability, courtesy = random.gauss(0, ABILITY_SD), random.gauss(0, COURTESY_SD)
    agrees = _logistic(_logit(AGREE, _together(SESSION_SD, COURTESY_SD)) + courtesy + mood)
    for wave, present in zip(WAVES, PRESENT[item_set], strict=True):
        if random.random() >= present:
            continue
        mind = Mind(ability, _shift(item_set, wave, taught), DONT_KNOW[wave])
        chosen = {
            item: answer(item, programme.items[item], wave, mind, codes.dont_know, random)
            for item in programme.item_sets[item_set].items
        }
        yield Survey(
            root_uuid=f"{wave} {person}",
            submitted_at=RECEIVED_AT,
            wave=wave,
            session=session,
            person_key=person,
            consent=codes.yes,
            item_set=item_set,
            answers={item: one if programme.items[item].wrong else one[0] for item, one in chosen.items()},
            feedback=tuple("4" if random.random() < agrees else "3" for _ in range(QUESTIONS * (wave == "after"))),
            disability=(codes.disability[0] if random.random() < DISABILITY[audience] else "1",) * (wave == "before"),
        )


def truths(programme: Programme) -> dict[Name, float]:
    """What the interval of each indicator must hold: a fraction of 1, but points for I12."""
    signs, response = (_item_of(programme, indicator) for indicator in ("I16", "I17"))
    right = RIGHT_OPTION[signs]["after"], WRONG_OPTION[signs]["after"]
    found = {
        ("I04", ""): _over_audiences(programme, lambda audience: WOMEN[audience], lambda item_set: 1.0),
        ("I05", ""): _over_audiences(
            programme, lambda audience: DISABILITY[audience], lambda item_set: PRESENT[item_set][0]
        ),
        ("I10", ""): AGREE,
    }
    for indicator, knows in (
        ("I16", lambda ability, shift: _knows_signs(*_options(right, ability, shift))),
        ("I17", lambda ability, shift: _right(response, "after", ability, shift)),
    ):
        by_set = {one: _over_people(one, "after", knows) for one in programme.item_sets}
        pairs = {one: PRESENT[one][0] * PRESENT[one][1] for one in programme.item_sets}
        found[indicator, ""] = _over_audiences(
            programme, lambda audience, by_set=by_set: by_set[item_set_of(programme, audience)], pairs.__getitem__
        )
    for item_set in programme.item_sets:
        before, after = (_over_people(item_set, wave, _mean_of(programme, item_set, wave)) for wave in WAVES)
        found["I12", item_set] = after - before
        found["I14", item_set] = _over_people(item_set, "after", _passing(programme, item_set))
    return found


def item_set_of(programme: Programme, audience: str) -> str:
    return next(key for key, asked in programme.item_sets.items() if audience in asked.audiences)


def _item_of(programme: Programme, indicator: str) -> str:
    return programme.targets[indicator].item


def _over_audiences(programme: Programme, value: Callable[[str], float], weight: Callable[[str], float]) -> float:
    weights = {audience: count * weight(item_set_of(programme, audience)) for audience, count in SESSIONS.items()}
    return sum(value(audience) * weights[audience] for audience in weights) / sum(weights.values())


def _over_people(item_set: str, wave: str, value: Callable[[float, float], float]) -> float:
    """The mean over abilities and sessions of a value of one person, given ability and shift."""
    return _mean(
        lambda session: _mean(lambda person: value(ABILITY_SD * person, _shift(item_set, wave, SESSION_SD * session)))
    )


def _mean_of(programme: Programme, item_set: str, wave: str) -> Callable[[float, float], float]:
    items = programme.item_sets[item_set].items
    credits = {item: _credits(item, wave) for item in items}

    def mean_score(ability: float, shift: float) -> float:
        earned = (credit * chance for item in items for credit, chance in credits[item](ability, shift).items())
        return 100 * sum(earned) / len(items)

    return mean_score


def _passing(programme: Programme, item_set: str) -> Callable[[float, float], float]:
    items = programme.item_sets[item_set].items
    credits = [_credits(item, "after") for item in items]
    needed = programme.threshold * len(items) / 100

    def passes(ability: float, shift: float) -> float:
        sums = {0.0: 1.0}
        for of_item in credits:
            more: dict[float, float] = {}
            for credit, chance in of_item(ability, shift).items():
                for total, likely in sums.items():
                    more[total + credit] = more.get(total + credit, 0.0) + likely * chance
            sums = more
        return sum(likely for total, likely in sums.items() if total >= needed)

    return passes


def _credits(item: str, wave: str) -> Callable[[float, float], dict[float, float]]:
    """How likely each credit for an item is: quarters for an item of four right and two wrong options."""
    if item in FACILITY:
        return lambda ability, shift: {
            1.0: (right := _right(item, wave, ability, shift)),
            0.0: 1 - right,
        }
    shares = RIGHT_OPTION[item][wave], WRONG_OPTION[item][wave]

    def of_options(ability: float, shift: float) -> dict[float, float]:
        right, wrong = _options(shares, ability, shift)
        found: dict[float, float] = {}
        for chosen in range(5):
            for mistaken in range(3):
                credit = max(0.0, chosen / 4 - mistaken / 2)
                found[credit] = found.get(credit, 0.0) + _times(4, chosen, right) * _times(2, mistaken, wrong)
        return found

    return of_options


def _options(shares: tuple[float, float], ability: float, shift: float) -> tuple[float, float]:
    return _logistic(intercept(shares[0]) + ability + shift), _logistic(intercept(shares[1]) - shift)


def _knows_signs(right: float, wrong: float) -> float:
    return (_times(4, 3, right) + _times(4, 4, right)) * _times(2, 0, wrong)


def _right(item: str, wave: str, ability: float, shift: float) -> float:
    return _logistic(intercept(FACILITY[item][wave]) + ability + shift)


def _shift(item_set: str, wave: str, taught: float) -> float:
    community = COMMUNITY_SHIFT[wave] if item_set == "community" else 0.0
    return community + (taught if wave == "after" else 0.0)


def _times(of: int, times: int, chance: float) -> float:
    return comb(of, times) * chance**times * (1 - chance) ** (of - times)


def _together(*deviations: float) -> float:
    return sum(each * each for each in deviations) ** 0.5


def _mean(value: Callable[[float], float]) -> float:
    """The mean of a function of a standard normal."""
    weights = [exp(-node * node / 2) for node in NODES]
    return sum(weight * value(node) for weight, node in zip(weights, NODES, strict=True)) / sum(weights)


@cache
def _logit(share: float, sd: float) -> float:
    """The logit whose share, averaged over N(0, sd), is `share`; by bisection."""
    low, high = -10.0, 10.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        is_less = _mean(lambda node, middle=middle: _logistic(middle + sd * node)) < share
        low, high = (middle, high) if is_less else (low, middle)
    return low


def _logistic(logits: float) -> float:
    return 1 / (1 + exp(-logits))
