"""Two versions of a form → what changed, each change with its consequence for the data already in.

Uses matching.py (which question of the one is which of the other) and tightness.py (which rule is stricter). Priced by
collector/reporting/prices.py; shown and enforced by jobs/plan.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from collector.form.checks import REFERENCE
from collector.form.definition import Choice, FormVersion, Group, Kind, Labels, Question
from collector.form.matching import Pair, match, moved_in_order, same_groups, same_repeats
from collector.form.renamed import former_codes
from collector.form.tightness import compare_rules


class What(StrEnum):
    """The kinds of change; see docs/form-changes.md."""

    QUESTION_ADDED = "question_added"
    QUESTION_REMOVED = "question_removed"
    QUESTION_RENAMED = "question_renamed"
    QUESTION_MOVED = "question_moved"
    QUESTION_RETYPED = "question_retyped"
    CHOICE_ADDED = "choice_added"
    CHOICE_REMOVED = "choice_removed"
    CHOICE_RENAMED = "choice_renamed"
    CONSTRAINT_TIGHTENED = "constraint_tightened"
    CONSTRAINT_RELAXED = "constraint_relaxed"
    CONSTRAINT_CHANGED = "constraint_changed"
    RELEVANCE_CHANGED = "relevance_changed"
    REQUIRED_CHANGED = "required_changed"
    CALCULATION_CHANGED = "calculation_changed"
    FILTER_CHANGED = "filter_changed"
    LIST_CHANGED = "list_changed"
    REPEAT_COUNT_CHANGED = "repeat_count_changed"
    WORDING_CHANGED = "wording_changed"
    LANGUAGE_ADDED = "language_added"
    LANGUAGE_REMOVED = "language_removed"
    SETTINGS_CHANGED = "settings_changed"


CONSEQUENCES = {
    What.QUESTION_ADDED: "a new column; empty for what came in before",
    What.QUESTION_REMOVED: "its column stays, and nothing is added to it any more",
    What.QUESTION_RENAMED: "goes on in the column of the old name",
    What.QUESTION_MOVED: "asked at another place; its column stays",
    What.QUESTION_RETYPED: "new answers stand in a column of their own type, beside the old one",
    What.CHOICE_ADDED: "older answers could not choose it",
    What.CHOICE_REMOVED: "answers that use it stay, without a label",
    What.CHOICE_RENAMED: "the database keeps the codes as given; numbers and sheets count them under the new one",
    What.CONSTRAINT_TIGHTENED: "answers taken before may be refused now; those in are judged by their own version",
    What.CONSTRAINT_RELAXED: "answers that were refused before are taken now",
    What.CONSTRAINT_CHANGED: "other answers are refused than before",
    What.RELEVANCE_CHANGED: "other people are asked: do not compare its base across versions",
    What.REQUIRED_CHANGED: "the share of empty answers changes",
    What.CALCULATION_CHANGED: "values before and after are calculated differently: do not compare them",
    What.FILTER_CHANGED: "other choices are offered",
    What.LIST_CHANGED: "the choices of another list are offered; those that are gone or new are told one by one",
    What.REPEAT_COUNT_CHANGED: "tablets ask for another number of rows",
    What.WORDING_CHANGED: "people read another text; the data keep their codes",
    What.LANGUAGE_ADDED: "tablets offer one language more",
    What.LANGUAGE_REMOVED: "people who read only this language are not served",
    What.SETTINGS_CHANGED: "tablets show it or fill it in otherwise; the data keep their columns",
}
OF_LISTS = {What.CHOICE_ADDED, What.CHOICE_REMOVED, What.CHOICE_RENAMED}
UNMAPPED = "answers before and after sit in two columns; write the old name into the column renamed_from"
OTHER_REPEAT = (
    "it moves into another table: answers before and after cannot be read together; "
    "a repeat that was renamed says its old name in the column renamed_from of its row"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change. path: of the question (the new one's, or the old one's where it is gone) or group; "" for the form.

    subject: a choice, a language or a cell, "" for none. before, after: what the sheet said and says, in short.
    is_breaking: it splits or orphans data already in. is_guess: concluded from likeness, not from the sheet.
    old_paths: of the questions, in the older version, whose answers it touches.
    """

    what: What
    path: str
    subject: str = ""
    before: str = ""
    after: str = ""
    is_breaking: bool = False
    is_guess: bool = False
    consequence: str = ""
    old_paths: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Name of the change, for --accept: "question_removed:head_f", "choice_removed:problems/police"."""
        return f"{self.what}:{self.path}{f'/{self.subject}' if self.subject else ''}"

    def __str__(self) -> str:
        words = self.what.replace("_", " ")
        if self.what is What.QUESTION_RENAMED:
            return f"{words}: `{self.before}` → `{self.after}`{' (a guess)' if self.is_guess else ''}"
        place = f"`{self.path}`" if self.path else "the form"
        about = f"`{self.subject}` of {place}" if self.subject else place
        others = len(self.old_paths) - 1
        more = f" and {others} more with its list" if self.what in OF_LISTS and others > 0 else ""
        shown = f": {self.before or '(nothing)'} → {self.after or '(nothing)'}" if self.before or self.after else ""
        return f"{words}: {about}{more}{shown}"


def changes(old: FormVersion, new: FormVersion) -> tuple[Change, ...]:
    """What changed from one version to the other, in the order of the new sheet; what is gone stands last.

    Lists of media are compared where both versions have them, appearances and settings where both are known.
    """
    pairs = (matched := match(old, new)).pairs
    groups = same_groups(old, new, pairs)
    named = {pair.old.name: pair.new.name for pair in pairs} | {_last(one): _last(new) for new, one in groups.items()}
    named = {before: after for before, after in named.items() if before != after}
    order, repeats = moved_in_order(pairs, old), same_repeats(old, new)
    return tuple(
        chain(
            chain.from_iterable(
                _told(pair, _of_pair(_renamed_within(pair, named), old, new, repeats, pair.new.path in order))
                for pair in pairs
            ),
            (_change(What.QUESTION_ADDED, question.path) for question in matched.added),
            (_removed(question) for question in matched.removed),
            _groups(
                replace(old, groups=tuple(_renamed_within_group(group, named) for group in old.groups)),
                new,
                pairs,
                groups,
            ),
            _choices(old, new, pairs),
            _languages(old, new),
            _settings(old, new),
        )
    )


def _told(pair: Pair, found: Iterable[Change]) -> Iterator[Change]:
    """Changes of a question, with where its answers stand until now."""
    return (replace(change, old_paths=(pair.old.path,)) for change in found)


def _change(what: What, path: str, **more: object) -> Change:
    return Change(what, path, **{"consequence": CONSEQUENCES[what], **more})  # type: ignore[arg-type]


def _renamed_within(pair: Pair, named: Mapping[str, str]) -> Pair:
    """The pair, the older rules speaking of renamed questions by their new names: that alone is no change of a rule."""
    if not named:
        return pair
    before = pair.old
    said = replace(
        before,
        relevant=_by_new_names(before.relevant, named),
        constraint=_by_new_names(before.constraint, named),
        required=_by_new_names(before.required, named),
        calculation=_by_new_names(before.calculation, named),
        choice_filter=_by_new_names(before.choice_filter, named),
    )
    return replace(pair, old=said)


def _renamed_within_group(group: Group, named: Mapping[str, str]) -> Group:
    return replace(group, relevant=_by_new_names(group.relevant, named))


def _by_new_names(rule: str, named: Mapping[str, str]) -> str:
    return REFERENCE.sub(lambda found: found[0].replace(found[1], named.get(found[1], found[1])), rule)


def _removed(question: Question) -> Change:
    return _change(What.QUESTION_REMOVED, question.path, is_breaking=question.kind is not Kind.NOTE)


def _of_pair(
    pair: Pair, old: FormVersion, new: FormVersion, repeats: Mapping[str, str], is_out_of_order: bool
) -> Iterator[Change]:
    before, after = pair.old, pair.new
    path = after.path
    if before.name != after.name:
        words = UNMAPPED if pair.is_guess else CONSEQUENCES[What.QUESTION_RENAMED]
        guess = {"is_breaking": pair.is_guess, "is_guess": pair.is_guess, "consequence": words}
        yield _change(What.QUESTION_RENAMED, path, before=before.path, after=path, **guess)
    elif before.path != path:
        is_elsewhere = before.repeat != repeats.get(after.repeat, "" if not after.repeat else None)
        has_answers = before.kind is not Kind.NOTE
        more = {"is_breaking": True, "consequence": OTHER_REPEAT} if is_elsewhere and has_answers else {}
        yield _change(What.QUESTION_MOVED, path, before=before.path, after=path, **more)
    elif is_out_of_order:
        yield _change(What.QUESTION_MOVED, path)
    if before.kind is not after.kind:
        yield _change(What.QUESTION_RETYPED, path, before=before.kind, after=after.kind, is_breaking=True)
    yield from _rules(before, after)
    yield from _list_of(pair, old, new)
    yield from _wording(path, "label", before.labels, after.labels, old, new)
    yield from _wording(path, "hint", before.hints, after.hints, old, new)
    yield from _wording(path, "message", before.constraint_messages, after.constraint_messages, old, new)
    if _are_cells_known(old, new):
        yield from _wording(path, "required message", before.required_messages, after.required_messages, old, new)
        yield from _cells(path, before.further, after.further)


def _rules(before: Question, after: Question) -> Iterator[Change]:
    if verdict := compare_rules(before.constraint, after.constraint):
        what = What(f"constraint_{verdict}")
        yield _change(what, after.path, before=before.constraint, after=after.constraint)
    for what, one, other in (
        (What.RELEVANCE_CHANGED, before.relevant, after.relevant),
        (What.REQUIRED_CHANGED, _required(before), _required(after)),
        (What.CALCULATION_CHANGED, before.calculation, after.calculation),
        (What.FILTER_CHANGED, before.choice_filter, after.choice_filter),
    ):
        if "".join(one.split()) != "".join(other.split()):
            yield _change(what, after.path, before=one, after=other)


def _required(question: Question) -> str:
    words = question.required.strip()
    return {"true": "yes", "true()": "yes", "1": "yes", "no": "", "false": "", "false()": ""}.get(words.lower(), words)


def _wording(
    path: str, which: str, before: Labels, after: Labels, old: FormVersion, new: FormVersion
) -> Iterator[Change]:
    """Texts that differ, in the languages that both versions have."""
    for language in new.languages:
        one, other = before.get(language, ""), after.get(language, "")
        if one != other and language in old.languages:
            subject = f"{which} in {language}" if language else which
            yield _change(What.WORDING_CHANGED, path, subject=subject, before=one, after=other)


def _groups(old: FormVersion, new: FormVersion, pairs: Sequence[Pair], same: Mapping[str, str]) -> Iterator[Change]:
    """Conditions, labels and row counts of groups, wherever they stand now; those of new and of dissolved ones too.

    same: new path → old path of the groups that both versions have.
    """
    before = {group.path: group for group in old.groups}
    counts = {repeat.path: repeat.count for repeat in old.repeats}
    for group in new.groups:
        one = before.get(same.get(group.path, ""))
        yield from _relevance(group.path, one.relevant if one else "", group.relevant, _asked_in(group.path, pairs))
        if one is not None:
            yield from _wording(group.path, "label", one.labels, group.labels, old, new)
    for repeat in new.repeats:
        one_count = counts.get(same.get(repeat.path, ""), repeat.count)
        if "".join(one_count.split()) != "".join(repeat.count.split()):
            asked = _asked_in(repeat.path, pairs)
            yield _change(What.REPEAT_COUNT_CHANGED, repeat.path, before=one_count, after=repeat.count, old_paths=asked)
    for group in old.groups:
        if group.path not in same.values():
            asked = tuple(pair.old.path for pair in pairs if pair.old.path.startswith(f"{group.path}/"))
            yield from _relevance(group.path, group.relevant, "", asked)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _asked_in(group: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Where the questions of a group of the new version stood in the old one."""
    return tuple(pair.old.path for pair in pairs if pair.new.path.startswith(f"{group}/"))


