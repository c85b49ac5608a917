"""Records of a night, by session or by person: few of them in memory, more in a temporary file that nobody else sees.

So what an export takes does not grow with the registers and surveys. Filled by jobs/export.py, quality/linking.py and
collector/indicators, which read them again and again. The file is SQLite's own: without a name, and gone with it.
"""

from __future__ import annotations

import io
import pickle
import sqlite3
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from statistics import median
from tempfile import gettempdir
from typing import Any, Generic, TypeVar, overload

from collector.errors import ExportError

MOST_HELD = 2_000
"""Records from which a spool goes to its file."""
AT_ONCE = 500
CACHE_KB = 256

T = TypeVar("T")
Names = Container[str] | None


class Spool(Sequence[T]):
    """Records in the order in which they came, and by place: the session, the register or the person they are of.

    Each reading makes them anew, a few at a time. Raises ExportError where the temporary folder takes no more.
    """

    def __init__(
        self, place: Callable[[T], str], records: Iterable[T] = (), *, weight: Callable[[T], int] = lambda record: 1
    ) -> None:
        """place: where a record belongs, by its name. weight: as how many it counts where few are held in memory."""
        self.place, self.weight, self._held = place, weight, 0
        self._store: _Held[T] | _Filed[T] = _Held()
        self._names: Names = None
        for record in records:
            self.add(record)

    def add(self, record: T) -> None:
        """Keep another record."""
        self._store.add(self.place(record), record)
        self._held += self.weight(record)
        if isinstance(self._store, _Held) and self._held > MOST_HELD:
            self._store = _Filed(self._store)

    def within(self, names: Container[str]) -> Spool[T]:
        """The records of some places, without reading any."""
        part: Spool[T] = object.__new__(Spool)
        part.place, part._store, part._names = self.place, self._store, names
        return part

    def of(self, name: str) -> Sequence[T]:
        """The records of one place."""
        return self._store.of(name) if self._has(name) else ()

    def places(self) -> Iterator[str]:
        """Where there are records, each name once."""
        return (name for name, _ in self._store.counts() if self._has(name))

    def groups(self) -> Iterator[tuple[str, Sequence[T]]]:
        """Each place with its records, in the order of the names."""
        return ((name, group) for name, group in self._store.groups() if self._has(name))

    def __len__(self) -> int:
        return sum(count for name, count in self._store.counts() if self._has(name))

    def __iter__(self) -> Iterator[T]:
        return self._store.read(self._names)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _has(self, name: str) -> bool:
        return self._names is None or name in self._names


def spooled(place: Callable[[T], str], records: Iterable[T]) -> Spool[T]:
    """Records as a spool, if they are none already."""
    return records if isinstance(records, Spool) else Spool(place, records)


