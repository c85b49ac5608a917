"""A measurement in a fresh process: its result, its time, its processor time and its peak memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Measured:
    """What a piece of work came to.

    cpu_seconds: of its process alone. peak_mb: highest resident memory of its process alone, in MB. What the system
    tells of the processes that it started begins with what it had itself when it started them.
    """

    outcome: Any
    seconds: float
    cpu_seconds: float
    peak_mb: float

    @property
    def memory(self) -> str:
        """In words."""
        return f"peak {self.peak_mb:.0f} MB"


def in_fresh_process(module: str, *arguments: str) -> Measured:
    """Run `python -m module arguments …`, whose last line is a Measured as JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def report(work: Callable[[], Any]) -> None:
    """Do the work and print it as a Measured, for in_fresh_process."""
    began, cpu_began = time.perf_counter(), time.process_time()
    outcome = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    print(json.dumps(asdict(Measured(outcome, seconds, cpu, peak_mb()))))


def against(figure: float, target: float, *, is_most: bool = False, shown: str = ",.0f", unit: str = "") -> str:
    """Whether a figure reaches its target, at least or at most: "needed: ≥ 10,000/s: met"."""
    is_met = figure <= target if is_most else figure >= target
    return f"needed: {'≤' if is_most else '≥'} {target:{shown}}{unit}: {'met' if is_met else 'NOT MET'}"


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if os.uname().sysname == "Darwin" else 1024)
