"""Values to dates, and dates to formatted texts, as each engine does it. For operators.py, functions/dates.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from collector.errors import CannotEvaluate
from collector.form.xpath import clock
from collector.form.xpath.coercions import DATE_TEXT, collect_scalar, enketo_text, java_int
from collector.form.xpath.context import Context
from collector.form.xpath.values import NAN, Moment, Value

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_MAX_INT, _MIN_INT = 2147483647, -2147483648

# Collect


def collect_date(value: Value, context: Context, *, is_time_kept: bool) -> Value:
    """A date, or "" and NaN as they are. Raises CannotEvaluate for what JavaRosa cannot make a date of."""
    value = collect_scalar(value, context)
    if isinstance(value, Moment):
        return value if is_time_kept else Moment(clock.start_of_day(value.millis, context.world.zone))
    if type(value) is str:
        return Moment(_parsed(value, context)) if value else ""
    if type(value) is bool:
        raise CannotEvaluate("evaluation_error", "true or false is no date")
    number = float(value)  # type: ignore[arg-type]  # a float: everything else is behind us
    if number != number:
        return number
    if not _MIN_INT <= number <= _MAX_INT:
        raise CannotEvaluate("evaluation_error", "a number out of range for a date")
    if is_time_kept:
        return Moment(float(int(number * clock.DAY)))
    return Moment(clock.midnight(1970, 1, 1 + java_int(number), context.world.zone))


def _parsed(text: str, context: Context) -> float:
    millis = clock.java_date_time(text, context.world.zone)
    if millis != millis:
        raise CannotEvaluate("evaluation_error", "a text that is no date")
    return millis


# Enketo

_MOST_DAYS = 1e8
"""Before and after 1970: the ends of JavaScript's calendar."""
_RAW_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def enketo_date(value: Value, context: Context) -> Moment:
    """A date, perhaps an invalid one: never an error."""
    if isinstance(value, Moment):
        return value
    if type(value) is bool:
        return Moment(NAN)
    if type(value) is float:
        # in the order of Enketo's own multiplications: the last millisecond depends on it
        return Moment(float(int(value * 24 * 60 * 60 * 1000)) if abs(value) < _MOST_DAYS else NAN)
    return _date_of_text(enketo_text(value, context), context)


def _date_of_text(text: str, context: Context) -> Moment:
    zone = context.world.zone
    if not text:
        return Moment(NAN, is_blank=True)
    if _RAW_NUMBER.fullmatch(text):
        days = float(text.partition(".")[0])
        return Moment(days * clock.DAY if abs(days) <= _MOST_DAYS else NAN)
    if DATE_TEXT.fullmatch(text):
        date, has_time, time = text.partition("T")
        pieces = date.split("-")[:3]
        if all(piece.isdecimal() and len(piece) <= 4 for piece in pieces) and clock.is_day(*map(int, pieces)):
            year, month, day = map(int, pieces)
            if not has_time:
                return Moment(clock.midnight(year, month, day, zone))
            return Moment(clock.javascript_date(f"{year:04}-{month:02}-{day:02}T{time}", zone))
    return Moment(clock.javascript_date(text, zone))


# both


def formatted(millis: float, pattern: str, context: Context, escapes: str) -> str:
    """format-date's text; escapes: the letters this engine knows behind a %."""
    shown = clock.local(millis, context.world.zone)
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern[at] != "%":
            parts.append(pattern[at])
            at += 1
            continue
        escape = pattern[at + 1 : at + 2]
        if not escape or escape not in escapes:
            raise CannotEvaluate("evaluation_error", f"format-date does not know %{escape}")
        parts.append(_ESCAPES[escape](shown))
        at += 2
    return "".join(parts)


def _week(shown: datetime) -> int:
    """Week of the year as Java counts it in English: from Sunday, the first week has 1 January."""
    first = datetime(shown.year, 1, 1, tzinfo=shown.tzinfo)
    week = (shown.timetuple().tm_yday - 1 + first.isoweekday() % 7) // 7 + 1
    return 1 if week == 53 and (31 - shown.day) + shown.isoweekday() % 7 < 6 else week


_ESCAPES: dict[str, Callable[[datetime], str]] = {
    "%": lambda shown: "%",
    "Y": lambda shown: f"{shown.year:04}",
    "y": lambda shown: f"{shown.year:04}"[2:],
    "m": lambda shown: f"{shown.month:02}",
    "n": lambda shown: str(shown.month),
    "b": lambda shown: MONTHS[shown.month - 1],
    "d": lambda shown: f"{shown.day:02}",
    "e": lambda shown: str(shown.day),
    "H": lambda shown: f"{shown.hour:02}",
    "h": lambda shown: str(shown.hour),
    "M": lambda shown: f"{shown.minute:02}",
    "S": lambda shown: f"{shown.second:02}",
    "3": lambda shown: f"{shown.microsecond // 1000:03}",
    "a": lambda shown: WEEKDAYS[shown.weekday()],
    "W": lambda shown: str(_week(shown)),
}
