"""What is wrong in a simulated campaign on purpose, as a file beside the demo: what the nightly checks should find.

Made from the filled forms of campaign.py; read by tests and by whoever judges the checks. Never sent to a server and
never part of a workbook. Check ids are those of the quality checks (QC02, QC17, …).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.tablets.filled import Filled

if TYPE_CHECKING:
    from collector.tablets.campaign import Campaign


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is wrong with one form, or with how an enumerator works (then form, session and id are "").

    check: id of the check that should find it.
    cause: "seeded" (put in on purpose), "habit" (how the enumerator works) or "chance" (an honest delay).
    """

    check: str
    cause: str
    enumerator: str
    form: str = ""
    session: str = ""
    instance_id: str = ""


def facts_of(forms: Iterable[Filled], habits: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts of all forms and the habits, by check, then in the order given."""
    facts = [
        Fact(check, cause, form.username.upper(), form.form_key, form.session, form.instance_id)
        for form in forms
        for check, cause in form.defects
    ]
    return tuple(sorted((*facts, *habits), key=lambda fact: fact.check))


def write_truth(campaign: Campaign, path: Path) -> None:
    """Write the facts of a campaign as JSON: seed, profile, counts by check and cause, and each fact."""
    counts = Counter(f"{fact.check} {fact.cause}" for fact in campaign.facts)
    truth = {
        "about": "What is wrong on purpose in this simulated campaign. No person in it is real.",
        "seed": campaign.seed,
        "profile": campaign.profile,
        "counts": dict(sorted(counts.items())),
        "facts": [asdict(fact) for fact in campaign.facts],
    }
    path.write_text(json.dumps(truth, indent=1) + "\n", "utf-8")
