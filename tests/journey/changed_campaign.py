"""An edit of a form while the demo's whole campaign is in: planned, deployed, answered once more, and what came of it.

What it costs is counted again from the server's submissions, apart from the database that the plan reads.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
from pydantic import SecretStr
from sqlalchemy import Connection, inspect, text

from collector.errors import DeploymentHeld
from collector.reporting.database import open_engine
from collector.reporting.prices import Price
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from collector.workbook.book import SHEETS
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.texts import Words
from jobs.export import read_night
from jobs.form_plan import line_of
from jobs.settings import read_settings
from tests.journey.office import FORMS, Office
from tests.support.live_changes import ROWS, Line, Live
from tests.support.material import PLAN

Answers = dict[str, Any]
KEPT_OUT = ("QC32", "QC36")
"""Checks whose defects keep a submission out: what the demo plans for them is not accepted."""


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def opened_again(campaign: Path, folder: Path) -> Iterator[Office]:
    """A copy of the demo's server and databases, with forms to edit."""
    shutil.copytree(campaign, folder, ignore=shutil.ignore_patterns("*.xlsx", "settings.toml"))
    shutil.copytree(FORMS, folder / "forms")
    (folder / "settings.toml").write_text("", "utf-8")
    with serve(folder / "sandbox", options=Options(now=now, import_seconds=0)) as sandbox:
        secret = (folder / "secrets" / "privacy__secret").read_text("utf-8")
        settings = read_settings(
            folder / "settings.toml",
            server={"url": sandbox.url, "token": SecretStr(sandbox.token(OWNER))},
            database={"url": f"sqlite:///{folder / 'collector.db'}"},
            raw={"url": f"sqlite:///{folder / 'raw.db'}"},
            forms={"folder": folder / "forms"},
            privacy={"secret": SecretStr(secret)},
        )
        yield Office(sandbox, settings, folder / "forms", now=now)


def submissions(folder: Path, form: str) -> list[Answers]:
    """What the server has of a form and counts, in the order of receipt."""
    facts = json.loads((folder / "truth.json").read_text("utf-8"))["facts"]
    broken = {fact["instance_id"] for fact in facts if fact["check"] in KEPT_OUT}
    with closing(sqlite3.connect(folder / "collector.db")) as database:
        ((asset,),) = database.execute("SELECT asset_uid FROM forms WHERE form = ?", (form,)).fetchall()
    with closing(sqlite3.connect(folder / "sandbox" / "sandbox.sqlite")) as server:
        rows = server.execute("SELECT document FROM submissions WHERE asset_uid = ? ORDER BY id", (asset,)).fetchall()
    documents = [json.loads(document) for (document,) in rows]
    return [document for document in documents if document["meta/instanceID"] not in broken]


def answers_to(path: str, document: Answers) -> list[str]:
    """Every answer to a question in a submission, one for each row of its repeat."""
    rows = document.get(path.partition("/")[0])
    places = rows if isinstance(rows, list) else [document]
    return [place[path] for place in places if place.get(path)]


def cost(line: Line, documents: Sequence[Answers]) -> Price | None:
    """What a change costs, counted from the server's submissions; None for one without a price."""
    if not line.asks:
        return None
    found = [
        document
        for document in documents
        for path in line.asks
        for answer in answers_to(path, document)
        if not line.code or line.code in answer.split()
    ]
    return Price(
        len(found),
        len({document["_uuid"] for document in found}),
        len({document["session_id"] for document in found if document.get("session_id")}),
    )


@dataclass(frozen=True)
class Measured:
    """What came of an edit.

    plan: lines as the command shows them; prices: of each. refused: ids it was held back for. verdict: of the form
    filled in afterwards, which is `filled`. tables: columns that the database has more, and less. holds: answers in a
    column before and after. headings: those of the workbook's tables before and after. dictionary: what the sheet
    Dictionary tells of the form that is not of all its versions. sheet: filled cells of a column before and after.
    """

    case: Live
    plan: tuple[str, ...]
    prices: tuple[Price | None, ...]
    refused: tuple[str, ...]
    filled: Answers
    verdict: str
    tables: tuple[frozenset[str], frozenset[str]]
    holds: Mapping[str, tuple[int, int]]
    headings: tuple[list[Any], list[Any]]
    dictionary: tuple[str, ...]
    sheet: tuple[int, int] | None


@dataclass(frozen=True)
class _State:
    """Columns of the database with the answers in them, and the night that the workbook shows."""

    columns: Mapping[str, int]
    night: Night

    def new_in(self, later: _State) -> frozenset[str]:
        """Columns that are only there later; "table.*" for a new table."""
        tables = {place.partition(".")[0] for place in self.columns}
        new = ((place, place.partition(".")[0]) for place in later.columns.keys() - self.columns.keys())
        return frozenset(place if table in tables else f"{table}.*" for place, table in new)

    @cached_property
    def dictionary(self) -> list[tuple[Any, ...]]:
        return _sheet(self.night, "Dictionary")

    @property
    def headings(self) -> list[Any]:
        return [row for row in self.dictionary if row[0] == "This workbook"]

    def cells(self, sheet: tuple[str, str, bool]) -> int:
        """Filled cells of a column of the workbook."""
        name, heading, _ = sheet
        rows = _sheet(self.night, name)
        top = next(number for number, row in enumerate(rows) if heading in row)
        place = rows[top].index(heading)
        return sum(row[place] not in (None, "") for row in rows[top + 1 :])


