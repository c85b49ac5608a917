"""Which choices a form offers at a place, and whether an answer is among them. Used by checks.py.

A list without filter is the same for every submission; a filtered one is asked of the expression engine, whose index
finds the items of an equality without looking at each. What is in its list and not offered here is told apart from what
is in none: that is an answer beside which another one is wrong, this is no answer at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from collector.errors import CannotEvaluate
from collector.form.judging.hearing import Hearing, evaluated, ready
from collector.form.judging.rules import Rule, compile_rule
from collector.form.xform.model import Control, FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.nodes import Node

UNFILTERED = re.compile(r"\s*instance\(\s*(['\"])(.+?)\1\s*\)/root/item\s*")
FILTERED = re.compile(r"\s*instance\(\s*(['\"])(.+?)\1\s*\)/root/item\s*\[.*", re.DOTALL)
SHUFFLED = re.compile(r"\s*randomize\((.*?)(,\s*[^\[\]()'\"]+)?\)\s*")
"""randomize(items) and randomize(items, seed): the order says nothing of what is offered."""

Offered = Callable[[Node, Hearing], "frozenset[str]"]
Check = Callable[[Node, str, Hearing], bool]
"""Notes what is wrong with an answer; returns whether anything is, or cannot be told."""


def compile_choices(
    form_node: FormNode, control: Control, model: FormModel, dialect: Dialect
) -> tuple[Check, Rule | None]:
    """The check of a select's answer against what the form offers there, and the rule it asks: the list's filter."""
    rule, offered = _offered(form_node, control, model, dialect)
    listed = _listed(control, model) if rule else lambda: frozenset[str]()

    def check(node: Node, text: str, hearing: Hearing) -> bool:
        try:
            choices = offered(node, hearing)
        except CannotEvaluate as why:
            hearing.uncheckable("choice", node, rule, why.reason, "type")
            return True
        codes = (text,) if control.kind == "select1" else text.split()
        fault = _fault(codes, choices, listed, is_rank=control.kind == "rank")
        if fault:
            is_of_list = fault == "choice" and listed()  # then the filter has no part in it
            hearing.violation(fault, node, None if is_of_list else rule, column="type")
        return bool(fault)

    return check, rule


def _fault(
    codes: Sequence[str], choices: frozenset[str], listed: Callable[[], frozenset[str]], *, is_rank: bool
) -> str:
    """The code of what is wrong with the chosen codes, "" for nothing. listed: all codes of a list that is filtered."""
    if not choices.issuperset(codes):
        return "choice_not_offered" if listed().issuperset(codes) else "choice"
    if len(set(codes)) < len(codes):
        return "choice_duplicate"
    return "rank_incomplete" if is_rank and len(codes) < len(choices) else ""


def _offered(form_node: FormNode, control: Control, model: FormModel, dialect: Dialect) -> tuple[Rule | None, Offered]:
    if control.items is not None:
        written = frozenset(value for value, _ in control.items)
        return None, lambda node, hearing: written
    if control.is_external or not control.nodeset:
        return None, _unknown
    nodeset, names = _nodeset(control), _steps(control)
    whole = UNFILTERED.fullmatch(nodeset)
    if whole and whole[2] in model.instances:
        listed = model.instances[whole[2]].children
        all_items = frozenset(_value(item, names) for item in listed)
        if listed and all_items == {""}:  # a media file without the column that holds the codes
            return None, _unknown
        return None, lambda node, hearing: all_items
    rule = compile_rule(form_node, "choice_filter", nodeset, model, dialect)

    def filtered(node: Node, hearing: Hearing) -> frozenset[str]:
        items = evaluated(ready(rule, hearing).nodes, hearing.at_end, node)
        return frozenset([_value(item, names) for item in items])

    return rule, filtered


def _listed(control: Control, model: FormModel) -> Callable[[], frozenset[str]]:
    """All codes of a filtered list, found when they are first asked for; none where the choices are of another kind."""
    filtered = FILTERED.fullmatch(_nodeset(control))
    items = model.instances[filtered[2]].children if filtered and filtered[2] in model.instances else ()
    names = _steps(control)
    return cache(lambda: frozenset(_value(item, names) for item in items))


def _nodeset(control: Control) -> str:
    shuffled = SHUFFLED.fullmatch(control.nodeset)
    return shuffled[1] if shuffled else control.nodeset


def _steps(control: Control) -> list[str]:
    return [name for name in control.value.split("/") if name not in (".", "")]


def _unknown(node: Node, hearing: Hearing) -> frozenset[str]:
    raise CannotEvaluate("external_file_missing", "nobody here knows the choices")


def _value(item: Node, names: Sequence[str]) -> str:
    for name in names:
        for child in item.children:
            if child.name == name:
                item = child
                break
        else:
            return ""
    return item.text
