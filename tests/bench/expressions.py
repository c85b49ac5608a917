"""What an expression costs: the rules of the benchmark form, at every node they belong to, in each dialect."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.measured import in_fresh_process, report

BENCH = Path(__file__).parents[2] / "../shared/proto/engine_bench"
NOW = datetime.fromisoformat("2024-05-02T09:30:00+03:00")


def run(*, is_quick: bool) -> None:
    if not BENCH.is_dir():
        print("skipped: needs ../shared/proto/engine_bench")
        return
    measured = in_fresh_process("tests.bench.expressions", "20" if is_quick else "500")
    for dialect, (count, mean, slowest) in measured.outcome.items():
        print(f"{dialect}: {count} evaluations a submission, {mean:.2f} µs each")
        for source, micros in slowest:
            print(f"  {micros:6.2f} µs  {source[:90]}")


def _timings(rounds: int) -> dict[str, Any]:
    from collector.form.instance.from_json import compile_json_reader
    from collector.form.xform.read import read_xform
    from collector.form.xpath.context import Context, World
    from collector.form.xpath.dialects import DIALECTS
    from collector.form.xpath.expression import compile_expression
    from tests.bench.judging import material

    xform, submission = material()
    model = read_xform(xform)
    root = compile_json_reader(model)(submission(0)).root
    timings: dict[str, Any] = {}
    for name, dialect in DIALECTS.items():
        world = World(root, NOW, model.instances, choice_label=lambda value, path: value)
        spent: dict[str, float] = {}
        places = []
        for node in _all(root):
            bind = node.definition.bind
            for rule in (bind.relevant, bind.constraint, bind.calculate):
                if rule and "once(" not in rule:
                    places.append((rule, compile_expression(rule, dialect, frozenset({"/data/participants"})), node))
        for source, expression, node in places:
            evaluate = expression.evaluate
            context = Context(node, world)
            began = time.perf_counter()
            for _ in range(rounds):
                evaluate(context)
            spent[source] = spent.get(source, 0.0) + (time.perf_counter() - began) / rounds * 1e6
        times = {source: sum(each == source for each, _, _ in places) for source in spent}
        slowest = sorted(((source, spent[source] / times[source]) for source in spent), key=lambda pair: -pair[1])
        timings[name] = (len(places), sum(spent.values()) / len(places), slowest[:8])
    return timings


def _all(node: Any) -> Any:
    yield node
    for child in node.children:
        yield from _all(child)


if __name__ == "__main__":
    report(lambda: _timings(int(sys.argv[1])))
