"""Accepted answers of the project's own forms, put straight into the reporting database. Simulated: nobody is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table, func, select

from collector.form.definition import FormVersion
from collector.form.xlsform import form_version, read_workbook
from collector.reporting.form_tables import make_tables
from collector.reporting.forms import save_form, save_media, save_version
from collector.reporting.layout import plan_tables
from collector.reporting.ledger import finish_run, start_run, write_completeness
from collector.reporting.plans import TablePlan
from collector.reporting.tables import findings, submissions
from tests.support.campaign import PROGRAMME, RIGHT, WRONG

FORMS = Path(__file__).parents[2] / "forms"
MEDIA = {path.name: path.read_bytes() for path in (FORMS / "media").glob("*.csv")}
RECEIVED_AT = datetime(2026, 7, 5, 12, tzinfo=UTC)


@cache
def version_of(form: str) -> FormVersion:
    """The project's own form, read once a test session."""
    return form_version(read_workbook(FORMS / PROGRAMME.forms[form].workbook), MEDIA)


class StoredCampaign:
    """Writes answers by meaning; every method is one accepted submission, but quarantined()."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.numbers = count(1)
        self.run = start_run(connection, "pull", RECEIVED_AT)
        finish_run(connection, self.run, RECEIVED_AT, "succeeded")
        self.tables: dict[tuple[str, str], tuple[TablePlan, Table]] = {}
        for form in PROGRAMME.forms:
            version = version_of(form)
            save_form(connection, form, server_url="http://server", asset_uid=f"a-{form}", title=version.title)
            save_version(
                connection, form, replace(version, title=form), {}, seen_at=RECEIVED_AT, deployed_at=RECEIVED_AT
            )
            save_media(connection, form, MEDIA)
            plans = plan_tables(form, version, PROGRAMME.card_paths(form))
            for plan, table in zip(plans, make_tables(connection, plans), strict=True):
                self.tables[form, plan.repeat] = plan, table

    @classmethod
    def again(cls, connection: Connection, now: datetime) -> StoredCampaign:
        """More of a campaign that is stored already, by a run of its own."""
        campaign = cls(connection)
        stored = connection.scalar(select(func.max(submissions.c.submission_id))) or 0
        campaign.numbers = count(stored + 1)
        campaign.run = start_run(connection, "pull", now)
        finish_run(connection, campaign.run, now, "succeeded")
        return campaign

    def report(self, session: str, people: Sequence[Mapping[str, Any]] = (), **answers: Any) -> None:
        """A session form with its register."""
        form, session_form = PROGRAMME.session_form
        root = self._submission(form)
        held = {
            "session": session,
            "status": "held",
            "round": "r1",
            "date": date(2026, 7, 5),
            "governorate": "erbil",
            "district": "erbil_c",
            "audience": "gov",
            "modules": ("m1", "m2"),
            "starts_at": time(10),
            "ends_at": time(12, 30),
            "women": len(people),
            "men": 0,
            "before_done": "yes",
            "after_done": "yes",
        }
        self._insert(form, "", root, {}, session_form.questions, held | answers)
        for number, person in enumerate(people, start=1):
            row = {"consent": "yes", "sex": "f", "age_group": "25_34", "earlier": "no", **person}
            repeat = session_form.people.repeat
            self._insert(form, repeat, root, {"repeat_index": number}, session_form.people, row)

    def survey(self, wave: str, session: str, card: str, *, right: bool, **answers: Any) -> None:
        """A survey with every item of the professional set right, or answered "I do not know"."""
        form, survey = PROGRAMME.survey_form(wave)
        items = {PROGRAMME.items[name].question: answer for name, answer in (RIGHT if right else WRONG).items()}
        meant = {"session": session, "card": card, "consent": "yes", "item_set": "professional"} | answers
        self._insert(form, "", self._submission(form), {}, survey.questions, meant, items)

    def quarantined(self, form: str, code: str, path: str) -> None:
        root = self._submission(form, "quarantined")
        self.connection.execute(
            findings.insert().values(
                form=form, root_uuid=root, position=1, code=code, path=path, sheet_row=9, message="look at it."
            )
        )

    def counted(self, **on_server: int) -> None:
        """The completeness equation of each form, with the server's count."""
        for form, number in on_server.items():
            counts = dict.fromkeys(("pages", "new", "changed", "unchanged"), 0)
            write_completeness(
                self.connection, self.run, form, on_server=number, accepted=number, quarantined=0, **counts
            )

    def _submission(self, form: str, verdict: str = "accepted") -> str:
        number = next(self.numbers)
        self.connection.execute(
            submissions.insert().values(
                form=form,
                root_uuid=f"root-{number}",
                submission_id=number,
                instance_id=f"instance-{number}",
                form_version=version_of(form).version,
                submitted_at=RECEIVED_AT,
                validation_status="",
                verdict=verdict,
                digest="",
                first_run=self.run,
                last_run=self.run,
            )
        )
        return f"root-{number}"

    def _insert(
        self,
        form: str,
        repeat: str,
        root: str,
        keys: dict[str, int],
        questions: Any,
        meant: dict[str, Any],
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        plan, table = self.tables[form, repeat]
        answers = {getattr(questions, meaning): answer for meaning, answer in meant.items()} | dict(more)
        row: dict[str, Any] = {"submission_id": int(root.removeprefix("root-")), "root_uuid": root, **keys}
        for path, answer in answers.items():
            column = plan.column(path)
            assert column is not None, path
            row[column] = " ".join(answer) if isinstance(answer, tuple) else answer
        self.connection.execute(table.insert().values(**row))
