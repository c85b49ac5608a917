"""The form of the model: the attendance form cut down to what a sync can get wrong, in four versions.

Each version changes questions: one is added, retyped, taken out while another comes into the repeat. Names and paths
are those of the real form, so that programme.toml says what they mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook

FORM = "attendance"
VERSIONS = 4
VENUE_TYPES = ("hotel", "school")
VENUES = ("hall", "library")
MOOD = {2: "integer", 3: "text"}
"""Version → type of the question `mood`; the others do not ask it."""

HEAD = ("type", "name", "label::English (en)", "required", "constraint")
CHOICES = [("list_name", "name", "label::English (en)")]
CHOICES += [("venue_type", name, name.title()) for name in VENUE_TYPES]
CHOICES += [("sex", name, name.upper()) for name in "fm"]


def workbook(version: int) -> bytes:
    """The XLSForm of a version, from 1."""
    mood = [(MOOD[version], "mood", "Mood")] if version in MOOD else []
    spoke = [("integer", "spoke", "How often did this person speak?")] if version == VERSIONS else []
    survey = [
        HEAD,
        ("audit", "audit"),
        ("select_one venue_type", "venue_type", "Kind of venue", "yes"),
        ("select_one_from_file venues.csv", "venue", "Venue"),
        ("integer", "head_f", "Women counted", "yes", ". <= 20"),
        *mood,
        ("begin_repeat", "register", "Register"),
        ("integer", "card", "Card"),
        ("select_one sex", "sex", "Sex"),
        *spoke,
        ("end_repeat",),
    ]
    settings = [("form_title", "form_id", "default_language"), ("Attendance", FORM, "English (en)")]
    return _saved(survey=survey, choices=CHOICES, settings=settings)


def media(*more: str) -> dict[str, bytes]:
    """The media file of every version: the venues, and `more` of them."""
    lines = ["name,label", *(f"{name},{name.title()}" for name in (*VENUES, *more))]
    return {"venues.csv": "\n".join(lines).encode()}


def _saved(**sheets: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()
