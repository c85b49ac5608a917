"""A submission's XML → its answers as a server's data API shows them, so that everything behind reads one shape.

Used by jobs/envelopes.py: what is decrypted is XML, and no server has made JSON of it.
Source: kobo/api.md §5.2: keys are whole paths, every answer is text, repeats are lists, what is empty is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from collector.form.xform.markup import JAVAROSA, Element, name_of, parse


def answers_of(xml: bytes, repeats: Collection[str]) -> dict[str, Any]:
    """The answers by path. repeats: paths that repeat, "register". Raises Unparsable."""
    return dict(_answers(parse(xml), "", repeats))


def version_in(xml: bytes) -> str:
    """The `__version__` of a submission, "" where it has none. Raises Unparsable."""
    for child in parse(xml):
        if name_of(child) == "__version__":
            return (child.text or "").strip()
    return ""


def _answers(element: Element, here: str, repeats: Collection[str]) -> Iterator[tuple[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for child in element:
        path = f"{here}/{name_of(child)}" if here else name_of(child)
        if path in repeats:
            row = dict(_answers(child, path, repeats)) if child.get(f"{JAVAROSA}template") is None else {}
            if row:
                rows.setdefault(path, []).append(row)
        elif len(child):
            yield from _answers(child, path, repeats)
        elif child.text and not child.text.isspace():
            yield path, child.text
    yield from rows.items()
