"""What was learned: scores before and after of the same people, per item set and per item. Fed by quality/linking.py.

Source: domain README §1.4 (formulas) and §1.5 (when not to report); indicators I11 to I14. Scores of two item sets are
never pooled or compared. One group, no comparison group: change, never impact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from collector.form.programme import Programme
from collector.indicators.campaign import Session
from collector.indicators.paired import Effect, SignedRanks, effect, signed_ranks
from collector.indicators.reliability import alpha, item_rest
from collector.indicators.scoring import Scored
from collector.indicators.statistics import clustered_interval, clustered_wilson, holm, mcnemar, mean

FEWEST_PAIRS = 10  # fewer: no mean, no share
FEWEST_FOR_TESTS = 30  # fewer: no interval, no test, no ranking of items
FEWEST_SESSIONS = 10  # fewer: the range of session means instead of an interval
ALARM_PAIRING, LEAST_PAIRING = 0.75, 0.60
CEILING_MEAN, CEILING_SCORE, CEILING_SHARE = 80.0, 90.0, 0.25

Interval = tuple[float, float]


class Flag(StrEnum):
    """Why a figure is missing or must be read with care."""

    TOO_SMALL = "too_small"
    SMALL = "small"
    FEW_SESSIONS = "few_sessions"
    PAIRING_LOW = "pairing_low"
    PAIRING_TOO_LOW = "pairing_too_low"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class Pair:
    """The same person of the same session, before and after. link_method: see quality/linking.py."""

    session: str
    person_key: str
    before: Scored
    after: Scored
    link_method: str = "exact"

    @property
    def change(self) -> float:
        return self.after.score - self.before.score


@dataclass(frozen=True, slots=True)
class Surveys:
    """Scored surveys, each once: the paired and those without a partner."""

    pairs: tuple[Pair, ...]
    unpaired_before: tuple[Scored, ...]
    unpaired_after: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of people with its 95 % interval, as fractions of 1. interval: None below ten sessions."""

    count: int
    of: int
    interval: Interval | None = None

    @property
    def value(self) -> float:
        return self.count / self.of


def share_of(found: Iterable[tuple[str, bool]]) -> Share:
    """The share of people of whom something holds: for each, the session and whether it does.

    People of one session are alike, so the interval is Wilson's, clustered by session.
    """
    counted: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for session, holds in found:
        count, of = counted[session]
        counted[session] = count + holds, of + 1
    by_session = list(counted.values())
    interval = clustered_wilson(by_session) if len(by_session) >= FEWEST_SESSIONS else None
    return Share(sum(count for count, _ in by_session), sum(of for _, of in by_session), interval)


