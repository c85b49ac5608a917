"""Everything that can be known of a form from its sheets alone, before a tablet sees it.

Gathers what the modules beside this one find; jobs/forms.py adds what the engine of the tablets says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from collector.errors import FormMistake, XFormUnreadable
from collector.form.definition import FormVersion
from collector.form.programme import Programme
from collector.form.review.evaluation import TURNS, evaluation_remarks
from collector.form.review.expressions import expression_remarks
from collector.form.review.filling import Filler, filled_xform
from collector.form.review.promises import promise_remarks
from collector.form.review.reach import reach_remarks
from collector.form.review.remarks import Remark, Weight, remark_of
from collector.form.review.rules import rules_of
from collector.form.review.support import alike_remarks, support_remarks, unheaded_remarks
from collector.form.review.texts import text_remarks
from collector.form.xform.read import read_xform
from collector.form.xlsform import BUILDER_TYPES, Workbook, form_version, read_with_mistakes, to_xform


@dataclass(frozen=True)
class Review:
    """What was found. xform: what the converter makes of the form, "" where it was not asked or refused.

    filled: the form with answers in it, several times, for the engine of the tablets.
    """

    remarks: tuple[Remark, ...]
    form: FormVersion | None = None
    xform: str = ""
    filled: tuple[bytes, ...] = ()

    @property
    def mistakes(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.weight is Weight.MISTAKE)


def review(
    path: Path,
    media: Mapping[str, bytes],
    *,
    programme: Programme | None = None,
    key: str | None = None,
    on_date: date,
) -> Review:
    """Look at a workbook. programme: whose promises it has to keep; key: which of its forms it is, None for none.

    Raises NotAWorkbook for what Excel would not open. Every other mistake is a remark.
    """
    try:
        workbook, mistakes = read_with_mistakes(path)
    except FormMistake as mistake:
        return Review((remark_of(mistake),))
    remarks = [remark_of(mistake) for mistake in mistakes]
    rules = tuple(rules_of(workbook))
    remarks += [
        *expression_remarks(rules),
        *text_remarks(workbook),
        *support_remarks(workbook),
        *alike_remarks(workbook),
        *unheaded_remarks(workbook),
    ]
    form = _form(workbook, media, remarks)
    if form is not None:
        remarks += reach_remarks(workbook, form, rules)
        if programme:
            remarks += promise_remarks(programme, form, key, on_date, sheets=workbook.sheets, media=media)
    is_sound = not any(remark.weight is Weight.MISTAKE for remark in remarks if remark.code in ("sheet", "expression"))
    xform = _xform(workbook, remarks) if is_sound and form is not None else ""
    filled = _filled(xform, media, form, remarks) if xform and form is not None else ()
    return Review(_ordered(remarks), form, xform, filled)


def _form(workbook: Workbook, media: Mapping[str, bytes], remarks: list[Remark]) -> FormVersion | None:
    try:
        return form_version(workbook, media)
    except FormMistake as mistake:
        remarks.append(remark_of(mistake))
        return None


def _xform(workbook: Workbook, remarks: list[Remark]) -> str:
    if any(row.type in BUILDER_TYPES for row in workbook.survey):
        return ""
    try:
        return to_xform(workbook)
    except FormMistake as mistake:
        remarks.append(remark_of(mistake))
        return ""


def _filled(xform: str, media: Mapping[str, bytes], form: FormVersion, remarks: list[Remark]) -> tuple[bytes, ...]:
    """Fill the form, and add what its expressions have to say then, but for what was said of them already."""
    try:
        filler = Filler(read_xform(xform, media, form))
    except XFormUnreadable:
        return ()
    said = {(remark.row, remark.column) for remark in remarks if remark.weight is Weight.MISTAKE}
    found = evaluation_remarks(filler, form, xform)
    remarks += [remark for remark in found if (remark.row, remark.column) not in said]
    filled = (filler.fill(turn=turn, rows=1) for turn in range(TURNS))
    return tuple(filled_xform(xform, each, filler.model) for each in filled)


def _ordered(remarks: list[Remark]) -> tuple[Remark, ...]:
    """By sheet, as they come in a workbook, then by row; the same thing said once."""
    sheets = ["survey", "choices", "settings"]
    return tuple(
        sorted(
            dict.fromkeys(remarks),
            key=lambda found: (
                sheets.index(found.sheet) if found.sheet in sheets else len(sheets),
                found.sheet,
                found.row or 0,
            ),
        )
    )
