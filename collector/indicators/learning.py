"""What was learned: scores before and after of the same people, per item set and per item. Fed by quality/linking.py.

Source: domain README §1.4 (formulas) and §1.5 (when not to report); indicators I11 to I14. Scores of two item sets are
never pooled or compared. One group, no comparison group: change, never impact.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from collector.form.programme import Programme
from collector.form.spool import Spool, spooled
from collector.indicators.campaign import Session
from collector.indicators.paired import Effect, SignedRanks, effect, signed_ranks
from collector.indicators.paired_scores import PairedScores, Pattern, scores_of
from collector.indicators.reliability import alpha, item_rest
from collector.indicators.scoring import Scored
from collector.indicators.statistics import SideBySide, Tally, clustered_interval, clustered_wilson, holm, mcnemar, mean

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


@dataclass(frozen=True)
class Surveys:
    """Scored surveys, each once: the paired and those without a partner."""

    pairs: Sequence[Pair]
    unpaired_before: Sequence[Scored]
    unpaired_after: Sequence[Scored]

    @cached_property
    def scores(self) -> Spool[PairedScores]:
        """All of it as numbers, by session."""
        pairs, before, after = self._spools
        found = Spool[PairedScores](lambda scores: scores.session, weight=lambda scores: len(scores.people))
        for name in sorted({name for spool in self._spools for name in spool.places()}):
            paired = [(pair.person_key, pair.before, pair.after, pair.link_method) for pair in pairs.of(name)]
            for scores in scores_of(name, paired, before.of(name), after.of(name)):
                found.add(scores)
        return found

    def within(self, names: Container[str]) -> Surveys:
        """Those of some sessions."""
        pairs, before, after = self._spools
        part = Surveys(pairs.within(names), before.within(names), after.within(names))
        vars(part)["scores"] = self.scores.within(names)  # so that no pair is read for them again
        return part

    @property
    def _spools(self) -> tuple[Spool[Pair], Spool[Scored], Spool[Scored]]:
        pairs = spooled(lambda pair: pair.session, self.pairs)
        before, after = (
            spooled(lambda scored: scored.survey.session or "", alone)
            for alone in (self.unpaired_before, self.unpaired_after)
        )
        return pairs, before, after


@dataclass(frozen=True, slots=True)
class Share:
    """A share of people with its 95 % interval, as fractions of 1. interval: None below ten sessions."""

    count: int
    of: int
    interval: Interval | None = None

    @property
    def value(self) -> float:
        return self.count / self.of


class Asked:
    """People of whom something holds or not, counted by session: two numbers for each."""

    def __init__(self) -> None:
        self._places: dict[Hashable, int] = {}
        self._holds, self._of = array("L"), array("L")

    def add(self, session: Hashable, holds: bool) -> None:
        """Count another person."""
        place = self._places.setdefault(session, len(self._of))
        if place == len(self._of):
            self._holds.append(0)
            self._of.append(0)
        self._holds[place] += holds
        self._of[place] += 1

    @property
    def share(self) -> Share:
        """Of whom it holds. People of one session are alike, so the interval is Wilson's, clustered by session."""
        return share_of_sessions(SideBySide(self._holds, self._of))


def share_of(found: Iterable[tuple[Hashable, bool]]) -> Share:
    """The share of people of whom something holds: for each, the session and whether it does."""
    asked = Asked()
    for session, holds in found:
        asked.add(session, holds)
    return asked.share


def share_of_sessions(by_session: Collection[tuple[int, int]]) -> Share:
    """The same, of how many people of each session it holds, and of how many it was asked."""
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


