"""A small programme and records of it, for tests of linking, numbers and sheets. Simulated: nobody is real."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from collector.form.programme import Programme, read_programme
from collector.form.records import PlannedSession, RegisterRow, SessionReport, Survey

RECEIVED_AT = datetime(2026, 7, 5, 12, tzinfo=UTC)
PROGRAMME: Programme = read_programme(Path(__file__).parents[2] / "forms" / "programme.toml")

RIGHT = {
    key: item.key if item.wrong else item.key[0]
    for key, item in PROGRAMME.items.items()
    if key in PROGRAMME.item_sets["professional"].items
}
WRONG = dict.fromkeys(RIGHT, "dk")


def planned(session: str = "ERB-01", **changes: object) -> PlannedSession:
    plan = PlannedSession(session, "r1", date(2026, 7, 5), 150, "erbil", "erbil_c", "gov")
    return replace(plan, **changes)


def report(session: str | None = "ERB-01", **changes: object) -> SessionReport:
    held = SessionReport(
        root_uuid=f"report-{session}",
        submitted_at=RECEIVED_AT,
        session=session,
        status="held",
        held_on=date(2026, 7, 5),
        governorate="erbil",
        district="erbil_c",
        audience="gov",
        modules=("m1", "m2"),
        starts_at=time(10),
        ends_at=time(12, 30),
        women=1,
        men=1,
        before_done="yes",
        after_done="yes",
    )
    return replace(held, **changes)


def row(person: str | None, session: str = "ERB-01", **changes: object) -> RegisterRow:
    woman = RegisterRow(f"report-{session}", 1, person, "yes", "f", "25_34", "gov_admin", earlier="no")
    return replace(woman, **changes)


def survey(wave: str, person: str | None = "p1", **changes: object) -> Survey:
    blank = Survey(
        root_uuid=f"{wave}-{person}",
        submitted_at=RECEIVED_AT,
        wave=wave,
        session="ERB-01",
        person_key=person,
        consent="yes",
        item_set="professional",
        answers=RIGHT if wave == "after" else WRONG,
        sex="f",
        age_group="25_34",
    )
    return replace(blank, **changes)
