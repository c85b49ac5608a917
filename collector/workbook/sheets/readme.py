"""Sheet ReadMe: what this file is, how fresh and how complete, what the words mean, what is on which sheet."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from collector.form.records import Completeness
from collector.workbook import look
from collector.workbook.cells import Value, local, put
from collector.workbook.labels import Labels
from collector.workbook.night import SHARED_SHEETS, Night
from collector.workbook.sheets.frame import as_of, footer
from collector.workbook.texts import Words

LABEL, TEXT, LAST = 2, 3, 6
TEXT_WIDTH = 104
CONTENTS = (
    "Summary",
    "ToDo",
    "Changes",
    "Indicators",
    "Reach",
    "Coverage",
    "Knowledge",
    "Items",
    "Pairing",
    "Feedback",
    "Enumerators",
    "Sessions",
    "Register",
    "Quarantine",
    "CleaningLog",
    "Dictionary",
)
TERMS = ("contact", "participant", "refused", "score", "sets", "threshold", "pair", "interval", "small")


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """The cover."""
    look.page(sheet, footer=footer(night, words), pages_high=1)
    look.widths(sheet, [2, 26, TEXT_WIDTH, 13, 13, 15, 2])
    zone = night.programme.time_zone
    subtitle = words("readme.subtitle", as_of=as_of(night, words), zone=zone)
    look.banner(sheet, night.programme.title, subtitle, first_column=LABEL, last_column=LAST)
    row = _this_file(sheet, 5, night, words)
    row = _complete(sheet, row + 1, night, labels, words)
    row = _versions(sheet, row + 1, night, labels, words)
    row = _contents(sheet, row + 1, night, words)
    _definitions(sheet, row + 1, night, words)


def _this_file(sheet: Worksheet, row: int, night: Night, words: Words) -> int:
    zone = night.programme.time_zone
    look.section(sheet, row, LABEL, words("readme.this_file"), last_column=LAST)
    rounds = " · ".join(
        words("readme.period", label=each.label, starts_on=each.starts_on, ends_on=each.ends_on)
        for each in night.programme.rounds.values()
    )
    run = words("readme.run_none") if night.run is None else words("readme.run_text", run=night.run)
    counted = night.data_as_of
    facts: list[tuple[str, Value]] = [
        (words("readme.as_of"), local(counted, zone) if counted else words("never")),
        (words("readme.made"), local(night.made_at, zone)),
        (words("readme.zone"), words("readme.zone_text", zone=zone)),
        (words("readme.run"), run),
        *_rebuilt(night, words),
        (words("readme.round"), rounds),
        (words("readme.design"), words("readme.design_text")),
        (words("readme.purpose"), words("readme.purpose_text")),
        (words("readme.contact"), night.programme.contact or words("readme.no_contact")),
        (words("readme.edition"), words(f"readme.edition_{night.edition}")),
    ]
    for place, (label, value) in enumerate(facts, start=row + 1):
        _pair(sheet, place, label, value)
    return row + len(facts) + 1


def _rebuilt(night: Night, words: Words) -> list[tuple[str, Value]]:
    """What made the file, and whether it is a past night made again."""
    facts: list[tuple[str, Value]] = []
    if night.code_version:
        facts.append((words("readme.code"), words("readme.code_text", version=night.code_version)))
    if night.rebuilt_at:
        made = local(night.rebuilt_at, night.programme.time_zone)
        text = words("readme.data_state_text", made=made, as_of=night.today, run=night.run)
        verdicts = words("readme.verdicts_today" if night.is_judged_anew else "readme.verdicts_then")
        facts.append((words("readme.data_state"), f"{text} {verdicts}"))
    return facts


def _complete(sheet: Worksheet, row: int, night: Night, labels: Labels, words: Words) -> int:
    look.section(sheet, row, LABEL, words("readme.complete"), last_column=LAST)
    headings = ("readme.form", "readme.equation", "readme.on_server", "readme.accepted", "readme.quarantined")
    _headings(sheet, row + 1, [words(key) for key in headings])
    place = row + 1
    for form in night.programme.forms:
        place += 1
        counted = night.completeness.get(form)
        if counted is None:
            _numbers(sheet, place, labels.form(form), words("readme.never_pulled"), [], look.BAD)
            continue
        key = "holds" if counted.missing == 0 else "missing" if counted.missing > 0 else "too_many"
        equation = words(
            f"readme.{key}",
            on_server=counted.on_server,
            accepted=counted.accepted,
            quarantined=counted.quarantined,
            missing=abs(counted.missing),
        )
        numbers = [counted.on_server, counted.accepted, counted.quarantined]
        _numbers(sheet, place, labels.form(form), equation, numbers, look.BAD if counted.missing else look.GOOD)
        for text, color in () if night.is_shared else _ever_seen(counted, words):
            place += 1
            _numbers(sheet, place, "", text, [], color)
        if any(night.remarks.get(form, ())) and not night.is_shared:
            place += 1
            warned, unsure = night.remarks[form]
            _numbers(sheet, place, "", words("readme.warned", warned=warned, unsure=unsure), [], look.INK)
    return place + 1


def _ever_seen(counted: Completeness, words: Words) -> Iterator[tuple[str, str]]:
    """The second half of the equation, and the submissions for which it does not hold: texts with their colours."""
    if counted.seen is not None:
        holds = counted.seen == counted.present + counted.deleted
        facts = {"seen": counted.seen, "present": counted.present, "deleted": counted.deleted}
        yield words(f"readme.{'seen' if holds else 'seen_wrong'}", **facts), look.GOOD if holds else look.BAD
    if counted.unexplained:
        yield words("readme.unexplained", ids=counted.unexplained), look.BAD


def _versions(sheet: Worksheet, row: int, night: Night, labels: Labels, words: Words) -> int:
    if not night.counts:
        return row - 1
    look.section(sheet, row, LABEL, words("readme.versions"), last_column=LAST)
    order = list(night.programme.forms)
    counts = sorted(night.counts, key=lambda count: order.index(count.form) if count.form in order else len(order))
    for place, count in enumerate(counts, start=row + 1):
        named = words("readme.version", version=count.version) if count.version else words("readme.no_version")
        numbers: list[int | None] = [None, count.accepted, count.quarantined]
        _numbers(sheet, place, labels.form(count.form), named, numbers, look.INK)
    return row + len(night.counts) + 1


def _contents(sheet: Worksheet, row: int, night: Night, words: Words) -> int:
    names = [name for name in CONTENTS if name in SHARED_SHEETS or not night.is_shared]
    look.section(sheet, row, LABEL, words("readme.sheets"), last_column=LAST)
    for place, name in enumerate(names, start=row + 1):
        title = words.sheet(name)
        link = _pair(sheet, place, title, words(f"sheet.{name}"))
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{title}'!A1", display=title)
        link.font = look.font(10, bold=True, color=look.ACCENT, underline=True)
    return row + len(names) + 1


def _definitions(sheet: Worksheet, row: int, night: Night, words: Words) -> None:
    look.section(sheet, row, LABEL, words("readme.definitions"), last_column=LAST)
    threshold = night.programme.threshold
    for place, term in enumerate(TERMS, start=row + 1):
        label, text = words(f"term.{term}", threshold=threshold), words(f"term.{term}_text", threshold=threshold)
        _pair(sheet, place, label, text)


def _pair(sheet: Worksheet, row: int, label: str, value: Value) -> Cell:
    first, second = put(sheet, row, LABEL, label), put(sheet, row, TEXT, value)
    first.font, second.font = look.font(10, bold=True), look.font(10)
    for cell in (first, second):
        cell.alignment = Alignment(horizontal="left", vertical="center", indent=1, wrap_text=True)
    if not isinstance(value, str):
        second.number_format = look.MOMENT
    else:
        look.fit_row(sheet, row, look.lines(value, TEXT_WIDTH))
    for column in range(LABEL, LAST + 1):
        sheet.cell(row, column).border = Border(bottom=look.HAIRLINE)
    return first


def _headings(sheet: Worksheet, row: int, texts: list[str]) -> None:
    for column, text in enumerate(texts, start=LABEL):
        look.heading_cell(sheet, row, column, text, align="right" if column > TEXT else "left")


def _numbers(
    sheet: Worksheet, row: int, label: str, text: str, numbers: list[int | None] | list[int], color: str
) -> None:
    put(sheet, row, LABEL, label).font = look.font(10)
    put(sheet, row, TEXT, text).font = look.font(10, color=color, bold=color != look.INK)
    for column, number in enumerate(numbers, start=TEXT + 1):
        cell = put(sheet, row, column, number)
        cell.font, cell.number_format = look.font(10), look.WHOLE
    for column in range(LABEL, LAST + 1):
        sheet.cell(row, column).border = Border(bottom=look.HAIRLINE)
        sheet.cell(row, column).alignment = (
            Alignment(horizontal="left", vertical="center", indent=1, wrap_text=True)
            if column <= TEXT
            else Alignment(vertical="center")
        )
