"""Answers of select questions: codes separated by blanks. Used by dialects.py."""

from __future__ import annotations

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Function
from collector.form.xpath.coercions import java_int
from collector.form.xpath.context import Context
from collector.form.xpath.values import Value


def _codes(value: Value) -> str:
    """Collect wants a text where the codes are: a number or a date is an error there."""
    if type(value) is not str:
        raise CannotEvaluate("evaluation_error", "codes of choices are wanted; the value is not a text")
    return value


def collect_selected(context: Context, value: Value, code: Value) -> bool:
    return f" {_codes(code).strip()} " in f" {_codes(value)} "


def collect_selected_at(context: Context, value: Value, position: float) -> str:
    codes, at = [code for code in _codes(value).split(" ") if code], java_int(position)
    return codes[at] if 0 <= at < len(codes) else ""


def _count(text: str) -> float:
    return float(sum(bool(code) for code in text.split(" ")))


COLLECT: dict[str, Function | Builder] = {
    "selected": Function(collect_selected, "scalar scalar", "boolean"),
    "is-selected": Function(collect_selected, "scalar scalar", "boolean"),
    "selected-at": Function(collect_selected_at, "scalar number", "text"),
    "count-selected": Function(lambda context, value: _count(_codes(value)), "scalar", "number"),
}


def enketo_selected_at(context: Context, text: str, position: float) -> str:
    codes = text.split(" ")
    return codes[int(position)] if -1 < position < len(codes) else ""


ENKETO: dict[str, Function | Builder] = {
    "selected": Function(lambda context, text, code: code.strip() in text.split(" "), "text text", "boolean"),
    "selected-at": Function(enketo_selected_at, "text number", "text"),
    "count-selected": Function(lambda context, text: _count(text), "text", "number"),
}
