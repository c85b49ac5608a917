"""Sheet Sessions: one row for each session of the plan, and for those held outside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.indicators import reach
from collector.indicators.campaign import Session
from collector.indicators.learning import ALARM_PAIRING, FEWEST_PAIRS
from collector.indicators.paired_scores import PairedScores
from collector.indicators.response import by_session, waves_answered
from collector.indicators.results import is_as_designed, is_complete, is_on_scale
from collector.indicators.statistics import mean
from collector.workbook import look
from collector.workbook.aside import Row, Rows
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, Script, column
from collector.workbook.texts import Words

COLUMNS = (
    ("session", ""),
    ("planned_on", look.DAY),
    ("held_on", look.DAY),
    ("status", ""),
    ("round", ""),
    ("governorate", ""),
    ("district", ""),
    ("pcode", ""),
    ("audience", ""),
    ("languages", ""),
    ("modules", ""),
    ("minutes", look.WHOLE),
    ("time_share", look.SHARE),
    ("as_designed", ""),
    ("women", look.WHOLE),
    ("men", look.WHOLE),
    ("register", look.WHOLE),
    ("refused", look.WHOLE),
    ("before", look.WHOLE),
    ("after", look.WHOLE),
    ("pairs", look.WHOLE),
    ("pairing", look.SHARE),
    ("score_before", look.POINTS),
    ("score_after", look.POINTS),
    ("change", look.CHANGE),
    ("safe", look.SHARE),
    ("referral", ""),
    ("problems", ""),
    ("issues", look.WHOLE),
    ("remarks", ""),
)
WIDEST = {"remarks": 36, "status": 12, "problems": 24}
SAFE = "F03"
SCRIPTS: dict[str, Script] = dict.fromkeys(("session", "pcode", "languages", "modules"), "code")


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblSessions."""
    surveys, codes = by_session(night.surveys), night.programme.codes
    open_issues = Counter(issue.session for issue in night.issues)

    def read() -> Iterator[Row]:
        for session in night.sessions:
            own = surveys.of(session.name)
            people = Counter(wave for waves in waves_answered(own, codes).values() for wave in waves)
            more = _felt_safe(own, night.programme), open_issues[session.name]
            yield _row(session, night, labels, words, people, night.linked.scores.of(session.name), more)

    rows = Rows(len(night.sessions), read, lambda: (_name(session, words) for session in night.sessions))
    held = sum(session.is_held for session in night.sessions)
    note = words("sessions.note", held=held, contacts=reach.contacts(night.sessions), zone=night.programme.time_zone)
    notes = [note, _legend(night, labels, words)]
    last = data_sheet(sheet, night, words, "sessions", columns(night, words), rows, notes=notes, pages_wide=2)
    if rows:
        letter = get_column_letter([name for name, _ in COLUMNS].index("pairing") + 1)
        first = last - len(rows) + 1
        low = f'AND({letter}{first}<>"",{letter}{first}<{ALARM_PAIRING})'
        look.warn_where(sheet, f"{letter}{first}:{letter}{last}", low)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"sessions.{name}", form, WIDEST.get(name, 24), SCRIPTS.get(name, ""), is_bold=name == "session")
        for name, form in COLUMNS
    ]


