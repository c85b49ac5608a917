"""What our engine says of the same form and the same answers, beside JavaRosa's state. Used by form_fuzz.py.

JavaRosa's tree becomes submission XML, answers where nothing was asked included; each rule is asked of our hearing at
each node, and then the whole verdict must be the one that JavaRosa's states imply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from collector.errors import CannotEvaluate
from collector.form.instance.tree import place
from collector.form.judging.calculations import compile_comparison, is_compared, is_fresh
from collector.form.judging.choices import compile_choices
from collector.form.judging.client import Moments
from collector.form.judging.court import Court, open_court
from collector.form.judging.hearing import Hearing
from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.rules import Rule, compile_rule
from collector.form.judging.verdict import Outcome
from collector.form.xform.model import FormNode
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.nodes import Node
from tests.conformance.form_grammar import LISTS
from tests.conformance.form_javarosa import NOW, State

RULES = ("relevant", "inherited", "required", "constraint", "choice", "calculate", "verdict")
ABSTAINED = "not decided here: "


@dataclass(frozen=True, slots=True)
class Comparison:
    """One state of one node, theirs and ours. rule: of RULES; expression: as in the XForm; ours may say ABSTAINED."""

    rule: str
    path: str
    expression: str
    theirs: object
    ours: object

    @property
    def is_abstention(self) -> bool:
        return isinstance(self.ours, str) and self.ours.startswith(ABSTAINED)

    @property
    def agrees(self) -> bool:
        return self.theirs == self.ours


@dataclass(frozen=True)
class Ours:
    """A form ready to be judged here. asked: compiled rules by node and column; checks: of selects."""

    judge: Judge
    court: Court
    rules: dict[tuple[FormNode, str], Rule]

    def compare(self, state: State) -> list[Comparison]:
        """Every comparison of a filled form."""
        xml = submission(state, self.judge.model.name)
        instance = self.judge._read_xml(xml)
        hearing = self.court.open(instance, Moments(NOW, NOW))
        self.court.decide(hearing)
        by_place = {place(node): node for nodes in instance.found for node in nodes}
        found = [
            each
            for theirs in state.walk()
            if (node := by_place.get(theirs.path)) is not None and isinstance(node.definition, FormNode)
            for each in self._states(node, node.definition, theirs, hearing)
        ]
        return [*found, self._verdict(xml, state)]

    def _states(self, node: Node, form: FormNode, theirs: State, hearing: Hearing) -> Iterator[Comparison]:
        bind, path = form.bind, theirs.path
        if form in self.court.relevances:
            unsure = hearing.is_unsure(node)
            ours: object = f"{ABSTAINED}{self.court.relevances[form].blocked}" if unsure else node.is_relevant
            yield Comparison("relevant", path, bind.relevant, theirs.is_relevant, ours)
        elif not theirs.is_relevant or not node.is_relevant:
            ours = f"{ABSTAINED}a group around it" if hearing.is_unsure(node) else node.is_relevant
            yield Comparison("inherited", path, "", theirs.is_relevant, ours)
        if not theirs.is_relevant or not form.is_leaf:
            return
        if bind.required:
            yield Comparison(
                "required", path, bind.required, theirs.is_required, self._ask(form, "required", node, hearing)
            )
        if bind.constraint and theirs.constraint is not None:
            ours = self._ask(form, "constraint", node, hearing)
            yield Comparison("constraint", path, bind.constraint, theirs.constraint, ours)
        if form.control is not None and form.control.is_select and theirs.offered is not None:
            yield Comparison(
                "choice", path, form.control.nodeset, set(theirs.offered), self._offered(node, form, hearing)
            )
        if is_compared(form) and not is_fresh(self.rules[form, "calculate"]):
            yield Comparison("calculate", path, bind.calculate, node.text, self._calculated(form, node, hearing))

    def _ask(self, form: FormNode, column: str, node: Node, hearing: Hearing) -> object:
        try:
            return hearing.ask(self.rules[form, column], node)
        except CannotEvaluate as why:
            return f"{ABSTAINED}{why.reason}: {why}"

    def _offered(self, node: Node, form: FormNode, hearing: Hearing) -> object:
        """Codes of the lists that our check of the answer lets pass."""
        assert form.control is not None
        check, _ = compile_choices(form, form.control, self.judge.model, COLLECT)
        apart = replace(hearing, faults=[], unsure=[])
        codes = {row["name"] for rows in LISTS.values() for row in rows}
        offered = {code for code in sorted(codes) if not check(node, code, apart)}
        unsure = next((fault for fault in apart.faults if fault.outcome is Outcome.CANNOT_CHECK), None)
        return f"{ABSTAINED}{unsure.reason}" if unsure else offered

    def _calculated(self, form: FormNode, node: Node, hearing: Hearing) -> str:
        """The stored value where ours means the same, else ours."""
        try:
            text = hearing.calculate(self.rules[form, "calculate"], node)
        except CannotEvaluate as why:
            return f"{ABSTAINED}{why.reason}: {why}"
        return node.text if compile_comparison(form.bind.type)(text, node.text, NOW.tzinfo) else text

    def _verdict(self, xml: bytes, state: State) -> Comparison:
        """All violations with their places, beside those that JavaRosa's states imply; not what we leave open."""
        verdict = self.judge.judge_xml(xml, "", "collect")
        found = {(f.code, f.path) for f in verdict.findings if f.outcome is Outcome.VIOLATION}
        ours = {("choice" if code == "choice_not_offered" else code, path) for code, path in found}
        left_open = tuple(f.path for f in verdict.findings if f.outcome is Outcome.CANNOT_CHECK)
        model = self.judge.model
        theirs = {each for node in state.walk() if (each := _implied(node, model.by_path.get(_bare(node.path))))}
        decided = [{each for each in of if not _lies_in(each[1], left_open)} for of in (theirs, ours)]
        return Comparison("verdict", "", "", *decided)


def _lies_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in places)


def _implied(state: State, form: FormNode | None) -> tuple[str, str] | None:
    """The finding that follows from a node's state, by the judge's own order."""
    if form is None or not form.is_leaf:
        return None
    if not state.is_relevant:
        return ("answer_in_irrelevant", state.path) if state.text.strip() else None
    if form.control is None:
        return None
    if not state.text.strip():
        return ("required", state.path) if state.is_required else None
    if state.offered is not None and not state.offered.issuperset(state.text.split()):
        return "choice", state.path
    return ("constraint", state.path) if state.constraint is False else None


def _bare(path: str) -> str:
    return "/".join(step.partition("[")[0] for step in path.split("/"))


def ours_of(xform: str) -> Ours:
    """Our engine's reading of a form."""
    judge = judge_of(xform)
    model = judge.model
    rules = {
        (node, column): compile_rule(node, column, text, model, COLLECT)
        for node in model.nodes
        for column in ("required", "constraint", "calculate")
        if (text := getattr(node.bind, column))
    }
    return Ours(judge, open_court(model, judge._filling, COLLECT), rules)


def submission(state: State, root: str) -> bytes:
    """JavaRosa's tree as a submission, answers of what is not relevant included."""

    def grow(parent: etree._Element, each: State) -> None:
        element = etree.SubElement(parent, each.name)
        element.text = NOW.isoformat(timespec="milliseconds") if each.name == "end" else each.text or None
        for child in each.children:
            grow(element, child)

    top = etree.Element(root)
    for child in state.children:
        grow(top, child)
    return etree.tostring(top)
