"""XLSForm workbook → the server's `content`. Used by imports and assets; collector/form/content.py goes the other way.

Source: kobo/api.md §2.1, §2.3 and recordings 105, 120, 121.
"""

from __future__ import annotations

import io
import re
import secrets
import string
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from collector.form.content import Row, Sheets

ALIASES = {"dateTime": "datetime", "int": "integer", "string": "text", "photo": "image", "select1": "select_one"}
SELECTS = ("select_one_from_file", "select_multiple_from_file", "select_one", "select_multiple", "rank")
OTHERS = {"begin_group", "end_group", "begin_repeat", "end_repeat", "text", "integer", "decimal", "date", "time"}
OTHERS |= {
    "datetime",
    "geopoint",
    "geotrace",
    "geoshape",
    "barcode",
    "image",
    "audio",
    "video",
    "file",
    "note",
    "range",
}
OTHERS |= {"calculate", "acknowledge", "hidden", "xml-external", "csv-external", "start", "end", "today", "username"}
OTHERS |= {"deviceid", "phonenumber", "email", "audit", "background-audio", "start-geopoint", "entity"}
KNOWN_TYPES = OTHERS | set(SELECTS) | set(QUESTION_TYPE_DICT)
META_TYPES = {
    "start",
    "end",
    "today",
    "username",
    "deviceid",
    "phonenumber",
    "email",
    "audit",
    "subscriberid",
    "simserial",
}
META_TYPES |= {"background-audio", "start-geopoint"}
KEPT_PREFIXES = ("bind", "instance", "body", "control")
TRANSLATABLE = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
NAME = re.compile(r"[^\W\d][\w.\-]*")
KUID_LETTERS = string.ascii_letters + string.digits


class ImportFailed(Exception):
    """An import ends in `error`. kind: the name of the Python class the server would report."""

    def __init__(self, text: str, kind: str) -> None:
        self.text, self.kind = text, kind
        super().__init__(text)


def read_sheets(workbook: bytes) -> Sheets:
    """The rows of every sheet, cells as text, empty cells and rows left out. Raises ImportFailed."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise ImportFailed("Unsupported format, or corrupt file", "XlsFormatException") from None
    return {sheet.title: _rows(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def content_of(sheets: Sheets) -> tuple[dict[str, Any], str]:
    """(content, form title) of a workbook. Raises ImportFailed for what the server finds at import."""
    settings = dict((sheets.get("settings") or [{}])[0])
    title = str(settings.pop("form_title", "") or settings.pop("title", ""))
    if "form_id" in settings:
        settings["id_string"] = settings.pop("form_id")
    content: dict[str, Any] = {"schema": "1"}
    for name, rows in sheets.items():
        if name not in ("survey", "choices", "settings"):
            content[name] = rows
    content["survey"] = [_typed(row) for row in sheets.get("survey", [])]
    if "choices" in sheets:
        content["choices"] = [dict(row) for row in sheets["choices"]]
    content["settings"] = settings
    return finished(content), title


def finished(content: Mapping[str, Any]) -> dict[str, Any]:
    """Content with translations gathered into lists, names checked, and the server's `$…` columns set."""
    done = {"schema": "1", **content, "survey": [dict(row) for row in content.get("survey", [])]}
    done.setdefault("settings", {})
    if "choices" in done:
        done["choices"] = [dict(row) for row in done["choices"]]
    _gather_translations(done)
    _name_questions(done["survey"])
    for row in done.get("choices", []):
        row["$autovalue"] = row.get("name", "")
        row["$kuid"] = _kuid()
    return done


def summary(content: Mapping[str, Any]) -> dict[str, Any]:
    """What lists and imports tell about a form without its content."""
    survey = content.get("survey", [])
    languages = [language for language in content.get("translations", [None]) if language]
    if not survey:
        return {"languages": languages}
    rows = [row for row in survey if not _is_frame(row) and row.get("type") not in META_TYPES]
    unnamed = [row for row in rows if not row.get("name")]
    shown = [row for row in survey if row.get("type") != "begin_group"]
    columns = dict.fromkeys(column for row in shown for column in row if not column.startswith("$"))
    first = {"name": unnamed[0]["$autoname"], "index": 1, "label": unnamed[0].get("label")} if unnamed else None
    quality = {"ok": len(unnamed), "bad": 0, "good": len(rows) - len(unnamed), "total": len(rows)}
    return {
        "geo": any(str(row.get("type", "")).startswith("geo") for row in survey),
        "labels": [row["label"][0] for row in rows if row.get("label") and row["label"][0]][:5],
        "columns": list(columns),
        "lock_all": False,
        "lock_any": False,
        "languages": languages,
        "row_count": len(rows),
        "name_quality": quality | {"firsts": {"ok": first} if first else {}},
        "default_translation": languages[0] if languages else None,
    }


