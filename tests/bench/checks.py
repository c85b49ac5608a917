"""Forms as code: a form of 500 questions checked, the start of the Java machine aside; three forms planned."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.bench.measured import in_fresh_process, report

QUESTIONS = 500
NEEDED = {"check": 2.0, "plan": 3.0}
"""Seconds."""


def run(*, is_quick: bool) -> None:
    """Print what each part of a check costs, and a plan of the project's three forms."""
    for what, needed in NEEDED.items():
        measured = in_fresh_process("tests.bench.checks", what)
        for part, (seconds, cpu) in measured.outcome.items():
            print(f"{what}: {part}: {seconds:.2f} s, {cpu:.2f} s of the processor")
        print(f"{what}: needed {needed:.0f} s; peak {measured.peak_mb:.0f} MB")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, cpu_began = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu_began


def check() -> dict[str, tuple[float, float]]:
    """Seconds, and seconds of the processor, of the parts of a check."""
    from collector.form.programme import read_programme
    from collector.tablets.java import java
    from jobs.forms import check_form
    from jobs.settings import read_settings

    forms = Path(__file__).parents[2] / "forms"
    with tempfile.TemporaryDirectory() as folder:
        path = long_form(Path(folder))
        (Path(folder) / "settings.toml").write_text("", "utf-8")
        settings = read_settings(Path(folder) / "settings.toml", forms={"folder": forms})
        programme = read_programme(forms / "programme.toml")

        def once() -> None:
            assert check_form(path, settings, programme, on_date=date(2026, 11, 24)).mistakes == ()

        return {
            "start of the Java machine": _timed(java),
            f"a form of {QUESTIONS} questions": _timed(once),
            "the same once more": _timed(once),
        }


def plan() -> dict[str, tuple[float, float]]:
    """Seconds of a plan of all three forms against a sandbox on loopback, which runs in this process."""
    from jobs.guard import make_plans
    from tests.journey.office import open_office

    with tempfile.TemporaryDirectory() as folder, open_office(Path(folder)) as office:
        programme = office.programme

        def once() -> None:
            with office.client() as client:
                assert len(make_plans(client, office.settings, programme, [])) == 3

        for key in programme.forms:
            office.deploy(key)
        spent = {"three forms, nothing changed": _timed(once)}
        for key in programme.forms:
            office.edit(_renamed, key)
        return spent | {"three forms, a label changed in each": _timed(once)}


def _renamed(book: object) -> None:
    sheet = book["survey"]  # type: ignore[index]
    label = next(cell.column for cell in sheet[1] if cell.value == "label::English (en)")
    row = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[label - 1].value)
    sheet.cell(row, label).value = f"{sheet.cell(row, label).value} (once more)"


def long_form(folder: Path) -> Path:
    """A form of 500 questions in groups of ten: selects, numbers, texts, dates, calculations, each with its rules."""
    from tests.support.sheets import write_workbook

    survey: list[list[object]] = [["type", "name", "label", "relevant", "constraint", "calculation"]]
    for number in range(QUESTIONS):
        if number % 10 == 0:
            survey.append(["begin_group", f"g{number}", f"Group {number}", "", "", ""])
        before = f"q{number - number % 10}"
        kind, constraint, calculation = (
            ("select_one yn", "", ""),
            ("integer", ". >= 0 and . < 1000", ""),
            ("text", "regex(., '^[a-z 0-9-]*$') or string-length(.) < 200", ""),
            ("date", ". <= today() + 10000", ""),
            ("calculate", "", f"if(${{{before}}} = 'yes', 1, 0) + coalesce(${{q{max(number - 3, 0)}}}, 0)"),
        )[number % 5]
        relevant = f"${{{before}}} = 'yes'" if number % 10 else ""
        survey.append([kind, f"q{number}", f"Question {number}", relevant, constraint, calculation])
        if number % 10 == 9:
            survey.append(["end_group"])
    choices = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]
    return write_workbook(folder, survey=survey, choices=choices)


if __name__ == "__main__":
    report({"check": check, "plan": plan}[sys.argv[1]])
