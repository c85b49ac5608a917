"""Attendance submissions as a Kobo server gives them, by the thousand: filled from forms/attendance.xlsx, all valid.

Nobody is real. The same number always gives the same bytes, without making the ones before it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from lxml import etree

from collector.form import xlsform
from collector.form.definition import FormVersion, Kind, Question
from collector.form.programme import Programme, read_programme
from collector.sandbox.content import content_of, finished, read_sheets

FORMS = Path(__file__).parents[2] / "forms"
FORM = "attendance"
VERSION = "vAttendance1"
CARDS, OF_SUBMISSION = 90_000, 37  # different ones; how far those of two submissions are apart
PATTERNS = 97  # different session forms; numbers, identities and cards differ in every submission
FILTER = re.compile(r"(\w+)\s*=\s*\$\{(\w+)\}")
MARK = re.compile(rb"@(\w+)@")

LEFT_OUT = {"not_held", "audit", "meta/audit"}
FIXED = {
    "deviceid": "collect:a1b2c3d4e5f6g7h8",
    "status": "held",
    "start": "2026-07-05T13:00:00.000+03:00",
    "end": "2026-07-05T13:20:00.000+03:00",
    "today": "2026-07-05",
    "session_date": "2026-07-05",
    "time_start": "10:00:00.000+03:00",
    "time_end": "12:30:00.000+03:00",
    "head_f": "9",
    "head_m": "7",
    "issues": "none",
    "register/consent_reg": "yes",
}
"""Answers that relevance and constraints of the form ask for."""


SPREAD = 0x9E3779B1
"""An odd number near 2³² divided by the golden ratio: its multiples lie far from each other (Knuth, TAOCP 3, 6.4)."""


@cache
def programme() -> Programme:
    return read_programme(FORMS / "programme.toml")


@cache
def attendance_media() -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((FORMS / "media").glob("*.csv"))}


@cache
def attendance_version() -> FormVersion:
    """The form as it stands in forms/, with its media lists."""
    return xlsform.form_version(xlsform.read_workbook(FORMS / "attendance.xlsx"), attendance_media())


@cache
def attendance_content() -> Mapping[str, Any]:
    """The form as a server gives the content of a version."""
    content, _ = content_of(read_sheets((FORMS / "attendance.xlsx").read_bytes()))
    return finished(content)


def root_uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def scattered_uuid(number: int) -> str:
    """Of neighbours nothing is alike in the beginning, as tablets make them: an index meets them in no order."""
    return f"{number * SPREAD % 2**32:08x}-0000-4000-8000-{number:012d}"


def submission(number: int, identity: Callable[[int], str] = root_uuid, **changes: Any) -> bytes:
    """The submission with `_id` = number, compact JSON as received; changes: keys to set, None takes one out.

    identity: its root_uuid, by its number. What the form calculates follows the changes, unless they set it.
    """
    text, marks = _pattern(number % PATTERNS)
    first = number * OF_SUBMISSION % (CARDS - OF_SUBMISSION)  # so that the last one is none below it
    body = text % marks((str(number).encode(), identity(number).encode(), *_cards()[first : first + OF_SUBMISSION]))
    if not changes:
        return body
    answers = {**json.loads(body), **changes}
    answers |= {name: value for name, value in _calculated(answers).items() if name not in changes}
    return _dumped({key: answer for key, answer in answers.items() if answer is not None})


def xml_of(answers: Mapping[str, Any], **attributes: str) -> bytes:
    """The XML that a tablet would have sent for these answers; what the server adds is left out."""
    root = etree.Element("aAttendance", attributes)
    for path, answer in answers.items():
        if not path.startswith("_") or path == "__version__":
            _put(root, path, answer)
    return etree.tostring(root)


def _put(parent: Any, path: str, answer: Any) -> None:
    *groups, name = path.split("/")
    for group in groups:
        found = parent.find(group)
        parent = etree.SubElement(parent, group) if found is None else found
    if isinstance(answer, list):
        for row in answer:
            element = etree.SubElement(parent, name)
            for below, text in row.items():
                _put(element, below.removeprefix(f"{path}/"), text)
    else:
        etree.SubElement(parent, name).text = str(answer)


def card(serial: int) -> int:
    """The card with a serial number from 0: five digits and two check digits.

    >>> card(0) % 97
    1
    """
    digits = 10_000 + serial % CARDS
    return digits * 100 + (98 - digits * 100 % 97) % 97


@cache
def _cards() -> list[bytes]:
    """Every card: a server of pages has no time to count them."""
    return [str(card(serial)).encode() for serial in range(CARDS)]


@cache
def _pattern(pattern: int) -> tuple[bytes, Callable[[Sequence[bytes]], Any]]:
    """A submission with %b where each one differs, and what chooses for those places among id, uuid, and cards."""
    body = _dumped(_answers(attendance_version(), random.Random(pattern))).replace(b'"@id@"', b"@id@")
    places = {b"id": 0, b"uuid": 1} | {b"card%d" % number: 2 + number for number in range(OF_SUBMISSION)}
    marks = [places[mark] for mark in MARK.findall(body)]
    return MARK.sub(b"%b", body.replace(b"%", b"%%")), itemgetter(*marks)


def _answers(version: FormVersion, chance: random.Random) -> dict[str, Any]:
    people = programme().session_form[1].people.repeat
    rows = chance.randint(11, 19)
    answers = _level(version, "", chance, 0)
    answers[people] = [_level(version, people, chance, row + 1) for row in range(rows)]
    _leave_out_what_is_not_asked(answers, answers[people])
    return {
        "_id": "@id@",
        "formhub/uuid": "4c35218ae78a4bd98f7f9eccb3040e0a",
        **answers,
        **_calculated(answers),
        "__version__": VERSION,
        "meta/instanceID": "uuid:@uuid@",
        "meta/rootUuid": "uuid:@uuid@",
        "_uuid": "@uuid@",
        "_xform_id_string": "aAttendance",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [36.191, 44.009],
        "_submission_time": "2026-07-05T10:21:07",
        "_validation_status": {},
        "_submitted_by": "e01",
    }


def _calculated(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What the form calculates; None for nothing."""
    rows = answers.get("register")
    people = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    sexes = [row.get("register/sex") for row in people]
    counted = {"register_rows": len(people), "register_f": sexes.count("f"), "register_m": sexes.count("m")}
    heads = [str(answers.get(name) or "") for name in ("head_f", "head_m")]
    gap = str(sum(map(int, heads)) - len(people)) if all(head.isdecimal() for head in heads) else None
    named = f"{answers['session_id']} · {answers['status']}"
    return {
        **{name: str(number) for name, number in counted.items()},
        "headcount_gap": gap,
        "meta/instanceName": named,
    }


