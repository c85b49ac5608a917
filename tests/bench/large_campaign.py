"""A very large campaign straight into a reporting database, as a pull leaves it: sessions, registers and surveys.

Nobody in it is real. Each session has 25 people in its register, one of whom refuses in every second session; 22 answer
both surveys and two the first one alone, but for every hundredth session, where many do not come back and one answers
the second alone. Every twentieth person comes to a later session again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

from collector.reporting.tables import submissions
from tests.support.stored_campaign import PROGRAMME, StoredCampaign, version_of

OF_SESSION = 25
TO_LOOK_AT = 100
"""Of so many sessions one has something that somebody must see to."""
AUDIENCES = (("gov", "professional"), ("idp", "community"))
PLACES = (("erbil", "erbil_c"), ("duhok", "duhok_c"), ("sulaymaniyah", "sulay_c"))
FIRST_DAY = date(2026, 7, 5)
AT_ONCE = 5_000
DETAILS: dict[str, tuple[str, ...]] = {
    "sex": ("f", "m"),
    "age_group": ("18_24", "25_34", "35_44", "45_59", "60_up"),
    "org_type": ("gov_admin", "gov_social", "ngo_local"),
    "role": ("frontline", "decision", "educator"),
    "displacement": ("resident", "idp", "returnee"),
    "earlier": ("no",) * 30 + ("yes",),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A table of a form, and its column for each question, by path."""

    table: Table
    columns: dict[str, str]

    @classmethod
    def of(cls, campaign: StoredCampaign, form: str, repeat: str = "") -> Place:
        plan, table = campaign.tables[form, repeat]
        return cls(table, {column.path: column.name for column in plan.columns if not column.part})

    def row(self, answers: dict[str, Any], **keys: Any) -> Row:
        said = {self.columns[path]: answer for path, answer in answers.items()}
        return {**dict.fromkeys(self.columns.values()), **said, **keys}


def store(connection: Connection, rows: int) -> None:
    """A campaign with so many register rows, and about 1.8 surveys for each of them."""
    campaign = StoredCampaign(connection)
    form, session_form = PROGRAMME.session_form
    sessions, register = Place.of(campaign, form), Place.of(campaign, form, session_form.people.repeat)
    number = rows // OF_SESSION
    _insert(connection, submissions, _received(campaign, form, 0, number))
    _insert(connection, sessions.table, (_session(sessions, each) for each in range(number)))
    _insert(connection, register.table, (_person(register, each) for each in range(number * OF_SESSION)))
    first, forms = number, {form: number}
    for wave in ("before", "after"):
        key, _ = PROGRAMME.survey_form(wave)
        place = Place.of(campaign, key)
        count = sum(len(_who(wave, session)) for session in range(number))
        _insert(connection, submissions, _received(campaign, key, first, count))
        people = ((session, person) for session in range(number) for person in _who(wave, session))
        made = (_survey(place, wave, *each, first + place_of) for place_of, each in enumerate(people))
        _insert(connection, place.table, made)
        first, forms[key] = first + count, count
    campaign.counted(**forms)


def _who(wave: str, session: int) -> Sequence[int]:
    """Which of a session's people answer a survey."""
    if session % TO_LOOK_AT == TO_LOOK_AT - 1:
        return range(22) if wave == "before" else (*range(16), 22)
    return range(24) if wave == "before" else range(22)


def _insert(connection: Connection, table: Table, rows: Iterator[Row]) -> None:
    while some := list(islice(rows, AT_ONCE)):
        connection.execute(table.insert(), some)


def _received(campaign: StoredCampaign, form: str, first: int, count: int) -> Iterator[Row]:
    version, run = version_of(form).version, campaign.run
    for number in range(first + 1, first + count + 1):
        yield {
            "form": form,
            "root_uuid": _root(number),
            "submission_id": number,
            "instance_id": f"instance-{number}",
            "form_version": version,
            "submitted_at": datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(seconds=number % 86_400),
            "validation_status": "",
            "verdict": "accepted",
            "digest": "",
            "first_run": run,
            "last_run": run,
        }


