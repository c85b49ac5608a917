"""Whether the published intervals hold the truth: 200 simulated campaigns, intervals by the product's own functions.

What the truth is says known_truth.py. An interval of 95 % that holds it in fewer than 92 % of the campaigns promises
too much; simulation error is 3 points with 200 campaigns.
"""

from __future__ import annotations

from dataclasses import dataclass

from collector.form.programme import Programme, read_programme
from collector.indicators.results import indicators
from tests.bench.known_truth import SESSIONS, Name, simulated, truths
from tests.bench.measured import ROOT

CAMPAIGNS, NEEDED = 200, 0.92


@dataclass
class Held:
    """How many of the intervals of one indicator held the truth, and how wide they were together."""

    truth: float
    held: int = 0
    of: int = 0
    width: float = 0.0


def run(*, is_quick: bool) -> None:
    """Print a line for each indicator with an interval, and one for all of them."""
    campaigns = 20 if is_quick else CAMPAIGNS
    counted = held_by(read_programme(ROOT / "forms" / "programme.toml"), campaigns)
    print(f"{campaigns} campaigns of {sum(SESSIONS.values())} sessions, 95 % intervals (needed: {NEEDED:.0%} hold)")
    for (indicator, item_set), found in sorted(counted.items()):
        name, unit = f"{indicator} {item_set}".strip(), 1 if indicator == "I12" else 100
        told = f"truth {unit * found.truth:.2f}, held by {found.held / found.of:.1%} of {found.of}"
        print(f"  {name}: {told}, {unit * found.width / found.of:.1f} points wide")
    held, of = sum(each.held for each in counted.values()), sum(each.of for each in counted.values())
    print(f"all: {held / of:.1%} of {of:,} intervals")


def held_by(programme: Programme, campaigns: int) -> dict[Name, Held]:
    """For each indicator that has an interval, how often it held the truth."""
    counted = {name: Held(truth) for name, truth in truths(programme).items()}
    for seed in range(campaigns):
        for one in indicators(simulated(programme, seed)):
            found = counted.get((one.id, one.item_set))
            if found is None or one.low is None or one.high is None:
                continue
            found.held += one.low <= found.truth <= one.high
            found.of += 1
            found.width += one.high - one.low
    return {name: found for name, found in counted.items() if found.of}
