"""The last digits of the cards that issues are about: read from the raw store, which alone has them, for sheet ToDo.

Called by jobs/export.py for the internal edition. Nothing of it is stored; an encrypted submission has none to show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from collector.form.answers import WESTERN
from collector.form.programme import Programme
from collector.quality.issues import Issue
from collector.reporting import raw
from collector.reporting.forms import known_projects
from collector.reporting.queries import digests_of
from jobs.wiring import Databases

SHOWN = 3  # of seven digits. Source: domain README, 4.3


def card_tails(databases: Databases, programme: Programme, issues: Iterable[Issue]) -> dict[str, str]:
    """Last digits of the card of each survey that an issue points to, by root_uuid, where it is known."""
    roots = {root for issue in issues for root in issue.cards}
    if not roots:
        return {}
    with databases.reporting.connect() as connection:
        projects, found = known_projects(connection), digests_of(connection, roots)
    of_form: dict[str, dict[str, str]] = defaultdict(dict)
    for root, (form, digest) in found.items():
        of_form[form][digest] = root
    tails: dict[str, str] = {}
    with databases.raw.connect() as connection:
        for form, of_digest in of_form.items():
            paths = programme.card_paths(form)
            for digest, body in raw.raw_bodies(connection, projects.get(form, ""), of_digest).items():
                if tail := _tail(body, paths):
                    tails[of_digest[digest]] = tail
    return tails


def _tail(body: bytes, paths: Iterable[str]) -> str:
    answers = msgspec.json.decode(body)
    card = next((str(answers[path]) for path in paths if path in answers), "").strip().translate(WESTERN)
    return card[-SHOWN:] if card.isdecimal() and len(card) > SHOWN else ""