def _leave_out_what_is_not_asked(answers: dict[str, Any], people: list[dict[str, Any]]) -> None:
    """By the relevance of the form's questions."""
    if answers["venue_type"] == "camp":
        answers.pop("venue_gps", None)
    for row in people:
        if answers["audience"] == "gov":
            row.pop("register/displacement", None)
        if row["register/org_type"] == "none":
            row.pop("register/role", None)


def _level(version: FormVersion, repeat: str, chance: random.Random, row: int) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for question in version.questions:
        if question.repeat == repeat and question.kind is not Kind.NOTE and question.path not in LEFT_OUT:
            answers[question.path] = _answer(version, question, chance, answers, row)
    return answers


def _answer(
    version: FormVersion, question: Question, chance: random.Random, before: Mapping[str, Any], row: int
) -> str:
    if question.path in FIXED:
        return FIXED[question.path]
    if "mod 97" in question.constraint or question.name == "cards_last":
        return {"cards_first": "@card1@", "cards_last": "@card19@"}.get(question.name, f"@card{row}@")
    if question.kind is Kind.GEOPOINT:
        return "36.191 44.009 410.2 4.8"
    choices = version.choices_of(question)
    if choices is None:
        return str(chance.randint(1, 9))
    filters = FILTER.findall(question.choice_filter)
    chosen = [each for each in choices if all(each.columns.get(column) == before.get(path) for column, path in filters)]
    chosen = [each for each in chosen if _leads_on(version, question.name, each.name)]
    if question.kind is Kind.SELECT_MULTIPLE:
        return " ".join(choice.name for choice in chance.sample(list(chosen), min(2, len(chosen))))
    return chance.choice(chosen).name


def _leads_on(version: FormVersion, name: str, code: str) -> bool:
    """Whether the lists that a choice filters leave something to choose, and so on."""
    for question in version.questions:
        for column, path in FILTER.findall(question.choice_filter):
            left = (each for each in version.choices_of(question) or () if each.columns.get(column) == code)
            if path == name and not any(_leads_on(version, question.name, each.name) for each in left):
                return False
    return True


def _dumped(answers: Mapping[str, Any]) -> bytes:
    return json.dumps(answers, ensure_ascii=False, separators=(",", ":")).encode()