@dataclass(frozen=True, slots=True)
class _Columns:
    """The scores of one item set: eight bytes a pair, and some numbers for each session that has pairs.

    alone: scores before without a partner. changes: pair by pair, a session after the other. sessions: how many pairs
    each has; reached_before, reached_after, fell: how many of them reach the threshold, and have a lower score after.
    """

    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    alone: Tally = field(default_factory=Tally)
    changes: array[float] = field(default_factory=lambda: array("d"))
    sessions: array[int] = field(default_factory=lambda: array("L"))
    reached_before: array[int] = field(default_factory=lambda: array("L"))
    reached_after: array[int] = field(default_factory=lambda: array("L"))
    fell: array[int] = field(default_factory=lambda: array("L"))
    answers: Counter[Pattern] = field(default_factory=Counter)

    def add(self, one: PairedScores, threshold: float) -> None:
        """Take in the scores of another session."""
        self.before.extend(one.before)
        self.after.extend(one.after)
        self.alone.extend(one.alone)
        self.answers.update(one.answers)
        if one.people:
            self.changes.extend(one.changes)
            self.sessions.append(len(one.people))
            self.reached_before.append(sum(score >= threshold for score in one.before))
            self.reached_after.append(sum(score >= threshold for score in one.after))
            self.fell.append(sum(change < 0 for change in one.changes))

    def share(self, counts: array[int]) -> Share:
        """The share of the pairs of which something holds. counts: of how many of each session."""
        return share_of_sessions(SideBySide(counts, self.sessions))


class _BySession(Collection[Sequence[float]]):
    """The changes of each session, cut out when they are read."""

    def __init__(self, found: _Columns) -> None:
        self.found = found

    def __len__(self) -> int:
        return len(self.found.sessions)

    def __iter__(self) -> Iterator[Sequence[float]]:
        ends = accumulate(self.found.sessions)
        return (self.found.changes[end - pairs : end] for pairs, end in zip(self.found.sessions, ends, strict=True))

    def __contains__(self, values: object) -> bool:
        return any(each == values for each in self)


def _columns(scores: Iterable[PairedScores], item_set: str, threshold: float) -> _Columns:
    found = _Columns()
    for one in scores:
        if one.item_set == item_set:
            found.add(one, threshold)
    return found


def learning(surveys: Surveys, sessions: Iterable[Session], programme: Programme, item_set: str) -> Learning:
    """All figures of one item set."""
    found = _columns(surveys.scores, item_set, programme.threshold)
    matched, expected = pairing(surveys.scores, sessions, programme, item_set)
    flags = tuple(_flags(found, matched / expected if expected else 1.0))
    basis = Learning(item_set, len(found.before), len(found.sessions), expected, matched, flags=flags)
    if Flag.TOO_SMALL in flags or Flag.PAIRING_TOO_LOW in flags:
        return basis
    before, after = mean(found.before), mean(found.after)
    by_session = _BySession(found)
    return replace(
        basis,
        before=before,
        after=after,
        change=after - before,
        interval=None if {Flag.SMALL, Flag.FEW_SESSIONS} & set(flags) else clustered_interval(by_session),
        session_means=_range_of_means(by_session) if Flag.FEW_SESSIONS in flags else None,
        passed_before=found.share(found.reached_before),
        passed_after=found.share(found.reached_after),
        gain=None if Flag.CEILING in flags else (after - before) / (100 - before),
        unpaired_before=mean(found.alone) if len(found.alone) >= FEWEST_PAIRS else None,
        worse=found.share(found.fell),
        ranks=signed_ranks(found.changes),
        effect=effect(found.before, found.after),
        alpha=alpha(_complete(found.answers, programme.item_sets[item_set].items)),
    )


def _complete(answers: Mapping[Pattern, int], items: Sequence[str]) -> Counter[tuple[bool, ...]]:
    """How often each row of answers to all items of a set was given: whether each is right, in the order of the set."""
    found: Counter[tuple[bool, ...]] = Counter()
    for pattern, people in answers.items():
        right = dict(zip(*pattern, strict=True))
        if all(item in right for item in items):
            found[tuple(right[item] for item in items)] += people
    return found


