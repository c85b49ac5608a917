"""An XLSForm says what it asks, or says where its mistake is."""

from __future__ import annotations

import pytest

from collector.errors import FormMistake
from collector.form.definition import Kind
from collector.form.xlsform import form_version, read_workbook, to_xform
from tests.support.sheets import write_workbook

HEAD = ["type", "name", "label"]
CHOICES = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]

MISTAKES = [  # survey rows below HEAD, row, column, words
    ([["integr", "q1", "Q"]], 2, "type", "unknown question type 'integr'; did you mean 'integer'?"),
    ([["", "q1", "Q"]], 2, "type", "this row has no type"),
    ([["text", "", "Q"]], 2, "name", "this question has no name"),
    ([["begin group", "", "G"]], 2, "name", "this group has no name"),
    ([["text", "my q", "Q"]], 2, "name", "write 'my_q'."),
    ([["text", "1st", "Q"]], 2, "name", "write 'st'."),
    ([["text", "q1", ""]], 2, "label", "'q1' has no label"),
    ([["select_one", "q1", "Q"]], 2, "type", "has no choice list; write its choice list after it: 'select_one yn'."),
    ([["select_one sex", "q1", "Q"]], 2, "type", "choice list 'sex' is not in the choices sheet; add it"),
    ([["select_multiple yns", "q1", "Q"]], 2, "type", "did you mean 'yn'?"),
    ([["select_one_from_file plan", "q1", "Q"]], 2, "type", "wants a file"),
    ([["text", "q1", "Q"], ["integer", "q1", "Q"]], 3, "name", "'q1' stands twice in the form, first in row 2"),
    ([["begin_group", "g", "G"], ["note", "a", "A"], ["note", "a", "A"], ["end_group"]], 4, "name", "in this group"),
    ([["text", "q1", "Q"], ["end group"]], 3, "type", "this ends a group that never began"),
    ([["begin_group", "g", "G"], ["text", "q1", "Q"]], 2, "type", "group 'g' is never ended; add 'end_group'"),
    ([["begin repeat", "r", "R"], ["text", "q1", "Q"], ["end group"]], 4, "type", "write 'end_repeat'."),
    ([["text", "name", "Q"], [], ["note", "n", "Hello ${nmae}"]], 4, "label", "did you mean '${name}'?"),
    ([["note", "n", "Hello ${whom}"]], 2, "label", "${whom} refers to no question"),
    ([["calculate", "c"]], 2, "calculation", "this calculation is empty"),
]


@pytest.mark.parametrize(("rows", "row", "column", "words"), MISTAKES)
def test_a_mistake_is_named_by_sheet_row_column_and_remedy(tmp_path, rows, row, column, words):
    path = write_workbook(tmp_path, survey=[HEAD, *rows], choices=CHOICES)
    with pytest.raises(FormMistake) as mistake:
        read_workbook(path)
    assert (mistake.value.sheet, mistake.value.row, mistake.value.column) == ("survey", row, column)
    assert words in str(mistake.value)


@pytest.mark.parametrize(
    ("choices", "row", "column", "words"),
    [
        ([["yn", "yes", "Yes"], ["yn", "yes", "Oui"]], 3, "name", "choice 'yes' stands twice in list 'yn'"),
        ([["yn", "yes", "Yes"], ["yn", "not sure", "?"]], 3, "name", "write 'not_sure'."),
        ([["yn", "yes", "Yes"], ["yn", "", "No"]], 3, "name", "this choice has none"),
        ([["yn", "yes", "Yes"], ["", "no", "No"]], 3, "list_name", "this choice has none"),
        ([["yn", "yes", "Yes"], [], ["yn", "no", ""]], 4, "label", "choice 'no' has no label"),
    ],
)
def test_a_mistake_in_the_choices_is_named(tmp_path, choices, row, column, words):
    path = write_workbook(tmp_path, survey=[HEAD, ["select_one yn", "q1", "Q"]], choices=[CHOICES[0], *choices])
    with pytest.raises(FormMistake) as mistake:
        read_workbook(path)
    assert (mistake.value.sheet, mistake.value.row, mistake.value.column) == ("choices", row, column)
    assert words in str(mistake.value)


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        ({"Survay": [HEAD]}, "there is no sheet 'survey'; is it 'survay'? rename that sheet."),
        ({"notes": [["a"]]}, "there is no sheet 'survey'; add it"),
        ({"survey": [HEAD]}, "the sheet asks nothing"),
        ({"survey": [["tipe", "name"], ["text", "q"]]}, "no column 'type'; is it 'tipe'?"),
        ({"survey": [["type", "label"], ["text", "Q"]]}, "there is no column 'name'"),
        ({"survey": [HEAD, ["select_one yn", "q", "Q"]]}, "there is no sheet 'choices'"),
        ({"survey": [HEAD, ["text", "q", "Q"]], "choices": [["list", "name"], ["yn", "a"]]}, "no column 'list_name'"),
        ({"survey": [HEAD, ["text", "q", "Q"]], "settings": [["instance_name"], ["${p}"]]}, "sheet 'settings', row 2"),
    ],
)
def test_a_workbook_that_is_no_xlsform_says_what_is_missing(tmp_path, sheets, words):
    with pytest.raises(FormMistake) as mistake:
        read_workbook(write_workbook(tmp_path, **sheets))
    assert words in str(mistake.value)


