"""A sheet of the simulated campaign put into the questions of its form: what a tablet is told to fill.

Used by campaign.py; read by javarosa.py, plain_xml.py and tablet.py. Pure. Question paths come from programme.toml; the
few questions the programme gives no meaning to are named here.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

from collector.form.programme import Programme, RegisterQuestions, SessionQuestions, SurveyQuestions
from collector.tablets.sheets import Geopoint, Row, SessionSheet, SurveySheet

Answer = str | int | float | date | time | Geopoint | tuple[str, ...] | tuple[Mapping[str, object], ...] | None
"""By kind of question: a choice's name, a number, a day, a time of day, a point, choices' names, a repeat's rows."""

CAMP, GOVERNMENT, NO_ORGANISATION = "camp", "gov", "none"
"""Where the forms skip a question: no location of a camp, no displacement in government sessions, no role."""

CAMPAIGN = UUID("6f1c0a52-5a0f-4a5e-9d0e-1d5d3f4b7c10")
"""Namespace of the instance ids: the same seed gives the same ids."""


@dataclass(frozen=True)
class Filled:
    """One form as a person with a tablet fills it. Times are aware.

    answers: by path; an answer to a question that turns out not to be relevant is not used, as on a tablet.
    language: our code; the tablet shows the form in it.
    started_at, ended_at: as the tablet's clock says, which may be wrong; sent_at: as it is.
    defects: check id and cause ("seeded", "habit", "chance") of what is wrong with it.
    tampered: path → text put in after the engine; known: path → text of the calculations a writer without engine has.
    """

    form_key: str
    answers: Mapping[str, Answer]
    language: str
    device: str
    username: str
    started_at: datetime
    ended_at: datetime
    sent_at: datetime
    instance_id: str
    session: str
    defects: tuple[tuple[str, str], ...] = ()
    tampered: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    is_old_form: bool = False

    @property
    def device_id(self) -> str:
        """The tablet's id as KoboCollect makes it, by which the client of a submission is known: "collect:3q7…"."""
        digest = sha256(self.device.encode()).digest()
        return f"collect:{b32encode(digest).decode().lower()[:16]}"


def instance_id(seed: int, form_key: str, index: int) -> str:
    """ "uuid:…", the same for the same seed, form and index."""
    return f"uuid:{uuid5(CAMPAIGN, f'{seed}/{form_key}/{index}')}"


def filled_session(programme: Programme, sheet: SessionSheet, seed: int, index: int) -> Filled:
    key, form = programme.session_form
    questions = form.questions
    answers: dict[str, Answer] = {
        questions.enumerator: sheet.plan["enumerator"],
        questions.round: sheet.plan["round"],
        questions.session: sheet.session,
        questions.status: sheet.status,
        questions.governorate: sheet.plan["governorate"],
        questions.district: sheet.plan["district"],
    }
    if sheet.is_held:
        answers |= _held(programme, sheet, questions)
        answers[form.people.repeat] = tuple(_row(row, sheet, form.people, programme) for row in sheet.rows)
    else:
        answers[questions.reason_not_held] = sheet.reason
    return _filled(key, answers, sheet, instance_id(seed, key, index), {})


def filled_survey(programme: Programme, sheet: SurveySheet, seed: int, index: int) -> Filled:
    """`index`: of this survey among all of its form."""
    key, form = programme.survey_form(sheet.wave)
    questions = form.questions
    answers: dict[str, Answer] = {
        questions.session: sheet.session,
        questions.card: sheet.card,
        questions.consent: programme.codes.yes if sheet.consents else programme.codes.no,
    }
    if sheet.consents:
        answers |= _survey(programme, sheet, questions)
    known = {questions.item_set: sheet.item_set}
    return _filled(key, answers, sheet, instance_id(seed, key, index), known)


def _held(programme: Programme, sheet: SessionSheet, questions: SessionQuestions) -> dict[str, Answer]:
    codes = programme.codes
    return {
        questions.date: sheet.day,
        questions.venue: sheet.plan["venue"],
        questions.location: None if sheet.venue_type == CAMP else sheet.location,
        questions.audience: sheet.plan["audience"],
        questions.facilitators: tuple(sheet.plan["facilitators"].split()),
        questions.languages: sheet.languages,
        questions.modules: sheet.modules,
        questions.starts_at: _time_of_day(sheet.starts_at),
        questions.ends_at: _time_of_day(sheet.finishes_at),
        questions.women: sheet.women,
        questions.men: sheet.men,
        questions.referral_info: codes.yes if sheet.gave_referral_info else codes.no,
        questions.before_done: codes.yes,
        questions.after_done: codes.yes,
        questions.problems: sheet.problems,
        questions.venue_type: sheet.venue_type,
        questions.first_card: sheet.first_card,
        questions.last_card: sheet.last_card,
        questions.women_only: codes.yes if not sheet.men else codes.no,
        questions.step_free: sheet.is_step_free,
    }


def _row(row: Row, sheet: SessionSheet, questions: RegisterQuestions, programme: Programme) -> dict[str, object]:
    if not row.consents:
        return {questions.card: row.card, questions.consent: programme.codes.no}
    return {
        questions.card: row.card,
        questions.consent: programme.codes.yes,
        questions.sex: row.sex,
        questions.age_group: row.age_group,
        questions.org_type: row.person.org_type,
        questions.role: None if row.person.org_type == NO_ORGANISATION else row.person.role,
        questions.displacement: None if sheet.plan["audience"] == GOVERNMENT else row.person.displacement,
        questions.district: row.person.district,
        questions.attendance: row.attendance,
        questions.earlier: row.earlier,
    }


def _survey(programme: Programme, sheet: SurveySheet, questions: SurveyQuestions) -> dict[str, Answer]:
    answers: dict[str, Answer] = {
        questions.mode: "read" if sheet.person.is_read_aloud else "self",
        questions.sex: sheet.sex,
        questions.age_group: sheet.age_group,
        questions.confidence: sheet.confidence,
    }
    for item, choices in sheet.items.items():
        meaning = programme.items[item]
        answers[meaning.question] = choices if len(meaning.key) > 1 else choices[0]
    answers |= zip(questions.disability, sheet.difficulties, strict=False)
    answers |= zip(questions.feedback, sheet.feedback, strict=False)
    return answers


def _filled(
    key: str, answers: dict[str, Answer], sheet: SessionSheet | SurveySheet, instance: str, known: Mapping[str, str]
) -> Filled:
    return Filled(
        form_key=key,
        answers=answers,
        language=sheet.language,
        device=sheet.device,
        username=sheet.username,
        started_at=_to_the_second(sheet.started_at + sheet.clock_error),
        ended_at=_to_the_second(sheet.ended_at + sheet.clock_error),
        sent_at=_to_the_second(sheet.sent_at),
        instance_id=instance,
        session=sheet.session,
        defects=tuple(dict.fromkeys(sheet.defects)),
        tampered=dict(sheet.tampered),
        known=known,
        is_old_form=sheet.is_old_form,
    )


def _time_of_day(moment: datetime) -> time:
    return moment.time().replace(second=0, microsecond=0, tzinfo=None)


def _to_the_second(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond)
