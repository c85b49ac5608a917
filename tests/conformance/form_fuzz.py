"""Random whole forms with random answers, in JavaRosa and in our engine, compared node by node.

    python tests/conformance/form_fuzz.py [--seed N] [--forms N] [--fillings N]

Prints agreement for each rule, then every disagreement outside known_forms.py as a small case with its seed. Exit
code 1 when there is one. Tests run a few hundred fillings, `make bench` ten thousand.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collector.errors import FormMistake
from collector.form.xlsform import to_xform
from tests.conformance.form_answers import Filling, random_filling
from tests.conformance.form_grammar import Form, random_form, sheets, walk
from tests.conformance.form_javarosa import EngineStopped, Tablet
from tests.conformance.form_shrink import shrunk
from tests.conformance.form_verdicts import RULES, Comparison, Ours, ours_of
from tests.conformance.known_forms import STALE, reason_of


@dataclass(frozen=True)
class Case:
    """A form with one filling. seed: of the form."""

    seed: int
    form: Form
    filling: Filling


@dataclass(frozen=True)
class Difference:
    """A comparison that does not agree, why if that is known, and the small case that shows it."""

    case: Case
    comparison: Comparison
    reason: str


@dataclass
class Tally:
    """agreed, abstained, compared: by rule. stopped: fillings and forms that JavaRosa refused, by its message."""

    compared: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    abstained: Counter[str] = field(default_factory=Counter)
    known: Counter[tuple[str, str]] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    forms: int = 0
    fillings: int = 0
    differences: list[Difference] = field(default_factory=list)

    def unexplained(self, rule: str) -> int:
        return sum(difference.comparison.rule == rule for difference in self.differences)


def fuzz(seeds: Sequence[int], fillings: int, *, is_shrinking: bool = True) -> Tally:
    """Compare a form for each seed, with so many fillings."""
    tally = Tally()
    for seed in seeds:
        random = Random(seed)
        form = random_form(random)
        engines = _engines(form, tally)
        if engines is None:
            continue
        tally.forms += 1
        for _ in range(fillings):
            _note(tally, Case(seed, form, random_filling(form, random)), engines, is_shrinking=is_shrinking)
    return tally


def _engines(form: Form, tally: Tally) -> tuple[Tablet, Ours] | None:
    try:
        return _read(form)
    except EngineStopped as why:
        tally.stopped[f"form: {why}"] += 1
    except FormMistake as why:
        tally.stopped[f"converter: {why}"] += 1
    return None


def _read(form: Form) -> tuple[Tablet, Ours]:
    xform = to_xform(sheets(form), form_id="fuzz", version="1")
    return Tablet(xform, {item.name: item.kind for item in walk(form)}), ours_of(xform)


def _note(tally: Tally, case: Case, engines: tuple[Tablet, Ours], *, is_shrinking: bool) -> None:
    tablet, ours = engines
    try:
        found = ours.compare(tablet.fill(case.filling))
    except EngineStopped as why:
        tally.stopped[f"filling: {why}"] += 1
        return
    tally.fillings += 1
    for each in found:
        tally.compared[each.rule] += 1
        tally.agreed[each.rule] += each.agrees
        tally.abstained[each.rule] += each.is_abstention
    different = [each for each in found if not each.agrees and not each.is_abstention]
    # a verdict differs where a node does; it counts alone when nothing else explains it
    nodes = [each for each in different if each.rule != "verdict"]
    if not different:
        return
    unsettled = _unsettled(tablet, ours)
    for each in nodes or different:
        reason = reason_of(each, case.filling) or ("" if (each.rule, each.path) in unsettled else STALE)
        if reason:
            tally.known[each.rule, reason] += 1
        else:
            small = shrunk(case.form, case.filling, _shows(each.rule)) if is_shrinking else (case.form, case.filling)
            again = next(_differences(*small, each.rule), each)
            tally.differences.append(Difference(Case(case.seed, *small), again, ""))


def _unsettled(tablet: Tablet, ours: Ours) -> set[tuple[str, str]]:
    """What still differs after JavaRosa calculated the whole form anew."""
    try:
        return {(each.rule, each.path) for each in ours.compare(tablet.settle()) if not each.agrees}
    except EngineStopped:
        return set()


def _shows(rule: str):
    return lambda form, filling: next(_differences(form, filling, rule), None) is not None


def _differences(form: Form, filling: Filling, rule: str) -> Iterator[Comparison]:
    """Unexplained differences of a rule in one case; none where an engine refuses the form."""
    try:
        tablet, ours = _read(form)
        found = ours.compare(tablet.fill(filling))
    except (EngineStopped, FormMistake):
        return
    wrong = [each for each in found if not each.agrees and not each.is_abstention and each.rule == rule]
    unsettled = _unsettled(tablet, ours) if wrong else set()
    for each in wrong:
        if (each.rule, each.path) in unsettled and not reason_of(each, filling):
            yield each


def lines_of(tally: Tally) -> Iterator[str]:
    """The report of a run."""
    refused = sum(tally.stopped.values())
    yield f"{tally.forms} forms, {tally.fillings} fillings; {refused} refused by JavaRosa or the converter"
    yield (
        f"{'rule':14}{'compared':>10}{'agree':>10}{'not decided':>13}{'known':>8}{'unknown':>9}"
        + f"{'%':>9}{'% but known':>13}"
    )
    for rule in RULES:
        compared, agreed, left = tally.compared[rule], tally.agreed[rule], tally.abstained[rule]
        known, unknown = sum(n for (r, _), n in tally.known.items() if r == rule), tally.unexplained(rule)
        decided = compared - left
        raw, net = (100 * agreed / decided, 100 * agreed / (agreed + unknown)) if agreed else (0, 0)
        yield f"{rule:14}{compared:>10}{agreed:>10}{left:>13}{known:>8}{unknown:>9}{raw:>9.3f}{net:>13.3f}"
    for (rule, reason), count in tally.known.most_common():
        yield f"known: {rule} {count}: {reason}"
    for message, count in tally.stopped.most_common(12):
        yield f"refused {count}: {message[:160]}"
    for difference in tally.differences:
        yield from _told(difference)


def _told(difference: Difference) -> Iterator[str]:
    case, each = difference.case, difference.comparison
    place = each.path or "the whole form"
    yield f"seed {case.seed}: {each.rule} at {place}: JavaRosa {each.theirs!r}, we {each.ours!r}"
    yield f"    {each.expression}"
    for row in sheets(case.form)["survey"]:
        yield f"    {row}"
    yield f"    answers {dict(case.filling.answers)} rows {dict(case.filling.rows)} edits {case.filling.edits}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1, help="of the first form")
    parser.add_argument("--forms", type=int, default=100)
    parser.add_argument("--fillings", type=int, default=5)
    parser.add_argument("--no-shrinking", action="store_true", help="print the cases as they came")
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + options.forms)
    tally = fuzz(seeds, options.fillings, is_shrinking=not options.no_shrinking)
    sys.stdout.write("\n".join(lines_of(tally)) + "\n")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
