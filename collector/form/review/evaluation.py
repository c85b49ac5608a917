"""Every expression of a form evaluated on filled forms, in both dialects: what stops a tablet at an answer, told now.

Between filling.py, which makes the forms, and review.py. A blank form hides a mistake such as selected() of a number:
nothing is wrong with it until somebody answers. What depends on the answer itself (a text that is no date) is a
warning, as other answers may do; what depends on its type is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collector.errors import CannotEvaluate
from collector.form.definition import FormVersion
from collector.form.instance.tree import Instance
from collector.form.review.filling import Filler
from collector.form.review.remarks import Remark, Weight
from collector.form.xform.controls import resolve
from collector.form.xform.markup import name_of, parse
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context
from collector.form.xpath.dialects import COLLECT, ENKETO

TURNS = 3
BY_TYPE = ("codes of choices are wanted", "true or false is no date", "a value stands where fields are wanted")
"""Failures that no other answer of the same type avoids."""
REPEATED = "is repeated where one value is wanted"


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression of the XForm in its place. column: of the sheet."""

    form_node: FormNode
    column: str
    text: str


def evaluation_remarks(filler: Filler, form: FormVersion, xform: str) -> Iterator[Remark]:
    """What cannot be evaluated on any filled form, by row and column. xform: of the filler's form."""
    places = {group.path: group.row for group in form.groups} | {each.path: each.row for each in form.questions}
    once = [filler.fill(turn=turn, rows=1) for turn in range(TURNS)]
    twice = [filler.fill(turn=0, rows=2)]
    for asked in (*expressions_of(filler.model), *events_of(filler.model, xform)):
        if not (failure := _failure(filler, asked, COLLECT, once)):
            second = _failure(filler, asked, COLLECT, twice)
            if REPEATED in second:
                yield _remark(asked, places, "repeated", f"KoboCollect stops at a second row: {second}")
            elif web := _failure(filler, asked, ENKETO, once):
                yield _remark(asked, places, "web_forms", f"web forms stop at this on a filled form: {web}")
        elif failure.startswith(BY_TYPE):
            yield _remark(asked, places, "types", f"a tablet stops at this once it is filled: {failure}", is_sure=True)
        else:
            yield _remark(asked, places, "filled", f"none of {TURNS} filled forms could evaluate this: {failure}")


def expressions_of(model: FormModel) -> Iterator[Asked]:
    """Every expression that a client evaluates in the course of filling, in the order of the form."""
    for form_node in model.nodes:
        bind = form_node.bind
        for column, text in (
            ("relevant", bind.relevant),
            ("required", bind.required),
            ("constraint", bind.constraint),
            ("calculation", bind.calculate),
            ("read_only", bind.readonly),
            ("repeat_count", form_node.repeat_count),
            ("choice_filter", _filter_of(form_node)),
        ):
            if text.strip():
                yield Asked(form_node, column, text)


def events_of(model: FormModel, xform: str) -> Iterator[Asked]:
    """What is written at an event: a default when the form is opened, a calculation when its trigger changes."""
    for element in parse(xform).iter():
        if name_of(element) == "setvalue" and element.get("value"):
            form_node = model.by_path.get(resolve(element.get("ref", ""), "", model.name))
            is_default = "first-load" in element.get("event", "") or "new-repeat" in element.get("event", "")
            if form_node is not None:
                yield Asked(form_node, "default" if is_default else "calculation", element.get("value", ""))


def _filter_of(form_node: FormNode) -> str:
    control = form_node.control
    return control.nodeset if control is not None and not control.is_external and "[" in control.nodeset else ""


def _failure(filler: Filler, asked: Asked, dialect: Dialect, filled: Iterable[Instance]) -> str:
    """Why no filled form could evaluate it, "" where one could or nobody can tell."""
    rule = filler.compiled(asked.text, dialect)
    if rule is None:
        return ""
    detail = ""
    for instance in filled:
        world = filler.world(instance)
        for node in instance.found[asked.form_node.index]:
            try:
                rule.evaluate(Context(node, world))
            except CannotEvaluate as why:
                if why.reason not in ("evaluation_error", "function_unsupported"):
                    return ""
                detail = why.detail
                break
        else:
            return ""
    return detail


def _remark(asked: Asked, places: dict[str, int], code: str, problem: str, *, is_sure: bool = False) -> Remark:
    path = asked.form_node.path
    if path == "meta/instanceName":
        return Remark(code, problem, REMEDY, "settings", 2, "instance_name", Weight.WARNING)
    weight = Weight.MISTAKE if is_sure else Weight.WARNING
    return Remark(code, problem, REMEDY, "survey", places.get(path), asked.column, weight)


REMEDY = "try it on a tablet with an answer in every question, or write it otherwise."
