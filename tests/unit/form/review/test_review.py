"""What a form review says of forms that are wrong, and that it is silent about forms that are not."""

from __future__ import annotations

from datetime import date

import pytest

from collector.errors import NotAWorkbook
from collector.form.review.review import review
from tests.support.material import FORMS, MEDIA, PROGRAMME
from tests.support.sheets import WORKBOOKS, write_workbook

DAY = date(2026, 11, 24)
COLUMNS = (
    "type",
    "name",
    "label::English (en)",
    "label::العربية (ar)",
    "relevant",
    "constraint",
    "calculation",
    "choice_filter",
)
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::العربية (ar)", "part"],
    ["yn", "yes", "Yes", "نعم", ""],
    ["yn", "no", "No", "لا", ""],
    ["town", "erbil", "Erbil", "أربيل", "yes"],
    ["town", "nowhere", "Nowhere", "لا مكان", "perhaps"],
]


def question(kind="integer", name="q", en="How many?", ar="كم؟", **rules):
    return [kind, name, en, ar, *(rules.get(column, "") for column in COLUMNS[4:])]


def remarks(tmp_path, *rows):
    first = question("select_one yn", "first", "First?", "أولا؟")
    path = write_workbook(tmp_path, survey=[COLUMNS, first, *rows], choices=CHOICES)
    return {
        (found.code, found.sheet, found.row, found.column): found for found in review(path, {}, on_date=DAY).remarks
    }


@pytest.mark.parametrize(
    ("row", "code", "column", "says"),
    [
        (question(constraint="strng-length(.) > 2"), "unknown_function", "constraint", "string-length()?"),
        (question(constraint="floor(.) > 2"), "web_only_function", "constraint", "KoboCollect"),
        (question(constraint="regex(.)"), "arguments", "constraint", "it takes text, text"),
        (question(constraint=". > 2)"), "expression", "constraint", "bracket"),
        (question(constraint=". > “2”"), "expression", "constraint", "typographic"),
        (question(relevant="false()"), "never_relevant", "relevant", "never be relevant"),
        (question(relevant="1 = 2 and ${first} = 'yes'"), "never_relevant", "relevant", "never be relevant"),
        (question(relevant="${first} = 'yes' and ${first} = 'no'"), "never_relevant", "relevant", "never"),
        (question(relevant="${first} = 'yess'"), "no_such_choice", "relevant", "did you mean 'yes'"),
        (question(relevant="selected(${first}, 'ja')"), "no_such_choice", "relevant", "its choices: no, yes"),
        (question(ar="Write a number"), "left_to_right", COLUMNS[3], "direction"),
        (question(ar="قبل 2026-07-05"), "date_in_text", COLUMNS[3], "2026-07-05"),
        (question(ar="من 18-24"), "span_in_text", COLUMNS[3], "24-18"),
        (question(ar="بين ١ و 5"), "mixed_digits", COLUMNS[3], "two styles"),
        (question(ar=""), "sheet", COLUMNS[3], "missing in this language"),
        (question("image", "photo"), "left_alone", "type", "stays on the server"),
    ],
)
def test_a_mistake_is_told_by_row_and_column_with_its_remedy(tmp_path, row, code, column, says):
    found = remarks(tmp_path, row).get((code, "survey", 3, column))
    assert found is not None
    assert says in str(found)


LANGUAGES = ("label::English (en)", "label::العربية (ar)")
FILLED = (*COLUMNS, "trigger", "default")


@pytest.mark.parametrize(
    ("rows", "code", "row", "column"),
    [
        ([question(relevant="selected(${n}, '1')")], "types", 4, "relevant"),
        ([question("calculate", calculation="if(${n} > 0, count-selected(${n}), 0)")], "types", 4, "calculation"),
        (
            [question("begin_group", relevant="selected(${n}, 'a')"), question(name="x"), ["end_group"]],
            "types",
            4,
            "relevant",
        ),
        ([[*question("calculate", calculation="selected(${n}, 'a')"), "${n}"]], "types", 4, "calculation"),
        ([[*question("select_one yn"), "", "selected-at(${n}, 0)"]], "types", 4, "default"),
        ([question(constraint=". < '2026-01-31'")], "never_compared", 4, "constraint"),
        ([question("calculate", calculation="date('31.1.2026')")], "filled", 4, "calculation"),
        (
            [question("begin_repeat", "r"), question(name="x"), ["end_repeat"], question(relevant="${x} > 1")],
            "repeated",
            7,
            "relevant",
        ),
    ],
)
def test_what_stops_a_tablet_only_when_the_form_is_filled_is_told_by_row_and_column(tmp_path, rows, code, row, column):
    first = [question("select_one yn", "first", "First?", "أولا؟"), question(name="n")]
    path = write_workbook(tmp_path, survey=[FILLED, *first, *rows], choices=CHOICES)
    found = review(path, {}, on_date=DAY).remarks
    told = [(each.code, each.row, each.column) for each in found if each.code != "left_alone"]
    assert told == [(code, row, column)]


