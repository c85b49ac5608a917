"""The values of expressions: booleans, floats, texts, moments, nodes; and numbers as Java and JavaScript write them.

Used throughout collector/form/xpath. What converts to what is the dialects' business: coercions.py.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from collector.form.xpath.nodes import Node

NAN = math.nan


class Moment:
    """An instant, as Java's and JavaScript's dates are: milliseconds since 1970 in UTC, NaN when it is no date.

    is_blank: made from an empty text, which JavaScript's engine of web forms remembers.
    """

    __slots__ = ("is_blank", "millis")

    def __init__(self, millis: float, is_blank: bool = False) -> None:
        self.millis = millis
        self.is_blank = is_blank

    def __repr__(self) -> str:
        return f"Moment({self.millis})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.millis == other.millis

    def __hash__(self) -> int:
        return hash(self.millis)


Value: TypeAlias = bool | float | str | Moment | list[Node]


def java_number(number: float) -> str:
    """A number as Java's Double.toString writes it: 2.5, 1.23456785E7, 1.0E-5."""
    if number != number:
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    sign, digits, exponent = _decimal(number)
    if -3 <= exponent < 7:
        return sign + _positional(digits, exponent, is_fraction_shown=True)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def javascript_number(number: float) -> str:
    """A number as JavaScript's Number.toString writes it: 2.5, 3000000000, 1e+21, 1e-7."""
    if number != number:
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign, digits, exponent = _decimal(number)
    if -7 < exponent < 21:
        return sign + _positional(digits, exponent, is_fraction_shown=False)
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def _decimal(number: float) -> tuple[str, str, int]:
    """Sign, shortest digits that read back as the same number, and the exponent of the first digit."""
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    if number == 0:
        return sign, "0", 0
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) - 1 if whole != "0" else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    return sign, digits.rstrip("0") or "0", leading + int(exponent or 0)


def _positional(digits: str, exponent: int, *, is_fraction_shown: bool) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :] or ("0" if is_fraction_shown else "")
    return f"{whole}.{fraction}" if fraction else whole