def _relevance(path: str, before: str, after: str, asked: tuple[str, ...]) -> Iterator[Change]:
    if asked and "".join(before.split()) != "".join(after.split()):
        yield _change(What.RELEVANCE_CHANGED, path, before=before, after=after, old_paths=asked)


def _choices(old: FormVersion, new: FormVersion, pairs: Sequence[Pair]) -> Iterator[Change]:
    """Changes of the lists that both versions have, told once for each list that questions go on with."""
    for name in [name for name in new.choices if name in old.choices]:
        users = [pair for pair in pairs if pair.new.list_name == pair.old.list_name == name]
        if users:
            asked = tuple(pair.old.path for pair in users)
            found = _list_changes(users[0].new.path, old.choices[name], new.choices[name], old, new)
            yield from (replace(change, old_paths=asked) for change in found)


def _list_of(pair: Pair, old: FormVersion, new: FormVersion) -> Iterator[Change]:
    """A question that offers another list: what is gone, new or renamed for this question alone."""
    before, after = pair.old, pair.new
    if before.list_name and after.list_name and before.list_name != after.list_name:
        yield _change(What.LIST_CHANGED, after.path, before=before.list_name, after=after.list_name)
        one, other = old.choices_of(before), new.choices_of(after)
        if one is not None and other is not None:
            yield from _list_changes(after.path, one, other, old, new)