def rest_of_items(surveys: Surveys, programme: Programme, item_set: str) -> dict[str, float | None]:
    """Item-rest correlation of each item of a set, of the answers before; none below thirty complete surveys."""
    items = programme.item_sets[item_set].items
    answers = _complete(_columns(surveys.scores, item_set, programme.threshold).answers, items)
    return dict(zip(items, item_rest(answers), strict=True)) if answers.total() >= FEWEST_FOR_TESTS else {}


def pairing(
    scores: Spool[PairedScores], sessions: Iterable[Session], programme: Programme, item_set: str
) -> tuple[int, int]:
    """I11: people of the registers with a pair, and people of the registers of sessions that did both surveys."""
    yes, audiences = programme.codes.yes, programme.item_sets[item_set].audiences
    matched = expected = 0
    for session in sessions:
        if not (session.is_held and session.report and session.audience in audiences):
            continue
        if session.report.before_done == yes and session.report.after_done == yes:
            people = {row.person_key for row in session.consenting(programme.codes)}
            paired = {key for one in scores.of(session.name) if one.item_set == item_set for key in one.people}
            matched += len(people & paired)
            expected += len(people)
    return matched, expected


def item_changes(pairs: Iterable[Pair], programme: Programme) -> tuple[ItemChange, ...]:
    """Each item over the pairs that were asked it, in the order of programme.toml; Holm over the items with a test."""
    counted = changes_of(pairs)
    found = [counted[item] for item in programme.items if item in counted]
    tested = [change for change in found if change.pairs >= FEWEST_FOR_TESTS]
    adjusted = dict(zip((change.item for change in tested), holm([_p(change) for change in tested]), strict=True))
    return tuple(replace(change, p=adjusted.get(change.item)) for change in found)


def changes_of(pairs: Iterable[Pair]) -> dict[str, ItemChange]:
    """Each item over the pairs in which both surveys answered it."""
    told: dict[str, Counter[tuple[bool, bool, bool, bool]]] = defaultdict(Counter)
    for pair in pairs:
        before, after = pair.before, pair.after
        for item in before.right.keys() & after.right.keys():
            unknown = item in before.dont_know, item in after.dont_know
            told[item][before.right[item], after.right[item], *unknown] += 1
    return {item: _item_change(item, counts) for item, counts in told.items()}


def _item_change(item: str, counts: Counter[tuple[bool, bool, bool, bool]]) -> ItemChange:
    """counts: pairs by whether they were right before, right after, and did not know before, and after."""
    right_before, right_after, unknown_before, unknown_after = (
        sum(pairs for told, pairs in counts.items() if told[place]) for place in range(4)
    )
    return ItemChange(
        item=item,
        pairs=counts.total(),
        right_before=right_before,
        right_after=right_after,
        gained=sum(pairs for (before, after, *_), pairs in counts.items() if after and not before),
        lost=sum(pairs for (before, after, *_), pairs in counts.items() if before and not after),
        dont_know_before=unknown_before,
        dont_know_after=unknown_after,
    )


def _p(change: ItemChange) -> float:
    return mcnemar(change.gained, change.lost)


def _flags(found: _Columns, pairing_rate: float) -> Iterable[Flag]:
    scores = found.before
    if len(scores) < FEWEST_PAIRS:
        yield Flag.TOO_SMALL
        return
    if len(scores) < FEWEST_FOR_TESTS:
        yield Flag.SMALL
    if len(found.sessions) < FEWEST_SESSIONS:
        yield Flag.FEW_SESSIONS
    if pairing_rate < ALARM_PAIRING:
        yield Flag.PAIRING_TOO_LOW if pairing_rate < LEAST_PAIRING else Flag.PAIRING_LOW
    if mean(scores) >= CEILING_MEAN or sum(score >= CEILING_SCORE for score in scores) > CEILING_SHARE * len(scores):
        yield Flag.CEILING


def _range_of_means(groups: Iterable[Iterable[float]]) -> Interval:
    means = [mean(values) for values in groups]
    return min(means), max(means)