class Numbers:
    """Numbers of which the median is asked, however many there are."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting = array("d")
        self._file: sqlite3.Connection | None = None

    def add(self, number: float) -> None:
        """Keep another number."""
        self._count += 1
        self._waiting.append(number)
        if len(self._waiting) > MOST_HELD:
            self._write()

    def extend(self, numbers: Iterable[float]) -> None:
        """Keep some more."""
        for number in numbers:
            self.add(number)

    def __len__(self) -> int:
        return self._count

    @property
    def middle(self) -> float:
        """The median; there must be a number."""
        if self._file is None:
            return median(self._waiting)
        self._write()
        few, before = 2 - self._count % 2, (self._count - 1) // 2
        found = self._file.execute(f"SELECT number FROM numbers ORDER BY number LIMIT {few} OFFSET {before}")
        return float(median(number for (number,) in found))

    def _write(self) -> None:
        self._file = self._file or _opened("CREATE TABLE numbers (number REAL)")
        waiting, self._waiting = self._waiting, array("d")
        _run(self._file, "INSERT INTO numbers VALUES (?)", [(number,) for number in waiting])


def distinct(names: Iterable[str]) -> int:
    """How many different names there are, however many come."""
    stream = iter(names)
    known: set[str] = set()
    for name in stream:
        known.add(name)
        if len(known) > MOST_HELD:
            return sum(1 for _ in Spool(str, chain(known, stream)).groups())
    return len(known)


class _Held(Generic[T]):
    """Records in memory."""

    def __init__(self) -> None:
        self.records: list[tuple[str, T]] = []
        self.by_place: dict[str, list[T]] = {}

    def add(self, name: str, record: T) -> None:
        self.records.append((name, record))
        self.by_place.setdefault(name, []).append(record)

    def read(self, names: Names) -> Iterator[T]:
        return (record for name, record in self.records if names is None or name in names)

    def of(self, name: str) -> Sequence[T]:
        return self.by_place.get(name, ())

    def groups(self) -> Iterator[tuple[str, Sequence[T]]]:
        return iter(sorted(self.by_place.items(), key=itemgetter(0)))

    def counts(self) -> Iterator[tuple[str, int]]:
        return ((name, len(group)) for name, group in self.by_place.items())


class _Filed(Generic[T]):
    """Records in a file of their own."""

    def __init__(self, held: _Held[T]) -> None:
        self.file = _opened("CREATE TABLE records (number INTEGER PRIMARY KEY, place TEXT, record BLOB)")
        self.waiting: list[tuple[str, bytes]] = []
        self.is_indexed = False
        for name, record in held.records:
            self.add(name, record)

    def add(self, name: str, record: T) -> None:
        self.waiting.append((name, packed(record)))
        if len(self.waiting) >= AT_ONCE:
            self._write()

    def read(self, names: Names) -> Iterator[T]:
        for place, record in self._rows("ORDER BY number"):
            if names is None or place in names:
                yield unpacked(record)

    def of(self, name: str) -> Sequence[T]:
        return [unpacked(record) for _, record in self._rows("WHERE place = ? ORDER BY number", name)]

    def groups(self) -> Iterator[tuple[str, Sequence[T]]]:
        for name, group in groupby(self._rows("ORDER BY place, number"), key=itemgetter(0)):
            yield name, [unpacked(record) for _, record in group]

    def counts(self) -> Iterator[tuple[str, int]]:
        return self._read("SELECT place, count(*) FROM records GROUP BY place")

    def _rows(self, asked: str, *values: str) -> Iterator[tuple[str, bytes]]:
        return self._read(f"SELECT place, record FROM records {asked}", *values)

    def _read(self, asked: str, *values: str) -> Iterator[tuple[str, Any]]:
        if self.waiting:
            self._write()
        if not self.is_indexed:  # only now: many records are put in order faster together than one by one
            _run(self.file, "CREATE INDEX by_place ON records (place)")
            self.is_indexed = True
        return self.file.execute(asked, values)

    def _write(self) -> None:
        waiting, self.waiting = self.waiting, []
        _run(self.file, "INSERT INTO records (place, record) VALUES (?, ?)", waiting)


def _opened(table: str) -> sqlite3.Connection:
    """A database that is in no folder, and keeps little of itself in memory."""
    file = sqlite3.connect("", isolation_level=None)
    for setting in (f"cache_size = -{CACHE_KB}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
        file.execute(f"PRAGMA {setting}")
    file.execute(table)
    return file


def _run(file: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]] | None = None) -> None:
    try:
        file.execute("BEGIN")
        file.execute(statement) if rows is None else file.executemany(statement, rows)
        file.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise ExportError(
            f"the temporary folder {gettempdir()} does not take what an export puts there ({error}): make room in it, "
            "or name another one with TMPDIR, and export again."
        ) from None


def packed(record: object) -> bytes:
    """A record as bytes, for `unpacked` alone."""
    file = io.BytesIO()
    _Packer(file, pickle.HIGHEST_PROTOCOL).dump(record)
    return file.getvalue()


def unpacked(content: bytes) -> Any:
    """The record that was packed in this process."""
    return pickle.loads(content)


class _Packer(pickle.Pickler):
    """Packs a dataclass as a call of it, which is read back faster than field by field."""

    def reducer_override(self, record: Any) -> Any:
        kind = type(record)
        return (kind, _values_of(kind)(record)) if is_dataclass(kind) else NotImplemented


@cache
def _values_of(kind: Any) -> Callable[[Any], Any]:
    names = [field.name for field in fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda record: (getattr(record, names[0]),)