def _root(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _keys(number: int) -> dict[str, Any]:
    return {"submission_id": number, "root_uuid": _root(number)}


def _name(session: int) -> str:
    return f"S{session:05}"


def _day(session: int) -> date:
    return FIRST_DAY + timedelta(days=session % 110)


def _key(session: int, person: int) -> str:
    number = session * OF_SESSION + person
    if number % 20 == 7 and session >= 40:
        number -= 40 * OF_SESSION  # somebody who was there before
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


def _session(place: Place, session: int) -> Row:
    questions = PROGRAMME.session_form[1].questions
    governorate, district = PLACES[session % len(PLACES)]
    said = {
        "session": _name(session),
        "status": "held",
        "round": "r1" if session % 110 < 54 else "r2",
        "date": _day(session),
        "governorate": governorate,
        "district": district,
        "audience": AUDIENCES[session % 2][0],
        "modules": "m1 m2",
        "languages": ("ckb", "ar", "ckb ar")[session % 3],
        "facilitators": f"F{session % 12:02}",
        "enumerator": f"E{session % 40:02}",
        "women": 13,
        "men": 12,
        "before_done": "yes",
        "after_done": "yes",
        "referral_info": "yes",
    }
    answers = {getattr(questions, meaning): answer for meaning, answer in said.items()}
    return place.row(answers, **_keys(session + 1))


def _person(place: Place, number: int) -> Row:
    people = PROGRAMME.session_form[1].people
    session, person = divmod(number, OF_SESSION)
    refuses = person == OF_SESSION - 1 and session % 2 == 0
    said = {name: None if refuses else _detail(name, session, person) for name in DETAILS}
    said |= {"card": _key(session, person), "consent": "no" if refuses else "yes"}
    answers = {getattr(people, meaning): answer for meaning, answer in said.items()}
    return place.row(answers, **_keys(session + 1), repeat_index=person + 1)


def _detail(name: str, session: int, person: int) -> str:
    choices = DETAILS[name]
    if name == "sex":
        return choices[person % 2]
    return choices[(session * 7 + person * 3) % len(choices)]


def _survey(place: Place, wave: str, session: int, person: int, number: int) -> Row:
    questions = PROGRAMME.survey_form(wave)[1].questions
    item_set = AUDIENCES[session % 2][1]
    began = datetime.combine(_day(session), datetime.min.time(), UTC) + timedelta(hours=7 + 3 * (wave == "after"))
    said = {
        "session": _name(session),
        "card": _key(session, person),
        "consent": "yes",
        "mode": ("read", "self")[session % 2],
        "item_set": item_set,
        "sex": _detail("sex", session, person),
        "age_group": _detail("age_group", session, person),
        "started": began,
        "finished": began + timedelta(minutes=9 + person % 7),
    }
    answers = {getattr(questions, meaning): answer for meaning, answer in said.items()}
    for place_of, name in enumerate(PROGRAMME.item_sets[item_set].items):
        chance = (number * 2654435761 + place_of * 40503) % 97
        answers[PROGRAMME.items[name].question] = _answer(name, chance, 70 if wave == "after" else 45)
    scales = {path: str(1 + (number + at) % 5) for at, path in enumerate(questions.feedback)}
    scales |= {path: str(1 + (number * 7 + at) % 40 // 13) for at, path in enumerate(questions.disability)}
    return place.row(answers | scales, **_keys(number + 1))


def _answer(name: str, chance: int, right: int) -> str:
    item = PROGRAMME.items[name]
    if chance < right:
        return " ".join(item.key) if item.wrong else item.key[0]
    if chance < right + 12:
        return PROGRAMME.codes.dont_know
    return " ".join((*item.key[:2], *item.wrong[:1])) if item.wrong else "other"
