"""Answer text → typed values, question by question, repeat by repeat.

Fed with the JSON object of collector/kobo/submission.py. collector/reporting/rows.py lays what the readers give out in
rows; what they refuse is told here, submission by submission; judging/types.py asks the same readers.
What a client may write: the ODK XForms specification (data types) and JavaRosa's XFormAnswerDataSerializer. Servers
send every answer as text; older ones send numbers, and null for nothing: both are understood.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from collector.form.definition import FormVersion, Kind, Question

Point = tuple[float, float, float | None, float | None]
"""Latitude, longitude in degrees; altitude, accuracy in metres, None where the client left them out."""

LARGEST_INTEGER = 2**63
WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "01234567890123456789.")


class Unreadable(ValueError):
    """An answer that the type of its question cannot hold. `code` says why; the answer itself is not in it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read. path: with repeat indices, "register[3]/sex"; question: None where the form has none."""

    code: str
    path: str
    question: Question | None = None


def reader(question: Question) -> Callable[[object], object]:
    """The function that reads answers to a question: a typed value, None where nothing was answered.

    INTEGER int within 64 bits · DECIMAL finite float · DATE date · TIME the wall clock as it was shown, without zone ·
    DATETIME aware, with the offset of the device · SELECT_MULTIPLE tuple of codes · GEOPOINT Point · all else str.
    The function raises Unreadable.
    """
    return _READERS.get(question.kind, _read_text)


def compile_faults(version: FormVersion) -> Callable[[Mapping[str, object]], list[Fault]]:
    """The function that tells what in a submission of a form version cannot be read; it never raises."""
    top = _levels(version)

    def faults_in(answers: Mapping[str, object]) -> list[Fault]:
        return list(_faults(top, answers, ""))

    return faults_in


@dataclass(slots=True)
class _Level:
    """The form itself (path ""), or a repeat: what its keys are."""

    path: str
    readers: dict[str, Callable[[object], object]] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    repeats: dict[str, _Level] = field(default_factory=dict)
    counts: set[str] = field(default_factory=set)


def _levels(version: FormVersion) -> _Level:
    levels = {"": _Level("")}
    for repeat in version.repeats:  # in the order of the sheet: the outer before the inner
        levels[repeat.path] = levels[repeat.parent].repeats[repeat.path] = _Level(repeat.path)
        if repeat.counter:
            levels[repeat.parent].counts.add(repeat.counter)
    for question in version.questions:
        levels[question.repeat].readers[question.path] = reader(question)
        levels[question.repeat].questions[question.path] = question
    return levels[""]


def _faults(level: _Level, answers: Mapping[str, object], here: str) -> Iterator[Fault]:
    """here: the level's path with indices, "" or "register[3]"."""
    for key, answer in answers.items():
        read = level.readers.get(key)
        if read is None:
            yield from _faults_of_other(level, key, answer, here)
            continue
        try:
            read(answer)
        except Unreadable as unreadable:
            yield Fault(unreadable.code, place(level.path, here, key), level.questions[key])


def _faults_of_other(level: _Level, key: str, answer: object, here: str) -> Iterator[Fault]:
    """A key that is no question of the level: a repeat of it, the server's metadata, or unknown."""
    repeat = level.repeats.get(key)
    if repeat is not None:
        if answer is not None:
            yield from _faults_of_instances(repeat, answer, place(level.path, here, key))
    elif key not in level.counts and (level.path or not is_metadata(key)):
        yield Fault("unknown_question", place(level.path, here, key))


def _faults_of_instances(repeat: _Level, instances: object, here: str) -> Iterator[Fault]:
    if not isinstance(instances, list):
        yield Fault("not_a_repeat", here)
        return
    for index, instance in enumerate(instances, 1):
        if isinstance(instance, Mapping):
            yield from _faults(repeat, instance, f"{here}[{index}]")
        else:
            yield Fault("not_a_repeat", f"{here}[{index}]")


def is_metadata(key: str) -> bool:
    """Whether a key of a submission is the server's or the client's own, not an answer: _uuid, meta/instanceID …"""
    return key.startswith(("_", "meta/")) or key == "formhub/uuid"


def place(level: str, here: str, path: str) -> str:
    """A path with the indices of the repeats around it.

    >>> place("register", "register[3]", "register/sex")
    'register[3]/sex'
    """
    if not here:
        return path
    return here + path[len(level) :] if path.startswith(level) else f"{here}/{path}"


