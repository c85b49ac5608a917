"""What a real KoboToolbox answered, the sandbox answers: status, headers, shape, and the submissions value by value."""

from __future__ import annotations

import pytest

from tests.journey.recordings.conftest import Outcome
from tests.journey.recordings.replay import DATA


@pytest.mark.parametrize("chapter", sorted(file.stem for file in DATA.glob("*.jsonl")))
def test_the_sandbox_answers_like_the_real_server(outcome: Outcome, chapter: str) -> None:
    assert {name: found for name, found in outcome.differences[chapter].items() if found} == {}


def test_every_recording_is_replayed_or_says_why_not(outcome: Outcome) -> None:
    replayed = {int(name[:3]) for name in outcome.replayed}
    left_out = {number for number, _, _ in outcome.out_of_scope}
    never_recorded = {411, 421, 425, 429, 442, 503, 516, 517, 551}
    assert not replayed & left_out
    assert replayed | left_out == set(range(1, 573)) - never_recorded


def test_the_printed_list_is_the_documented_one(outcome: Outcome) -> None:
    assert outcome.report() in (DATA / "README.md").read_text(encoding="utf-8")
