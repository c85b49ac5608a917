"""Functions that ask the world outside the answers: labels, translations, files, the tablet. Used by dialects.py."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Code, Function, failing
from collector.form.xpath.context import Context
from collector.form.xpath.steps import chain
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.syntax.tree import Call, Text

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler
    from collector.form.xpath.nodes import Node

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def build_choice_name(compiler: Compiler, tree: Call) -> Code:
    """jr:choice-name(code, 'path of the question'): the label of a choice. The path is an expression in quotes."""
    if len(tree.arguments) != 2:
        return failing("evaluation_error", "jr:choice-name() takes a code and a question's path in quotes")
    code, where = (compiler.compile(argument) for argument in tree.arguments)
    value = compiler.text(code)
    literal = tree.arguments[1]
    if not isinstance(literal, Text):
        return failing("evaluation_error", "jr:choice-name() wants the question's path in quotes")
    question = compiler.nodes(compiler.compile(parse(literal.value.strip())))
    failure = code.failure or where.failure

    def run(node: Node, context: Context) -> str:
        if context.world.choice_label is None:
            raise CannotEvaluate("function_unsupported", "jr:choice-name() needs the form")
        found = question(node, context)
        path = "/" + "/".join(step.name for step in chain(found[0])) if found else literal.value.strip()
        return context.world.choice_label(value(node, context), path) or ""

    return Code(run, "text", failure=failure)


def itext(context: Context, id: str) -> str:
    if context.world.itext is None:
        raise CannotEvaluate("function_unsupported", "jr:itext() needs the form")
    text = context.world.itext(id)
    if text is None:
        raise CannotEvaluate("evaluation_error", f"the form has no text '{id}'")
    return text


def pulldata(context: Context, file: str, column: str, key_column: str, key: str) -> str:
    cell = context.world.pulldata(file, column, key_column, key) if context.world.pulldata else None
    if cell is None:
        raise CannotEvaluate("external_file_missing", f"pulldata(): the file '{file}' is not there")
    return cell


def device_property(context: Context, name: str) -> str:
    value = context.world.properties.get(name)
    if value is None:
        raise CannotEvaluate("nondeterministic", f"property '{name}' of the tablet is not known")
    return value


def new_uuid(context: Context, length: float | None = None) -> str:
    random = context.world.random
    if length is None:
        return str(uuid.UUID(int=random.getrandbits(128), version=4))
    return "".join(random.choices(_DIGITS, k=int(max(0.0, min(length, 1000.0))) if length == length else 0))


COMMON: dict[str, Function | Builder] = {
    "jr:choice-name": build_choice_name,
    "jr:itext": Function(itext, "text", "text"),
    "pulldata": Function(pulldata, "text text text text", "text"),
    "property": Function(device_property, "text", "text", is_deterministic=False),
    "version": Function(lambda context: context.world.version, "", "text"),
    "uuid": Function(new_uuid, "number?", "text", is_deterministic=False),
}
