"""Two versions of a form → what changed, each change with its consequence for the data already in.

Uses matching.py (which question of the one is which of the other) and tightness.py (which rule is stricter). Priced by
collector/reporting/prices.py; shown and enforced by jobs/plan.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from collector.form.checks import REFERENCE
from collector.form.definition import Choice, FormVersion, Group, Kind, Labels, Question
from collector.form.matching import Pair, match, moved_in_order
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
    WORDING_CHANGED = "wording_changed"
    LANGUAGE_ADDED = "language_added"
    LANGUAGE_REMOVED = "language_removed"
    SETTINGS_CHANGED = "settings_changed"


CONSEQUENCES = {
    What.QUESTION_ADDED: "a new column; empty for what came in before",
    What.QUESTION_REMOVED: "its column stays, and nothing is added to it any more",
    What.QUESTION_RENAMED: "goes on in the column of the old name",
    What.QUESTION_MOVED: "asked at another place; its column stays",
    What.QUESTION_RETYPED: "new answers do not fit the column: their submissions wait in quarantine",
    What.CHOICE_ADDED: "older answers could not choose it",
    What.CHOICE_REMOVED: "answers that use it stay, without a label",
    What.CHOICE_RENAMED: "answers before and after have different codes",
    What.CONSTRAINT_TIGHTENED: "answers taken before may be refused now; those in are judged by their own version",
    What.CONSTRAINT_RELAXED: "answers that were refused before are taken now",
    What.CONSTRAINT_CHANGED: "other answers are refused than before",
    What.RELEVANCE_CHANGED: "other people are asked: do not compare its base across versions",
    What.REQUIRED_CHANGED: "the share of empty answers changes",
    What.CALCULATION_CHANGED: "values before and after are calculated differently: do not compare them",
    What.FILTER_CHANGED: "other choices are offered",
    What.WORDING_CHANGED: "people read another text; the data keep their codes",
    What.LANGUAGE_ADDED: "tablets offer one language more",
    What.LANGUAGE_REMOVED: "people who read only this language are not served",
    What.SETTINGS_CHANGED: "an appearance, a default or a setting differs: the data are the same",
}
UNMAPPED = "answers before and after sit in two columns; write the old name into the column renamed_from"
OTHER_REPEAT = "it moves into another table: answers before and after cannot be read together"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. path: of the question (the new one's, or the old one's where it is gone) or of the group.

    subject: a choice or a language, "" for none. before, after: what the sheet said and says, in short.
    is_breaking: it splits or orphans data already in. is_guess: concluded from likeness, not from the sheet.
    """

    what: What
    path: str
    subject: str = ""
    before: str = ""
    after: str = ""
    is_breaking: bool = False
    is_guess: bool = False
    consequence: str = ""
    old_path: str = ""

    @property
    def id(self) -> str:
        """Name of the change, for --accept: "question_removed:head_f", "choice_removed:problems/police"."""
        return f"{self.what}:{self.path}{f'/{self.subject}' if self.subject else ''}"

    def __str__(self) -> str:
        about = f"`{self.subject}` of `{self.path}`" if self.subject else f"`{self.path}`"
        words = self.what.replace("_", " ")
        if self.what is What.QUESTION_RENAMED:
            return f"{words}: `{self.before}` → `{self.after}`{' (a guess)' if self.is_guess else ''}"
        shown = f": {self.before or '(nothing)'} → {self.after or '(nothing)'}" if self.before or self.after else ""
        return f"{words}: {about}{shown}"


def changes(old: FormVersion, new: FormVersion) -> tuple[Change, ...]:
    """What changed from one version to the other, in the order of the new sheet; what is gone stands last.

    Lists of media are compared where both versions have them.
    """
    matched = match(old, new)
    named = {pair.old.name: pair.new.name for pair in matched.pairs if pair.old.name != pair.new.name}
    order = moved_in_order(matched.pairs)
    return tuple(
        chain(
            chain.from_iterable(
                _of_pair(_renamed_within(pair, named), old, new, pair.new.path in order) for pair in matched.pairs
            ),
            (_change(What.QUESTION_ADDED, question.path) for question in matched.added),
            (_removed(question) for question in matched.removed),
            _groups(replace(old, groups=tuple(_renamed_within_group(group, named) for group in old.groups)), new),
            _choices(old, new),
            _languages(old, new),
        )
    )


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


