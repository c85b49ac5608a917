"""What an officer types on sheet ToDo is read back the next night, applied, shown, and never lost."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, update

from collector.form.judging.policy import Policy
from collector.kobo.submission import digest_of
from collector.reporting.archive_tables import decisions, workbooks_read
from collector.reporting.database import migrate, open_engine
from collector.reporting.decisions import stored_decisions
from collector.reporting.raw import RawRecord, keep
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tables import runs, submissions
from collector.workbook import book
from collector.workbook.texts import LANGUAGES, glossary
from jobs.export import export
from jobs.past import History, rebuilt
from jobs.rebuild import replay
from jobs.runs import run_recorded
from tests.support.campaign import PROGRAMME
from tests.support.databases import open_databases
from tests.support.stored_campaign import StoredCampaign

NOW = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)  # the 7th in Baghdad
SHORT = timedelta(minutes=1)
DAY = timedelta(days=1)
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture(autouse=True)
def few_sheets(monkeypatch):
    """The nights of these tests write the sheets that they read, and are quick."""
    some = [(name, write) for name, write in book.SHEETS if name in {"ReadMe", "ToDo", "CleaningLog"}]
    monkeypatch.setattr(book, "SHEETS", some)


@pytest.fixture
def stored(tmp_path):
    """A session whose head count does not fit, with a survey that is too short, and a quarantined form."""
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        fill(databases)
        yield databases


def fill(databases):
    with databases.reporting.begin() as connection:
        campaign = StoredCampaign(connection)
        names = [f"k{number}" for number in range(12)]
        campaign.report("ERB-01", [{"card": name} for name in names], women=30)
        for name in names:
            campaign.survey("before", "ERB-01", name, right=False)
            ended = NOW - DAY
            took = {"started": ended - SHORT, "finished": ended} if name == "k1" else {}
            campaign.survey("after", "ERB-01", name, right=True, **took)
        campaign.quarantined("pre_survey", "choice", "knowledge/K05")
        campaign.counted(attendance=1, pre_survey=13, post_survey=12)


def night(databases, folder, now=NOW, language="en"):
    def work(run):
        return export(databases, PROGRAMME, folder=folder, name="collector", now=now, run=run, language=language)

    return run_recorded(databases, "export", work, now=lambda: now)


def text(key, language="en"):
    return glossary()[key][language]


def rows(opened, sheet, table, language="en"):
    own = opened[text(f"name.{sheet}", language)]
    heading, *found = own[own.tables[table].ref]
    return [dict(zip([cell.value for cell in heading], row, strict=True)) for row in found]


def tasks(path, language="en"):
    """Open and settled issues, by kind: their row."""
    names = {"issue": "todo.issue", "status": "todo.status", "decision": "todo.decision", "reason": "todo.reason"}
    found = rows(load_workbook(path), "ToDo", "tblToDo", language)
    keys = {name: text(key, language) for name, key in names.items()}
    told = [{name: row[heading].value for name, heading in keys.items()} for row in found]
    return {row["issue"].split(" #")[0].rsplit(" ", 1)[-1]: row for row in told}


def type_in(path, decisions, language="en", saved_as=None):
    """What an officer does: open, choose, save. decisions: kind of issue → texts of decision and note."""
    opened = load_workbook(path)
    for row in rows(opened, "ToDo", "tblToDo", language):
        kind = row[text("todo.issue", language)].value.split(" #")[0].rsplit(" ", 1)[-1]
        if kind in decisions:
            row[text("todo.decision", language)].value, row[text("todo.reason", language)].value = decisions[kind]
    opened.save(saved_as or path)


def log_of(path):
    opened = load_workbook(path)
    if "tblCleaningLog" not in opened["CleaningLog"].tables:
        return []
    return [
        tuple(row[name].value for name in ("What happened", "Old", "New", "Reason", "Rule", "By account"))
        for row in rows(opened, "CleaningLog", "tblCleaningLog")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_is_read_back_in_every_language(databases, tmp_path, language):
    fill(databases)
    path = night(databases, tmp_path, language=language).path
    assert tasks(path, language)["headcount"]["status"] == text("todo.open", language)
    type_in(path, {"headcount": (text("decision.accept", language), text("note_of.paper", language))}, language)
    path = night(databases, tmp_path, NOW + DAY).path
    assert tasks(path)["headcount"] | {"issue": ""} == {
        "issue": "",
        "status": "✓ settled",
        "decision": "accept as is",
        "reason": "seen on the paper list",
    }
    assert log_of(path) == [("decided", "open", "accept as is", "seen on the paper list", "QC13", "M&E officer")]
    path = night(databases, tmp_path, NOW + 9 * DAY).path
    assert "headcount" not in tasks(path)
    assert len(log_of(path)) == 1


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_a_workbook_that_libreoffice_saved_again_is_read_too(stored, tmp_path):
    path = night(stored, tmp_path / "export", language="ckb").path
    typed = tmp_path / "typed" / "collector.xlsx"
    typed.parent.mkdir()
    type_in(path, {"headcount": (text("decision.accept", "ckb"), None)}, "ckb", saved_as=typed)
    command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path / 'office'}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", path.parent, typed], check=True, capture_output=True, timeout=120)
    path = night(stored, tmp_path / "export", NOW + DAY).path
    assert tasks(path)["headcount"]["status"] == "✓ settled"


def test_an_excluded_survey_leaves_the_numbers_until_its_record_changes(stored, tmp_path):
    exported = night(stored, tmp_path)
    assert exported.totals.pairs == 12
    type_in(exported.path, {"too_short": ("exclude from indicators", "clock of the tablet")})
    exported = night(stored, tmp_path, NOW + DAY)
    assert exported.totals.pairs == 11
    assert tasks(exported.path)["too_short"]["status"] == "✓ settled"
    revise(stored, "post_survey", "root-5")  # after the session form, the second pair's second
    exported = night(stored, tmp_path, NOW + 2 * DAY)
    assert exported.totals.pairs == 12
    assert tasks(exported.path)["too_short"]["status"] == "⚑ changed since the decision"


def revise(databases, form, root):
    now = NOW + DAY
    with databases.reporting.begin() as connection:
        run = connection.scalar(select(func.max(runs.c.id)))
        edit = Revision(int(root.split("-")[1]), root, "edited", "old", "new", now, "officer", ())
        write_revisions(connection, form, [edit], run, now)


def test_a_decision_about_a_record_that_changed_meanwhile_is_shown_and_not_applied(stored, tmp_path):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("accept as is", None)})
    revise(stored, "attendance", "root-1")
    path = night(stored, tmp_path, NOW + DAY).path
    assert tasks(path)["headcount"]["status"] == "⚑ changed since the decision"
    assert ("decided, not applied: changed since", "open", "accept as is", None, "QC13", "M&E officer") in log_of(path)


def test_what_is_to_be_done_on_the_server_stays_open_and_a_decision_can_be_taken_back(stored, tmp_path):
    path = night(stored, tmp_path).path
    type_in(
        path,
        {"headcount": ("correct on the server", "entry mistake"), "quarantined": ("exclude from indicators", None)},
    )
    path = night(stored, tmp_path, NOW + DAY).path
    found = tasks(path)
    assert found["headcount"]["status"] == "decided, to be done"
    assert found["quarantined"]["status"] == "✓ settled"
    type_in(path, {"headcount": ("accept as is", None), "quarantined": ("open again", None)})
    path = night(stored, tmp_path, NOW + 2 * DAY).path
    found = tasks(path)
    assert (found["headcount"]["status"], found["quarantined"]["status"]) == ("✓ settled", "⚑ overdue")
    assert ("decided", "correct on the server", "accept as is", None, "QC13", "M&E officer") in log_of(path)
    assert len(log_of(night(stored, tmp_path, NOW + 3 * DAY).path)) == 4  # nothing is read twice


def test_a_decision_that_is_cleared_is_taken_back_and_one_that_was_never_shown_is_not(stored, tmp_path):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("accept as is", "other"), "quarantined": ("exclude from indicators", None)})
    old = path.read_bytes()
    path = night(stored, tmp_path, NOW + DAY).path
    type_in(path, {"headcount": (None, None)})
    (tmp_path / "an old copy.xlsx").write_bytes(old)
    type_in(tmp_path / "an old copy.xlsx", {"headcount": (None, None), "quarantined": (None, None)})
    path = night(stored, tmp_path, NOW + 2 * DAY).path
    found = tasks(path)
    assert (found["headcount"]["status"], found["headcount"]["decision"]) == ("⚑ overdue", None)
    assert (found["quarantined"]["status"], found["quarantined"]["decision"]) == (
        "✓ settled",
        "exclude from indicators",
    )
    assert ("decided", "accept as is", "open again", None, "QC13", "M&E officer") in log_of(path)


def test_a_cleared_note_beside_a_decision_and_a_file_of_an_unknown_day_withdraw_nothing(stored, tmp_path):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("accept as is", "other")})
    path = night(stored, tmp_path, NOW + DAY).path
    opened = load_workbook(path)
    opened.properties.creator = "another program"
    opened.save(path)
    type_in(path, {"headcount": (None, None)})
    path = night(stored, tmp_path, NOW + 2 * DAY).path
    assert tasks(path)["headcount"]["status"] == "✓ settled"
    type_in(path, {"headcount": ("accept as is", None)})
    assert tasks(night(stored, tmp_path, NOW + 3 * DAY).path)["headcount"]["status"] == "✓ settled"


BAD = {  # what is typed → which column's cell is told, and why
    "a text of one's own": (("some text", None), "todo.decision", "not one of the list"),
    "a formula": (("=1+1", None), "todo.decision", "not one of the list"),
    "a note alone": ((None, "other"), "todo.decision", "a note without a decision"),
    "a note of one's own": (("accept as is", "she told me"), "todo.reason", "not one of the list"),
    "what is not offered there": (("delete on the server", None), "todo.decision", "cannot be decided of this issue"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_told_by_its_cell_and_kept(stored, tmp_path, what):
    typed, column, why = BAD[what]
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": typed})
    cell = place_of(path, "headcount", column)
    content = path.read_bytes()
    path = night(stored, tmp_path, NOW + DAY).path
    told = " ".join(str(row[0].value) for row in load_workbook(path)["ToDo"]["A1:A6"])
    assert f"collector.xlsx ToDo!{cell} (" in told
    assert why in told
    assert "she told me" not in told
    assert [kept.read_bytes() for kept in tmp_path.glob("collector-typed-2026-07-08-*.xlsx")] == [content]
    again = load_workbook(night(stored, tmp_path, NOW + 2 * DAY).path)["ToDo"]
    assert str(again["A4"].value).startswith("Typed and not read, in 1 cells")  # read once, told for days


def place_of(path, kind, key):
    for row in rows(load_workbook(path), "ToDo", "tblToDo"):
        if f" {kind} #" in row["Issue"].value:
            return row[text(key)].coordinate
    raise AssertionError(kind)


def test_a_file_that_is_no_workbook_does_not_break_the_night(stored, tmp_path):
    path = night(stored, tmp_path).path
    path.write_bytes(b"\xd0\xcf\x11\xe0 locked with a password")
    exported = night(stored, tmp_path, NOW + DAY)
    assert "the file cannot be opened; take the password off" in str(load_workbook(exported.path)["ToDo"]["A4"].value)
    (kept,) = tmp_path.glob("collector-typed-*.xlsx")
    assert kept.read_bytes().endswith(b"password")


def test_a_renamed_workbook_is_read_and_a_stranger_in_the_folder_is_not_said_to_be_wrong(stored, tmp_path):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("accept as is", None)}, saved_as=tmp_path / "mine.xlsx")
    stranger = Workbook()
    stranger.save(tmp_path / "budget.xlsx")
    (tmp_path / "~$collector.xlsx").write_bytes(b"owner")
    path = night(stored, tmp_path, NOW + DAY).path
    assert tasks(path)["headcount"]["status"] == "✓ settled"
    assert "Typed and not read" not in str(load_workbook(path)["ToDo"]["A4"].value)


def test_rows_that_were_sorted_cut_and_moved_are_known_by_their_issue(stored, tmp_path):
    path = night(stored, tmp_path).path
    found = rows(load_workbook(path), "ToDo", "tblToDo")
    moved = Workbook()
    sheet = moved.active
    sheet.title = "list of Monday"
    sheet.append(["Decision", "", "Issue"])
    for row in reversed(found):
        decided = "Accept  AS is " if "headcount" in row["Issue"].value else None
        sheet.append([decided, "", row["Issue"].value])
    moved.save(path)
    assert tasks(night(stored, tmp_path, NOW + DAY).path)["headcount"]["status"] == "✓ settled"


def test_two_decisions_of_one_issue_in_one_file_are_not_guessed_at(stored, tmp_path):
    path = night(stored, tmp_path).path
    issue = tasks(path)["headcount"]["issue"]
    opened = Workbook()
    opened.active.append(["Issue", "Decision"])
    opened.active.append([issue, "accept as is"])
    opened.active.append([issue, "correct on the server"])
    opened.save(path)
    path = night(stored, tmp_path, NOW + DAY).path
    assert tasks(path)["headcount"]["decision"] is None
    assert "Typed and not read, in 2 cells" in str(load_workbook(path)["ToDo"]["A4"].value)


def test_a_decision_that_cannot_be_stored_is_read_again_the_next_night(stored, tmp_path, monkeypatch):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("accept as is", None)})
    content = path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr("jobs.decide.save_decisions", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            night(stored, tmp_path, NOW + DAY)
    assert path.read_bytes() == content  # the night failed before it wrote
    assert tasks(night(stored, tmp_path, NOW + 2 * DAY).path)["headcount"]["status"] == "✓ settled"


def test_nothing_typed_means_no_second_file(stored, tmp_path):
    night(stored, tmp_path)
    night(stored, tmp_path, NOW + DAY)
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == [
        "collector-2026-07-07.xlsx",
        "collector-2026-07-08.xlsx",
        "collector.xlsx",
    ]


def test_the_lists_offer_only_what_can_be_decided(stored, tmp_path):
    opened = load_workbook(BytesIO(night(stored, tmp_path).path.read_bytes()))
    offered = {
        str(cell): rule.formula1
        for rule in opened["ToDo"].data_validations.dataValidation
        for cell in rule.sqref.ranges
    }
    kinds = {}
    for row in rows(opened, "ToDo", "tblToDo"):
        kind = row["Issue"].value.split(" #")[0].rsplit(" ", 1)[-1]
        kinds[kind] = offered.get(row["Decision"].coordinate)
    assert kinds["headcount"] == '"accept as is,correct on the server"'
    assert kinds["quarantined"] == '"correct on the server,exclude from indicators,delete on the server"'


@pytest.fixture
def empty(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    migrate(engine, "reporting")
    yield engine
    engine.dispose()


def test_a_replay_has_the_same_decisions_and_a_past_night_those_of_then(stored, empty, tmp_path):
    path = night(stored, tmp_path).path
    type_in(path, {"headcount": ("correct on the server", "entry mistake"), "quarantined": ("a text", None)})
    path = night(stored, tmp_path, NOW + DAY).path
    type_in(path, {"headcount": ("accept as is", None)})
    night(stored, tmp_path, NOW + 2 * DAY)
    with stored.reporting.connect() as source:
        kept = {table.name: source.execute(select(table)).all() for table in (decisions, workbooks_read)}
        unread, first, second = stored_decisions(source)
        assert second.before == first.decision
    with rebuilt(History(stored, PROGRAMME, b"secret", Policy()), first.run) as (engine, _), engine.connect() as then:
        assert stored_decisions(then) == (unread, first)
    replay(stored.raw, empty, PROGRAMME, secret=b"secret", is_replacing=True)
    with empty.connect() as connection:
        assert {table.name: connection.execute(select(table)).all() for table in (decisions, workbooks_read)} == kept


def test_an_issue_shows_the_last_digits_of_its_cards_and_no_more(stored, tmp_path):
    bodies = {6: b'{"card": "1000078"}', 7: '{"card": "١٠٠٠٠٨٩"}'.encode()}  # the surveys of k2
    with stored.raw.begin() as raw_store, stored.reporting.begin() as connection:
        campaign = StoredCampaign.again(connection, NOW)
        campaign.survey("after", "ERB-01", "k2", right=False)
        for number, body in bodies.items():
            form = connection.scalar(select(submissions.c.form).where(submissions.c.submission_id == number))
            record = RawRecord(body, digest_of(body), number, f"root-{number}")
            keep(raw_store, f"a-{form}", [record], NOW)
            here = submissions.c.submission_id == number
            connection.execute(update(submissions).where(here).values(digest=record.digest))
    path = night(stored, tmp_path).path
    table = rows(load_workbook(path), "ToDo", "tblToDo")
    found = {row["Issue"].value.split(" ")[0]: row["Card, last digits"].value for row in table}
    assert found["QC04"] == "089"
    assert not [name for name in found if name != "QC04" and found[name]]
    with ZipFile(path) as packed:
        assert not [name for name in packed.namelist() if b"1000089" in packed.read(name)]
