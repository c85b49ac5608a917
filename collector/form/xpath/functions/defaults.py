"""Functions that take the context node when they are given no argument: string-length(), normalize-space(), …"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collector.form.xpath.code import Builder, Code, Function
from collector.form.xpath.syntax.tree import Call, Path, Step

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler


def with_context_node(function: Function) -> Builder:
    """The same function, called with `.` when it is called with nothing."""

    def build(compiler: Compiler, tree: Call) -> Code:
        if not tree.arguments:
            tree = replace(tree, arguments=(Path(tree.column, "", (Step("self", "node()"),)),))
        return compiler.plain_call(tree, function)

    return build
