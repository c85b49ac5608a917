"""Every SELECT that linking, numbers and sheets need, by name. [door: SQL in]

Gives records of collector/form/records.py. Which question has a meaning follows from programme.toml (its path);
answers.py finds its answers in whatever columns they stand; what no submission has asked for yet reads as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from collector.form.definition import FormVersion
from collector.form.judging.policy import TO_ACT_ON, WITHHELD, Policy
from collector.form.judging.verdict import Outcome
from collector.form.programme import Programme
from collector.form.records import (
    Completeness,
    QuarantinedFinding,
    RegisterRow,
    SessionReport,
    Survey,
    VersionCount,
)
from collector.form.renamed import of_today, renamings
from collector.reporting.answers import read_answers
from collector.reporting.load import in_lists
from collector.reporting.tables import completeness, findings, forms, runs, submissions, syncs

OF_SEVERAL = ("modules", "languages", "facilitators", "problems")
OF_ONE_FORM = frozenset({"root_uuid", "submitted_at", "session", "finished_at"})
"""What hardly any two session forms have in common."""
REPORT_PATHS = {  # field of SessionReport → meaning in programme.toml
    "session": "session",
    "status": "status",
    "round": "round",
    "held_on": "date",
    "governorate": "governorate",
    "district": "district",
    "audience": "audience",
    **{name: name for name in OF_SEVERAL},
    "starts_at": "starts_at",
    "ends_at": "ends_at",
    "women": "women",
    "men": "men",
    "before_done": "before_done",
    "after_done": "after_done",
    "enumerator": "enumerator",
    "referral_info": "referral_info",
    "finished_at": "finished",
}
ROW_PATHS = {
    "person_key": "card",
    **{
        name: name
        for name in (
            "consent",
            "sex",
            "age_group",
            "org_type",
            "role",
            "displacement",
            "district",
            "attendance",
            "earlier",
        )
    },
}
SURVEY_PATHS = {
    "session": "session",
    "person_key": "card",
    "consent": "consent",
    "mode": "mode",
    "item_set": "item_set",
    "sex": "sex",
    "age_group": "age_group",
    "started_at": "started",
    "finished_at": "finished",
}
SCALES = ("feedback", "disability")


def session_reports(connection: Connection, programme: Programme, version: FormVersion) -> tuple[SessionReport, ...]:
    """Accepted session forms, in the order of receipt. version: the newest of the session form."""
    key, form = programme.session_form
    paths = {field: getattr(form.questions, meaning) for field, meaning in REPORT_PATHS.items()}
    found = []
    same: dict[Any, Any] = {}  # what many sessions have in common is one object: they are held all night
    rows = read_answers(connection, key, version, "", paths, programme.card_paths(key))
    for row in _in_codes_of_today(version, paths, rows):
        row |= {name: tuple((row[name] or "").split()) for name in OF_SEVERAL}
        row |= {name: same.setdefault(value, value) for name, value in row.items() if name not in OF_ONE_FORM}
        found.append(SessionReport(**row))
    return tuple(found)


def register_rows(connection: Connection, programme: Programme, version: FormVersion) -> Iterator[RegisterRow]:
    """Rows of the registers of accepted session forms, one by one, in the order of receipt and of the register."""
    key, form = programme.session_form
    paths = {field: getattr(form.people, meaning) for field, meaning in ROW_PATHS.items()}
    rows = read_answers(connection, key, version, form.people.repeat, paths, programme.card_paths(key))
    for row in _in_codes_of_today(version, paths, rows):
        del row["submitted_at"]
        yield RegisterRow(row=row.pop("repeat_index"), **row)


def surveys(connection: Connection, programme: Programme, wave: str, version: FormVersion) -> Iterator[Survey]:
    """Accepted surveys of a wave, one by one, in the order of receipt; several choices as a tuple of codes."""
    key, form = programme.survey_form(wave)
    paths = {field: getattr(form.questions, meaning) for field, meaning in SURVEY_PATHS.items()}
    items = {f"item {name}": item.question for name, item in programme.items.items()}
    scales = {f"{scale} {place}": path for scale in SCALES for place, path in enumerate(getattr(form.questions, scale))}
    paths |= items | scales
    rows = read_answers(connection, key, version, "", paths, programme.card_paths(key))
    for row in _in_codes_of_today(version, paths, rows):
        answers = {name: row.pop(f"item {name}") for name in programme.items}
        for name, answer in answers.items():
            if answer is not None and programme.items[name].wrong:
                answers[name] = tuple(answer.split())
        given = {scale: tuple(row.pop(name) for name in scales if name.startswith(scale)) for scale in SCALES}
        yield Survey(**row, feedback=given["feedback"], disability=given["disability"], wave=wave, answers=answers)


def other_versions(connection: Connection, newest: Mapping[str, str]) -> dict[str, str]:
    """Form versions by root_uuid, of the accepted submissions that were not filled with the newest of their form."""
    others = [and_(submissions.c.form == form, submissions.c.form_version != each) for form, each in newest.items()]
    rows = select(submissions.c.root_uuid, submissions.c.form_version).where(submissions.c.verdict == "accepted")
    return {row.root_uuid: row.form_version for row in connection.execute(rows.where(or_(False, *others)))}


def form_titles(connection: Connection) -> dict[str, str]:
    """Titles of the forms' projects on the server, by form key."""
    return {row.form: row.title for row in connection.execute(select(forms.c.form, forms.c.title))}