def _read_integer(answer: object) -> int | None:
    """Whole numbers. Digits ٠-٩ and ۰-۹ are digits; "12.0" is none, as in JavaRosa; the JSON number 12.0 is."""
    if type(answer) is str:
        if not answer:
            return None
        try:
            number = int(answer)
        except ValueError:
            raise Unreadable("not_an_integer") from None
        if "_" in answer:
            raise Unreadable("not_an_integer")
    elif answer is None:
        return None
    elif type(answer) is int:
        number = answer
    elif isinstance(answer, float) and answer.is_integer():
        number = int(answer)
    else:
        raise Unreadable("not_an_integer")
    if not -LARGEST_INTEGER <= number < LARGEST_INTEGER:
        raise Unreadable("number_too_large")
    return number


def _read_decimal(answer: object) -> float | None:
    """Decimal numbers, with a point; also JavaRosa's 1.0E7. Not "4,5", not NaN."""
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        number = _finite(answer)
    else:
        text = _plain(answer, "not_a_decimal")
        if not text:
            return None
        number = _finite(text)
    return number


def _finite(number: str | float, code: str = "not_a_decimal") -> float:
    try:
        value = float(number)
    except (ValueError, OverflowError):
        raise Unreadable(code) from None
    if not math.isfinite(value) or (isinstance(number, str) and "_" in number):
        raise Unreadable(code)
    return value


def _read_date(answer: object) -> date | None:
    """Days as 2026-11-20; of a text with a time, the day that the device showed."""
    text = _plain(answer, "not_a_date")
    if not text:
        return None
    day, separator, clock = text.partition("T")
    if len(day) != 10 or day[4] != "-" or day[7] != "-" or bool(separator) != bool(clock):
        raise Unreadable("not_a_date")
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise Unreadable("not_a_date") from None


def _read_time(answer: object) -> time | None:
    """Times of day. The offset that a device adds is that of the day of filling, not of the question: dropped."""
    text = _plain(answer, "not_a_time")
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise Unreadable("not_a_time") from None


def _read_datetime(answer: object) -> datetime | None:
    """Moments, aware, with the offset as the device wrote it. Without one nobody can say when it was."""
    text = _plain(answer, "not_a_datetime")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("not_a_datetime") from None
    if moment.tzinfo is None:
        raise Unreadable("datetime_without_zone")
    if not 1 < moment.year < 9999:  # at the edges the same moment in UTC has no year
        raise Unreadable("not_a_datetime")
    return moment


def _read_text(answer: object) -> str | None:
    if answer is None:
        return None
    if type(answer) is not str:
        if isinstance(answer, list | Mapping):
            raise Unreadable("not_text")
        # JSON numbers and truth values of older servers, as a tablet would have written them
        return str(answer).lower() if isinstance(answer, bool) else str(answer)
    if "\0" in answer or not (answer.isascii() or _is_encodable(answer)):
        raise Unreadable("control_character")
    return answer or None


def _is_encodable(text: str) -> bool:
    """Half of a surrogate pair is no character: no database stores it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_codes(answer: object) -> tuple[str, ...] | None:
    text = _read_text(answer)
    return tuple(text.split()) or None if text else None


def _read_geopoint(answer: object) -> Point | None:
    """Points as "latitude longitude altitude accuracy"; the last two may be missing."""
    text = _plain(answer, "not_a_geopoint")
    if not text:
        return None
    parts = [_finite(part, "not_a_geopoint") for part in text.split()]
    if not 2 <= len(parts) <= 4 or abs(parts[0]) > 90 or abs(parts[1]) > 180:
        raise Unreadable("not_a_geopoint")
    latitude, longitude, altitude, accuracy = [*parts, None, None][:4]
    return latitude, longitude, altitude, accuracy  # type: ignore[return-value]


def _plain(answer: object, code: str) -> str:
    """The text of an answer with western digits, "" for nothing."""
    if answer is None:
        return ""
    if type(answer) is not str:
        raise Unreadable(code)
    return answer if answer.isascii() else answer.translate(WESTERN)


_READERS: Mapping[Kind, Callable[[object], object]] = {
    Kind.INTEGER: _read_integer,
    Kind.DECIMAL: _read_decimal,
    Kind.DATE: _read_date,
    Kind.TIME: _read_time,
    Kind.DATETIME: _read_datetime,
    Kind.SELECT_MULTIPLE: _read_codes,
    Kind.GEOPOINT: _read_geopoint,
}
