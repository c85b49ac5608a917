"""What each step costs a submission, on one core: split, judge, rows, digest, compression."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from tests.bench.measured import in_fresh_process, report

NEEDED = {"judge": 2_000}
"""Submissions a second that a step must reach."""


def run(*, is_quick: bool) -> None:
    """Print a line for each step."""
    measured = in_fresh_process("tests.bench.stages", "300" if is_quick else "3000")
    for step, rate in measured.outcome.items():
        needed = f" (needed: {NEEDED[step]:,})" if step in NEEDED else ""
        print(f"{step}: {rate:,.0f} submissions/s{needed}")


def _steps(count: int) -> dict[str, float]:
    from collector.form.judging.judge import judge_of
    from collector.kobo.submission import digest_of, read_submission
    from collector.kobo.xform import xform_of
    from collector.reporting.frames import frame_of
    from collector.reporting.layout import plan_tables
    from collector.reporting.notations import SQLITE
    from collector.reporting.pseudonym import compile_person_key
    from collector.reporting.rows import compile_rows
    from jobs.jury import SHARE
    from tests.support.attendance import (
        FORM,
        VERSION,
        attendance_content,
        attendance_media,
        attendance_version,
        programme,
        submission,
    )

    version = attendance_version()
    plans = plan_tables(FORM, version, programme().card_paths(FORM))
    xform = xform_of(attendance_content(), asset_uid="aAttendance", version=VERSION, title=FORM)
    judge = judge_of(xform, attendance_media(), version)
    lay_out = compile_rows(plans, version, compile_person_key(b"a secret of the bench"), SQLITE)

    bodies = [submission(number) for number in range(1, count + 1)]
    received = [read_submission(body) for body in bodies]
    shares = [received[start : start + SHARE] for start in range(0, count, SHARE)]
    rates = {
        "decode the JSON": _rate(read_submission, bodies),
        "judge": _rate(lambda each: judge.judge_json(each.answers), received),
        "rows": SHARE
        * _rate(lambda some: lay_out([((each.id, each.root_uuid), each.answers) for each in some]), shares),
        "digest": _rate(digest_of, bodies),
        "compress for the raw store": SHARE
        * _rate(frame_of, [bodies[start : start + SHARE] for start in range(0, count, SHARE)]),
    }
    whole = ("judge", "rows")
    return rates | {"judge + rows": 1 / sum(1 / rates[step] for step in whole)}


def _rate(work: Callable[[Any], object], items: Iterable[Any]) -> float:
    """Items a second."""
    began = time.perf_counter()
    count = sum(1 for _ in map(work, items))
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    import sys

    report(lambda: _steps(int(sys.argv[1])))