def paths_of(content: Mapping[str, Any], *types: str) -> list[str]:
    """Paths of the rows of these types: "hh/member"."""
    return [row["$xpath"] for row in content["survey"] if row.get("type") in types]


def _rows(lines: Iterable[tuple[Any, ...]]) -> list[Row]:
    rows = iter(lines)
    headers = [_text(cell) for cell in next(rows, ())]
    found = [
        {header: _text(cell) for header, cell in zip(headers, line, strict=False) if header and _text(cell)}
        for line in rows
    ]
    return [row for row in found if row]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).lower() if isinstance(cell, bool) else str(cell).strip()


def _typed(row: Row) -> Row:
    """One survey row with its type cell taken apart: select_one + list, …_from_file + file."""
    if "type" not in row:
        raise ImportFailed("'type'", "KeyError")
    words = re.sub(r"^(begin|end) (group|repeat)$", r"\1_\2", row["type"].strip()).split()
    kind = ALIASES.get(words[0], words[0])
    done = row | {"type": kind}
    if kind in SELECTS and len(words) > 1:
        done["file" if kind.endswith("_from_file") else "select_from_list_name"] = words[1]
        if "or_other" in words:
            done["_or_other"] = True
    elif kind not in KNOWN_TYPES and row["type"] not in KNOWN_TYPES:
        raise ImportFailed(f"unknown type ['{row['type']}']", "ValueError")
    else:
        done["type"] = kind if kind in KNOWN_TYPES else row["type"]
    if str(row.get("required", "")).lower() in ("yes", "true", "true()"):
        done["required"] = True
    elif str(row.get("required", "")).lower() in ("no", "false", "false()"):
        done["required"] = False
    return done


def _gather_translations(content: dict[str, Any]) -> None:
    """Columns `label::French (fr)` → `label: [… parallel to translations …]`, in survey and choices."""
    rows = [*content["survey"], *content.get("choices", [])]
    split = {column: _split(column) for row in rows for column in row if not column.startswith("$")}
    translated = {base for base, language in split.values() if language is not None}
    plain = [
        base for base, language in split.values() if (language is None and base in TRANSLATABLE) or base in translated
    ]
    if not translated and not plain:
        return
    found = dict.fromkeys(language for base, language in split.values() if base in translated or base in plain)
    languages = list(content.get("translations") or found)
    if len(languages) > 1 and None in languages and not content.get("translations"):
        languages.sort(key=lambda language: language is not None)
    content["translations"] = languages
    content["translated"] = sorted(translated | set(plain))
    for row in rows:
        for column in [column for column in row if column in split and split[column][0] in content["translated"]]:
            base, language = split[column]
            value = row.pop(column)
            if isinstance(value, list):
                row[base] = value
            else:
                row.setdefault(base, [None] * len(languages))[languages.index(language)] = value


def _split(column: str) -> tuple[str, str | None]:
    base, *rest = column.split("::")
    if base in KEPT_PREFIXES or not rest:
        return column, None
    if base == "media" and rest:
        return f"media::{rest[0]}", rest[1] if len(rest) > 1 else None
    return base, rest[0]


def _name_questions(survey: list[Row]) -> None:
    groups: list[str] = []
    taken: set[str] = set()
    for row in survey:
        row["$kuid"] = _kuid()
        if str(row.get("type", "")).startswith("end_"):
            del groups[-1:]
            for column in [column for column in row if column not in ("type", "$kuid")]:
                del row[column]
            continue
        name = str(row.get("name") or _name_from(row, taken))
        if not NAME.fullmatch(name):
            raise ImportFailed(f"Invalid node name: {name}", "ValueError")
        if name in taken:
            raise ImportFailed(f"Duplicate node name: {name}", "DuplicateNameException")
        taken.add(name)
        row["$autoname"] = name
        row["$xpath"] = "/".join([*groups, name])
        if str(row.get("type", "")).startswith("begin_"):
            groups.append(name)


def _name_from(row: Row, taken: set[str]) -> str:
    """A name made from the label: My_long_question_label, then …_001."""
    label = next((text for text in row.get("label") or [] if text), row.get("type", "question"))
    base = re.sub(r"\W+", "_", str(label)).strip("_") or "question"
    candidates = [base] + [f"{base}_{number:03}" for number in range(1, len(taken) + 2)]
    return next(name for name in candidates if name not in taken)


def _is_frame(row: Mapping[str, Any]) -> bool:
    return str(row.get("type", "")).startswith(("begin_", "end_"))


def _kuid() -> str:
    return "".join(secrets.choice(KUID_LETTERS) for _ in range(9))
