"""What nobody will ever see: questions that can never be relevant, choices that no filter lets through.

Sound, not complete: what is reported can never be reached, whatever is answered; some that cannot be are not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from collector.form.definition import Choice, FormVersion, Kind
from collector.form.review.remarks import Remark, Weight
from collector.form.review.rules import Rule, reference, walk
from collector.form.xlsform import Workbook
from collector.form.xpath.syntax.tree import Binary, Call, Expr, Logic, Number, Path, Text

COMPARISONS = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Offers = Mapping[str, frozenset[str]]
"""Select questions by name, with the names of their choices; those whose choices are not at hand are left out."""


def reach_remarks(workbook: Workbook, form: FormVersion, rules: Iterable[Rule]) -> Iterator[Remark]:
    """Everything in a form that cannot be reached. form: with its media, so that their choices are known."""
    offers = _offers(workbook, form)
    kept = tuple(rules)
    for rule in kept:
        yield from _unknown_choices(rule, offers)
    never = {rule.row for rule in kept if rule.column == "relevant" and rule.tree and not can_hold(rule.tree, offers)}
    yield from _never_relevant(workbook, never)
    yield from _unreachable_choices(workbook, form, kept, offers)


def can_hold(tree: Expr, offers: Offers) -> bool:
    """Whether some answers could make a condition true; True where that is not known."""
    if isinstance(tree, Logic):
        held = (can_hold(operand, offers) for operand in tree.operands)
        return any(held) if tree.operator == "or" else all(held) and not _contradicts(tree)
    if isinstance(tree, Number | Text):
        return bool(tree.value)
    if isinstance(tree, Call) and tree.name == "false" and not tree.arguments:
        return False
    if isinstance(tree, Binary) and isinstance(tree.left, Number) and isinstance(tree.right, Number):
        compare = COMPARISONS.get(tree.operator)
        return compare is None or bool(compare(tree.left.value, tree.right.value))
    name, choice = _asked(tree)
    return name not in offers or choice == "" or choice in offers[name]


def _contradicts(tree: Logic) -> bool:
    """${a} = 'x' and ${a} = 'y'"""
    pairs = {pair for pair in map(_equality, tree.operands) if pair[0]}
    return len({name for name, _ in pairs}) < len(pairs)


def _equality(tree: Expr) -> tuple[str, str]:
    """Name and choice of ${name} = 'choice', either way round; ("", "") for anything else."""
    if isinstance(tree, Binary) and tree.operator == "=":
        for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
            if isinstance(other, Text) and reference(one):
                return reference(one), other.value
    return "", ""


def _asked(tree: Expr) -> tuple[str, str]:
    """Name and choice of ${name} = 'choice' or selected(${name}, 'choice')."""
    if isinstance(tree, Call) and tree.name == "selected" and len(tree.arguments) == 2:
        one, other = tree.arguments
        return (reference(one), other.value) if isinstance(other, Text) else ("", "")
    return _equality(tree)


def _offers(workbook: Workbook, form: FormVersion) -> dict[str, frozenset[str]]:
    others = {
        row.get("name") for row in workbook.sheets["survey"].rows if row.get("type", "").endswith(("or_other", "other"))
    }
    offers = {}
    for question in form.questions:
        choices = form.choices_of(question)
        if question.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE) and choices:
            names = {choice.name for choice in choices} | ({"other"} if question.name in others else set())
            offers[question.name] = frozenset(names)
    return offers


def _unknown_choices(rule: Rule, offers: Offers) -> Iterator[Remark]:
    """Comparisons of a select question with a choice that is not in its list."""
    for part in walk(rule.tree) if rule.tree else ():
        equal = (
            Binary(part.column, "=", part.left, part.right)
            if isinstance(part, Binary) and part.operator == "!="
            else part
        )
        name, choice = _asked(equal)
        if choice and name in offers and choice not in offers[name]:
            near = get_close_matches(choice, offers[name], n=1)
            remedy = f"did you mean '{near[0]}'?" if near else f"its choices: {', '.join(sorted(offers[name])[:8])}."
            problem = f"'{name}' is compared with '{choice}', which is none of its choices"
            yield Remark("no_such_choice", problem, remedy, row=rule.row, column=rule.column)


def _never_relevant(workbook: Workbook, never: set[int]) -> Iterator[Remark]:
    """One remark a question or group; nothing for what stands inside a group that is never shown."""
    hidden = 0
    for row in workbook.survey:
        if hidden:
            hidden += row.type.startswith("begin_") - row.type.startswith("end_")
        elif row.row in never:
            what = row.type.removeprefix("begin_") if row.type.startswith("begin_") else "question"
            problem = f"the {what} '{row.name}' can never be relevant: no answers make its condition true"
            yield Remark(
                "never_relevant", problem, "correct the condition, or delete the row.", row=row.row, column="relevant"
            )
            hidden = int(row.type.startswith("begin_"))


def _unreachable_choices(
    workbook: Workbook, form: FormVersion, rules: Iterable[Rule], offers: Offers
) -> Iterator[Remark]:
    filters = {rule.row: rule for rule in rules if rule.column == "choice_filter"}
    by_list: dict[str, list[Rule | None]] = {}
    for question in form.questions:
        if question.list_name:
            by_list.setdefault(question.list_name, []).append(filters.get(question.row))
    rows = workbook.sheets["choices"].rows if "choices" in workbook.sheets else ()
    places = {(row.get("list_name"), row.get("name")): number for number, row in enumerate(rows, start=2)}
    for name, used in by_list.items():
        for position, choice in enumerate(form.choices.get(name, ()), start=2):
            reasons = [_shut_out(choice, rule, offers) for rule in used]
            if reasons and all(reasons):
                is_file = name not in workbook.choices
                row = position if is_file else places.get((name, choice.name))
                problem = f"choice '{choice.name}' of list '{name}' can never be offered: {reasons[0]}"
                sheet, remedy = name if is_file else "choices", "correct this column, or the choice_filter."
                yield Remark("unreachable_choice", problem, remedy, sheet=sheet, row=row, weight=Weight.WARNING)


def _shut_out(choice: Choice, rule: Rule | None, offers: Offers) -> str:
    """Why a filter never lets a choice through; "" where it may."""
    if rule is None or rule.tree is None:
        return ""
    tree = rule.tree
    parts = tree.operands if isinstance(tree, Logic) and tree.operator == "and" else (tree,)
    for part in parts:
        column, wanted, of = _wanted(part, offers)
        if column and wanted is not None:
            value = choice.name if column == "name" else choice.columns.get(column, "")
            if value not in wanted:
                return (
                    f"its column '{column}' is '{value}', which is no choice of '{of}'"
                    if of
                    else f"the filter of row {rule.row} wants another '{column}'"
                )
    return ""


def _wanted(part: Expr, offers: Offers) -> tuple[str, frozenset[str] | None, str]:
    """Of `column = ${question}`, `column = 'text'` and `selected(${question}, column)`: column, values, question."""
    pairs: list[tuple[Expr, Expr]] = []
    if isinstance(part, Binary) and part.operator == "=":
        pairs = [(part.left, part.right), (part.right, part.left)]
    elif isinstance(part, Call) and part.name == "selected" and len(part.arguments) == 2:
        pairs = [(part.arguments[1], part.arguments[0])]
    for left, right in pairs:
        column = _column(left)
        if column and column != "label":
            if isinstance(right, Text):
                return column, frozenset({right.value}), ""
            if reference(right):
                return column, offers.get(reference(right)), reference(right)
    return "", None, ""


def _column(tree: Expr) -> str:
    is_bare = isinstance(tree, Path) and tree.start == "" and len(tree.steps) == 1
    step = tree.steps[0] if is_bare and isinstance(tree, Path) else None
    return step.test if step and step.axis == "child" and not step.predicates else ""
