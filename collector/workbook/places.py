"""P-codes of governorates and districts: forms/locations.csv → places by the form's own key. For Coverage, Sessions.

Three things stay apart: the key in the form, the governorate that the programme reports under, and the code of the
Common Operational Dataset (OCHA), whose parent may be another governorate. A code is text: IQG08 is Baghdad, and in an
older scheme IQ-G08 was Dahuk, so nothing is ever made of its parts but the parent of a district.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO


@dataclass(frozen=True, slots=True)
class Place:
    """A governorate or district. pcode: "" where the dataset has none; mapped_to: what it is then reported under."""

    key: str
    pcode: str
    mapped_to: str

    @property
    def reported_under(self) -> str:
        return self.pcode or self.mapped_to

    @property
    def parent(self) -> str:
        """Code of the governorate that the dataset puts it in, "IQG11" of "IQG11Q02"."""
        return self.reported_under[:5]

    @property
    def is_to_confirm(self) -> bool:
        """Whether the code is a judgement that GIS has to confirm."""
        return not self.pcode and bool(self.mapped_to)


Places = Mapping[str, Place]


def read_places(content: str) -> Places:
    """Read locations.csv, by key."""
    rows = csv.DictReader(StringIO(content.removeprefix("\ufeff")))
    return {row["key"]: Place(row["key"], row["pcode"] or "", row["reported_under"] or "") for row in rows}
