"""The first judging of a submission against its own form version: answers → findings → a verdict.

Fed by answers.py; what is accepted becomes rows (collector/reporting/rows.py), what is not stays in quarantine with
its findings. Compiled once a form version, so that judging costs little. Rules: every answer can be read, belongs to a
question of the version, and is a choice of its list. Relevance, constraints and calculations are not judged yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from collector.form.answers import Answers, Fault, Values, place
from collector.form.definition import FormVersion, Kind, Question

LONGEST_PATH = 300
WHAT_TO_DO = "correct it in the server's data table, and the next pull takes it in."
MESSAGES = {
    "not_an_integer": f"the answer is not a whole number; {WHAT_TO_DO}",
    "number_too_large": f"the number is too large to be true, and to be stored; {WHAT_TO_DO}",
    "not_a_decimal": f"the answer is not a number; {WHAT_TO_DO}",
    "not_a_date": f"the answer is not a date such as 2026-11-20; {WHAT_TO_DO}",
    "not_a_time": f"the answer is not a time of day such as 14:05; {WHAT_TO_DO}",
    "not_a_datetime": f"the answer is not a date with a time; {WHAT_TO_DO}",
    "datetime_without_zone": f"the date and time do not say their time zone; {WHAT_TO_DO}",
    "not_a_geopoint": f"the answer is not a point on earth (latitude, longitude, altitude, accuracy); {WHAT_TO_DO}",
    "not_text": f"the answer is a list or an object where one value belongs; {WHAT_TO_DO}",
    "not_a_repeat": f"the repeat is not a list of rows; {WHAT_TO_DO}",
    "control_character": f"the answer has a character that no database stores (NUL, half a letter); {WHAT_TO_DO}",
    "unknown_question": (
        "the form version that this submission names has no such question: it was filled with another version, or "
        "changed by hand; look at the form's versions on the server."
    ),
    "unknown_choice": (
        "the answer is not a choice of this question's list; if it belongs in a media file, add it there, deploy, and "
        f"run `collector sync --full`; else {WHAT_TO_DO}"
    ),
    "unknown_version": (
        "the server does not know the form version that this submission was filled with; ask the enumerator to update "
        "the form on the tablet, and compare with the form's versions on the server."
    ),
    "unreadable_submission": f"the server's own data about this submission cannot be read; {WHAT_TO_DO}",
    "duplicate_identity": (
        "another submission with a higher number has the same identity (rootUuid); look at both in the server's data "
        "table and delete the wrong one."
    ),
    "refused_by_database": (
        "the reporting database refused the rows of this submission by a rule of its own; ask whoever keeps the "
        "database which rule was added to the form's tables."
    ),
}
"""What each code of a finding means and what to do, in plain English. Never an answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken. path: with repeat indices, "" for the whole submission; row: of the survey sheet, if known."""

    code: str
    path: str
    message: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on a submission: accepted when nothing was found."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_accepted(self) -> bool:
        return not self.findings


ACCEPTED = Verdict()


def finding(code: str, path: str = "", question: Question | None = None) -> Finding:
    """A finding with the message of its code."""
    return Finding(code, _printable(path), MESSAGES[code], (question.row or None) if question else None)


def _printable(path: str) -> str:
    """A path fit to store and to print: an unknown question's name is whatever was sent."""
    if len(path) > LONGEST_PATH:
        path = path[:LONGEST_PATH] + "…"
    return path if path.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in path)


def compile_judge(version: FormVersion) -> Callable[[Answers], Verdict]:
    """The function that judges answers read with the same form version."""
    top = _levels(version)

    def judge(answers: Answers) -> Verdict:
        faults = [*answers.faults, *_unknown_choices(top, answers.values, "")]
        if not faults:
            return ACCEPTED
        return Verdict(tuple(finding(fault.code, fault.path, fault.question) for fault in faults))

    return judge


@dataclass(slots=True)
class _Level:
    """The form itself (path ""), or a repeat: which of its questions have a list, and what is in it."""

    path: str
    one: dict[str, frozenset[str]] = field(default_factory=dict)
    many: dict[str, frozenset[str]] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    repeats: dict[str, _Level] = field(default_factory=dict)


def _levels(version: FormVersion) -> _Level:
    levels = {"": _Level("")}
    for repeat in version.repeats:  # in the order of the sheet: the outer before the inner
        levels[repeat.path] = levels[repeat.parent].repeats[repeat.path] = _Level(repeat.path)
    for question in version.questions:
        choices = version.choices_of(question)
        if choices is None:  # not a select, or its media file is not at hand: nothing to compare with
            continue
        level = levels[question.repeat]
        lists = level.many if question.kind is Kind.SELECT_MULTIPLE else level.one
        lists[question.path] = frozenset(choice.name for choice in choices)
        level.questions[question.path] = question
    return levels[""]


def _unknown_choices(level: _Level, values: Values, here: str) -> Iterator[Fault]:
    find = values.get
    for path, known in level.one.items():
        code = find(path)
        if code is not None and code not in known:
            yield Fault("unknown_choice", place(level.path, here, path), level.questions[path])
    for path, known in level.many.items():
        codes = find(path)
        if codes is not None and not known.issuperset(codes):
            yield Fault("unknown_choice", place(level.path, here, path), level.questions[path])
    for path, repeat in level.repeats.items():
        for index, instance in enumerate(find(path, ()), 1):
            yield from _unknown_choices(repeat, instance, f"{place(level.path, here, path)}[{index}]")
