"""Whether judging a million submissions takes more memory than judging a few: the benchmark form, an unknown client."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from tests.bench.judging import BENCH, PAGE, material
from tests.bench.measured import in_fresh_process, peak_mb, report

MARKS = (0.1, 0.5, 1.0)


def run(*, is_quick: bool) -> None:
    """Print the memory at 10 %, 50 % and 100 % of the way."""
    if not BENCH.is_dir():
        print("skipped: needs ../shared/proto/engine_bench")
        return
    measured = in_fresh_process("tests.bench.memory", "20000" if is_quick else "1000000")
    for count, peak, now, cpu in measured.outcome:
        print(
            f"after {count:,} judged in both dialects: peak {peak:.1f} MB, now {now:.1f} MB, {cpu:.0f} s of processor"
        )


def _judged(count: int) -> list[tuple[int, float, float, float]]:
    from collector.form.judging.judge import judge_of

    xform, submission = material()
    judge = judge_of(xform)
    marks = {int(count * share) for share in MARKS}
    found = []
    for first in range(0, count, PAGE):
        for number in range(first, first + PAGE):
            verdict = judge.judge_json(submission(number) | {"deviceid": "unknown"})
            assert len(verdict.dialects) == 2
        if first + PAGE in marks:
            found.append((first + PAGE, peak_mb(), _now_mb(), time.process_time()))
    return found


def _now_mb() -> float:
    """Resident memory at this moment; the peak where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_mb()
    return pages * resource.getpagesize() / (1024 * 1024)


if __name__ == "__main__":
    report(lambda: _judged(int(sys.argv[1])))
