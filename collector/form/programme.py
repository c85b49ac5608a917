"""What the forms mean: forms/programme.toml as one frozen value, so that no question name is written in Python.

Read by quality, indicators, workbook, sandbox and jobs. Paths are those of collector/form/definition.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from collector.errors import ProgrammeMistake

FORM_KEY = re.compile(r"(?!(v|raw|pg|sqlite)_)[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""It names tables: views begin with v_, tables of the raw store and of the databases themselves with the others; two
underscores stand before a language and before the number of a table's continuation."""

LONGEST_KEY = 40


class Part(BaseModel):
    """A table of programme.toml: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Round(Part):
    """A period of sessions, both days included."""

    label: str
    starts_on: date
    ends_on: date


class AgeBand(Part):
    """Age groups of the forms that are reported as one, by their choices' names."""

    label: str
    groups: tuple[str, ...]


class Item(Part):
    """A knowledge item: its answer key and where it comes from.

    key: the right choice of a select_one; all right choices of a select_multiple.
    wrong: the wrong choices of a select_multiple.
    valid_from: the key may not be used for sessions before this day (the law changes).
    """

    question: str
    key: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    module: str = ""
    valid_from: date
    source: str = ""


class ItemSet(Part):
    """Which items an audience is asked; scores of two sets are never compared."""

    label: str
    audiences: tuple[str, ...]
    items: tuple[str, ...]


class Target(Part):
    """Target of an indicator, by its id in `Programme.targets`; `baseline` None where there is none.

    item: the knowledge item of an indicator that is about one.
    """

    name: str
    target: float | None = None
    baseline: float | None = None
    unit: str = ""
    item: str = ""


class Codes(Part):
    """Choice names with a meaning."""

    yes: str
    no: str
    held: str
    female: str
    male: str
    dont_know: str
    displaced: tuple[str, ...]
    disability: tuple[str, ...]
    agree: tuple[str, ...]
    earlier: tuple[str, ...]
    read_aloud: str = ""
    true_false: tuple[str, ...] = ()


class SessionQuestions(Part):
    """Paths in the session form, by what they mean."""

    session: str
    enumerator: str
    round: str
    status: str
    reason_not_held: str
    date: str
    governorate: str
    district: str
    venue: str
    venue_type: str
    location: str
    audience: str
    facilitators: str
    languages: str
    modules: str
    starts_at: str
    ends_at: str
    women: str
    men: str
    first_card: str
    last_card: str
    women_only: str
    step_free: str
    referral_info: str
    before_done: str
    after_done: str
    problems: str
    finished: str = ""


class RegisterQuestions(Part):
    """Paths in the register repeat, by what they mean; one row is one person."""

    repeat: str
    card: str
    consent: str
    sex: str
    age_group: str
    org_type: str
    role: str
    displacement: str
    district: str
    attendance: str
    earlier: str


class SurveyQuestions(Part):
    """Paths in a survey form, by what they mean."""

    session: str
    card: str
    consent: str
    mode: str
    sex: str
    age_group: str
    item_set: str
    score: str
    started: str = ""
    finished: str = ""
    confidence: str = ""
    disability: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()


class SessionForm(Part):
    """The form filled once a session, with its register."""

    kind: Literal["session"]
    workbook: str
    questions: SessionQuestions
    people: RegisterQuestions


class SurveyForm(Part):
    """A knowledge survey, filled once a person and wave.

    months_after: of a follow-up: how long after a session its people are asked again; what is answered before counts
    for nothing.
    """

    kind: Literal["survey"]
    workbook: str
    wave: Literal["before", "after", "follow_up"]
    questions: SurveyQuestions
    months_after: Annotated[int, Field(gt=0)] = 3


AnyForm = Annotated[SessionForm | SurveyForm, Field(discriminator="kind")]


class Plan(Part):
    """The media file with the session plan, and its columns by what they mean."""

    file: str
    session: str
    planned_on: str
    planned_minutes: str
    governorate: str
    district: str
    audience: str
    round: str
    modules: str = ""


class Rules(Part):
    """What a form of the programme may ask. types: XLSForm types, all where empty; exceptions: paths that may stay.

    identifying: words that a question's name may not contain.
    """

    types: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


