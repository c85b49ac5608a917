"""Matrix, rating and ranking of KoboToolbox's form builder: the workbook and the server's content ask the same."""

from __future__ import annotations

from datetime import date

import pytest

from collector.form.changes import changes
from collector.form.review.review import review
from collector.form.xlsform import form_version, read_workbook
from collector.kobo.content import form_version_of
from collector.kobo.understood import difference
from tests.support.sheets import write_workbook

HEADINGS = ["type", "name", "label::English (en)", "label::العربية (ar)", "relevant", "kobo--matrix_list"]
HEADINGS += ["kobo--score-choices", "kobo--rank-items"]
SURVEY = [
    ["begin_kobomatrix", "m", "Aid", "عون", "", "things"],
    ["select_one yn", "had", "Had", "كان"],
    ["integer", "many", "How many", "كم", "${had} = 'yes'"],
    ["end_kobomatrix"],
    [],
    ["begin_score", "s", "Rate", "قيّم", "", "", "yn"],
    ["score__row", "s1", "One", "واحد"],
    ["end_score"],
    ["begin_rank", "r", "Rank", "رتّب", "", "", "", "things"],
    ["rank__level", "r1", "First", "أول"],
    ["rank__level", "r2", "Second", "ثان"],
    ["end_rank"],
    ["select_one yn or_other", "t", "Last", "أخير"],
]
CHOICES = [("things", "a", "A", "أ"), ("things", "b", "B", "ب"), ("yn", "yes", "Yes", "نعم"), ("yn", "no", "No", "لا")]
CONTENT = {
    "translations": ["English (en)", "العربية (ar)"],
    "survey": [
        {
            "type": row[0].split()[0],
            "select_from_list_name": "yn" if "yn" in row[0].split() else "",
            "_or_other": row[0].endswith("or_other"),
            **dict(zip(["name", "label", "label_ar", *HEADINGS[4:]], row[1:], strict=False)),
        }
        for row in SURVEY
        if row
    ],
    "choices": [{"list_name": name, "name": code, "label": [en, ar]} for name, code, en, ar in CHOICES],
}
for row in CONTENT["survey"]:
    row["label"] = [row.get("label"), row.pop("label_ar", None)]


@pytest.fixture
def path(tmp_path):
    choices = [["list_name", "name", *HEADINGS[2:4]], *CHOICES]
    return write_workbook(tmp_path, survey=[HEADINGS, *SURVEY], choices=choices)


def test_nothing_changes_between_a_workbook_and_what_the_server_keeps_of_it(path):
    ours = form_version(read_workbook(path))
    there = form_version_of(CONTENT, version="v1", title="t")
    assert {question.path for question in ours.questions} > {"m_a/m_a_had", "m_b/m_b_many", "s/s1", "r/r2", "t_other"}
    assert changes(there, ours) == changes(ours, there) == ()
    assert difference(CONTENT, ours) == ""


def test_a_rule_within_a_matrix_speaks_of_its_own_row_and_stands_at_the_row_of_its_column(path):
    many = form_version(read_workbook(path)).question("m_b/m_b_many")
    assert (many.relevant, many.row) == ("${m_b_had} = 'yes'", 4)


def test_each_is_told_once_where_it_begins_as_never_tried(path):
    told = review(path, {}, on_date=date(2026, 11, 24)).remarks
    assert [remark.row for remark in told if "never tried from here" in remark.problem] == [2, 7, 10]
