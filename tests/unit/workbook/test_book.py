import os
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl import load_workbook

from collector.form.history import Decision
from collector.form.programme import AgeBand
from collector.form.records import Completeness, VersionCount
from collector.indicators.retention import FollowUp
from collector.workbook.book import SHEETS, book_bytes
from tests.support.campaign import PROGRAMME
from tests.support.night import MADE_AT, empty_night, next_night, night, opened, sheet_of, written, written_next

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

DATA_SHEETS = (
    "Indicators",
    "Reach",
    "Coverage",
    "Pairing",
    "Sessions",
    "Register",
    "Quarantine",
    "Dictionary",
)


@pytest.fixture
def book():
    return opened()


@pytest.fixture(scope="module")
def parts():
    with ZipFile(BytesIO(written())) as packed:
        return {
            name: packed.read(name).decode("utf-8") for name in packed.namelist() if name.endswith((".xml", ".rels"))
        }


def texts_of(sheet):
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def rows_of(sheet, table):
    heading, *rows = sheet[sheet.tables[table].ref]
    names = [cell.value for cell in heading]
    return [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]


def test_the_sheets_stand_in_the_order_that_the_cover_gives(book):
    assert book.sheetnames == [name for name, _ in SHEETS]
    links = [cell.hyperlink.location for row in book["ReadMe"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_another_process_with_another_order_of_sets_and_another_zone_gives_the_same_bytes():
    code = "import sys; from tests.support.night import night; from collector.workbook.book import book_bytes; "
    code += "sys.stdout.buffer.write(book_bytes(night()))"
    where = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}
    assert subprocess.run([sys.executable, "-c", code], env=where, capture_output=True, check=True).stdout == written()


@pytest.mark.parametrize("edition", ["internal", "shared"])
@pytest.mark.parametrize(("language", "digits"), [("en", "western"), ("ar", "western"), ("ckb", "eastern")])
def test_the_same_night_gives_the_same_bytes_in_every_edition_and_language(edition, language, digits):
    again = book_bytes(night(edition=edition), language=language, digits=digits)
    assert again == written(edition, language, digits)


def test_properties_name_no_person_and_carry_the_time_of_the_night(book):
    properties = book.properties
    assert (properties.creator, properties.lastModifiedBy) == ("collector", None)
    assert properties.created == properties.modified == MADE_AT.replace(tzinfo=None)


def test_nothing_is_a_formula_hidden_external_or_a_macro(book, parts):
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert {sheet.sheet_state for sheet in book} == {"visible"}
    assert not [dimension for sheet in book for dimension in sheet.column_dimensions.values() if dimension.hidden]
    assert not [name for name in parts if "vba" in name or "externalLink" in name]
    assert not [name for name, text in parts.items() if 'TargetMode="External"' in text]


@pytest.mark.parametrize("name", DATA_SHEETS)
def test_a_data_sheet_is_a_table_with_frozen_heading_filters_and_print_set_up(book, name):
    sheet = book[name]
    table = sheet.tables[f"tbl{name}"]
    top = int(re.match(r"A(\d+)", table.ref).group(1))
    assert table.autoFilter.ref == table.ref
    assert sheet.freeze_panes.endswith(str(top + 1))
    assert sheet.print_title_rows == f"${top}:${top}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert not sheet.merged_cells.ranges


def test_no_table_has_merged_cells_and_every_heading_stays_in_sight():
    told = load_workbook(BytesIO(written_next()))
    for sheet in told:
        if not sheet.tables:
            assert sheet.title in {"ReadMe", "Summary", "Feedback", "Enumerators"}  # the last two have no rows here
            continue
        top = min(int(re.match(r"[A-Z]+(\d+)", table.ref).group(1)) for table in sheet.tables.values())
        assert not sheet.merged_cells.ranges, sheet.title
        assert re.fullmatch(rf"[A-Z]+{top + 1}", sheet.freeze_panes), sheet.title


def test_every_chart_has_numbers_in_sight_and_a_text_for_who_cannot_see_it(book, parts):
    charts = [text for name, text in parts.items() if name.startswith("xl/charts/")]
    assert len(charts) == 6
    for chart in charts:
        assert set(re.findall(r"<(?:c:)?f>'?(\w+)'?!", chart)) <= {"Summary", "Knowledge", "Items"}
    described = [text for name, text in parts.items() if name.startswith("xl/drawings/drawing")]
    assert sum(text.count('descr="') for text in described) == len(charts)


def test_no_card_and_no_key_reaches_the_workbook(parts):
    assert not [name for name, text in parts.items() if "secretkey" in text or "refusing" in text]


def test_sessions_show_plan_people_and_pairs(book):
    rows = rows_of(book["Sessions"], "tblSessions")
    held, postponed = rows[0], rows[-1]
    assert (held["Session"], held["Status"], str(held["Held on"])) == ("ERB-00", "Held", "2026-07-05 00:00:00")
    assert (held["In the register"], held["Refused details"], held["Pairs"]) == (5, 1, 4)
    assert (held["Minutes"], held["% of planned time"], held["Topics covered"]) == (150, 1, "m1 m2")
    assert (postponed["Status"], postponed["Women"], postponed["Pairs"]) == ("Postponed", None, None)


def test_sessions_show_what_was_learned_of_ten_pairs_and_what_is_open():
    found = night(people=120, surveys=())
    rows = rows_of(sheet_of(found, "Sessions"), "tblSessions")
    assert (rows[0]["Pairs"], rows[0]["Score after"]) == (12, 100)
    assert rows[0]["Change"] == pytest.approx(100 - rows[0]["Score before"])
    assert rows[0]["Open issues"] == sum(issue.session == "ERB-00" for issue in found.issues) > 0
    few = rows_of(opened()["Sessions"], "tblSessions")
    assert (few[0]["Pairs"], few[0]["Score before"], few[0]["Change"]) == (4, None, None)


def test_reach_crosses_governorate_and_audience_and_hides_one_to_four_people():
    rows = rows_of(opened()["Reach"], "tblReach")
    (crossed,) = (row for row in rows if row["Breakdown"] == "Governorate by audience")
    assert crossed["Value"] == "Erbil · Government"
    assert [crossed[name] for name in ("Women", "Men", "Not said")] == [40, 0, "under 5"]  # one refused details
    assert (crossed["People, low"], crossed["People, high"]) == ("hidden", "hidden")
    shared = rows_of(opened("shared")["Reach"], "tblReach")
    assert not [row for row in shared if row["Breakdown"] == "Governorate by audience"]


def test_the_list_of_changes_names_decisions_among_what_moved_an_indicator():
    some = next_night()
    decided = Decision(8, 1, MADE_AT, "w.xlsx", "ToDo!L7", "applied", decision="exclude", decided_by="me_officer")
    told = sheet_of(replace(some, decisions=(decided,)), "Changes")
    by = {row["Id"]: row["By which records"] for row in rows_of(told, "tblChanges")}
    assert by["I12"].endswith("Decisions on the sheet of tasks: 1")
    assert "Decisions" not in by["I02"]


def test_age_groups_are_reported_in_the_bands_of_the_programme():
    bands = {"young": AgeBand(label="Under 35 · دون 35 · خوار 35", groups=("18_24", "25_34"))}
    programme = PROGRAMME.model_copy(update={"age_bands": bands})
    people = night().people.in_bands(programme.age_band)
    some = replace(night(), programme=programme, people=people)
    ages = [row for row in rows_of(sheet_of(some, "Reach", "ar"), "tblReach") if row["التفصيل"] == "الفئة العمرية"]
    assert [(row["القيمة"], row["نساء"]) for row in ages if row["نساء"]] == [("دون 35", 40)]
    assert "دون 35" in texts_of(sheet_of(some, "Summary", "ar"))


def test_difficulties_are_told_for_the_campaign_where_they_may_be():
    some = night()
    answered = [
        replace(one, disability=("4" if int(one.person_key.removeprefix("secretkey")) < 12 else "1",) * 6)
        for one in some.surveys
    ]
    told = rows_of(sheet_of(replace(some, surveys=tuple(answered)), "Reach"), "tblReach")[-1]
    assert (told["Value"].split(":")[0], told["People, high"]) == ("30.0% of 40 who answered", 12)
    kept = rows_of(opened()["Reach"], "tblReach")[-1]
    assert (kept["Value"], kept["People, high"]) == ("not shown: fewer than 11 people, or fewer than 30 answers", None)


def test_the_register_shows_labels_of_consenting_people_and_counts_refusals_only(book):
    rows = rows_of(book["Register"], "tblRegister")
    assert len(rows) == 40
    assert (rows[0]["Sex"], rows[0]["Age group"], rows[0]["Surveys answered"]) == (
        "Female",
        "18 to 24 years",
        "before and after",
    )
    assert "Details refused: 1" in " ".join(texts_of(book["Register"]))


def test_knowledge_shows_the_change_of_each_set_that_has_pairs(book):
    (row,) = rows_of(book["Knowledge"], "tblKnowledge")
    assert (row["Set"], row["Pairs"], row["After"]) == ("professional", 40, 100)
    assert row["Change"] == pytest.approx(row["After"] - row["Before"])
    assert row["95 % CI low"] < row["Change"] < row["95 % CI high"]
    assert len(rows_of(book["Items"], "tblItems")) == 12


def test_a_submission_that_two_open_errors_are_about_is_one_that_is_not_clean():
    some = night()
    surveys = [replace(one, age_group=None) for one in some.surveys]  # else some say another age than the register
    other = replace(surveys[0], root_uuid="again", answers={**surveys[0].answers, "K01": "false"})
    finding = replace(some.quarantined[0], form="pre_survey", submission_id=5, keeps_out="answer", root_uuid="again")
    aside = replace(some.quarantined[0], root_uuid="set aside")
    counts = (VersionCount("attendance", "v1", 11, 1), VersionCount("pre_survey", "v1", 41, 0))
    changed = replace(some, surveys=(*surveys, other), quarantined=(finding, aside), counts=counts)
    assert {issue.kind for issue in changed.issues if issue.severity in "S1S2"} == {
        *("two_surveys", "left_out", "quarantined")
    }
    (clean,) = [one for one in changed.indicators if one.id == "I19"]
    assert (clean.numerator, clean.denominator) == (52 - 2, 53)  # both surveys of the card; what is set aside is out


def test_without_a_follow_up_survey_knowledge_says_so_and_before_one_is_due_it_says_that(book):
    says = "No follow-up survey is in programme.toml."
    assert says in texts_of(book["Knowledge"])
    waiting = load_workbook(BytesIO(book_bytes(night(follow_up=FollowUp(3)))))["Knowledge"]
    assert says not in texts_of(waiting)
    assert "Nobody is due yet: people are asked again 3 months after a session." in texts_of(waiting)


def test_the_summary_counts_people_by_age_sex_governorate_and_audience(book):
    cells = [[cell.value for cell in row] for row in book["Summary"].iter_rows()]
    blocks = {row[place]: row[place + 1 : place + 6] for row in cells for place in (1, 9) if row[place]}
    assert blocks["18 to 24 years"] == [20, 0, 0, 20, 20]
    assert blocks["Not said"] == [0, 0, 1, 1, 1]
    assert blocks["Erbil"] == blocks["Government"] == blocks["Campaign"] == [40, 0, 1, 41, 41]


def test_without_a_target_nothing_is_reached_or_missed():
    programme = PROGRAMME.model_copy(update={"targets": {}})
    rows = rows_of(sheet_of(night(programme=programme), "Indicators"), "tblIndicators")
    assert {(row["Baseline"], row["Target"], row["Status"]) for row in rows} == {(None, None, "no target")}
    assert "programme.toml names no item for it." in next(row["What to know"] for row in rows if row["Id"] == "I16")


def test_the_quarantine_says_in_words_what_is_wrong_where_and_what_to_do(book):
    (row,) = rows_of(book["Quarantine"], "tblQuarantine")
    assert row["Form"] == "Attendance"
    assert row["What is wrong"] == "Wrong kind of answer"
    assert str(row["Received (Asia/Baghdad)"]) == "2026-11-24 09:30:00"
    assert (row["Submission (_id)"], row["Row in the survey sheet"]) == (12, 22)


def test_the_dictionary_has_a_row_for_each_question_and_choice_in_each_language(book):
    rows = rows_of(book["Dictionary"], "tblDictionary")
    assert [row["Entry"] for row in rows[:4]] == ["Version", "Question", "Choice", "Choice"]
    assert (rows[2]["Code"], rows[2]["English (en)"], rows[2]["کوردی (ckb)"]) == ("held", "Held", "خولی ١")


@pytest.mark.parametrize(
    ("on_server", "sentence"),
    [
        (12, "✓ holds: on the server 12 = accepted 11 + quarantined 1"),
        (15, "✗ does not hold: on the server 15, but accepted 11 + quarantined 1: 3 not pulled"),
        (10, "✗ does not hold: on the server 10, but accepted 11 + quarantined 1: 2 are no longer seen on the server"),
    ],
)
def test_the_cover_says_whether_everything_is_here(on_server, sentence):
    counted = {"attendance": Completeness("attendance", 6, MADE_AT, on_server, 11, 1)}
    cover = sheet_of(night(completeness=counted), "ReadMe")
    assert [text for text in texts_of(cover) if text.startswith(sentence)]
    assert [text for text in texts_of(cover) if "not pulled yet" in text]  # the two forms that were never counted


@pytest.mark.parametrize(
    ("seen", "unexplained", "said"),
    [
        (14, "", ["✓ ever received 14 = present 12 + deleted 2"]),
        (13, "", ["✗ does not hold: ever received 13, but present 12 + deleted 2"]),
        (14, "+7 -9", ["✓ ever received 14", "✗ by these submissions (+ on the server only, − here only): +7 -9"]),
        (None, "", []),
    ],
)
def test_the_cover_says_whether_what_was_ever_received_is_here_or_deleted_and_names_what_is_not(
    seen, unexplained, said
):
    counted = {"attendance": Completeness("attendance", 6, MADE_AT, 12, 11, 1, seen, 2, unexplained)}
    for edition in ("internal", "shared"):
        cover = load_workbook(BytesIO(book_bytes(night(completeness=counted, edition=edition))))["ReadMe"]
        found = [text for text in texts_of(cover) if "ever received" in text or "by these" in text]
        assert len(found) == (len(said) if edition == "internal" else 0)  # small counts of deletions stay inside
        assert all(text.startswith(start) for text, start in zip(found, said, strict=False))


def test_the_cover_counts_warnings_and_what_could_not_be_checked_for_the_programme_alone():
    covers = [
        " ".join(texts_of(sheet_of(night(remarks={"attendance": (3, 2)}, edition=edition), "ReadMe")))
        for edition in ("internal", "shared")
    ]
    assert ["3 of the accepted carry a warning; of 2 submissions not" in cover for cover in covers] == [True, False]


def test_the_cover_names_zone_run_and_design(book):
    cover = " ".join(texts_of(book["ReadMe"]))
    for part in ("Asia/Baghdad", "Run 7", "no comparison group", "Version v1"):
        assert part in cover


def test_before_the_first_pull_every_sheet_says_why_it_is_empty():
    book = load_workbook(BytesIO(book_bytes(empty_night())))
    for name, why in {
        "Summary": "No session has been held yet",
        "Knowledge": "No pair yet",
        "Sessions": "No plan and no session form yet",
        "Register": "No register row yet",
        "Quarantine": "Nothing is in quarantine",
        "Dictionary": "No form yet",
    }.items():
        assert [text for text in texts_of(book[name]) if text.startswith(why)], name
        assert not book[name].tables


def test_a_label_that_starts_like_a_formula_stays_text():
    session = replace(night().sessions[0], name="=1+1")
    sheet = sheet_of(night(sessions=(session,)), "Sessions")
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_shared_edition_has_no_session_no_person_and_no_small_count():
    content = book_bytes(night(edition="shared"))
    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["ReadMe", "Summary", "Indicators", "Reach", "Coverage", "Knowledge", "Items"]
    assert not [text for sheet in book for text in texts_of(sheet) if "ERB-" in text or "secretkey" in text]
    rows = rows_of(book["Reach"], "tblReach")
    counts = [row[name] for row in rows for name in ("Contacts", "People, high", "Women", "Men", "Not said")]
    assert not [count for count in counts if isinstance(count, int) and 0 < count < 11]
    assert rows[0]["Not said"] == "hidden"  # one person refused details


FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


@pytest.fixture(scope="module", params=["en", "ar", "ckb"])
def with_formulas(request):
    """The sheets and the styles of a workbook whose sessions are named like formulas."""
    first = night().sessions[0]
    sessions = tuple(replace(first, name=name) for name in FORMULAS)
    with ZipFile(BytesIO(book_bytes(night(sessions=sessions), language=request.param))) as packed:
        sheets = [packed.read(name).decode() for name in packed.namelist() if name.startswith("xl/worksheets/sheet")]
        return sheets, etree.fromstring(packed.read("xl/styles.xml"))


@pytest.mark.parametrize("start", FORMULAS)
def test_an_answer_that_looks_like_a_formula_is_text_in_the_file_itself(with_formulas, start):
    sheets, styles = with_formulas
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet]
    shown = start.replace("\t", " ").replace("\r", "\n")
    found = [
        cell
        for sheet in sheets
        for cell in etree.fromstring(sheet.encode()).iter(f"{MAIN}c")
        if "".join(cell.itertext()) == shown
    ]
    quoted = [style.get("quotePrefix") == "1" for style in styles.find(f"{MAIN}cellXfs")]
    assert found
    assert all(cell.get("t") == "inlineStr" and quoted[int(cell.get("s"))] for cell in found)


def test_a_name_in_one_language_alone_is_marked_as_english_in_the_others():
    programme = PROGRAMME.model_copy(update={"title": "Awareness"})
    titles = {
        language: load_workbook(BytesIO(book_bytes(night(programme=programme), language=language))).properties.title
        for language in ("en", "ckb")
    }
    assert titles == {"en": "Awareness", "ckb": "Awareness [en]"}


def test_nobody_can_be_told_by_the_list_of_changes():
    with ZipFile(BytesIO(written_next())) as packed:
        sheets = " ".join(packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml"))
    assert "a key" not in sheets
    assert "(card)" in sheets
