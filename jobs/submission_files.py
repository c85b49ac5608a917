"""Files of submissions → one submission after another: JSON as the server's data API gives it, or XML from tablets.

Used by judge.py. A JSON file holds a list, or a page with its `results`, or one submission a line; a folder holds XML
files, at any depth, as a tablet or a download keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from collector.errors import SubmissionsUnreadable

MARK = b"\xef\xbb\xbf"
LINES = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Given:
    """One submission: `name` tells it from the others; `answers` of JSON, `xml` of XML; `problem`: neither, and why."""

    name: str
    answers: dict[str, Any] | None = None
    xml: bytes = b""
    problem: str = ""


def read_submissions(path: Path) -> Iterator[Given]:
    """The submissions of a file or folder, in order. Raises SubmissionsUnreadable."""
    if path.is_dir():
        files = sorted(path.rglob("*.xml"))
        if not files:
            raise SubmissionsUnreadable(f"{path}: there is no .xml file in it; name a folder of submissions.")
        return (Given(str(file.relative_to(path)), xml=file.read_bytes()) for file in files)
    if not path.is_file():
        raise SubmissionsUnreadable(f"{path} does not exist: name a JSON file, or a folder of XML files.")
    if not path.stat().st_size:
        raise SubmissionsUnreadable(f"{path} is empty: download the submissions again.")
    if path.suffix.lower() == ".xml":
        return iter([Given(path.name, xml=path.read_bytes())])
    return _lines(path) if path.suffix.lower() in LINES else _list(path)


def _list(path: Path) -> Iterator[Given]:
    try:
        document = msgspec.json.decode(path.read_bytes().removeprefix(MARK))
    except (msgspec.DecodeError, UnicodeDecodeError):
        # one submission a line, under a name that does not say so: then the first line is one
        lines = _lines(path)
        first = next(lines, None)
        if first is None or first.problem:
            raise SubmissionsUnreadable(f"{path}: it holds no JSON; is it cut off, or of another kind?") from None
        yield first
        yield from lines
        return
    rows = document.get("results", [document]) if isinstance(document, dict) else document
    if not isinstance(rows, list) or (rows and not any(isinstance(row, dict) for row in rows)):
        raise SubmissionsUnreadable(f"{path}: it holds no list of submissions; download it again as JSON.")
    for number, row in enumerate(rows, 1):
        yield _given(row, f"#{number}", number)


def _lines(path: Path) -> Iterator[Given]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line.removeprefix(MARK))
            except (msgspec.DecodeError, UnicodeDecodeError):
                row = None
            yield _given(row, f"line {number}", number)


def _given(row: object, place: str, number: int) -> Given:
    if isinstance(row, dict):
        return Given(_name(row, number), row)
    return Given(place, problem="here stands no submission in JSON; is the file cut off?")


def _name(row: dict[str, Any], number: int) -> str:
    return str(row.get("_id") or row.get("_uuid") or row.get("meta/instanceID") or f"#{number}")
