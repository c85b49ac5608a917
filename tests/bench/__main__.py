"""`make bench`: speed and memory, measured. One module a bench; each measurement is a process of its own.

python -m tests.bench            every bench
python -m tests.bench pull       one of them
python -m tests.bench --quick    smaller, to see that everything runs
python -m tests.bench load --size 20000    with so many submissions
"""

from __future__ import annotations

import argparse
import compileall
from importlib import import_module

from tests.bench.measured import ROOT

BENCHES = (
    "stages",
    "pull",
    "sync",
    "load",
    "convergence",
    "judging",
    "peers",
    "compiling",
    "memory",
    "expressions",
    "differential",
    "forms",
    "fills",
    "checks",
    "workbook",
    "night",
    "coverage",
)
SIZED = ("pull", "sync", "load", "night")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure speed and memory.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"which ones: {', '.join(BENCHES)}; default all")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything runs")
    parser.add_argument("--size", type=int, help=f"submissions or register rows, of {', '.join(SIZED)}")
    chosen = parser.parse_args()
    unknown = set(chosen.benches) - set(BENCHES)
    if unknown:
        parser.error(f"there is no bench '{min(unknown)}'; choose from {', '.join(BENCHES)}")
    for part in ("collector", "jobs", "tests"):  # as peers and an installed program have it: compiled before it runs
        compileall.compile_dir(ROOT / part, quiet=1)
    for name in chosen.benches or BENCHES:
        print(f"── {name} ──", flush=True)
        size = {"size": chosen.size} if chosen.size and name in SIZED else {}
        import_module(f"tests.bench.{name}").run(is_quick=chosen.quick, **size)


if __name__ == "__main__":
    main()