def test_answers_of_the_right_type_are_no_mistake(tmp_path):
    rows = [
        question("text", "t", constraint="regex(., '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')"),
        question("calculate", "c", calculation="format-date(date(${t}), '%Y')"),
        question("select_multiple yn", "m", constraint="count-selected(.) < 3 and selected-at(., 0) != 'x'"),
        question("integer", "y", constraint=". > 2000 and . < 2100"),
        question("calculate", "d", calculation="date(concat(${y}, '-01-01'))"),
        question("date", "day", constraint=". > date('2026-01-01') and . <= today()"),
        question("geopoint", "g", relevant="distance(${g}) >= 0"),
    ]
    assert remarks(tmp_path, *rows) == {}


def test_a_choice_that_no_filter_lets_through_is_told_by_its_row(tmp_path):
    found = remarks(tmp_path, question("select_one town", "town", choice_filter="part = ${first}"))
    assert [place for place in found if place[0] == "unreachable_choice"] == [("unreachable_choice", "choices", 5, "")]


def test_all_mistakes_are_told_at_once(tmp_path):
    rows = [
        question("txet"),
        question(name="a b"),
        question("select_one yna", "c"),
        question(name="d", relevant="${nobody} = 1"),
    ]
    assert [found[2] for found in remarks(tmp_path, *rows) if found[0] == "sheet"] == [3, 4, 5, 6]


def test_a_rule_that_may_hold_is_left_alone(tmp_path):
    rule = "${first} != 'no' or not(selected(${first}, 'yes')) or today() > date('2026-01-01')"
    assert remarks(tmp_path, question(relevant=rule, constraint="if(. > 1, true(), . = 0)")) == {}


def test_the_promises_of_the_programme_hold_for_what_lies_in_its_folder(tmp_path):
    rows = [COLUMNS, question("text", "phone_number"), question("select_one yn", "first")]
    path = write_workbook(tmp_path, survey=rows, choices=CHOICES)
    codes = {found.code for found in review(path, {}, programme=PROGRAMME, on_date=DAY).mistakes}
    assert codes == {"type_not_allowed", "identifier"}


def test_a_key_may_not_be_used_before_it_holds():
    path = FORMS / PROGRAMME.forms["pre_survey"].workbook
    early = review(path, MEDIA, programme=PROGRAMME, key="pre_survey", on_date=date(2018, 6, 1))
    assert [found.problem.split(":")[0] for found in early.mistakes] == ["items.K09"]


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.stem)
def test_every_form_of_the_programme_is_without_a_mistake(path):
    key = next(key for key, form in PROGRAMME.forms.items() if form.workbook == path.name)
    found = review(path, MEDIA, programme=PROGRAMME, key=key, on_date=DAY)
    assert found.mistakes == ()
    assert found.xform


def test_what_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_text("no workbook")
    with pytest.raises(NotAWorkbook):
        review(path, {}, on_date=DAY)


def test_names_that_differ_only_in_capitals_are_told(tmp_path):
    found = remarks(tmp_path, question(name="First"))
    assert ("alike_names", "survey", 3, "name") in found


def test_a_media_file_of_another_encoding_and_one_of_another_name_are_told(tmp_path):
    survey = [["type", "name", "label"], ["select_one_from_file venues.csv", "venue", "Venue"]]
    path = write_workbook(tmp_path, survey=survey)
    arabic = "name,label\nv1,قاعة\n".encode("cp1256")
    (encoding,) = review(path, {"venues.csv": arabic}, on_date=DAY).mistakes
    assert (encoding.sheet, encoding.row, "UTF-8" in encoding.problem) == ("venues.csv", 2, True)
    (naming,) = review(path, {"Venues.csv": b"name,label\n"}, on_date=DAY).mistakes
    assert "there is 'Venues.csv'" in naming.remedy
