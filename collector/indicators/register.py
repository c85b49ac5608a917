"""The rows of a register, packed: a large campaign has a million of them, read one session at a time.

Made by campaign.py. What rows have in common, all that is chosen from lists, is kept once; a row is made when it is
read. A person_key holds no line break and no zero character.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, overload

from collector.form.records import RegisterRow

Details = tuple[Any, ...]
NO_KEY = "\n"
DETAILS = tuple(name for name in RegisterRow.__slots__ if name not in {"root_uuid", "row", "person_key"})
_details_of = attrgetter(*DETAILS)


class Register(Sequence[RegisterRow]):
    """The rows of one session form, in the order of the register."""

    __slots__ = ("_details", "_keys", "_numbers", "_root_uuid")

    def __init__(self, rows: Iterable[RegisterRow], known: dict[Details, Details]) -> None:
        """rows: of one form. known: details of rows that were packed before, to be shared."""
        ordered = sorted(rows, key=attrgetter("row"))
        self._root_uuid = ordered[0].root_uuid if ordered else ""
        self._numbers = array("Q", [row.row for row in ordered])
        self._keys = "\0".join(NO_KEY if row.person_key is None else row.person_key for row in ordered)
        self._details = tuple(known.setdefault(found, found) for found in map(_details_of, ordered))

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[RegisterRow]:
        keys = self._keys.split("\0") if self._numbers else []
        for number, key, details in zip(self._numbers, keys, self._details, strict=True):
            yield RegisterRow(self._root_uuid, number, None if key == NO_KEY else key, *details)

    @overload
    def __getitem__(self, place: int) -> RegisterRow: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RegisterRow, ...]: ...
    def __getitem__(self, place: int | slice) -> RegisterRow | tuple[RegisterRow, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def registers_of(rows: Iterable[RegisterRow]) -> dict[str, Register]:
    """Registers by the session form they came with; rows of one form may come in several stretches."""
    known: dict[Details, Details] = {}
    found: dict[str, Register] = {}
    for root_uuid, stretch in groupby(rows, key=attrgetter("root_uuid")):
        found[root_uuid] = Register([*found.get(root_uuid, ()), *stretch], known)
    return found
