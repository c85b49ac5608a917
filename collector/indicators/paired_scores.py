"""What linking found in one session, as numbers: read again and again, by item set, where pairs are read once.

Made from the pairs of quality/linking.py; read by learning.py, fieldwork.py and the sheets that tell of sessions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.indicators.scoring import Scored

Pattern = tuple[tuple[str, ...], tuple[bool, ...]]
"""Items that were answered, and whether each is right."""

LinkedPair = tuple[str, Scored, Scored, str]
"""Person key, before, after, link method."""


@dataclass(frozen=True, slots=True)
class PairedScores:
    """The scores of one session and one item set. people, before, after: of the pairs, in one order.

    exact: how many of the pairs agree on sex and age group. alone: scores before without a partner. late: root_uuids of
    the pairs whose after survey began before the other one ended. answers: how often each pattern of answers was given
    before, paired or not. told: by wave, forms with a score, answers in them, and how many of these are "I do not
    know".
    """

    session: str
    item_set: str
    people: tuple[str, ...]
    exact: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    alone: tuple[float, ...]
    late: tuple[tuple[str, str], ...]
    answers: Mapping[Pattern, int]
    told: Mapping[str, tuple[int, int, int]]

    @property
    def changes(self) -> Iterator[float]:
        return (after - before for before, after in zip(self.before, self.after, strict=True))


def scores_of(
    session: str, pairs: Iterable[LinkedPair], before: Sequence[Scored], after: Sequence[Scored]
) -> Iterator[PairedScores]:
    """Those of each item set of a session. before, after: without a partner."""
    of_set: dict[str, list[LinkedPair]] = defaultdict(list)
    for pair in pairs:
        of_set[pair[1].item_set].append(pair)
    for item_set in sorted({*of_set, *(scored.item_set for scored in (*before, *after))}):
        paired = of_set[item_set]
        first, second = ([one for one in alone if one.item_set == item_set] for alone in (before, after))
        every = [scored for _, *both, _ in paired for scored in both] + first + second
        yield PairedScores(
            session,
            item_set,
            people=tuple(person for person, _, _, _ in paired),
            exact=sum(method == "exact" for *_, method in paired),
            before=tuple(one.score for _, one, _, _ in paired),
            after=tuple(other.score for _, _, other, _ in paired),
            alone=tuple(one.score for one in first),
            late=tuple(
                (one.survey.root_uuid, other.survey.root_uuid) for _, one, other, _ in paired if _is_late(one, other)
            ),
            answers=_patterns([*(one for _, one, _, _ in paired), *first]),
            told=_told(every),
        )


def _patterns(before: Iterable[Scored]) -> Counter[Pattern]:
    items: dict[tuple[str, ...], tuple[str, ...]] = {}  # the same answered items are one object
    answered = ((tuple(one.right), tuple(one.right.values())) for one in before)
    return Counter((items.setdefault(asked, asked), right) for asked, right in answered)


def _is_late(before: Scored, after: Scored) -> bool:
    """Whether the survey after began before the one before ended."""
    ended, began = before.survey.finished_at, after.survey.started_at
    return bool(ended and began and began < ended)


def _told(every: Iterable[Scored]) -> dict[str, tuple[int, int, int]]:
    told: dict[str, tuple[int, int, int]] = {}
    for one in every:
        forms, answers, unknown = told.get(one.survey.wave, (0, 0, 0))
        told[one.survey.wave] = forms + 1, answers + len(one.right), unknown + len(one.dont_know)
    return told