def _of_pair(pair: Pair, old: FormVersion, new: FormVersion, is_out_of_order: bool) -> Iterator[Change]:
    before, after = pair.old, pair.new
    path = after.path
    if before.name != after.name:
        words = UNMAPPED if pair.is_guess else CONSEQUENCES[What.QUESTION_RENAMED]
        guess = {"is_breaking": pair.is_guess, "is_guess": pair.is_guess, "consequence": words, "old_path": before.path}
        yield _change(What.QUESTION_RENAMED, path, before=before.path, after=path, **guess)
    elif before.path != path and before.repeat != after.repeat:
        moved = {"is_breaking": True, "consequence": OTHER_REPEAT, "old_path": before.path}
        yield _change(What.QUESTION_MOVED, path, before=before.path, after=path, **moved)
    elif before.path != path:
        yield _change(What.QUESTION_MOVED, path, before=before.path, after=path, old_path=before.path)
    elif is_out_of_order:
        yield _change(What.QUESTION_MOVED, path)
    if before.kind is not after.kind:
        kinds = {"before": before.kind.value, "after": after.kind.value, "old_path": before.path}
        yield _change(What.QUESTION_RETYPED, path, is_breaking=True, **kinds)
    yield from _rules(before, after)
    yield from _wording(path, "label", before.labels, after.labels, old, new)
    yield from _wording(path, "hint", before.hints, after.hints, old, new)
    yield from _wording(path, "message", before.constraint_messages, after.constraint_messages, old, new)
    if before.required_messages:  # versions stored by earlier releases do not have them
        yield from _wording(path, "message", before.required_messages, after.required_messages, old, new)


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


def _groups(old: FormVersion, new: FormVersion) -> Iterator[Change]:
    before: dict[str, Group] = {group.path: group for group in old.groups}
    for group in new.groups:
        one = before.get(group.path)
        if one is not None:
            if "".join(one.relevant.split()) != "".join(group.relevant.split()):
                yield _change(What.RELEVANCE_CHANGED, group.path, before=one.relevant, after=group.relevant)
            yield from _wording(group.path, "label", one.labels, group.labels, old, new)


def _choices(old: FormVersion, new: FormVersion) -> Iterator[Change]:
    """Changes of the lists that both versions have, told once for each list."""
    for name in new.choices.keys() & old.choices.keys():
        users = [question.path for question in new.questions if question.list_name == name]
        if users:
            yield from _list_changes(users[0], old.choices[name], new.choices[name], old, new)


def _list_changes(
    path: str, before: tuple[Choice, ...], after: tuple[Choice, ...], old: FormVersion, new: FormVersion
) -> Iterator[Change]:
    there, here = {choice.name: choice for choice in before}, {choice.name: choice for choice in after}
    renamed = {here[name].columns.get("renamed_from", ""): name for name in here if name not in there}
    for name, choice in here.items():
        source = choice.columns.get("renamed_from", "")
        if name in there:
            yield from _wording(path, f"choice {name}", there[name].labels, choice.labels, old, new)
        elif source in there and source not in here:
            yield _change(What.CHOICE_RENAMED, path, subject=name, before=source, after=name)
        else:
            yield _change(What.CHOICE_ADDED, path, subject=name)
    for name in there:
        if name not in here and name not in renamed:
            yield _change(What.CHOICE_REMOVED, path, subject=name, is_breaking=True)


def _languages(old: FormVersion, new: FormVersion) -> Iterator[Change]:
    for language in new.languages:
        if language not in old.languages:
            yield _change(What.LANGUAGE_ADDED, "", after=language)
    for language in old.languages:
        if language not in new.languages:
            yield _change(What.LANGUAGE_REMOVED, "", before=language)
