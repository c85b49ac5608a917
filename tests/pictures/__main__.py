"""`make pictures`: the first page of every sheet in three languages, in docs/workbook/<language>/<Sheet>.png.

Made of the demo's campaign, with its last surveys taken as those of tonight. Needs LibreOffice (soffice) and
poppler-utils (pdftoppm). Whoever changes a sheet runs this, and looks at what comes out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection, MetaData, Table

from collector.form.history import Arrival, Decision, HeldDeletions, PastNight, Revised
from collector.form.programme import read_programme
from collector.indicators.changes import results_of
from collector.quality.decisions import ACCEPT, CORRECT
from collector.quality.issues import ME_OFFICER
from collector.reporting.database import open_engine
from collector.workbook.book import SHEETS, book_bytes
from collector.workbook.night import Night
from collector.workbook.texts import LANGUAGES
from jobs.cards import card_tails
from jobs.demo import run_demo
from jobs.export import open_places, read_night
from jobs.wiring import Databases

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "workbook"
NOW = datetime(2026, 11, 12, 20, tzinfo=UTC)  # the evening of the plan's last day
TONIGHT = 60  # submissions that the picture of Changes takes as new
PIXELS_AN_INCH = 72
LARGEST = 100_000  # bytes of a picture; a crowded page is drawn smaller
FOR_A_PICTURE = {"en": "western", "ar": "western", "ckb": "eastern"}  # one language shows Eastern digits


def main() -> None:
    """Make the demo, then every picture."""
    for program, package in (("soffice", "LibreOffice"), ("pdftoppm", "poppler-utils")):
        if shutil.which(program) is None:
            sys.exit(f"make pictures needs {program}: install {package}, then run it again.")
    with TemporaryDirectory() as folder:
        run_demo(Path(folder) / "demo", seed=7, engine="auto", is_line_dropped=False, as_json=True)
        night = demo_night(Path(folder) / "demo" / "collector.db")
        for language in LANGUAGES:
            digits = "eastern" if FOR_A_PICTURE[language] == "eastern" else "western"
            book = book_bytes(night, language=language, digits=digits)
            draw(book, Path(folder) / language, PICTURES / language)
            print(f"{language}: {len(SHEETS)} pictures in docs/workbook/{language}")  # noqa: T201


def demo_night(database: Path) -> Night:
    """The demo's campaign on its last evening, with a night before it."""
    programme = read_programme(ROOT / "forms" / "programme.toml")
    engine = open_engine(f"sqlite:///{database}")
    raw = open_engine(f"sqlite:///{database.with_name('raw.db')}")
    with engine.connect() as connection:
        tonight = read_night(connection, programme, now=NOW, run=2)
        arrivals = tuple(_take_out_the_newest(connection))
        before = read_night(connection, programme, now=NOW - timedelta(days=1), run=1)
        connection.rollback()
    cards = card_tails(Databases(engine, raw), programme, tonight.found)
    for each in (engine, raw):
        each.dispose()
    reports = [session.report.root_uuid for session in tonight.sessions if session.report]
    edits = (("head_f", "12", "14"), ("register[3]/sex", "m", "f"), ("register[3]/card", "a key", "another"))
    at = {"seen_at": NOW, "at": NOW - timedelta(hours=9), "by": "officer"}
    return replace(
        tonight,
        cards=cards,
        decisions=tuple(_decided(tonight)),
        revised=(
            Revised("attendance", 9, 1, reports[8], "edited", 2, **at, changes=edits),
            Revised(
                "attendance", 11, 1, reports[9], "validated", 2, **at, changes=(("_validation_status", None, "ok"),)
            ),
            Revised("pre_survey", 400, 1, "gone", "deleted", 2, NOW),
        ),
        arrivals=arrivals,
        completeness={form: replace(each, counted_at=NOW) for form, each in tonight.completeness.items()},
        held=(HeldDeletions("post_survey", 31),),
        last_night=PastNight(1, NOW - timedelta(days=1), results_of(before.indicators)),
        places=open_places(ROOT / "forms"),
    )


def _decided(night: Night) -> Iterator[Decision]:
    """Two decisions, and a cell that could not be read."""
    typed = [("headcount", ACCEPT, "paper"), ("swapped", CORRECT, "mistake")]
    for number, (kind, decision, note) in enumerate(typed, start=1):
        one = next(issue for issue in night.found if issue.kind == kind)
        yield Decision(
            2,
            number,
            NOW,
            "workbook.xlsx",
            f"ToDo!J{number + 6}",
            "applied",
            issue=one.id,
            state=one.state,
            session=one.session,
            decision=decision,
            note=note,
            decided_by=ME_OFFICER,
        )
    yield Decision(2, 3, NOW, "workbook.xlsx", "ToDo!J12", "unread", "not_listed")


def _take_out_the_newest(connection: Connection) -> Iterator[Arrival]:
    """Take the newest surveys out of the open transaction, and tell what they were."""
    metadata = MetaData()
    submissions, survey = (Table(name, metadata, autoload_with=connection) for name in ("submissions", "post_survey"))
    newest = submissions.select().where(submissions.c.form == "post_survey")
    for row in connection.execute(newest.order_by(submissions.c.submission_id.desc()).limit(TONIGHT)).all():
        connection.execute(survey.delete().where(survey.c.root_uuid == row.root_uuid))
        connection.execute(submissions.delete().where(submissions.c.root_uuid == row.root_uuid))
        received = NOW - timedelta(hours=3)
        yield Arrival("post_survey", row.submission_id, row.root_uuid, received, 2)


def draw(book: bytes, work: Path, pictures: Path) -> None:
    """One picture a sheet: each is drawn from a copy of the workbook in which the others are hidden."""
    work.mkdir()
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True, exist_ok=True)
    (work / "book.xlsx").write_bytes(book)
    copies = [
        _with_one_sheet(work / "book.xlsx", place, work / f"{name}.xlsx") for place, (name, _) in enumerate(SHEETS)
    ]
    office = ["soffice", f"-env:UserInstallation=file://{work}/office", "--headless", "--convert-to", "pdf"]
    fonts = {**os.environ, "FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
    subprocess.run([*office, "--outdir", work, *copies], env=fonts, check=True, capture_output=True)
    for copy in copies:
        resolution, drawn = PIXELS_AN_INCH, pictures / copy.stem
        while not (drawn.with_suffix(".png").exists() and drawn.with_suffix(".png").stat().st_size <= LARGEST):
            page = ["-r", str(resolution), "-png", "-f", "1", "-singlefile"]
            subprocess.run(["pdftoppm", *page, copy.with_suffix(".pdf"), drawn], check=True)
            resolution -= 6


def _with_one_sheet(book: Path, place: int, copy: Path) -> Path:
    with ZipFile(book) as source, ZipFile(copy, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/workbook.xml":
                numbers = iter(range(len(SHEETS)))
                text = re.sub(
                    'state="visible"',
                    lambda _: 'state="visible"' if next(numbers) == place else 'state="hidden"',  # noqa: B023
                    part.decode("utf-8"),
                )
                text = re.sub('activeTab="\\d+"', f'activeTab="{place}"', text)
                areas = rf'<definedName name="_xlnm.Print_Area" localSheetId="(?!{place}")[^<]*</definedName>'
                part = re.sub(areas, "", text).encode("utf-8")  # LibreOffice prints what has one, even if hidden
            target.writestr(name, part)
    return copy


if __name__ == "__main__":
    main()