@pytest.mark.parametrize(
    ("sheet", "column", "rows"),
    [
        ("survey", "label::ar", [["type", "name", "label::en", "label::ar"], ["text", "q1", "Name"]]),
        ("survey", "label::en", [["type", "name", "label::en", "label::ar"], ["begin_group", "g", "", "اسم"]]),
        ("survey", "hint::ar", [["type", "name", "label", "hint::en", "hint::ar"], ["text", "q1", "Name", "Yours"]]),
        ("choices", "label::ar", [["list_name", "name", "label::en", "label::ar"], ["yn", "yes", "Yes"]]),
    ],
)
def test_a_text_missing_in_one_language_is_named(tmp_path, sheet, column, rows):
    sheets = {"survey": [["type", "name", "label"], ["note", "n", "N"]], sheet: rows}
    with pytest.raises(FormMistake, match="is missing in this language; translate it") as mistake:
        read_workbook(write_workbook(tmp_path, **sheets))
    assert (mistake.value.sheet, mistake.value.row, mistake.value.column) == (sheet, 2, column)


def test_the_form_version_carries_paths_kinds_languages_and_choices(tmp_path):
    path = write_workbook(
        tmp_path,
        survey=[
            ["type", "name", "label::English (en)", "pii", "value_type", "calculation"],
            ["Begin Group", "place", "Place"],
            ["select one  yn", "open", "Open?"],
            ["end  group"],
            ["begin_repeat", "people", "People"],
            ["integer", "card", "Card", "yes"],
            ["end_repeat"],
            ["calculate", "total", None, None, "integer", "count(${people})"],
            ["select_one_from_file plan.csv", "session", "Session"],
        ],
        choices=[["list_name", "name", "label::English (en)", "Zone"], ["yn", True, "Yes", 1.0], ["yn", 0.0, "No", 2]],
        settings=[["form_title", "version"], ["Visit", 2026070101]],
    )
    form = form_version(read_workbook(path), {"plan.csv": b"name,label\nA-01,A"})
    assert (form.title, form.form_id, form.version, form.languages) == (
        "Visit",
        "form",
        "2026070101",
        ("English (en)",),
    )
    kinds = {question.path: (question.kind, question.repeat, question.is_pii) for question in form.questions}
    assert kinds == {
        "place/open": (Kind.SELECT_ONE, "", False),
        "people/card": (Kind.INTEGER, "people", True),
        "total": (Kind.INTEGER, "", False),
        "session": (Kind.SELECT_ONE, "", False),
    }
    assert [(choice.name, choice.columns) for choice in form.choices["yn"]] == [
        ("TRUE", {"Zone": "1"}),
        ("0", {"Zone": "2"}),
    ]
    assert [choice.name for choice in form.choices["plan.csv"]] == ["A-01"]


def test_a_media_file_that_is_not_at_hand_is_named_with_the_row_that_asks_for_it(tmp_path):
    workbook = read_workbook(write_workbook(tmp_path, survey=[HEAD, ["select_one_from_file plan.csv", "s", "S"]]))
    assert form_version(workbook).media_files == ("plan.csv",)
    with pytest.raises(
        FormMistake, match=r"row 2, column 'type': the media file 'plan.csv' is missing; there is 'plans"
    ):
        form_version(workbook, {"plans.csv": b""})


def test_or_other_brings_the_text_question_that_the_converter_adds(tmp_path):
    path = write_workbook(tmp_path, survey=[HEAD, ["select_one yn or_other", "q1", "Q"]], choices=CHOICES)
    workbook = read_workbook(path)
    form = form_version(workbook)
    assert [question.path for question in form.questions] == ["q1", "q1_other"]
    assert [choice.name for choice in form.choices["yn"]] == ["yes", "no", "other"]
    assert 'nodeset="/data/q1_other"' in to_xform(workbook)


def test_the_xform_carries_the_id_and_version_asked_for(tmp_path):
    survey, settings = [HEAD, ["Text ".lower(), "q1", "Q"]], [["form_id", "version"], ["visit", "1"]]
    workbook = read_workbook(write_workbook(tmp_path, survey=survey, settings=settings))
    assert '<data id="visit" version="1">' in to_xform(workbook)
    assert '<data id="aX1" version="2">' in to_xform(workbook, form_id="aX1", version="2")
    sheets = {"survey": [{"type": "text", "name": "q1", "label": "Q"}], "settings": [{"style": "pages"}]}
    assert '<data id="aX1"' in to_xform(sheets, form_id="aX1")


@pytest.mark.parametrize(
    ("row", "settings", "where", "says"),
    [
        ({"parameters": "start=a"}, {}, "sheet 'survey', row 2, column 'parameters'", "'start' must be a number"),
        ({"parameters": "x"}, {}, "sheet 'survey', row 2, column 'parameters'", "Parameters must be in the form of"),
        ({"relevant": "${q"}, {}, "sheet 'survey', row 2, column 'relevant'", "Reference variables must start with"),
        ({"name": ""}, {}, "sheet 'survey', row 2", "no name"),
        ({}, {"style": "a", "Style": "b"}, "sheet 'settings'", "Headers that are different names for the same column"),
    ],
)
def test_what_only_the_converter_refuses_is_told_as_a_mistake_too(row, settings, where, says):
    question = {"type": "range", "name": "q", "label": "Q", **row}
    with pytest.raises(FormMistake) as mistake:
        to_xform({"survey": [{k: v for k, v in question.items() if v}], "settings": [settings]}, form_id="f")
    assert str(mistake.value).startswith(f"{where}: the converter refuses it: ")
    assert says in str(mistake.value)
    assert "[row" not in str(mistake.value)
