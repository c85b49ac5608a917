"""What judging costs: the benchmark form of ../shared/proto/engine_bench, 20 people a submission."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.measured import in_fresh_process, report

BENCH = Path(__file__).parents[2] / "../shared/proto/engine_bench"
NEEDED = {"collect": 2_000, "enketo": 2_000, "both": 1_200}
"""Submissions a second of the benchmark form."""

PAGE = 100


def run(*, is_quick: bool) -> None:
    """Print a line for each dialect, or that the benchmark form is not at hand."""
    if not BENCH.is_dir():
        print("skipped: needs ../shared/proto/engine_bench")
        return
    measured = in_fresh_process("tests.bench.judging", "200" if is_quick else "3000")
    for dialect, rate in measured.outcome.items():
        needed = f" (needed: {NEEDED[dialect]:,})" if dialect in NEEDED else ""
        print(f"{dialect}: {rate:,.0f} submissions/s{needed}" if needed else f"{dialect}: {rate:.3f} s")


def _rates(count: int) -> dict[str, float]:
    from collector.form.judging.judge import judge_of

    xform, submission = material()
    began = time.perf_counter()
    judge = judge_of(xform)
    for dialect in ("collect", "enketo"):
        judge.judge_json(submission(0), dialect)
    rates = {"read and compile, both dialects": time.perf_counter() - began}
    for name, dialect in {"collect": "collect", "enketo": "enketo", "both": None}.items():
        spent = 0.0
        for first in range(0, count, PAGE):  # as in a pull: a page in memory, not all of them
            page = [submission(number) | {"deviceid": "unknown"} for number in range(first, first + PAGE)]
            began = time.process_time()
            for each in page:
                judge.judge_json(each, dialect)
            spent += time.process_time() - began
        rates[name] = count / spent
    return rates


def material() -> tuple[str, Callable[[int], Any]]:
    """The form's XForm, and the function that gives its n-th submission."""
    from pyxform.xls2xform import convert

    sys.path.insert(0, str(BENCH))
    from data import sub  # type: ignore[import-not-found]
    from form import md  # type: ignore[import-not-found]

    markdown = md().replace("| default_language |", "| default_language | allow_choice_duplicates |")
    markdown = markdown.replace("| 2024010100 | English (en) |", "| 2024010100 | English (en) | yes |")
    return str(convert(xlsform=markdown, file_type=".md").xform), sub


if __name__ == "__main__":
    report(lambda: _rates(int(sys.argv[1])))
