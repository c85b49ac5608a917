"""Judge submissions again, without a pull, where what they were judged by has changed; and only those.

Called by pull.py after a complete sync, and by nightly.py for `collector rejudge`. What changes a verdict: the engine's
edition, the form, those media files that the form reads, and the policy. Submissions come from the raw store. Each says
by which standard it was judged, so that a run that was killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from collector.errors import FormError
from collector.form.definition import FormVersion
from collector.form.encryption import PrivateKey
from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from collector.reporting import forms, judged, ledger, raw, syncs
from collector.reporting.judged import Rejudging
from jobs.archive import recorded
from jobs.destination import Destination
from jobs.envelopes import Envelopes
from jobs.judged import WITHOUT_XML
from jobs.jury import Jury
from jobs.page import load_again
from jobs.versions import Versions
from jobs.wiring import Databases

BATCH = 500


def rejudge_stored(
    databases: Databases,
    programme: Programme,
    keys: Sequence[str],
    *,
    run: int,
    secret: bytes,
    now: Callable[[], datetime],
    policy: Policy,
    private_keys: Sequence[PrivateKey] = (),
    processes: int = 1,
) -> tuple[Rejudging, ...]:
    """Judge again without a server; the forms of `keys`, all where none is named. Raises FormError for an unknown one.

    A form that was never pulled has nothing to judge, and is left out. processes: how many judge many submissions.
    """
    unknown = set(keys) - set(programme.forms)
    if unknown:
        raise FormError(f"there is no form '{min(unknown)}' in programme.toml; forms: {', '.join(programme.forms)}.")
    with databases.reporting.connect() as connection:
        projects = forms.known_projects(connection)
    done = []
    with Jury(processes) as jury:
        for form in [key for key in keys or programme.forms if key in projects]:
            cards, uid = programme.card_paths(form), projects[form]
            versions = Versions(form, uid, cards, secret, databases.reporting, _stored_only(databases, form))
            envelopes = Envelopes(uid, databases, versions, private_keys, now)
            to = Destination(form, uid, run, databases, versions, now, policy, jury=jury, envelopes=envelopes)
            done.append(rejudge(to))
            with recorded(databases, "recounted", {}, at=now(), run=run, form=form) as connection:
                ledger.recount_verdicts(connection, form)
    return tuple(done)


def rejudge(to: Destination) -> Rejudging:
    """Judge again what has to be; its counts are written down for the run."""
    done = rejudge_these(to, affected(to))
    with recorded(to.databases, "rejudged", asdict(done), at=to.now(), run=to.run, form=to.form) as connection:
        judged.write_rejudging(connection, done)
    return done


def affected(to: Destination) -> list[int]:
    """`_id`s of the submissions to judge again, in order."""
    with to.databases.reporting.connect() as connection:
        standings = judged.standings(connection, to.form)
    stale = [(version, standard) for version, standard in standings if not _is_current(to, version, standard)]
    with to.databases.reporting.connect() as connection:
        by_standard = judged.judged_so(connection, to.form, stale)
        by_policy = judged.against_policy(connection, to.form, to.policy)
        return sorted({*by_standard, *by_policy})


def rejudge_these(to: Destination, ids: Iterable[int]) -> Rejudging:
    """Judge these submissions again, a batch a transaction."""
    done = Rejudging(to.run, to.form)
    for some in _batches(ids):
        with to.databases.reporting.connect() as connection:
            known = ledger.known_by_id(connection, to.form, some)
            assets = syncs.assets_of(connection, to.form, to.asset_uid)
        found = _bodies(to, assets, [each.digest for each in known.values()])
        there = [found[each.digest] for each in known.values() if each.digest in found]
        moved = load_again(to, known, there)
        done += Rejudging(to.run, to.form, len(there), moved.freed, moved.caught, len(known) - len(there))
    return done


def _stored_only(databases: Databases, form: str) -> Callable[[str], FormVersion | None]:
    def find_version(uid: str) -> FormVersion | None:
        with databases.reporting.connect() as connection:
            return forms.stored_version(connection, form, uid)

    return find_version


def _is_current(to: Destination, version: str, standard: str | None) -> bool:
    now = to.versions.standard(version)
    return standard == now or (standard == now + WITHOUT_XML and to.fetch_xml is None)


def _bodies(to: Destination, assets: Iterable[str], digests: list[str]) -> dict[str, bytes]:
    """Submissions by digest, from whichever project they were received."""
    found: dict[str, bytes] = {}
    with to.databases.raw.connect() as connection:
        for asset_uid in assets:
            found |= raw.raw_bodies(connection, asset_uid, [each for each in digests if each not in found])
    return found


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    pending = list(ids)
    for start in range(0, len(pending), BATCH):
        yield pending[start : start + BATCH]