def _row(
    session: Session,
    night: Night,
    labels: Labels,
    words: Words,
    people: Counter[str],
    scores: Sequence[PairedScores],
    more: tuple[float | None, int],
) -> list[Value]:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    report, planned = session.report, session.planned
    place = night.places.get(session.district or "")
    consenting = session.consenting(night.programme.codes)
    paired = {person for one in scores for person in one.people}
    share = sum(row.person_key in paired for row in consenting) / len(consenting) if consenting else None
    minutes, planned_minutes = session.minutes, planned.planned_minutes if planned else None
    modules = report.modules if report and session.is_held else ()
    before, after = people["before"], people["after"]

    def held(number: int | None) -> int | None:
        return number if session.is_held else None

    return [
        _name(session, words),
        planned.planned_on if planned else None,
        session.held_on,
        _status(session, night, labels, words),
        labels.choice(form, questions.round, session.round),
        labels.choice(form, questions.governorate, session.governorate),
        labels.choice(form, questions.district, session.district),
        place.pcode if place else "",
        labels.choice(form, questions.audience, session.audience),
        " ".join(report.languages) if report and session.is_held else "",
        " ".join(modules),
        held(minutes),
        minutes / planned_minutes if session.is_held and minutes is not None and planned_minutes else None,
        _as_designed(session, night, words),
        held(report.women if report else None),
        held(report.men if report else None),
        held(len(session.rows)),
        held(len(session.rows) - len(consenting)),
        before or held(0),
        after or held(0),
        len(paired) or held(0),
        share if session.is_held else None,
        *_learned(scores),
        more[0],
        labels.choice(form, questions.referral_info, report.referral_info) if report else "",
        ", ".join(labels.choice(form, questions.problems, code) for code in (report.problems if report else ())),
        more[1] or held(0),
        "; ".join(_remarks(session, words, share)),
    ]


def _name(session: Session, words: Words) -> str:
    return session.name or words("sessions.unnamed")


def _learned(scores: Sequence[PairedScores]) -> Sequence[float | None]:
    """Mean before, after and change of a session's pairs; none of fewer than ten."""
    before, after = ([score for one in scores for score in getattr(one, wave)] for wave in ("before", "after"))
    if len(before) < FEWEST_PAIRS:
        return None, None, None
    return mean(before), mean(after), mean(after) - mean(before)


def _felt_safe(surveys: Iterable[Survey], programme: Programme) -> float | None:
    """Share of a session's people who agree with F03, which asks whether they felt safe; None of fewer than ten."""
    questions = programme.survey_form("after")[1].questions.feedback
    place = next((place for place, path in enumerate(questions) if path.rsplit("/", 1)[-1] == SAFE), None)
    said: Counter[bool] = Counter()
    for survey in surveys:
        answer = survey.feedback[place] if place is not None and place < len(survey.feedback) else None
        if survey.consent == programme.codes.yes and is_on_scale(answer):
            said[answer in programme.codes.agree] += 1
    return said[True] / said.total() if said.total() >= FEWEST_PAIRS else None


def _as_designed(session: Session, night: Night, words: Words) -> str:
    """Whether a held session counts in the numerator of I09; "" where that cannot be judged."""
    if not (session.is_held and is_complete(session)):
        return ""
    return words("sessions.yes" if is_as_designed(session, night.programme) else "sessions.no")


def _legend(night: Night, labels: Labels, words: Words) -> str:
    """What the codes of the topics mean: their names are too long for a cell."""
    form, session_form = night.programme.session_form
    path = session_form.questions.modules
    named = (f"{code} {labels.choice(form, path, code)}" for code in labels.choice_order(form, path))
    return words("sessions.legend", topics=" · ".join(named))


def _status(session: Session, night: Night, labels: Labels, words: Words) -> str:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    if session.report:
        return labels.choice(form, questions.status, session.report.status)
    day = session.planned.planned_on if session.planned else None
    return words("sessions.no_form" if day and day <= night.today else "sessions.planned")


def _remarks(session: Session, words: Words, share: float | None) -> Iterator[str]:
    if session.planned is None:
        yield words("sessions.unplanned")
    if session.has_wrong_day:
        yield words("sessions.wrong_day")
    if session.reports > 1:
        yield words("sessions.several", reports=session.reports)
    if session.is_held and not session.rows:
        yield words("sessions.no_register")
    if session.is_held and len(session.rows) > session.contacts:
        yield words("sessions.outnumbered", more=len(session.rows) - session.contacts)
    if session.is_held and share is not None and share < ALARM_PAIRING:
        yield words("sessions.few_pairs")
