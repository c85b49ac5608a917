"""Tokens to a tree: XPath 1.0 by precedence climbing. Used by collector/form/xpath/expression.py."""

from __future__ import annotations

from collector.errors import ExpressionSyntax
from collector.form.xpath.syntax.tokens import Token, tokens
from collector.form.xpath.syntax.tree import (
    Binary,
    Call,
    Expr,
    Filtered,
    Logic,
    Negation,
    Number,
    Path,
    Step,
    Text,
    Variable,
)

MAX_DEPTH = 100
"""Levels of brackets and arguments; forms with long chains of if() reach 60."""

MAX_CHAIN = 400
"""Operators of one level that are not `and` or `or`, such as a sum of many terms."""

BINDING = {
    **{"or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4},
    **{"+": 5, "-": 5, "*": 6, "div": 6, "mod": 6, "|": 8},
}
"""How strongly an operator holds its operands; negation stands between `*` and `|`."""
_NEGATION = 7

_NODE_TYPES = frozenset({"node", "text", "comment", "processing-instruction"})
_AXES = frozenset(
    {
        *("child", "parent", "self", "attribute", "namespace", "descendant", "descendant-or-self"),
        *("ancestor", "ancestor-or-self", "following", "following-sibling", "preceding", "preceding-sibling"),
    }
)


def parse(expression: str) -> Expr:
    """The tree of an expression. Raises ExpressionSyntax, with the column and what to do."""
    parser = _Parser(expression)
    tree = parser.expression(0)
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, expression: str) -> None:
        self.text = expression
        self.tokens = tokens(expression)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self, problem: str, column: int | None = None) -> ExpressionSyntax:
        return ExpressionSyntax(self.text, self.token.column if column is None else column, problem)

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def take(self, text: str) -> bool:
        if self.token.text == text and self.token.kind != "text":
            self.at += 1
            return True
        return False

    def expect(self, text: str, problem: str) -> None:
        if not self.take(text):
            raise self.fail(problem)

    def expect_end(self) -> None:
        if self.token.kind != "end":
            surplus = self.token.text
            raise self.fail("a bracket too many." if surplus in ")]" else f"an operator is missing before {surplus}")

    def expression(self, least: int) -> Expr:
        """An operand and all operators behind it that hold at least as strongly."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"more than {MAX_DEPTH} brackets inside each other; split it over calculations.")
        left = self.operand()
        length = 0
        while self.token.kind == "operator" and (binding := BINDING[self.token.text]) > least:
            operator = self.next()
            right = self.expression(binding)
            left = self.joined(operator, left, right)
            length += not isinstance(left, Logic)
            if length > MAX_CHAIN:
                raise self.fail(f"more than {MAX_CHAIN} operators in a row; split it over calculations.")
        self.depth -= 1
        return left

    def joined(self, operator: Token, left: Expr, right: Expr) -> Expr:
        if operator.text not in {"and", "or"}:
            return Binary(left.column, operator.text, left, right)
        before = left.operands if isinstance(left, Logic) and left.operator == operator.text else (left,)
        return Logic(left.column, operator.text, (*before, right))

    def operand(self) -> Expr:
        token = self.token
        if token.text == "-" and token.kind == "operator":
            self.next()
            return Negation(token.column, self.expression(_NEGATION - 1))
        if token.kind in {"number", "text"} or token.text in {"(", "$"} or self.is_call():
            return self.filtered()
        return self.path(token.column, "")

    def is_call(self) -> bool:
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)].text
        return self.token.kind == "name" and following == "(" and self.token.text not in _NODE_TYPES

    def filtered(self) -> Expr:
        """A primary expression, with predicates and steps behind it if there are any."""
        column = self.token.column
        operand = self.primary()
        if predicates := self.predicates():
            operand = Filtered(column, operand, predicates)
        if self.token.text in {"/", "//"} and self.token.kind == "symbol":
            return self.path(column, operand)
        return operand

    def primary(self) -> Expr:
        token = self.next()
        if token.kind == "number":
            return Number(token.column, float(token.text))
        if token.kind == "text":
            return Text(token.column, token.text[1:-1])
        if token.text == "$":
            return Variable(token.column, self.name("a variable's name must follow the $."))
        if token.text == "(":
            inner = self.expression(0)
            self.expect(")", "a closing bracket ) is missing.")
            return inner
        self.next()
        return Call(token.column, token.text, self.arguments(token))

    def arguments(self, function: Token) -> tuple[Expr, ...]:
        found: list[Expr] = []
        if self.take(")"):
            return ()
        while True:
            found.append(self.expression(0))
            if self.take(")"):
                return tuple(found)
            self.expect(",", f"a comma or a closing bracket is missing in {function.text}(…).")

    def predicates(self) -> tuple[Expr, ...]:
        found: list[Expr] = []
        while self.take("["):
            found.append(self.expression(0))
            self.expect("]", "a closing bracket ] is missing.")
        return tuple(found)

    def path(self, column: int, start: str | Expr) -> Expr:
        steps: list[Step] = []
        if isinstance(start, str) and self.token.text == "/" and self.token.kind == "symbol":
            start = "/"
            self.next()
            if not self.is_step():
                return Path(column, start, ())
        elif isinstance(start, str) and self.token.text == "//":
            start = "/"
            self.step_down(steps)
        elif not isinstance(start, str):
            self.step_down(steps)
        steps.append(self.step())
        while self.token.text in {"/", "//"} and self.token.kind == "symbol":
            self.step_down(steps)
            steps.append(self.step())
        return Path(column, start, tuple(steps))

    def step_down(self, steps: list[Step]) -> None:
        if self.next().text == "//":
            steps.append(Step("descendant-or-self", "node()"))

    def is_step(self) -> bool:
        return self.token.kind == "name" or (self.token.kind == "symbol" and self.token.text in {".", "..", "@", "*"})

    def step(self) -> Step:
        if self.take("."):
            return Step("self", "node()", self.predicates())
        if self.take(".."):
            return Step("parent", "node()", self.predicates())
        axis = self.axis()
        return Step(axis, self.node_test(), self.predicates())

    def axis(self) -> str:
        if self.take("@"):
            return "attribute"
        if self.token.kind == "name" and self.tokens[self.at + 1].text == "::":
            if self.token.text not in _AXES:
                raise self.fail(f"there is no axis {self.token.text}.")
            axis = self.next().text
            self.next()
            return axis
        return "child"

    def node_test(self) -> str:
        if self.take("*"):
            return "*"
        name = self.name("a value, a field or a function is missing here.")
        if name in _NODE_TYPES and self.take("("):
            if self.token.kind == "text":
                self.next()
            self.expect(")", "a closing bracket ) is missing.")
            return f"{name}()"
        return name

    def name(self, problem: str) -> str:
        if self.token.kind != "name":
            raise self.fail(problem)
        return self.next().text
