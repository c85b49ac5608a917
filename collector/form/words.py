"""A form as people read it: a tree of its questions with their labels, and its rules in words.

Used by jobs/form_texts.py. What words cannot say stays as the sheet has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collector.errors import ExpressionSyntax
from collector.form.checks import REFERENCE
from collector.form.definition import FormVersion, Group, Labels, Question
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.syntax.tree import Binary, Call, Expr, Logic, Number, Path, Text

SIGNS = {
    **{"=": "is", "!=": "is not", ">": "is more than", ">=": "is at least", "<": "is less than", "<=": "is at most"},
    **{"+": "plus", "-": "minus", "*": "times", "div": "divided by", "mod": "modulo"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree. depth: 0 at the top; rules: in words, one each."""

    depth: int
    path: str
    label: str
    kind: str
    rules: tuple[str, ...] = ()


def outline(form: FormVersion, language: str) -> Iterator[Line]:
    """The form as lines in its own order, labels in a language (its name, or the code in its name)."""
    spoken = _language(form, language)
    entries: list[Group | Question] = [*form.groups, *form.questions]
    repeats = {repeat.path for repeat in form.repeats}
    for entry in sorted(entries, key=lambda entry: (entry.row, not isinstance(entry, Group))):
        label = _label(entry.labels, spoken)
        depth = entry.path.count("/") if entry.path != "meta/audit" else 0
        if isinstance(entry, Group):
            kind = "repeat" if entry.path in repeats else "group"
            rules = (f"asked when {in_words(entry.relevant)}",) if entry.relevant else ()
            yield Line(depth, entry.path, label, kind, rules)
        else:
            yield Line(depth, entry.path, label, f"{entry.type} {entry.list_name}".strip(), tuple(_rules(entry)))


def in_words(rule: str) -> str:
    """An expression in words, as far as words go.

    >>> in_words("${consent} = 'yes' and . >= 18"), in_words("selected(${modules}, 'm1')")
    ("consent is 'yes' and the answer is at least 18", "modules includes 'm1'")
    """
    try:
        return _said(parse(REFERENCE.sub(lambda found: f" /{found[1]} ", rule)))
    except (ExpressionSyntax, _Unsaid):
        return f"`{rule}`"


class _Unsaid(Exception):
    """There are no words for this part."""


def _rules(question: Question) -> Iterator[str]:
    if question.required.strip().lower() in ("yes", "true", "true()", "1"):
        yield "must be answered"
    elif question.required.strip().lower() not in ("", "no", "false", "false()", "0"):
        yield f"must be answered when {in_words(question.required)}"
    for words, rule in (
        ("asked when", question.relevant),
        ("taken when", question.constraint),
        ("is", question.calculation),
        ("offers choices where", question.choice_filter),
    ):
        if rule:
            yield f"{words} {in_words(rule)}"


def _said(tree: Expr) -> str:
    if isinstance(tree, Logic):
        return f" {tree.operator} ".join(_bracketed(part) for part in tree.operands)
    if isinstance(tree, Number):
        return f"{tree.value:g}"
    if isinstance(tree, Text):
        return f"'{tree.value}'"
    if isinstance(tree, Binary) and tree.operator in SIGNS:
        if isinstance(tree.right, Text) and not tree.right.value and tree.operator in ("=", "!="):
            return f"{_said(tree.left)} is {'empty' if tree.operator == '=' else 'answered'}"
        return f"{_bracketed(tree.left)} {SIGNS[tree.operator]} {_bracketed(tree.right)}"
    if isinstance(tree, Path):
        return _place(tree)
    if isinstance(tree, Call):
        return _call(tree)
    raise _Unsaid


def _bracketed(tree: Expr) -> str:
    return f"({_said(tree)})" if isinstance(tree, Logic) else _said(tree)


def _place(tree: Path) -> str:
    if any(step.predicates for step in tree.steps) or isinstance(tree.start, Expr):
        raise _Unsaid
    if len(tree.steps) == 1 and tree.steps[0].axis == "self":
        return "the answer"
    if any(step.axis != "child" for step in tree.steps):
        raise _Unsaid
    names = "/".join(step.test for step in tree.steps)
    return names if tree.start else f"the choice's {names}"  # a bare name is a column of the choices


def _call(tree: Call) -> str:
    said = [_said(argument) for argument in tree.arguments]
    match tree.name, said:
        case "selected", [question, choice]:
            return f"{question} includes {choice}"
        case "not", [condition]:
            return f"not ({condition})"
        case "today", []:
            return "today"
        case "true" | "false", []:
            return tree.name
        case "count-selected", [question]:
            return f"the number of choices in {question}"
        case "string-length", [text]:
            return f"the length of {text}"
        case "if", [condition, one, other]:
            return f"{one} if {condition}, else {other}"
        case _:
            return f"{tree.name}({', '.join(said)})"


def speaks(form: FormVersion, wanted: str) -> bool:
    """Whether a form has a language, told by its name or by the code in its name."""
    return bool(_language(form, wanted))


def _language(form: FormVersion, wanted: str) -> str:
    return next((name for name in form.languages if wanted in (name, name.rpartition("(")[2].rstrip(")"))), "")


def _label(labels: Labels, language: str) -> str:
    return labels.get(language) or next(iter(labels.values()), "")
