"""What the settings say of a pull and of judging. Used by jobs/nightly.py."""

from __future__ import annotations

from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from jobs import wiring
from jobs.attachments import FilePolicy
from jobs.deletions import Guards
from jobs.jury import processors
from jobs.pull import How, Means
from jobs.settings import Settings


def means_of(settings: Settings, programme: Programme, how: How, *, is_confirmed: bool) -> Means:
    """How forms are pulled; is_confirmed: held deletions are meant. Raises KeyUnreadable."""
    server, sync = settings.server, settings.sync
    guards = Guards(sync.hold_share, sync.hold_count)
    files = FilePolicy(settings.attachments.folder, frozenset(settings.attachments.take))
    return Means(
        how,
        server.page_size,
        server.overlap,
        server.assets,
        guards,
        sync.late_file_days,
        is_confirmed,
        policy_of(settings, programme),
        files,
        wiring.open_keys(settings),
        server.ahead,
        processes_of(settings),
    )


def processes_of(settings: Settings) -> int:
    """On how many processors submissions are judged."""
    return settings.judging.processes or processors()


def policy_of(settings: Settings, programme: Programme) -> Policy:
    """Which findings quarantine: those of the settings, and an age group that nobody knows, for it may be a child's."""
    return Policy(frozenset(settings.judging.quarantine) | {f"choice:{path}" for path in programme.age_paths})
