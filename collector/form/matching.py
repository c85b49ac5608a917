"""Which question of one version is which of the other: by path, by the column renamed_from, by name, and by likeness.

Used by changes.py; groups and repeats follow. A likeness is only a guess, and marked as one: somebody has to confirm it
in the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from collector.form.definition import FormVersion, Question, Repeat

LIKE = 0.75
"""From this likeness of two labels, of 1, two questions of one type may be one that was renamed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question in both versions."""

    old: Question
    new: Question
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """pairs: in the order of the new version; added, removed: in their own version's order."""

    pairs: tuple[Pair, ...]
    added: tuple[Question, ...]
    removed: tuple[Question, ...]


def match(old: FormVersion, new: FormVersion) -> Matched:
    """Match the questions of two versions, the surest way first."""
    there = {question.path: question for question in old.questions}
    pairs = {
        question.path: Pair(there[question.path], question) for question in new.questions if question.path in there
    }
    gone = {path: question for path, question in there.items() if path not in pairs}
    for finder in (_renamed, _moved, _alike):
        for question in new.questions:
            if question.path not in pairs and (before := finder(question, gone.values())):
                pairs[question.path] = Pair(before, question, is_guess=finder is _alike)
                del gone[before.path]
    return Matched(
        tuple(pairs[question.path] for question in new.questions if question.path in pairs),
        tuple(question for question in new.questions if question.path not in pairs),
        tuple(gone.values()),
    )


def moved_in_order(pairs: Iterable[Pair], old: FormVersion) -> frozenset[str]:
    """New paths of the questions that others have overtaken: the fewest that explain the new order."""
    after = list(pairs)
    places = {question.path: place for place, question in enumerate(old.questions)}
    before = sorted(after, key=lambda pair: places[pair.old.path])
    matcher = SequenceMatcher(a=[pair.old.path for pair in before], b=[pair.old.path for pair in after], autojunk=False)
    kept = {after[block.b + step].new.path for block in matcher.get_matching_blocks() for step in range(block.size)}
    return frozenset(pair.new.path for pair in after) - kept


def same_repeats(old: FormVersion, new: FormVersion) -> dict[str, str]:
    """New path → old path of the repeats whose rows stay in one table: at their path, under an old name, or moved.

    A repeat within another stays as long as the names of those around it do: the table is keyed by them.
    """
    here, there = {each.path: each for each in new.repeats}, {each.path: each for each in old.repeats}
    gone = [each for each in old.repeats if each.path not in here]
    found = {"": ""}
    for each in new.repeats:
        sources = each.renamed_from.split()
        renamed = (one.path for one in gone if one.path in sources or one.name in sources)
        moved = (one.path for one in gone if one.name == each.name)
        before = each.path if each.path in there else next(chain(renamed, moved), None)
        if before is not None and _names_around(each, here) == _names_around(there[before], there):
            found[each.path] = before
    return found


def same_groups(old: FormVersion, new: FormVersion, pairs: Iterable[Pair]) -> dict[str, str]:
    """New path → old path of the groups: at their path, or where what was asked in the one is asked in the other."""
    here, there = {group.path for group in new.groups}, {group.path for group in old.groups}
    found = {path: path for path in here & there}
    for pair in pairs:
        one, other = pair.old.path.rpartition("/")[0], pair.new.path.rpartition("/")[0]
        while one and other and other not in found and one not in here:
            found[other] = one
            one, other = one.rpartition("/")[0], other.rpartition("/")[0]
    return found


def _names_around(repeat: Repeat, repeats: Mapping[str, Repeat]) -> list[str]:
    names, around = [], repeat.parent
    while around:
        names.append(repeats[around].name)
        around = repeats[around].parent
    return names


def _renamed(question: Question, gone: Iterable[Question]) -> Question | None:
    sources = question.renamed_from.split()
    return next((old for old in gone if old.path in sources or old.name in sources), None)


def _moved(question: Question, gone: Iterable[Question]) -> Question | None:
    return next((old for old in gone if old.name == question.name), None)


def _alike(question: Question, gone: Iterable[Question]) -> Question | None:
    """The one most like it, of the same kind, list and repeat."""
    same = [
        old
        for old in gone
        if (old.kind, old.list_name, old.repeat) == (question.kind, question.list_name, question.repeat)
        and old.type == question.type
    ]
    best = max(same, key=lambda old: _likeness(old, question), default=None)
    return best if best is not None and _likeness(best, question) >= LIKE else None


def _likeness(old: Question, new: Question) -> float:
    shared = [language for language in old.labels if language in new.labels]
    ratios = [SequenceMatcher(None, old.labels[each], new.labels[each]).ratio() for each in shared]
    return sum(ratios) / len(ratios) if ratios else 0.0
