"""The draft form as a file: `{uid}.xls` (an .xlsx, as on the real server), `{uid}.xml`, `…/xform/`."""

from __future__ import annotations

import io
import sqlite3
from html import escape

import openpyxl

from collector.form.content import FormRefused, Sheets, sheets_of
from collector.sandbox.assets import draft
from collector.sandbox.calls import Answer, Call, Refusal
from collector.sandbox.rights import seen_asset
from collector.sandbox.store import Store
from collector.sandbox.xform import draft_xform

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; charset=utf-8"


def xls(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    name = f"attachment; filename={asset['uid']}.xlsx"
    return Answer(200, write_workbook(sheets_of(draft(store, asset))), XLSX, {"Content-Disposition": name})


def xml(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    name = f"attachment; filename={asset['uid']}.xml"
    return Answer(200, _xform(store, asset).encode(), "application/xml; charset=utf-8", {"Content-Disposition": name})


def xform_page(store: Store, call: Call) -> Answer:
    page = f"<!doctype html>\n<html><body><pre>{escape(_xform(store, seen_asset(store, call)))}</pre></body></html>\n"
    return Answer(200, page.encode(), "text/html; charset=utf-8")


def write_workbook(sheets: Sheets) -> bytes:
    """The sheets as an .xlsx, columns in the order they first appear."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column) for column in columns])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _xform(store: Store, asset: sqlite3.Row) -> str:
    try:
        return draft_xform(draft(store, asset), asset_uid=asset["uid"], title=asset["name"])
    except FormRefused as error:
        raise Refusal(400, {"error": str(error)}) from None