def version_counts(connection: Connection) -> tuple[VersionCount, ...]:
    """Submissions in the database by form and form version, forms and versions in the order of first receipt."""
    is_accepted = case((submissions.c.verdict == "accepted", 1), else_=0)
    rows = connection.execute(
        select(submissions.c.form, submissions.c.form_version, func.sum(is_accepted), func.count())
        .group_by(submissions.c.form, submissions.c.form_version)
        .order_by(submissions.c.form, func.min(submissions.c.submission_id))
    )
    return tuple(VersionCount(form, version, accepted, total - accepted) for form, version, accepted, total in rows)


def last_completeness(connection: Connection) -> dict[str, Completeness]:
    """What the last pull of each form counted, by form key."""
    last = select(completeness.c.form, func.max(completeness.c.run).label("run")).group_by(completeness.c.form)
    newest, here = last.subquery(), completeness.c
    counted = here.form, here.run, runs.c.started_at, here.on_server, here.accepted, here.quarantined
    rows = connection.execute(
        select(*counted, syncs.c.seen, func.coalesce(syncs.c.deleted, 0), func.coalesce(syncs.c.unexplained, ""))
        .join(newest, and_(newest.c.form == here.form, newest.c.run == here.run))
        .join(runs, runs.c.id == here.run)
        .outerjoin(syncs, and_(syncs.c.form == here.form, syncs.c.run == here.run))
    )
    return {row.form: Completeness(*row) for row in rows}


def digests_of(connection: Connection, roots: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Form and digest in the raw store of submissions, by root_uuid."""
    columns = submissions.c.root_uuid, submissions.c.form, submissions.c.digest
    return {
        row.root_uuid: (row.form, row.digest)
        for some in in_lists(roots)
        for row in connection.execute(select(*columns).where(submissions.c.root_uuid.in_(some)))
    }


def quarantined_findings(connection: Connection, policy: Policy) -> tuple[QuarantinedFinding, ...]:
    """What is kept out and why, one entry for each finding that stands for itself, what keeps out first.

    Submissions in quarantine with all their findings, and the findings of TO_ACT_ON in submissions that count. What
    follows from another finding is not there: one wrong answer is one line to a person. A submission without findings
    is there, with code "". policy: by which it is known what keeps a submission out.
    """
    here = findings.c
    of_submission = and_(here.form == submissions.c.form, here.root_uuid == submissions.c.root_uuid)
    is_open = and_(here.outcome == str(Outcome.VIOLATION), here.code.in_(sorted(TO_ACT_ON)))
    rows = connection.execute(
        select(submissions, here.code, here.path, here.sheet_row, here.message, here.outcome, here.caused_by)
        .outerjoin(findings, of_submission)
        .where(or_(submissions.c.verdict == "quarantined", is_open))
        .order_by(submissions.c.form, submissions.c.submission_id, here.position)
    )
    grouped = groupby(rows, lambda row: (row.form, row.submission_id))
    return tuple(found for _, group in grouped for found in _reasons(list(group), policy))


def _reasons(rows: Sequence[Any], policy: Policy) -> list[QuarantinedFinding]:
    """The findings of one submission that stand for themselves, those first that keep it out."""
    blocking = [row for row in rows if row.code is None or policy.blocks(row.outcome, row.code, row.path)]
    blocking = blocking or list(rows)  # the policy has changed, and nothing was judged again since
    causes = {row.caused_by for row in blocking} - {"", None}
    found = []
    for row in rows:
        if row.verdict == "accepted":
            found.append(_finding(row, "answer" if row.code in WITHHELD else ""))
        elif not row.caused_by:
            found.append(_finding(row, "submission" if row in blocking or row.path in causes else ""))
    return sorted(found, key=lambda each: not each.keeps_out)


def _finding(row: Any, keeps_out: str) -> QuarantinedFinding:
    return QuarantinedFinding(
        form=row.form,
        submission_id=row.submission_id,
        submitted_at=row.submitted_at,
        code=row.code or "",
        path=row.path or "",
        sheet_row=row.sheet_row,
        message=row.message or "",
        keeps_out=keeps_out,
        root_uuid=row.root_uuid,
    )


def _in_codes_of_today(
    version: FormVersion, paths: Mapping[str, str], rows: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The rows, answers to choices that were renamed since under their code in this version."""
    named = renamings(version)
    changed = {field: named[path] for field, path in paths.items() if path in named}
    for row in rows:
        for field, codes in changed.items():
            row[field] = of_today(row[field], codes)
        yield row
