"""Random expressions as JavaRosa answered them once, so that they are compared where there is no Java too.

`python -m tests.conformance.recorded` asks JavaRosa again and writes vectors/javarosa_recorded.json.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.conformance.grammar import sketch
from tests.conformance.javarosa import CONTEXTS, ERROR, Bench, Ours, same
from tests.conformance.outcome import Outcome

FILE = "javarosa_recorded.json"
SEED, COUNT = 7, 600
NOW = datetime(2026, 7, 5, 12, 0, tzinfo=ZoneInfo("Asia/Baghdad"))


def recorded(folder: Path) -> Iterator[Outcome]:
    """Each recorded expression beside ours."""
    path, ours = folder / FILE, Ours(NOW)
    for number, record in enumerate(json.loads(path.read_text("utf-8")) if path.exists() else ()):
        got = ours(record["expr"], record["context"])
        theirs = record["text"], record["boolean"], _number(record["number"])
        difference = "" if all(map(same, theirs, got)) else f"expected {theirs!r}, got {got!r}"
        yield Outcome(FILE, "collect", f"recorded-{number}", record["expr"], "odk", True, difference)


def _number(text: str) -> float | str:
    return text if text == ERROR else float(text)


def record() -> list[dict[str, object]]:
    """Ask JavaRosa: what depends on the day, and what it refuses, is left out but for one in ten."""
    source, bench, records = random.Random(SEED), Bench(), list[dict[str, object]]()
    while len(records) < COUNT:
        expression, context = str(sketch(source)), source.choice(CONTEXTS)
        text, boolean, number = bench.theirs(expression, context)
        is_timeless = "today()" not in expression and "clock" not in expression
        if is_timeless and (text != ERROR or source.random() < 0.1):
            records.append(
                {"expr": expression, "context": context, "text": text, "boolean": boolean, "number": str(number)}
            )
    return records


if __name__ == "__main__":
    target = Path(__file__).parent / "vectors" / FILE
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in record())
    target.write_text(f"[\n{lines}\n]\n", "utf-8")
    sys.stdout.write(f"{target.name} written\n")
