"""The project's own forms, programme and plan, read once; and answers that fill each form."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from lxml import etree

from collector.form.definition import FormVersion
from collector.form.programme import Programme, read_programme
from collector.form.xlsform import Workbook, form_version, read_workbook, to_xform
from collector.tablets.campaign import Campaign, Profile, simulate
from collector.tablets.filled import Filled

FORMS = Path(__file__).parents[2] / "forms"
PROGRAMME: Programme = read_programme(FORMS / "programme.toml")
MEDIA: Mapping[str, bytes] = {path.name: path.read_bytes() for path in sorted((FORMS / "media").glob("*.csv"))}


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(MEDIA[name].decode().splitlines()))


PLAN, VENUES = _rows("sessions_plan.csv"), _rows("venues.csv")


@cache
def workbook(form_key: str) -> Workbook:
    return read_workbook(FORMS / PROGRAMME.forms[form_key].workbook)


@cache
def definition(form_key: str) -> FormVersion:
    return form_version(workbook(form_key), MEDIA)


@cache
def form_xml(form_key: str) -> bytes:
    return to_xform(workbook(form_key)).encode()


@cache
def campaign(seed: int = 7, profile: Profile = "demo", sessions: int = 40) -> Campaign:
    return simulate(PROGRAMME, PLAN[:sessions], VENUES, seed=seed, profile=profile)


@cache
def filled(form_key: str, audience: str = "cso") -> Filled:
    """A form of a session of this audience that answers what it is asked, in English; two people in the register."""
    of_audience = {row["name"] for row in PLAN if row["audience"] == audience}
    forms = (form for form in campaign(profile="clean").forms if form.session in of_audience)
    fullest = max((form for form in forms if form.form_key == form_key), key=lambda form: len(form.answers))
    answers = {path: answer[:2] if path == "register" else answer for path, answer in fullest.answers.items()}
    return replace(fullest, answers=answers, language="en")


def with_answers(form: Filled, **changes: object) -> Filled:
    """The same form with other answers; "__" in a name stands for "/"."""
    changed = {name.replace("__", "/"): value for name, value in changes.items()}
    return replace(form, answers={**form.answers, **changed})


def with_row(form: Filled, **changes: object) -> Filled:
    """The same session form whose first register row has other answers, and is the only one."""
    first, *_ = form.answers["register"]
    row = {**first, **{f"register/{name}": value for name, value in changes.items()}}
    return with_answers(form, register=(row,))


def answers_in(xml: bytes) -> dict[str, str]:
    """Text by path of everything answered outside repeats."""
    root = etree.fromstring(xml)
    tree = root.getroottree()
    leaves = {tree.getpath(node): node.text for node in root.iter() if not len(node) and node.text}
    return {path.split("/", 2)[2]: text for path, text in leaves.items() if "[" not in path}


def rows_in(xml: bytes) -> list[dict[str, str]]:
    """The register's rows: text by question name, answered ones only."""
    root = etree.fromstring(xml)
    return [{node.tag: node.text for node in row if node.text} for row in root.findall("register")]


def credit(item: str, answer: object) -> float:
    """Credit of one item, written down a second time on purpose: the forms and the product must agree with it."""
    meaning = PROGRAMME.items[item]
    chosen = {answer} if isinstance(answer, str) else set(answer)  # type: ignore[call-overload]
    if len(meaning.key) == 1:
        return float(chosen == set(meaning.key))
    if PROGRAMME.codes.dont_know in chosen:
        return 0.0
    return max(0.0, len(chosen & set(meaning.key)) / 4 - len(chosen & set(meaning.wrong)) / 2)


def score(form: Filled) -> float:
    """Points of 100 of a survey's answers."""
    asked = {item: form.answers.get(meaning.question) for item, meaning in PROGRAMME.items.items()}
    credits = [credit(item, answer) for item, answer in asked.items() if answer is not None]
    return 100 * sum(credits) / len(credits)