def _list_changes(
    path: str, before: tuple[Choice, ...], after: tuple[Choice, ...], old: FormVersion, new: FormVersion
) -> Iterator[Change]:
    there, here = {choice.name: choice for choice in before}, {choice.name: choice for choice in after}
    former = {old: new for old, new in former_codes(after).items() if old in there and new not in there}
    renamed = {new: old for old, new in former.items()}
    for name, choice in here.items():
        if name in there:
            yield from _wording(path, f"choice {name}", there[name].labels, choice.labels, old, new)
        elif name in renamed:
            yield _change(What.CHOICE_RENAMED, path, subject=name, before=renamed[name], after=name)
        else:
            yield _change(What.CHOICE_ADDED, path, subject=name)
    for name in there:
        if name not in here and name not in former:
            yield _change(What.CHOICE_REMOVED, path, subject=name, is_breaking=True)


def _languages(old: FormVersion, new: FormVersion) -> Iterator[Change]:
    for language in new.languages:
        if language not in old.languages:
            yield _change(What.LANGUAGE_ADDED, "", after=language)
    for language in old.languages:
        if language not in new.languages:
            yield _change(What.LANGUAGE_REMOVED, "", before=language)


def _are_cells_known(old: FormVersion, new: FormVersion) -> bool:
    """Versions stored by earlier releases have neither appearances nor settings, the oldest no messages of required."""
    return old.settings is not None and new.settings is not None


def _settings(old: FormVersion, new: FormVersion) -> Iterator[Change]:
    if _are_cells_known(old, new):
        yield from _cells("", old.settings or {}, new.settings or {})


def _cells(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name, ""), after.get(name, "")
        if one != other:
            yield _change(What.SETTINGS_CHANGED, path, subject=name, before=one, after=other)
