"""The tree of an expression: frozen records, made by parser.py, compiled by collector/form/xpath/compiler.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expr:
    """column: where it starts in the expression's text, counted from 1."""

    column: int


@dataclass(frozen=True, slots=True)
class Number(Expr):
    value: float


@dataclass(frozen=True, slots=True)
class Text(Expr):
    value: str


@dataclass(frozen=True, slots=True)
class Variable(Expr):
    name: str


@dataclass(frozen=True, slots=True)
class Negation(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """operator: = != < <= > >= + - * div mod |"""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """operator: and, or; a chain of one operator is one record, however long."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Call(Expr):
    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """axis: child, parent, self, attribute, descendant-or-self, …. test: a name, "*", "node()", "text()", …."""

    axis: str
    test: str
    predicates: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Path(Expr):
    """start: "/" for the document, "" for the context node, or an expression that gives nodes."""

    start: str | Expr
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Filtered(Expr):
    """An expression with predicates behind it: (…)[1], instance('c')[…]."""

    operand: Expr
    predicates: tuple[Expr, ...]
