"""Answers taken out of a submission: those that nobody knows the meaning of, while the rest of it counts.

Used by jobs/judged.py before a submission becomes rows. What was received is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

STEP = re.compile(r"([^\[]+)(?:\[(\d+)\])?")


def leave_out(answers: Mapping[str, Any], places: Iterable[str]) -> dict[str, Any]:
    """A copy of a submission's JSON object without the answers at these paths with repeat indices.

    >>> leave_out({"a": "x", "row": [{"row/b": "y"}, {"row/b": "z", "row/c": "1"}]}, ["a", "row[2]/b", "row[7]/b"])
    {'row': [{'row/b': 'y'}, {'row/c': '1'}]}
    """
    kept = dict(answers)
    for place in places:
        *repeats, (path, _) = _steps(place)
        here: dict[str, Any] | None = kept
        for repeat, index in repeats:
            here = _instance(here, repeat, index) if here is not None else None
        if here is not None:
            here.pop(path, None)
    return kept


def _instance(around: dict[str, Any], repeat: str, index: int) -> dict[str, Any] | None:
    """An instance of a repeat, copied into its place; None where there is none."""
    instances = around.get(repeat)
    if not isinstance(instances, list) or len(instances) < index or not isinstance(instances[index - 1], Mapping):
        return None
    copied: dict[str, Any] = dict(instances[index - 1])
    around[repeat] = [*instances[: index - 1], copied, *instances[index:]]
    return copied


def _steps(place: str) -> Iterator[tuple[str, int]]:
    """Path of each repeat on the way with its index, then the path of the question."""
    path = ""
    for text, index in STEP.findall(place):
        path += text
        yield path, int(index or 0)
