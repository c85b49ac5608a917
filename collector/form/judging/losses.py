"""Which findings on a submission's JSON can come from what the JSON leaves out: then its XML has to be judged.

Used by judge.py. The server leaves empty rows of repeats out of its JSON, and blanks at the ends of texts. Rules that
read neither a repeat that can have an empty row nor a text that a person typed are right in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from collector.errors import ExpressionSyntax
from collector.form.judging.repeats import can_vanish
from collector.form.judging.verdict import Finding
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.expression import compile_expression

INDEX = re.compile(r"\[\d+\]")
CHOSEN = frozenset({"choice", "choice_not_offered"})
ALL_THAT_READ = frozenset({"constraint", "calculate", "required", "answer_in_irrelevant", "relevant", *CHOSEN})
ALSO_GOVERNED = frozenset({"required", "answer_in_irrelevant", "relevant"})
NUMBERED = ("position(", "indexed-repeat(")


def compile_losses(model: FormModel) -> Callable[[Finding], bool]:
    """The function that says whether a finding may be no finding in XML."""
    lossy = frozenset(_lossy_names(model))

    def may_be_lost(finding: Finding) -> bool:
        if finding.reason == "json_lossy" or (finding.code == "repeat_count" and lossy):
            return True
        form_node = model.by_path.get(INDEX.sub("", finding.path)) if finding.code in ALL_THAT_READ and lossy else None
        return form_node is not None and any(_reads(rule, lossy) for rule in _rules(form_node, finding.code))

    return may_be_lost


def _lossy_names(model: FormModel) -> Iterator[str]:
    """Last names of the paths whose answers JSON may not give as they were: "" for the numbering of rows."""
    for node in model.nodes:
        if node.is_repeat and can_vanish(node):
            yield ""
            yield from (each.name for each in node.walk())
        elif node.is_leaf and node.control is not None and node.control.kind == "input" and node.bind.type == "string":
            yield node.name


def _rules(form_node: FormNode, code: str) -> Iterator[str]:
    bind, control = form_node.bind, form_node.control
    yield {"constraint": bind.constraint, "calculate": bind.calculate, "required": bind.required}.get(code, "")
    if code == "constraint":
        yield form_node.name  # the answer itself: `.` is a path without a name
    if code in CHOSEN and control is not None:
        yield control.nodeset
    node: FormNode | None = form_node
    while code in ALSO_GOVERNED and node is not None:
        yield node.bind.relevant
        node = node.parent


def _reads(rule: str, lossy: frozenset[str]) -> bool:
    if not rule.strip():
        return False
    if "" in lossy and any(function in rule for function in NUMBERED):
        return True
    try:
        paths = compile_expression(rule, COLLECT).paths
    except ExpressionSyntax:
        return False
    return any(path.rpartition("/")[2] in lossy - {""} for path in paths)
