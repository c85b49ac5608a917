"""Plans of tables and columns: what layout.py makes of a form version, and rows.py fills.

Without anything of a database, so that a process that only reads submissions need not load it.
"""

from __future__ import annotations

from dataclasses import dataclass

from collector.form.definition import Kind

SUBMISSION = ("submission_id", "root_uuid")
"""The key columns, first in every table of a form, that say whose a row is."""

Key = tuple[int, str]
"""The same of a submission: `_id` and root_uuid."""

GEOPOINT_PARTS = ("latitude", "longitude", "altitude", "accuracy")


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column. `part`: which part of the answer it holds: "" the whole, "latitude" …, or a choice's name.

    stem: shared by all columns of one question of the form, whatever its name and its type were in a version.
    """

    name: str
    path: str
    kind: Kind
    part: str = ""
    is_card: bool = False
    stem: str = ""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table. `repeat`: path of the repeat whose instances are its rows, "" for the form itself.

    indices: key columns beside those of SUBMISSION: one for each repeat around the row, the innermost last, as
    `repeat_index`.
    stem: shared by all tables of one repeat, wherever it stood in a version. number: 1, and from 2 for those that
    take the columns that had no room.
    """

    name: str
    repeat: str
    indices: tuple[str, ...]
    columns: tuple[ColumnPlan, ...]
    stem: str = ""
    number: int = 1

    def column(self, path: str, part: str = "") -> str | None:
        """Name of the column that holds the question at `path`, or None."""
        return next((plan.name for plan in self.columns if plan.path == path and plan.part == part), None)
