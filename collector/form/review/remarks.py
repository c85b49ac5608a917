"""What a review has to say of a form: by sheet, row and column, with the remedy.

Made by the modules beside this one and by collector/tablets/inspection.py; shown by jobs/forms.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from collector.errors import FormMistake


class Weight(StrEnum):
    """mistake: the form must not go out; warning: a person should look; note: what the collector leaves alone."""

    MISTAKE = "mistake"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say. code: for scripts; row: as Excel counts, None for the whole sheet; column: its heading."""

    code: str
    problem: str
    remedy: str
    sheet: str = "survey"
    row: int | None = None
    column: str = ""
    weight: Weight = Weight.MISTAKE

    def __str__(self) -> str:
        where = f"sheet '{self.sheet}'" + (f", row {self.row}" if self.row else "")
        return f"{where}{f', column {self.column!r}' if self.column else ''}: {self.problem}; {self.remedy}"


def remark_of(mistake: FormMistake) -> Remark:
    """A mistake of the sheets as a remark."""
    return Remark("sheet", mistake.problem, mistake.remedy, mistake.sheet, mistake.row, mistake.column or "")