class Campaign:
    """The demo's campaign, to be copied for each edit. folder: the demo's. scratch: an empty one for the copies."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.measured: dict[str, Measured] = {}

    @cached_property
    def before(self) -> _State:
        with opened_again(self.folder, self.scratch / "before") as office:
            return _state(office)

    def measure(self, case: Live) -> Measured:
        """Make an edit on a copy, deploy it, fill the form in once more, pull, and look; once for each case."""
        if case.title not in self.measured:
            with opened_again(self.folder, self.scratch / str(len(self.measured))) as office:
                self.measured[case.title] = self._measured(office, case)
        return self.measured[case.title]

    def _measured(self, office: Office, case: Live) -> Measured:
        filled = filled_again(submissions(self.folder, case.form), case)
        office.edit(case.edit, case.form)
        programme = office.folder / "programme.toml"
        for old, new in case.toml.items():
            programme.write_text(programme.read_text("utf-8").replace(old, new, 1), "utf-8")
        plan = office.plan(case.form)
        ids = tuple(each.change.id for each in plan.held)
        refused = tuple(each for each in ids if each in _refusal(office, case)) if ids else ()
        office.deploy(case.form, accepting=ids)
        office.pull(filled, key=case.form)
        before, after = self.before, _state(office)
        return Measured(
            case,
            tuple(map(line_of, plan.changes)),
            tuple(each.price for each in plan.changes),
            refused,
            filled,
            _verdict(office, filled),
            (before.new_in(after), after.new_in(before)),
            {place: (before.columns.get(place, 0), after.columns[place]) for place in case.holds},
            (before.headings, after.headings),
            _of_some_versions(after, case.form),
            (before.cells(case.sheet), after.cells(case.sheet)) if case.sheet else None,
        )


def _refusal(office: Office, case: Live) -> str:
    """What a deployment says that nobody decided."""
    try:
        office.deploy(case.form)
    except DeploymentHeld as held:
        return str(held)
    return ""


def filled_again(documents: Sequence[Answers], case: Live) -> Answers:
    """One more submission: the last complete one, of a session that has none yet, as the new form asks it."""
    asked = [old for old, _ in case.holds.values() if old]
    whole = [each for each in documents if all(answers_to(path, each) for path in asked)]
    like = next(each for each in reversed(whole) if "register" not in each or _is_counted(each))
    own = ("meta/instanceID", "meta/rootUuid")
    fresh = {name: answer for name, answer in like.items() if name[0] != "_" and name not in own}
    if "register" in like:
        told = {each["session_id"] for each in documents}
        session = next(each for each in PLAN if each["name"] not in told)
        name = f"{session['name']} · {like['status']}"
        fresh |= {"session_id": session["name"], "round": session["round"], "meta/instanceName": name}
    identity = str(uuid.uuid4())
    done = _said(_moved(fresh, case.moved), case.answers)
    return {**done, "_uuid": identity, "meta/instanceID": f"uuid:{identity}", "meta/rootUuid": f"uuid:{identity}"}


def _is_counted(document: Answers) -> bool:
    return document["headcount_gap"] == "0" and all(
        row["register/consent_reg"] == "yes" for row in document["register"]
    )


def _moved(answers: Answers, moved: Mapping[str, str]) -> Answers:
    def place(path: str) -> str:
        old = next((each for each in moved if path == each or path.startswith(f"{each}/")), None)
        return path if old is None else moved[old] + path[len(old) :]

    return {
        place(path): [_moved(row, moved) for row in answer] if isinstance(answer, list) else answer
        for path, answer in answers.items()
    }


def _said(document: Answers, answers: Mapping[str, str | None]) -> Answers:
    done = dict(document)
    for path, answer in answers.items():
        repeat = path.partition("/")[0]
        if isinstance(done.get(repeat), list):
            done[repeat] = [{**row, path: answer} if path in row else row for row in done[repeat]]
        else:
            done[path] = str(len(done["register"])) if answer == ROWS else answer
    return {path: answer for path, answer in done.items() if answer is not None}


def _state(office: Office) -> _State:
    engine = open_engine(office.settings.database.url)
    try:
        with engine.connect() as connection:
            there = inspect(engine)
            columns = {
                f"{table}.{name}": count
                for table in there.get_table_names()
                if table.startswith(tuple(office.programme.forms))
                for name, count in _counts(connection, table, [each["name"] for each in there.get_columns(table)])
            }
            return _State(columns, read_night(connection, office.programme, now=now(), run=None))
    finally:
        engine.dispose()


def _counts(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[tuple[str, int]]:
    listed = ", ".join(f'count("{name}")' for name in columns)
    return zip(columns, connection.execute(text(f"SELECT {listed} FROM {table}")).one(), strict=True)


def _verdict(office: Office, filled: Answers) -> str:
    asked = text("SELECT verdict FROM submissions WHERE root_uuid = :root").bindparams(root=filled["_uuid"])
    ((verdict,),) = office.rows(asked)
    return str(verdict)


def _sheet(night: Night, name: str) -> list[tuple[Any, ...]]:
    """The rows of a sheet of the nightly workbook."""
    sheet = openpyxl.Workbook().active
    dict(SHEETS)[name](sheet, night, Labels(night.programme, night.versions, "en"), Words("en", "western"))
    return list(sheet.iter_rows(values_only=True))


def _of_some_versions(state: _State, form: str) -> tuple[str, ...]:
    title = Labels(state.night.programme, state.night.versions, "en").form(form)
    return tuple(
        f"{row[2].lower()} `{row[1]}{f'/{row[4]}' if row[4] else ''}` in version {row[-2]}"
        for row in state.dictionary
        if row[0] == title and row[2] != "Version" and row[-2] != "all"
    )
