"""Our engine beside lxml's XPath, elementpath and JavaRosa: the same form, the same submissions, in the same run.

The others get their best case: the form's rules rewritten so that they run at all, the tree built for them, no types,
no choices of plain lists, no required. What each cannot do is in its note.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from typing import Any

from collector.form.judging.judge import judge_of
from tests.bench.judging import BENCH, material
from tests.bench.measured import in_fresh_process, report
from tests.bench.peer_javarosa import open_javarosa
from tests.bench.peer_xpath import count_rules, open_elementpath, open_lxml

Check = Callable[[Any], "set[object]"]
"""A submission → what is wrong with it."""

NOTES = {
    "collector, collect": "types, choices, required, repeats, all rules, with places and reasons",
    "collector, enketo": "the same",
    "collector, both": "each rule in both dialects, differences told apart",
    "lxml": "no types, required; operators stay XPath 1.0: dates are wrong; /data in a list's filter is the list",
    "elementpath": "no types, required; cannot parse instance(…)/root/item: lists made variables; dates fail",
    "JavaRosa": "parses the form each time, stops at the first error, drops what was not asked; dates rewritten",
}


def run(*, is_quick: bool) -> None:
    """Print a line for each engine. false: rules that it says a valid submission breaks."""
    if not BENCH.is_dir():
        print("skipped: needs ../shared/proto/engine_bench")
        return
    print(f"{'engine':20} {'submissions/s':>13} {'rules':>6} {'faults of 13':>13} {'false':>6}  note")
    for name, note in NOTES.items():
        outcome = in_fresh_process("tests.bench.peers", name, "30" if is_quick else "300").outcome
        if isinstance(outcome, str):
            print(f"{name:20} {outcome}")
            continue
        rate, rules, found, false = outcome
        print(f"{name:20} {rate:13,.0f} {rules:>6} {found:>13} {false:>6}  {note}")


def _measured(name: str, count: int) -> list[Any] | str:
    xform, submission = material()
    try:
        check = _opened(name, xform)
    except ModuleNotFoundError as missing:
        return f"skipped: {missing.name} is not installed"
    rules = count_rules(xform, submission(0)) * (2 if name.endswith("both") else 1)
    false = check(_unknown_client(submission(0)))
    found = sum(bool(check(broken) - false) for broken in _broken(submission(0)))
    submissions = [_unknown_client(submission(number)) for number in range(count + 10)]
    for each in submissions[:10]:
        check(each)
    began = time.process_time()
    for each in submissions[10:]:
        check(each)
    return [count / (time.process_time() - began), rules, found, len(false)]


def _opened(name: str, xform: str) -> Check:
    if name.startswith("collector"):
        judge, dialect = judge_of(xform), None if name.endswith("both") else name.rpartition(" ")[2]
        return lambda answers: {(each.code, each.path) for each in judge.judge_json(answers, dialect).findings}
    if name == "JavaRosa":
        return open_javarosa(xform)
    return (open_lxml if name == "lxml" else open_elementpath)(xform).check


def _unknown_client(answers: Any) -> Any:
    return answers | {"deviceid": "unknown"}


def _broken(answers: Any) -> list[Any]:
    from tests.journey.judging.test_benchmark_form import FAULTS

    changed = (copy.deepcopy(answers) | changes for changes, _, _ in FAULTS.values())
    return [_unknown_client({key: text for key, text in each.items() if text is not None}) for each in changed]


if __name__ == "__main__":
    report(lambda: _measured(sys.argv[1], int(sys.argv[2])))
