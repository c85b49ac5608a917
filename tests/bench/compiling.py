"""What reading and compiling a large form costs, after pyxform: as large as the WHO's verbal autopsy, 564 nodes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from tests.bench.measured import in_fresh_process, report

NODES = 564
NEEDED = 0.3
"""Seconds, both dialects together."""

Row = dict[str, str]


def run(*, is_quick: bool) -> None:
    """Print the seconds of each step."""
    measured = in_fresh_process("tests.bench.compiling", "1" if is_quick else "7")
    nodes, steps = measured.outcome
    print(f"a form of {nodes} nodes, best of several:")
    for step, seconds in steps.items():
        needed = f" (needed: {NEEDED})" if step == "both dialects, from XForm to judge" else ""
        print(f"  {step}: {seconds:.3f} s{needed}")


def _steps(rounds: int) -> tuple[int, dict[str, float]]:
    from collector.form.judging.client import filling_of
    from collector.form.judging.court import open_court
    from collector.form.xform.read import read_xform
    from collector.form.xlsform import to_xform
    from collector.form.xpath import expression
    from collector.form.xpath.dialects import DIALECTS

    began = time.process_time()
    xform = to_xform(sheets(NODES), form_id="large", version="1")
    steps = {"pyxform": time.process_time() - began}
    model = read_xform(xform)
    for _ in range(rounds):
        expression._parsed.cache_clear()  # as in a process that sees the form for the first time
        began = time.process_time()
        model = read_xform(xform)
        taken = {"read the XForm": time.process_time() - began}
        for name, dialect in DIALECTS.items():
            began_one = time.process_time()
            open_court(model, filling_of(model), dialect)
            taken[f"compile for {name}"] = time.process_time() - began_one
        taken["both dialects, from XForm to judge"] = time.process_time() - began
        steps |= {step: min(seconds, steps.get(step, seconds)) for step, seconds in taken.items()}
    return len(model.nodes), steps


def sheets(nodes: int) -> dict[str, list[Row]]:
    """A form of so many nodes: sections behind a question each, with conditions, limits, sums and cascades."""
    survey: list[Row] = [{"type": "start", "name": "start"}, {"type": "end", "name": "end"}]
    sections = (nodes - 5) // 32  # of 32 nodes; the rest are single questions
    for number in range(sections):
        survey += _section(number)
    written = sum(not row["type"].startswith("end_") for row in survey) + 3  # the root, meta and its instanceID
    survey += [{"type": "text", "name": f"rest{at}", "label": "Rest"} for at in range(nodes - written)]
    lists = {"yesno": ("yes", "no", "dk"), "kind": tuple("abcdefgh")}
    choices = [{"list_name": name, "name": code, "label": code} for name, codes in lists.items() for code in codes]
    return {"survey": survey, "choices": choices}


def _section(number: int) -> Iterator[Row]:
    s = f"s{number}"
    before = f"${{s{number - 1}_q1}} = 'yes' or " if number else ""
    yield {"type": "begin_group", "name": s, "label": s, "relevant": f"{before}${{{s}_any}} != 'no'" if number else ""}
    yield {"type": "select_one yesno", "name": f"{s}_any", "label": "Any?", "required": "yes"}
    yield {"type": "integer", "name": f"{s}_age", "label": "Age", "constraint": ". >= 0 and . <= 120"}
    yield {"type": "date", "name": f"{s}_day", "label": "Day", "constraint": ". <= today()"}
    for at in range(1, 23):
        earlier = f"{s}_any" if at < 3 else f"{s}_q{at - 2}"
        relevant = f"selected(${{{earlier}}}, 'yes') and (${{{s}_age}} >= {at} or ${{{s}_age}} = '')"
        yield {"type": "select_one yesno", "name": f"{s}_q{at}", "label": "?", "required": "yes", "relevant": relevant}
    yield {
        "type": "select_multiple kind",
        "name": f"{s}_kinds",
        "label": "Kinds",
        "constraint": "count-selected(.) < 4",
    }
    yield {"type": "text", "name": f"{s}_id", "label": "Id", "constraint": "regex(., '^[A-Z]{2}[0-9]{4,6}$')"}
    for at in range(1, 4):
        terms = " + ".join(f"number(${{{s}_q{one}}} = 'yes')" for one in range(at, at + 4))
        yield {"type": "calculate", "name": f"{s}_sum{at}", "calculation": terms}
    yield {"type": "calculate", "name": f"{s}_is", "calculation": f"if(${{{s}_sum1}} > 2, 'high', 'low')"}
    yield {"type": "end_group", "name": s}


if __name__ == "__main__":
    report(lambda: _steps(int(sys.argv[1])))
