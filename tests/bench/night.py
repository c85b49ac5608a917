"""The nightly export of a very large campaign: how much memory its numbers and its workbooks take.

Sessions of 25 register rows and no surveys, straight into SQLite; then `export` in a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.measured import in_fresh_process, report

OF_SESSION = 25
SIZES = (120_000, 1_000_000)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def run(*, is_quick: bool) -> None:
    """Print a line for each size."""
    for rows in (5_000,) if is_quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            in_fresh_process("tests.bench.night", "fill", folder, str(rows))
            for what in ("read", "export"):
                done = in_fresh_process("tests.bench.night", what, folder, str(rows))
                took = f"{done.cpu_seconds:.1f} s of processor, peak {done.peak_mb:.0f} MB"
                print(f"{what}, {rows:,} register rows: {took} ({done.outcome})", flush=True)


def _fill(folder: Path, rows: int) -> str:
    """Sessions and their registers, as a pull leaves them; nobody in them is real."""
    from collector.reporting.database import migrate, open_engine
    from tests.support.stored_campaign import PROGRAMME, StoredCampaign, version_of

    engine = open_engine(_url(folder))
    migrate(engine, "reporting")
    with engine.begin() as connection:
        campaign = StoredCampaign(connection)
        form, session_form = PROGRAMME.session_form
        plan, table = campaign.tables[form, session_form.people.repeat]
        names = {field: plan.column(getattr(session_form.people, field)) for field in ("card", *DETAILS)}
        for number in range(rows // OF_SESSION):
            day = date(2026, 7, 5) + timedelta(days=number % 120)
            campaign.report(f"S{number:05}", date=day, women=OF_SESSION)
        made = _register(rows, names)
        while some := list(islice(made, 20_000)):
            connection.execute(table.insert(), some)
    assert version_of(form)
    engine.dispose()
    return ""


DETAILS = ("consent", "sex", "age_group", "org_type", "role", "displacement", "earlier")
CHOICES: dict[str, tuple[str, ...]] = {
    "consent": ("yes",) * 49 + ("no",),
    "sex": ("f", "m"),
    "age_group": ("18_24", "25_34", "35_44", "45_59", "60_up"),
    "org_type": ("gov_admin", "gov_social", "ngo_local"),
    "role": ("frontline", "decision", "educator"),
    "displacement": ("resident", "idp", "returnee"),
    "earlier": ("no",) * 30 + ("yes",),
}


def _register(rows: int, names: dict[str, Any]) -> Any:
    for number in range(rows):
        told = {names[field]: choices[number * 7 % len(choices)] for field, choices in CHOICES.items()}
        key = f"{number * 2654435761 % 2**128:032x}"
        root = f"root-{number // OF_SESSION + 1}"
        yield {"root_uuid": root, "repeat_index": number % OF_SESSION + 1, names["card"]: key, **told}


def _read(folder: Path) -> str:
    from collector.reporting.database import open_engine
    from jobs.export import read_night
    from tests.support.stored_campaign import PROGRAMME

    engine = open_engine(_url(folder))
    with engine.connect() as connection:
        night = read_night(connection, PROGRAMME, now=NOW, run=None)
    engine.dispose()
    return f"{len(night.people):,} people"


def _export(folder: Path) -> str:
    from jobs.export import export
    from tests.support.databases import open_databases
    from tests.support.stored_campaign import PROGRAMME

    with open_databases(_url(folder), folder) as databases:
        made = export(databases, PROGRAMME, folder=folder / "export", name="book", now=NOW)
    return f"{made.totals.participants_high:,} participants"


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'reporting.db'}"


if __name__ == "__main__":
    what, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    report(lambda: _fill(folder, rows) if what == "fill" else {"read": _read, "export": _export}[what](folder))
