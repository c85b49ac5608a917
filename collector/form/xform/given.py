"""What a calculation gives, number or text, as far as its words tell: JavaRosa keeps the type while a form is open.

Used by read.py. A calculated 36000000000 in a field of text is a number to what reads it, and its text then 3.6E10.
Source: JavaRosa, Recalculate.wrapData and XPathFuncExpr.toString, seen in tests/conformance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from collector.errors import ExpressionSyntax
from collector.form.xform.controls import resolve
from collector.form.xform.model import FormNode
from collector.form.xpath.compiler import Compiler
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.syntax.tree import Call, Expr, Path, Text

NUMBERS = frozenset({"int", "integer", "decimal"})


def note_given(nodes: Iterable[FormNode], by_path: Mapping[str, FormNode], root: str) -> None:
    """Set `gives` of every calculated text of a form."""
    typing = _Typing(by_path, root)
    for node in nodes:
        if node.bind.calculate and node.bind.type == "string":
            node.gives = typing.of_node(node)


class _Typing:
    def __init__(self, by_path: Mapping[str, FormNode], root: str) -> None:
        self._by_path, self._root = by_path, root
        self._known: dict[str, str] = {}

    def of_node(self, node: FormNode) -> str:
        """What a node holds: "number", "text", "" where its calculation does not tell, or reads itself."""
        if node.bind.type in NUMBERS:
            return "number"
        if node.bind.type != "string" or not node.bind.calculate:
            return "text" if node.bind.type == "string" else ""
        if node.path not in self._known:
            self._known[node.path] = ""
            with suppress(ExpressionSyntax, RecursionError):
                self._known[node.path] = self._of(parse(node.bind.calculate), node)
        return self._known[node.path]

    def _of(self, tree: Expr, node: FormNode) -> str:
        if isinstance(tree, Path):
            target = self._target(tree, node)
            return self.of_node(target) if target else ""
        if isinstance(tree, Call) and tree.name in ("if", "coalesce", "once"):
            kinds = {self._of(part, node) for part in tree.arguments[tree.name == "if" :] if not _is_word(part)}
            return kinds.pop() if len(kinds) == 1 else ""
        kind = Compiler(COLLECT).compile(tree).kind
        return kind if kind in ("number", "text") else ""

    def _target(self, tree: Path, node: FormNode) -> FormNode | None:
        names = [step.test if step.axis == "child" else ".." for step in tree.steps if step.axis in ("child", "parent")]
        if len(names) < len(tree.steps) or not isinstance(tree.start, str):
            return None
        return self._by_path.get(resolve(tree.start + "/".join(names), node.path, self._root))


def _is_word(tree: Expr) -> bool:
    """Whether it is a text that nobody takes for a number, so that a stored number came from elsewhere."""
    return isinstance(tree, Text) and not tree.value[-1:].isdigit()
