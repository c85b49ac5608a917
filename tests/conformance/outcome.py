"""What a vector's comparison gives, for every kind of vector; printed by run.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comparison. file, dialect, id: which; what: the expression or rule; scope: odk, or why it is not ours.

    is_asserted: the upstream test asserts it. difference: "" when ours agrees, else expected and got.
    """

    file: str
    dialect: str
    id: str
    what: str
    scope: str
    is_asserted: bool
    difference: str

    @property
    def counts(self) -> bool:
        """Whether it is part of the rate that must be met."""
        return self.scope == "odk" and self.is_asserted


class Suite(Protocol):
    """Reads vector files of a folder and compares; nothing when the folder has none of its files."""

    def __call__(self, folder: Path) -> Iterator[Outcome]: ...
