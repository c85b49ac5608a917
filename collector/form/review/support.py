"""What a form asks that the collector keeps in a plainer way than the server, or leaves alone; said row by row."""

from __future__ import annotations

from collections.abc import Iterator

from collector.form.review.remarks import Remark, Weight
from collector.form.xlsform import Workbook

FILES = "the file stays on the server; the database keeps its name"
PLAIN = "kept as text, as the tablet wrote it"
UNCOMPARED = "answers are kept without comparing them"
BUILDERS = ("begin_kobomatrix", "begin_score", "begin_rank")
TYPES = {
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "background-audio", "audit"), FILES),
    **dict.fromkeys(("geotrace", "geoshape", "barcode"), PLAIN),
    "rank": "kept as the codes in their order; there is no column for each place",
    "select_one_external": f"its choices are looked up on the tablet: {UNCOMPARED}",
    "xml-external": "its data are on the tablet: rules that look things up there are the tablet's word",
    "csv-external": "its data are on the tablet: rules that look things up there are the tablet's word",
    **dict.fromkeys(
        BUILDERS,
        "KoboToolbox converts it at deployment, which was never tried from here: look at it on a tablet; "
        "the tablets' engine is not asked about this form",
    ),
}
READ = frozenset({"survey", "choices", "settings"})
SHEETS = {
    "entities": "entities are the server's: the collector does not follow them",
    "external_choices": f"its choices are looked up on the tablet: {UNCOMPARED}",
    "osm": "tags of maps are kept as the tablet wrote them",
}


def support_remarks(workbook: Workbook) -> Iterator[Remark]:
    """Notes on what is asked and not taken apart."""
    for row in workbook.survey:
        words = TYPES.get(row.type)
        if row.type.endswith("_from_file") and not row.list_name.lower().endswith(".csv"):
            words = f"{row.list_name} is read by the tablet: {UNCOMPARED}"
        if words:
            yield _note(f"'{row.name or row.type}' is of type {row.type}: {words}", "survey", row.row, "type")
    for number, cells in enumerate(workbook.sheets["survey"].rows, start=2):
        if "search(" in cells.get("appearance", ""):
            problem = f"'{cells.get('name', '')}' searches its choices in a file of the tablet: {UNCOMPARED}"
            yield _note(problem, "survey", number, "appearance")
        if cells.get("trigger"):
            name = cells.get("name", "")
            problem = f"'{name}' is calculated when {cells['trigger']} changes: its value is the tablet's word"
            yield _note(problem, "survey", number, "trigger")
    for name, words in SHEETS.items():
        if name in workbook.sheets:
            yield _note(words, name, None, "")


def alike_remarks(workbook: Workbook) -> Iterator[Remark]:
    """Questions whose names differ only in capitals: databases and statistics programmes do not tell them apart."""
    seen: dict[str, tuple[str, int]] = {}
    for row in workbook.survey:
        if row.name and not row.type.startswith("end_"):
            name, first = seen.setdefault(row.name.casefold(), (row.name, row.row))
            if name != row.name:
                problem = f"'{row.name}' differs from '{name}' of row {first} only in capitals"
                remedy = "give one of the two another name."
                yield Remark("alike_names", problem, remedy, row=row.row, column="name", weight=Weight.WARNING)


def unheaded_remarks(workbook: Workbook) -> Iterator[Remark]:
    """Texts that nobody reads, as their column has no heading: one merged over two columns belongs to the first."""
    for name, sheet in workbook.sheets.items():
        for letter in sheet.unheaded if name in READ else ():
            problem = f"column {letter} has texts and no heading: they are left out"
            remedy = "write its heading into row 1, and part headings that are merged; or empty the column."
            yield Remark("no_heading", problem, remedy, sheet=name, row=1, column=letter, weight=Weight.WARNING)


def _note(problem: str, sheet: str, row: int | None, column: str) -> Remark:
    return Remark("left_alone", problem, "nothing to do.", sheet=sheet, row=row, column=column, weight=Weight.NOTE)