class Programme(Part):
    """All of programme.toml. `forms`: by form key, which names its tables ("attendance").

    languages: our language code → the language name in the sheets.
    threshold: score from which a survey counts as passed, in points of 100.
    contact: who answers questions about the workbook; a role and how to reach it. age_bands: by key, in their order.
    """

    title: str
    time_zone: str
    threshold: float
    languages: Mapping[str, str]
    codes: Codes
    plan: Plan
    rounds: Mapping[str, Round]
    targets: Mapping[str, Target] = {}
    items: Mapping[str, Item]
    item_sets: Mapping[str, ItemSet]
    forms: Mapping[str, AnyForm]
    rules: Rules = Rules()
    contact: str = ""
    age_bands: Mapping[str, AgeBand] = {}

    def age_band(self, group: str | None) -> str | None:
        """The band that an age group is reported in; the group itself where it is in none."""
        return next((key for key, band in self.age_bands.items() if group in band.groups), group)

    @field_validator("forms")
    @classmethod
    def can_name_tables(cls, forms: Mapping[str, AnyForm]) -> Mapping[str, AnyForm]:
        for key in forms:
            if len(key) > LONGEST_KEY or not FORM_KEY.fullmatch(key):
                raise ValueError(
                    f"'{key}' cannot be the key of a form, which names its tables: write up to {LONGEST_KEY} small "
                    "letters and digits with single underscores between, not beginning with v_, raw_, pg_ or sqlite_"
                )
        return forms

    @field_validator("forms")
    @classmethod
    def has_one_form_of_each_wave(cls, forms: Mapping[str, AnyForm]) -> Mapping[str, AnyForm]:
        waves = [form.wave for form in forms.values() if isinstance(form, SurveyForm)]
        if twice := sorted({wave for wave in waves if waves.count(wave) > 1}):
            raise ValueError(f"two forms have the wave '{twice[0]}', and one of them would count for nothing: keep one")
        return forms

    @field_validator("forms")
    @classmethod
    def has_months_in_the_follow_up_alone(cls, forms: Mapping[str, AnyForm]) -> Mapping[str, AnyForm]:
        for key, form in forms.items():
            if isinstance(form, SurveyForm) and form.wave != "follow_up" and "months_after" in form.model_fields_set:
                raise ValueError(f"'{key}' has months_after, which only the wave 'follow_up' has: take it out")
        return forms

    @property
    def session_form(self) -> tuple[str, SessionForm]:
        """Key and form of the session form."""
        return next((key, form) for key, form in self.forms.items() if isinstance(form, SessionForm))

    def survey_form(self, wave: str) -> tuple[str, SurveyForm]:
        """Key and form of the survey of a wave: "before", "after"."""
        return next(
            (key, form) for key, form in self.forms.items() if isinstance(form, SurveyForm) and form.wave == wave
        )

    @property
    def follow_up_form(self) -> SurveyForm | None:
        """The form that asks again some months later; None where the programme has none."""
        waves = (form for form in self.forms.values() if isinstance(form, SurveyForm))
        return next((form for form in waves if form.wave == "follow_up"), None)

    @property
    def age_paths(self) -> frozenset[str]:
        """Paths of the questions for an age group: a code that is in no list may stand for a child."""
        forms = self.forms.values()
        return frozenset(
            form.people.age_group if isinstance(form, SessionForm) else form.questions.age_group for form in forms
        )

    def card_paths(self, form_key: str) -> frozenset[str]:
        """Paths of the questions that hold a participant's card in a form; empty for a form that is not listed."""
        form = self.forms.get(form_key)
        if isinstance(form, SessionForm):
            return frozenset({form.people.card})
        return frozenset({form.questions.card}) if form else frozenset()


def read_programme(path: Path) -> Programme:
    """Read programme.toml; raises ProgrammeMistake naming the key and what is wrong with it."""
    try:
        return Programme.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise ProgrammeMistake(
            f"{path} is missing: run from the folder that holds forms/, or name its settings file with --settings."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeMistake(f"{path}: not TOML: {error}; correct that line.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        loc = first["loc"]
        # In a form, pydantic names the kind between the form's key and its own keys; the file has no such table
        where = ".".join(str(part) for part in (loc[:2] + loc[3:] if loc[0] == "forms" else loc))
        what = first["msg"].removeprefix("Value error, ")
        raise ProgrammeMistake(f"{path}: {where}: {what}; correct this key.") from None
