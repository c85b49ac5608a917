"""Texts of a form that are not ready for people: placeholders that the programme has yet to fill.

Reads the sheets as cells.py gives them, so that no text is overlooked, whatever row it stands in. review/promises.py
tells them; jobs/deploy.py refuses to send them anywhere but to the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collector.form.cells import TRANSLATED, Sheet
from collector.form.media import read_choices

PLACEHOLDER = re.compile(r"\[[^\[\]]*\](?!\()")
"""Words in [brackets]; [words](address) is a link, which tablets show as one."""
SPOKEN: Mapping[str, frozenset[str]] = {
    "survey": TRANSLATED | {"media"},
    "choices": TRANSLATED | {"media"},
    "settings": frozenset({"form_title"}),
}
"""Columns whose texts people read or hear, by sheet; media::image::English (en) names a picture."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A text that still waits: its cell, and the words in brackets. row: as Excel counts, or a media file's line."""

    sheet: str
    row: int
    column: str
    words: str

    def __str__(self) -> str:
        return f"sheet '{self.sheet}', row {self.row}, column '{self.column}' still says {self.words}"


def placeholders(sheets: Mapping[str, Sheet], media: Mapping[str, bytes]) -> list[Placeholder]:
    """Every text with words in [brackets], in the order of the sheets; then those of the media files' labels."""
    return [
        Placeholder(sheet, row, column, words)
        for sheet, row, column, text in (*_cells(sheets), *_labels(media))
        for words in PLACEHOLDER.findall(text)
    ]


def _cells(sheets: Mapping[str, Sheet]) -> Iterator[tuple[str, int, str, str]]:
    for name, spoken in SPOKEN.items():
        for number, row in enumerate(sheets[name].rows if name in sheets else (), start=2):
            for column, text in row.items():
                if column.partition("::")[0] in spoken:
                    yield name, number, column, text


def _labels(media: Mapping[str, bytes]) -> Iterator[tuple[str, int, str, str]]:
    for file, data in sorted(media.items()):
        if file.endswith(".csv"):
            for number, choice in enumerate(read_choices(data, file=file), start=2):
                for language, text in choice.labels.items():
                    yield file, number, f"label::{language}" if language else "label", text
