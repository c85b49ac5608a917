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


def free_name(name: str, longer: str, taken: set[str]) -> str:
    """A name that is not among those taken, and is from now on; `longer` where `name` is taken.

    >>> free_name("Age", "person/Age", {"age"})
    'person__age'
    """
    for candidate in _candidates(name, longer):
        if candidate not in taken and candidate not in UNUSABLE:
            taken.add(candidate)
            return candidate
    raise AssertionError("the candidates have no end")


def safe_name(name: str) -> str:
    """The name as databases take it; two long ones that differ in their end stay two."""
    folded = "".join(letter if letter.isalnum() else "_" for letter in name.casefold())
    encoded = folded.encode()
    if len(encoded) <= LONGEST_NAME:
        return folded
    return encoded[: LONGEST_NAME - 9].decode(errors="ignore") + "_" + _hash(folded)


def _candidates(name: str, longer: str) -> Iterator[str]:
    yield safe_name(name)
    yield (safe := safe_name(longer.replace("/", "__")))
    yield safe_name(f"{safe}_{_hash(longer)}")
    for number in count(2):
        yield safe_name(f"{safe}_{_hash(longer)}_{number}")


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
