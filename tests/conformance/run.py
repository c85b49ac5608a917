"""Run the conformance vectors and print, per file and dialect, how many agree; then every difference with its reason.

    python tests/conformance/run.py [--vectors DIR] [--json]

Without a folder it runs the project's own vectors beside this file. Exit code 1 when a difference is not in known.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.conformance import expressions, recorded, scenarios
from tests.conformance.known import KNOWN
from tests.conformance.outcome import Outcome, Suite

EXPRESSIONS: tuple[Suite, ...] = (
    *(recorded.recorded, expressions.vectors, expressions.cross_engine, expressions.corpus),
)
SUITES: tuple[Suite, ...] = (*EXPRESSIONS, scenarios.scenarios)
REASONS = KNOWN | scenarios.KNOWN_SCENARIOS
OWN = Path(__file__).parent / "vectors"


def outcomes(folder: Path, suites: Iterable[Suite] = SUITES) -> list[Outcome]:
    return [outcome for suite in suites for outcome in suite(folder)]


def rates(found: Iterable[Outcome]) -> list[dict[str, object]]:
    """One row per file and dialect, of what is in scope and asserted."""
    table: dict[tuple[str, str], list[int]] = {}
    for outcome in found:
        if outcome.counts:
            row = table.setdefault((outcome.file, outcome.dialect), [0, 0])
            row[0] += not outcome.difference
            row[1] += 1
    return [
        {"file": file, "dialect": dialect, "passed": passed, "total": total, "percent": round(100 * passed / total, 2)}
        for (file, dialect), (passed, total) in sorted(table.items())
    ]


def differences(found: Iterable[Outcome]) -> list[dict[str, str]]:
    return [
        {
            **{"file": outcome.file, "dialect": outcome.dialect, "id": outcome.id, "what": outcome.what},
            **{"difference": outcome.difference, "reason": REASONS.get(outcome.id, "")},
        }
        for outcome in found
        if outcome.difference and outcome.counts
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--vectors", type=Path, default=OWN, metavar="DIR", help="folder with the vector files")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    options = parser.parse_args(arguments)
    found = outcomes(options.vectors)
    report = {"rates": rates(found), "differences": differences(found)}
    if options.json:
        json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    else:
        _print(report)
    return 1 if any(not row["reason"] for row in report["differences"]) else 0


def _print(report: dict[str, list[dict[str, object]]]) -> None:
    lines = [f"{'file':38}{'dialect':10}{'passed':>8}{'total':>8}{'%':>8}"]
    lines += [
        f"{row['file']:38}{row['dialect']:10}{row['passed']:>8}{row['total']:>8}{row['percent']:>8}"
        for row in report["rates"]
    ]
    by_reason: dict[object, list[dict[str, object]]] = {}
    for row in report["differences"]:
        by_reason.setdefault(row["reason"] or "NOT EXPLAINED", []).append(row)
    for reason, rows in by_reason.items():
        lines += ["", f"{reason} ({len(rows)})"]
        lines += [f"  {row['dialect']} {row['id']}: {str(row['what'])[:100]} — {row['difference']}" for row in rows]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
