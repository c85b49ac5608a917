"""Who comes to a simulated session: sex, age, organisation, displacement, difficulties, language, ability.

Used by campaign.py. Pure; no real person behind any of it. Shares are those of the campaign's specification; choice
names are those of the forms' choice lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from collector.tablets.knowledge import ABILITY_SD

Shares = Mapping[str, float]
"""Relative frequencies by choice name; they need not add up to 1."""

WOMEN: Shares = {"gov": 0.30, "cso": 0.48, "idp": 0.62, "host": 0.55, "mixed": 0.50}
DISABILITY: Shares = {"gov": 0.02, "cso": 0.03, "idp": 0.07, "host": 0.05, "mixed": 0.05}
READ_ALOUD: Shares = {"idp": 0.45, "host": 0.30}
AGES = ("18_24", "25_34", "35_44", "45_59", "60_up")
AGE_SHARES: Mapping[str, tuple[int, ...]] = {
    "gov": (5, 31, 36, 26, 2),
    "cso": (16, 45, 26, 11, 2),
    "idp": (27, 31, 22, 15, 5),
    "host": (25, 30, 23, 17, 5),
    "mixed": (25, 30, 23, 17, 5),
}
ORG_TYPES: Mapping[str, Shares] = {
    "gov": {"gov_admin": 40, "gov_security": 25, "gov_social": 25, "gov_justice": 10},
    "cso": {"ngo_local": 62, "ngo_int": 18, "community": 10, "media_univ": 7, "un": 3},
    "idp": {"none": 84, "community": 10, "ngo_local": 4, "other": 2},
    "host": {"none": 66, "community": 18, "private": 12, "other": 4},
}
ROLES: Mapping[str, Shares] = {
    "gov_security": {"law": 80, "decision": 12, "frontline": 8},
    "gov_justice": {"law": 85, "decision": 15},
    "gov_social": {"frontline": 60, "educator": 25, "decision": 15},
    "media_univ": {"educator": 60, "other": 40},
    "community": {"member": 55, "decision": 25, "volunteer": 20},
}
USUAL_ROLES: Shares = {"frontline": 50, "decision": 20, "volunteer": 15, "educator": 10, "other": 5}
DISPLACED: Shares = {"idp": 86, "returnee": 6, "refugee": 5, "resident": 3}
SETTLED: Shares = {"resident": 93, "idp": 3, "returnee": 2, "refugee": 1, "migrant": 1}
LANGUAGES: Shares = {"ckb": 80, "ar": 17, "en": 3}
LANGUAGES_IN: Mapping[str, Shares] = {"duhok": {"ar": 58, "ckb": 37, "en": 5}}
LANGUAGES_OF_DISPLACED: Shares = {"ar": 70, "ckb": 29, "en": 1}
REFUSES_REGISTER = 0.02
REFUSES_SURVEY = 0.03
DOMAINS = 6
"""Questions of the Washington Group Short Set."""


@dataclass(frozen=True, slots=True)
class Person:
    """One simulated person. `difficulties`: the six Washington Group answers; `ability`: logits, 0 is average."""

    sex: str
    age_group: str
    org_type: str
    role: str
    displacement: str
    district: str
    difficulties: tuple[str, ...]
    ability: float
    language: str
    is_read_aloud: bool
    refuses_register: bool
    refuses_survey: bool


def draw_person(audience: str, governorate: str, district: str, random: Random) -> Person:
    """A person of this audience who comes to a session in this district."""
    org_type = choose(ORG_TYPES.get(audience, ORG_TYPES["host"]), random)
    return Person(
        sex="f" if random.random() < WOMEN[audience] else "m",
        age_group=random.choices(AGES, AGE_SHARES[audience])[0],
        org_type=org_type,
        role=choose(ROLES.get(org_type, USUAL_ROLES), random),
        displacement=choose(DISPLACED if audience == "idp" else SETTLED, random),
        district=district,
        difficulties=_difficulties(DISABILITY[audience], random),
        ability=random.gauss(0, ABILITY_SD),
        language=choose(_languages(audience, governorate), random),
        is_read_aloud=random.random() < READ_ALOUD.get(audience, 0.03),
        refuses_register=random.random() < REFUSES_REGISTER,
        refuses_survey=random.random() < REFUSES_SURVEY,
    )


def choose(shares: Shares, random: Random) -> str:
    return random.choices(tuple(shares), tuple(shares.values()))[0]


def _languages(audience: str, governorate: str) -> Shares:
    return LANGUAGES_OF_DISPLACED if audience == "idp" else LANGUAGES_IN.get(governorate, LANGUAGES)


def _difficulties(share: float, random: Random) -> tuple[str, ...]:
    answers = random.choices(("1", "2", "pns"), (86, 13, 1), k=DOMAINS)
    if random.random() < share:
        answers[random.randrange(DOMAINS)] = random.choices(("3", "4"), (85, 15))[0]
    return tuple(answers)
