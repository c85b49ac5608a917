"""No text that waits for the programme leaves for real people."""

from __future__ import annotations

import pytest

from collector.form.cells import read_sheets
from collector.form.lint import placeholders
from tests.support.sheets import write_workbook

SURVEY = ("type", "name", "label::English (en)")


def found(tmp_path, media=None, **sheets):
    return placeholders(read_sheets(write_workbook(tmp_path, **sheets)), media or {})


@pytest.mark.parametrize(
    "column",
    [
        "label::العربية (ar)",
        "hint",
        "guidance_hint::English (en)",
        "Constraint Message:English (en)",
        "required_message",
        "image",
        "media::image::English (en)",
    ],
)
@pytest.mark.parametrize("kind", ["note", "begin_group", "begin_repeat"])
def test_words_in_brackets_are_found_in_every_column_that_people_read(tmp_path, column, kind):
    (one,) = found(tmp_path, survey=[[*SURVEY, column], [kind, "g", "Place", "Call [ROLE]."]])
    assert (one.sheet, one.row, one.words) == ("survey", 2, "[ROLE]")


def test_choices_the_title_and_the_lists_of_media_files_are_read_too(tmp_path):
    sheets = {
        "survey": [SURVEY, ["note", "n", "[A] or [B]"]],
        "choices": [["list_name", "name", "label::English (en)"], ["yn", "yes", "[Yes]"]],
        "settings": [["form_title"], ["[PROJECT] visit"]],
    }
    seen = found(tmp_path, {"venues.csv": b"name,label,note\nv1,Hall,\nv2,[VENUE],[no label]\n"}, **sheets)
    assert [str(one) for one in seen] == [
        "sheet 'survey', row 2, column 'label::English (en)' still says [A]",
        "sheet 'survey', row 2, column 'label::English (en)' still says [B]",
        "sheet 'choices', row 2, column 'label::English (en)' still says [Yes]",
        "sheet 'settings', row 2, column 'form_title' still says [PROJECT]",
        "sheet 'venues.csv', row 3, column 'label' still says [VENUE]",
    ]


def test_finished_texts_formulas_and_links_are_no_placeholders(tmp_path):
    rows = [[*SURVEY, "calculation"], ["calculate", "c", "", "count(${p}[sex = 'f'])"]]
    assert found(tmp_path, survey=[*rows, ["note", "n", "See [our page](https://example.org)."]]) == []
