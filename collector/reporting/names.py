"""Names that every database takes: after case folding, of letters, digits and underscores, at most 63 bytes long.

Used by layout.py for tables and columns, and by views.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names without an error
UNUSABLE = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin", "true", "false"})
"""PostgreSQL has columns of its own called so in each table; a view of SQLite gives the last two another name."""


def free_name(name: str, longer: str, taken: set[str], ending: str = "") -> str:
    """A name that is not among those taken, and is from now on; `longer` where `name` is taken. ending: see safe_name.

    >>> free_name("Age", "person/Age", {"age"})
    'person__age'
    """
    for candidate in _candidates(name, longer, ending):
        if candidate not in taken and candidate not in UNUSABLE:
            taken.add(candidate)
            return candidate
    raise AssertionError("the candidates have no end")


def safe_name(name: str, ending: str = "") -> str:
    """The name as databases take it; two long ones that differ in their end stay two.

    ending: stands whole behind the name, which is cut for it.
    """
    folded, end = _folded(name), _folded(ending)
    encoded, room = folded.encode(), LONGEST_NAME - len(end.encode())
    if len(encoded) <= room:
        return folded + end
    return encoded[: room - 9].decode(errors="ignore") + "_" + _hash(folded) + end


def _folded(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name.casefold())


def _candidates(name: str, longer: str, ending: str) -> Iterator[str]:
    yield safe_name(name, ending)
    safe = safe_name(longer.replace("/", "__"))
    yield safe_name(safe, ending)
    yield safe_name(f"{safe}_{_hash(longer)}", ending)
    for number in count(2):
        yield safe_name(f"{safe}_{_hash(longer)}_{number}", ending)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
