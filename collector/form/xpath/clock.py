"""Instants and calendars: local times of a zone as milliseconds since 1970, as both engines count.

Zones are the submission's: a fixed offset or a named zone. NaN stands for "no date".
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from collector.errors import CannotEvaluate
from collector.form.xpath.values import NAN

DAY = 86_400_000
"""Milliseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis_of(moment: datetime) -> float:
    """Milliseconds since 1970 of an aware time."""
    return float((moment - _EPOCH) // _MILLISECOND)


def local(millis: float, zone: tzinfo) -> datetime:
    """The local time of an instant. Raises CannotEvaluate outside the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(milliseconds=math.floor(millis))).astimezone(zone)
    except (OverflowError, ValueError):
        raise CannotEvaluate("evaluation_error", "a date outside the years 1 to 9999") from None


@lru_cache(maxsize=8192)
def midnight(year: int, month: int, day: int, zone: tzinfo) -> float:
    """Start of a local day; a month or day too large rolls over, as it does in JavaScript. NaN when out of range."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    try:
        start = datetime(year, month, 1) + timedelta(days=day - 1)  # noqa: DTZ001  # a calendar day first, then its zone
        return millis_of(start.replace(tzinfo=zone))
    except (OverflowError, ValueError):
        return NAN


def start_of_day(millis: float, zone: tzinfo) -> float:
    """Midnight before an instant, in local time."""
    day = local(millis, zone)
    return midnight(day.year, day.month, day.day, zone)


def day_number(millis: float, zone: tzinfo) -> int:
    """Whole local days since 1970-01-01."""
    return local(millis, zone).toordinal() - _EPOCH.toordinal()


def is_day(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= year <= 9999 and 1 <= day <= calendar.monthrange(year, month)[1]


# Java: DateUtils.parseDateTime and parseTime of JavaRosa

_JAVA_TIME = re.compile(r"([+-]?\d{1,10}):([+-]?\d{1,10})(?::(\d*(?:\.\d*)?)[^:]*)?", re.ASCII)
_JAVA_INTEGER = re.compile(r"[+-]?\d{1,10}", re.ASCII)


@lru_cache(maxsize=8192)
def java_date_time(text: str, zone: tzinfo) -> float:
    """A date with or without a time, as JavaRosa reads it: 2024-5-1, 2024-05-01T10:30:00.000+03:00. NaN if it is none.

    A time without offset is local; without a time it is midnight.
    """
    date, has_time, time = text.partition("T")
    pieces = date.split("-")
    if len(pieces) != 3 or not all(_JAVA_INTEGER.fullmatch(piece) for piece in pieces):
        return NAN
    year, month, day = map(int, pieces)
    if not is_day(year, month, day):
        return NAN
    return java_time(time, year, month, day, zone) if has_time else midnight(year, month, day, zone)


def java_time(text: str, year: int, month: int, day: int, zone: tzinfo) -> float:
    """A time on a given day: 10:30, 10:30:00, 10:30:00.000+03:00, 07:30Z. NaN if it is none."""
    offset = 0 if text.endswith("Z") else None
    if offset == 0:
        text = text[:-1]
    elif "+" in text or "-" in text:
        sign = "+" if "+" in text else "-"
        text, _, shift = text.partition(sign)
        hours, _, minutes = shift.partition(":")
        if len(shift) > 20 or not hours.isdecimal() or (minutes and not minutes.isdecimal()):
            return NAN
        offset = (int(hours) * 60 + int(minutes or 0)) * (1 if sign == "+" else -1)
    match = _JAVA_TIME.fullmatch(text)
    if match is None or match[3] in {"", "."}:
        return NAN
    hour, minute, seconds = int(match[1]), int(match[2]), float(match[3] or 0)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and seconds < 60):
        return NAN
    second = int(seconds)
    rest = int(1000.0 * seconds - 1000.0 * second)
    shown = datetime(year, month, day, hour, minute, second, tzinfo=zone if offset is None else UTC)
    return millis_of(shown) + rest - (offset or 0) * 60_000


# JavaScript: Date.parse and Enketo's own reading of dates

_ISO = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d))?(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def javascript_date(text: str, zone: tzinfo) -> float:
    """`new Date(text)` for ISO texts: a date alone is UTC, a time without offset is local. NaN for anything else."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return NAN
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    is_clock = (hour < 24 and minute < 60 and second < 60) or (hour == 24 and minute == second == 0)
    if not (1 <= month <= 12 and 1 <= day <= 31 and is_clock):
        return NAN
    fraction = int(float("0." + (match[7] or "0")) * 1000)
    within = ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    if match[8] is None and match[4] is not None:
        shown = local(midnight(year, month, day, UTC) + within, UTC)
        return millis_of(shown.replace(tzinfo=zone))
    return midnight(year, month, day, UTC) + within - _offset_millis(match[8] or "Z")


def _offset_millis(text: str) -> int:
    if text in "Zz":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return (minutes if text[0] == "+" else -minutes) * 60_000


def iso_local(millis: float, zone: tzinfo) -> str:
    """2024-05-01T10:30:00.000+03:00; the date alone at local midnight. Enketo's text of a date."""
    shown = local(millis, zone)
    if shown.hour == shown.minute == shown.second == 0 and shown.microsecond < 1000:
        return shown.date().isoformat()
    return shown.isoformat(timespec="milliseconds")
