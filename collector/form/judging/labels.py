"""Texts that expressions ask for: labels of choices, itext, cells of media tables. Used by court.py.

Indexes are made at first use and kept with the compiled form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collector.form.definition import Labels
from collector.form.judging.checks import Languages
from collector.form.xform.model import Control, FormModel
from collector.form.xpath.nodes import Node

INSTANCE = re.compile(r"instance\(\s*['\"](.+?)['\"]\s*\)")
ITEXT = re.compile(r"\s*jr:itext\(\s*([\w.-]+)\s*\)\s*")


@dataclass
class Labelling:
    """languages: `now` is the one asked for."""

    model: FormModel
    languages: Languages
    _labels: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _cells: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)

    def choice_label(self, value: str, path: str) -> str | None:
        """What the form shows for a choice of the question at a path, "/data/register/sex" or "register/sex"."""
        key = (path, self.languages.now)
        if key not in self._labels:
            self._labels[key] = self._labels_of(path)
        return self._labels[key].get(value)

    def itext(self, id: str) -> str | None:
        """A text of the form by its id."""
        return self.model.texts.get(self.languages.now or self.model.languages[0], {}).get(id)

    def pulldata(self, file: str, column: str, key_column: str, key: str) -> str | None:
        """A cell of a media table, "" where no row has the key, the first row's where many do.

        None where there is no such table, or no such column in it.
        """
        table = self.model.tables.get(file) or self.model.tables.get(file.rpartition(".")[0])
        if table is None or not _has(table, column, key_column):
            return None
        index = (file, column, key_column)
        if index not in self._cells:
            rows = [cells_of(item) for item in table.children]
            self._cells[index] = {row.get(key_column, ""): row.get(column, "") for row in reversed(rows)}
        return self._cells[index].get(key, "")

    def _labels_of(self, path: str) -> dict[str, str]:
        inside = path.removeprefix(f"/{self.model.name}/")
        node = self.model.by_path.get(inside)
        if node is None or node.control is None:
            return {}
        if node.control.items is not None:
            return {value: self._spoken(labels) for value, labels in node.control.items}
        return self._labels_of_items(node.control)

    def _labels_of_items(self, control: Control) -> dict[str, str]:
        found = INSTANCE.search(control.nodeset)
        listed = self.model.instances.get(found[1]) if found else None
        labels: dict[str, str] = {}
        for item in listed.children if listed else ():
            cells = cells_of(item)
            labels.setdefault(cells.get(control.value, ""), self._label(cells, control.label))
        return labels

    def _label(self, cells: dict[str, str], reference: str) -> str:
        spoken = ITEXT.fullmatch(reference)
        return (self.itext(cells.get(spoken[1], "")) or "") if spoken else cells.get(reference, "")

    def _spoken(self, texts: Labels) -> str:
        return texts.get(self.languages.now) or texts.get("", "") or next(iter(texts.values()), "")


def _has(table: Node, *columns: str) -> bool:
    """Whether a table has these columns; one without rows may have them."""
    return not table.children or {cell.name for cell in table.children[0].children}.issuperset(columns)


def cells_of(item: Node) -> dict[str, str]:
    """A row of a list by column."""
    return {cell.name: cell.text for cell in item.children}
