"""Dates and times: today, conversions, formats. Used by dialects.py; the arithmetic is in clock.py and dates.py."""

from __future__ import annotations

import re

from collector.form.xpath import clock
from collector.form.xpath.code import Builder, Function
from collector.form.xpath.coercions import DATE_TEXT, collect_scalar, collect_text, date_text_days, enketo_text
from collector.form.xpath.context import Context
from collector.form.xpath.dates import collect_date, enketo_date, formatted
from collector.form.xpath.values import NAN, Moment, Value


def today(context: Context) -> Moment:
    now = context.world.now
    return Moment(clock.midnight(now.year, now.month, now.day, context.world.zone))


def now(context: Context) -> Moment:
    return Moment(clock.millis_of(context.world.now))


COMMON: dict[str, Function | Builder] = {
    "today": Function(today, "", "moment", is_deterministic=False),
    "now": Function(now, "", "moment", is_deterministic=False),
}

# Collect


def collect_format_date(context: Context, value: Value, pattern: Value) -> str:
    date = collect_date(value, context, is_time_kept=True)
    if not isinstance(date, Moment):
        return ""
    return formatted(date.millis, collect_text(pattern, context), context, "%YymnbdeHhMS3aW")


def collect_decimal_date_time(context: Context, value: Value) -> Value:
    date = collect_scalar(value, context)
    if type(date) is not float:
        date = collect_date(date, context, is_time_kept=True)
    return date.millis / clock.DAY if isinstance(date, Moment) else date


def collect_decimal_time(context: Context, value: Value) -> Value:
    """Fraction of the local day, in today's offset."""
    date = collect_scalar(value, context)
    if type(date) is not float:
        date = collect_date(date, context, is_time_kept=True)
    if isinstance(date, Moment):
        offset = context.world.now.utcoffset()
        shift = offset.total_seconds() * 1000 if offset else 0.0
        date = (date.millis + shift) / clock.DAY
    return date - float(date // 1) if type(date) is float else date


def _collect_date(context: Context, value: Value) -> Value:
    return collect_date(value, context, is_time_kept=False)


def _collect_date_time(context: Context, value: Value) -> Value:
    return collect_date(value, context, is_time_kept=True)


COLLECT: dict[str, Function | Builder] = {
    "date": Function(_collect_date, "scalar", "any"),
    "date-time": Function(_collect_date_time, "scalar", "any"),
    "decimal-date-time": Function(collect_decimal_date_time, "scalar", "any"),
    "decimal-time": Function(collect_decimal_time, "scalar", "any"),
    "format-date": Function(collect_format_date, "scalar scalar", "text"),
    "format-date-time": Function(collect_format_date, "scalar scalar", "text"),
}

# Enketo

_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d\d?\d?)?([+-])(\d\d):(\d\d)", re.ASCII)


def enketo_format_date(context: Context, value: Value, pattern: str) -> str:
    date = enketo_date(value, context)
    return "" if date.millis != date.millis else formatted(date.millis, pattern, context, "%YymnbdeHhMS3a")


def enketo_decimal_date_time(context: Context, value: Value) -> float:
    if type(value) is float:
        return value
    text = enketo_text(value, context)
    return date_text_days(text, context) if DATE_TEXT.fullmatch(text) else NAN


def enketo_decimal_time(context: Context, value: Value) -> float:
    """Fraction of the local day of a time with seconds and an offset; NaN for anything else."""
    match = _TIME.fullmatch(enketo_text(value, context)) if type(value) is not float else None
    if match is None:
        return NAN
    hour, minute, second, offset_hours, offset_minutes = (int(match[group]) for group in (1, 2, 3, 6, 7))
    if hour > 23 or minute > 59 or second > 59 or offset_hours > 23 or offset_minutes > 59:
        return NAN
    today = context.world.now.date().isoformat()
    millis = clock.javascript_date(f"{today}T{match[0]}", context.world.zone)
    shown = clock.local(millis, context.world.zone)
    return (shown.second / 3600 + shown.minute / 60 + shown.hour) / 24


ENKETO: dict[str, Function | Builder] = {
    "date": Function(lambda context, value: enketo_date(value, context), "any", "moment"),
    "date-time": Function(lambda context, value: enketo_date(value, context), "any", "moment"),
    "decimal-date-time": Function(enketo_decimal_date_time, "any", "number"),
    "decimal-time": Function(enketo_decimal_time, "any", "number"),
    "format-date": Function(enketo_format_date, "any text", "text"),
    "format-date-time": Function(enketo_format_date, "any text", "text"),
}
