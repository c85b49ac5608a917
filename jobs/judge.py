"""`collector judge FORM SUBMISSIONS`: check a dataset against its form, without server or database.

Called by cli.py. Answers stay where they are: what is printed names places and rules; only with --values, for a file
of one's own, the answers that a rule read.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from collector.errors import FormError, FormMistake, shortened
from collector.form.judging.judge import Judge, judge_of, unreadable
from collector.form.judging.messages import message_of
from collector.form.judging.verdict import Finding, Outcome, Verdict
from collector.form.media import read_choices
from collector.form.review.rules import rules_of
from collector.form.xlsform import Workbook, form_version, read_workbook, to_xform
from jobs import console
from jobs.submission_files import Given, read_submissions

MOST_LINES = 500
"""Of the table for people; scripts take --json."""


def judge_command(
    form: Path, submissions: Path, *, media: Path | None, dialect: str | None, values: bool, as_json: bool
) -> bool:
    """Judge and print; returns whether every submission passed."""
    judge = open_judge(form, media)
    judged = ((given, judge_one(judge, given, dialect)) for given in read_submissions(submissions))
    return _print_json(judged, values=values) if as_json else _print_table(judged, values=values)


def open_judge(form: Path, media: Path | None) -> Judge:
    """The judge of an .xlsx or .xml form.

    media: folder of its media files; else "media" or "<form>-media" beside the form. Raises FormError.
    """
    if not form.is_file():
        raise FormError(f"{form} does not exist: name the form's .xlsx file, or its .xml as the server gives it.")
    files = _media(form, media)
    if form.suffix.lower() == ".xml":
        return _with_readable_media(judge_of(form.read_bytes(), files))
    workbook = read_workbook(form)
    _refuse_unreadable(workbook, files)
    return _with_readable_media(judge_of(to_xform(workbook), files, form_version(workbook)))


def _refuse_unreadable(workbook: Workbook, media: Mapping[str, bytes]) -> None:
    """Raise FormMistake for the first expression or list of choices that no client can read."""
    for rule in rules_of(workbook):
        if rule.tree is None and rule.column != "default":
            problem = f"the expression `{shortened(rule.text)}` cannot be read: {rule.problem}"
            raise FormMistake(problem, remedy="correct it.", row=rule.row, column=rule.column)
    for row in workbook.survey:
        if row.type.endswith("_from_file") and row.list_name in media and row.list_name.endswith(".csv"):
            read_choices(media[row.list_name], file=row.list_name)


def _with_readable_media(judge: Judge) -> Judge:
    """The judge, unless a media file that its form uses cannot be read. Raises FormMistake with file and remedy."""
    model = judge.model
    for file, why in model.unreadable.items():
        stem = file.rpartition(".")[0]
        if file in model.missing.values() or any(stem in node.bind.calculate for node in model.nodes):
            raise FormMistake(why.problem, remedy=why.remedy, sheet=file, row=why.row)
    return judge


def judge_one(judge: Judge, given: Given, dialect: str | None = None) -> Verdict:
    """The verdict on one submission of a file."""
    if given.problem:
        return unreadable(given.problem, "unreadable_json")
    if given.answers is None:
        return judge.judge_xml(given.xml, dialect=dialect)
    return judge.judge_json(given.answers, dialect)


def _media(form: Path, folder: Path | None) -> dict[str, bytes]:
    beside = (form.parent / f"{form.stem}-media", form.parent / "media")
    place = folder or next((each for each in beside if each.is_dir()), None)
    if place is None:
        return {}
    if not place.is_dir():
        raise FormError(f"{place} does not exist: name the folder of the form's media files, or leave it out.")
    return {file.name: file.read_bytes() for file in sorted(place.iterdir()) if file.is_file()}


def _print_json(judged: Iterable[tuple[Given, Verdict]], *, values: bool) -> bool:
    all_pass = True
    for given, verdict in judged:
        all_pass &= verdict.outcome is Outcome.PASS
        line = {
            "submission": given.name,
            "verdict": verdict.outcome,
            "dialects": verdict.dialects,
            "findings": [_record(finding, values=values) for finding in verdict.findings],
            "unchecked": [finding.path for finding in verdict.unchecked],
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return all_pass


def _record(finding: Finding, *, values: bool) -> dict[str, object]:
    return finding.record() | ({"values": dict(finding.values)} if values else {})


def _print_table(judged: Iterable[tuple[Given, Verdict]], *, values: bool) -> bool:
    counts: Counter[Outcome] = Counter()
    lines: list[tuple[object, ...]] = []
    for given, verdict in judged:
        counts[verdict.outcome] += 1
        if len(lines) < MOST_LINES:
            lines += _lines(given, verdict, values=values)
    columns = ("submission", "finding", "question", "row", "what the form says", *(("answers",) if values else ()))
    if lines:
        console.table("Findings", columns, lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        console.say(f"… and more: --json has them all, this table the first {MOST_LINES}.")
    total = counts.total()
    console.done("judged", f"{total:,} · " + " · ".join(f"{count:,} {outcome}" for outcome, count in counts.items()))
    return counts[Outcome.PASS] == total


def _lines(given: Given, verdict: Verdict, *, values: bool) -> Iterator[tuple[object, ...]]:
    """A line for each finding that stands for itself; those that follow from it are counted."""
    following = Counter(finding.caused_by for finding in verdict.findings if finding.caused_by)
    for finding in verdict.roots:
        more = following[finding.path]
        says = _says(finding) + (f" (and {more} that follow from it)" if more else "")
        read = "; ".join(f"{path}={text}" for path, text in finding.values.items())
        texts = (given.name, _kind(finding), finding.path, str(finding.row or ""), says, read)
        yield texts if values else texts[:-1]


def _kind(finding: Finding) -> str:
    return finding.code if finding.outcome is Outcome.VIOLATION else f"{finding.outcome}: {finding.code}"


def _says(finding: Finding) -> str:
    message = message_of(finding)
    return f"{message} [{finding.rule}]" if finding.rule else message