@dataclass(frozen=True, slots=True)
class Learning:
    """The change of one item set, in points of 100; None where it is not to be reported, for the reason in `flags`.

    interval: session-clustered 95 %; session_means: lowest and highest mean change of a session, where they are few.
    expected: consenting people of the registers of sessions with both surveys; matched: those of them with a pair.
    gain: normalised gain on class means. unpaired_before: mean score before of the people without a survey after.
    worse: people who scored lower after. ranks: Wilcoxon. effect: d_av. alpha: of the answers before, all with a score.
    """

    item_set: str
    pairs: int
    sessions: int
    expected: int
    matched: int
    before: float | None = None
    after: float | None = None
    change: float | None = None
    interval: Interval | None = None
    session_means: Interval | None = None
    passed_before: Share | None = None
    passed_after: Share | None = None
    gain: float | None = None
    unpaired_before: float | None = None
    worse: Share | None = None
    ranks: SignedRanks | None = None
    effect: Effect | None = None
    alpha: float | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def pairing(self) -> float | None:
        """I11, as a fraction of 1; None where nobody was expected."""
        return self.matched / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item among the pairs in which both answered it: right means fully right.

    p: exact McNemar, Holm-adjusted over the items; None below 30 pairs.
    """

    item: str
    pairs: int
    right_before: int
    right_after: int
    gained: int
    lost: int
    dont_know_before: int
    dont_know_after: int
    p: float | None = None

    @property
    def gained_share(self) -> float | None:
        """Gain G: of those who were wrong before; None where nobody was."""
        wrong = self.pairs - self.right_before
        return self.gained / wrong if wrong else None

    @property
    def lost_share(self) -> float | None:
        """Loss L: of those who were right before; None where nobody was."""
        return self.lost / self.right_before if self.right_before else None


def learning(surveys: Surveys, sessions: Iterable[Session], programme: Programme, item_set: str) -> Learning:
    """All figures of one item set."""
    pairs = [pair for pair in surveys.pairs if pair.before.item_set == item_set]
    unpaired = [scored.score for scored in surveys.unpaired_before if scored.item_set == item_set]
    matched, expected = pairing(pairs, sessions, programme, item_set)
    by_session: dict[str, list[float]] = defaultdict(list)
    for pair in pairs:
        by_session[pair.session].append(pair.change)
    flags = tuple(_flags(pairs, len(by_session), matched / expected if expected else 1.0))
    basis = Learning(item_set, len(pairs), len(by_session), expected, matched, flags=flags)
    if Flag.TOO_SMALL in flags or Flag.PAIRING_TOO_LOW in flags:
        return basis
    before, after = mean(pair.before.score for pair in pairs), mean(pair.after.score for pair in pairs)
    return replace(
        basis,
        before=before,
        after=after,
        change=after - before,
        interval=None if {Flag.SMALL, Flag.FEW_SESSIONS} & set(flags) else clustered_interval(by_session),
        session_means=_range_of_means(by_session.values()) if Flag.FEW_SESSIONS in flags else None,
        passed_before=passed(pairs, lambda pair: pair.before, programme.threshold),
        passed_after=passed(pairs, lambda pair: pair.after, programme.threshold),
        gain=None if Flag.CEILING in flags else (after - before) / (100 - before),
        unpaired_before=mean(unpaired) if len(unpaired) >= FEWEST_PAIRS else None,
        worse=share_of((pair.session, pair.change < 0) for pair in pairs),
        ranks=signed_ranks(pair.change for pair in pairs),
        effect=effect([pair.before.score for pair in pairs], [pair.after.score for pair in pairs]),
        alpha=alpha(answers_before(surveys, programme, item_set)[1]),
    )


def answers_before(surveys: Surveys, programme: Programme, item_set: str) -> tuple[tuple[str, ...], list[list[bool]]]:
    """The items of a set and, a row for each person who answered all of them before, whether each is right."""
    scored = [*(pair.before for pair in surveys.pairs), *surveys.unpaired_before]
    items = programme.item_sets[item_set].items
    complete = [one for one in scored if one.item_set == item_set and all(item in one.right for item in items)]
    return items, [[one.right[item] for item in items] for one in complete]


def rest_of_items(surveys: Surveys, programme: Programme, item_set: str) -> dict[str, float | None]:
    """Item-rest correlation of each item of a set, of the answers before; none below thirty complete surveys."""
    items, answers = answers_before(surveys, programme, item_set)
    return dict(zip(items, item_rest(answers), strict=True)) if len(answers) >= FEWEST_FOR_TESTS else {}


def passed(pairs: Sequence[Pair], wave: Callable[[Pair], Scored], threshold: float) -> Share:
    """I14: people whose score reaches the threshold in a wave."""
    return share_of((pair.session, wave(pair).score >= threshold) for pair in pairs)


def pairing(pairs: Iterable[Pair], sessions: Iterable[Session], programme: Programme, item_set: str) -> tuple[int, int]:
    """I11: people of the registers with a pair, and people of the registers of sessions that did both surveys."""
    places = {(pair.session, pair.person_key) for pair in pairs}
    yes, audiences = programme.codes.yes, programme.item_sets[item_set].audiences
    matched = expected = 0
    for session in sessions:
        if not (session.is_held and session.report and session.audience in audiences):
            continue
        if session.report.before_done == yes and session.report.after_done == yes:
            people = {row.person_key for row in session.consenting(programme.codes)}
            matched += sum((session.name, person) in places for person in people)
            expected += len(people)
    return matched, expected


def item_changes(pairs: Sequence[Pair], programme: Programme) -> tuple[ItemChange, ...]:
    """Each item over the pairs that were asked it, in the order of programme.toml; Holm over the items with a test."""
    found = [change for item in programme.items if (change := item_change(pairs, item)).pairs]
    tested = [change for change in found if change.pairs >= FEWEST_FOR_TESTS]
    adjusted = dict(zip((change.item for change in tested), holm([_p(change) for change in tested]), strict=True))
    return tuple(replace(change, p=adjusted.get(change.item)) for change in found)


def item_change(pairs: Iterable[Pair], item: str) -> ItemChange:
    """Count one item over the pairs in which both surveys answered it."""
    asked = [pair for pair in pairs if item in pair.before.right and item in pair.after.right]
    changes = [(pair.before.right[item], pair.after.right[item]) for pair in asked]
    return ItemChange(
        item=item,
        pairs=len(asked),
        right_before=sum(before for before, _ in changes),
        right_after=sum(after for _, after in changes),
        gained=changes.count((False, True)),
        lost=changes.count((True, False)),
        dont_know_before=sum(item in pair.before.dont_know for pair in asked),
        dont_know_after=sum(item in pair.after.dont_know for pair in asked),
    )


def _p(change: ItemChange) -> float:
    return mcnemar(change.gained, change.lost)


def _flags(pairs: Sequence[Pair], sessions: int, pairing_rate: float) -> Iterable[Flag]:
    if len(pairs) < FEWEST_PAIRS:
        yield Flag.TOO_SMALL
        return
    if len(pairs) < FEWEST_FOR_TESTS:
        yield Flag.SMALL
    if sessions < FEWEST_SESSIONS:
        yield Flag.FEW_SESSIONS
    if pairing_rate < ALARM_PAIRING:
        yield Flag.PAIRING_TOO_LOW if pairing_rate < LEAST_PAIRING else Flag.PAIRING_LOW
    scores = [pair.before.score for pair in pairs]
    if mean(scores) >= CEILING_MEAN or sum(score >= CEILING_SCORE for score in scores) > CEILING_SHARE * len(scores):
        yield Flag.CEILING


def _range_of_means(groups: Iterable[Sequence[float]]) -> Interval:
    means = [mean(values) for values in groups]
    return min(means), max(means)
