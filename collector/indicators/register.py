"""The rows of a register, kept in a spool: a large campaign has a million of them, read one session at a time.

Made by campaign.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import overload

from collector.form.records import RegisterRow
from collector.form.spool import Spool

Stretch = tuple[RegisterRow, ...]
"""Rows that came one after another with the same form."""


class Register(Sequence[RegisterRow]):
    """The rows of one session form, in the order of the register; made anew at each reading."""

    __slots__ = ("_count", "_root_uuid", "_spool")

    def __init__(self, spool: Spool[Stretch], root_uuid: str, count: int) -> None:
        """spool: with the stretches of many forms; count: of the rows of this one."""
        self._spool, self._root_uuid, self._count = spool, root_uuid, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[RegisterRow]:
        rows = (row for stretch in self._spool.of(self._root_uuid) for row in stretch)
        return iter(sorted(rows, key=attrgetter("row")))

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


def registers_of(rows: Iterable[RegisterRow], forms: Iterable[str]) -> dict[str, Register]:
    """Registers by the session form they came with; rows of one form may come in several stretches.

    forms: root_uuids of the session forms; other rows belong to nobody.
    """
    counts = dict.fromkeys(forms, 0)

    def stretches() -> Iterator[Stretch]:
        for root_uuid, rows_of_form in groupby(rows, key=attrgetter("root_uuid")):
            stretch = tuple(rows_of_form)
            if root_uuid in counts:
                counts[root_uuid] += len(stretch)
                yield stretch

    spool = Spool[Stretch](lambda stretch: stretch[0].root_uuid, stretches(), weight=len)
    return {root_uuid: Register(spool, root_uuid, count) for root_uuid, count in counts.items() if count}
