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
    """What a piece of work came to. peak_mb: highest resident memory of its process, in MB."""

    outcome: Any
    seconds: float
    cpu_seconds: float
    peak_mb: float


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


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if os.uname().sysname == "Darwin" else 1024)
