"""What a submission says of the device that filled it: which engine, and when. Used by judge.py.

Source: KoboCollect writes deviceid "collect:…", Enketo "<its host>:…" and "no … property in enketo"; only Collect
records an audit. The time that counts is the submission's own, never the judge's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from collector.form.instance.tree import Instance
from collector.form.xform.model import FormModel, FormNode

COLLECT, ENKETO = "collect", "enketo"
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Moments:
    """When a submission was filled; None where it does not say. start: of the filling; end: its time, aware."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Filling:
    """Where a form keeps the facts about the filling; None where it has no such question."""

    start: FormNode | None
    end: FormNode | None
    today: FormNode | None
    device: FormNode | None
    username: FormNode | None
    audit: FormNode | None


def filling_of(model: FormModel) -> Filling:
    """Find those questions by their preloads, whatever their names."""

    def preloaded(preload: str) -> FormNode | None:
        return next((node for node in model.nodes if node.bind.preload == preload), None)

    return Filling(
        start=preloaded("timestamp start"),
        end=preloaded("timestamp end"),
        today=preloaded("date today"),
        device=preloaded("property deviceid"),
        username=preloaded("property username"),
        audit=model.by_path.get("meta/audit"),
    )


def client_of(instance: Instance, filling: Filling) -> str | None:
    """The engine that filled the submission: collect, enketo, or None where nobody can tell."""
    device = instance.text(filling.device)
    if device.startswith("collect:") or instance.text(filling.audit):
        return COLLECT
    marks = (device, instance.text(filling.username))
    if any("property in enketo" in mark for mark in marks):
        return ENKETO
    host, colon, _ = device.partition(":")
    return ENKETO if colon and "." in host else None


def moments_of(instance: Instance, filling: Filling, submitted_at: str) -> Moments:
    """The time of a submission: its end, else its day, else when the server took it; in the device's offset.

    submitted_at: `_submission_time`, UTC, "" where unknown.
    """
    start, end = _aware(instance.text(filling.start)), _aware(instance.text(filling.end))
    offset = next((moment.tzinfo for moment in (end, start) if moment), UTC)
    if end is None:
        day = _read(datetime.fromisoformat, instance.text(filling.today)[:10])
        end = day.replace(hour=END_OF_DAY.hour, minute=59, second=59, tzinfo=offset) if day else None
    if end is None:
        received = _read(datetime.fromisoformat, submitted_at)
        end = (received if received.tzinfo else received.replace(tzinfo=UTC)).astimezone(offset) if received else None
    return Moments(start, _plausible(end))


def _aware(text: str) -> datetime | None:
    moment = _read(datetime.fromisoformat, text)
    return _plausible(moment) if moment is not None and moment.tzinfo else None


def _read(read: Callable[[str], datetime], text: str) -> datetime | None:
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        return None


def _plausible(moment: datetime | None) -> datetime | None:
    """A tablet's clock can stand anywhere, but days beside the calendar's ends cannot be calculated with."""
    if moment is None or not 1 < moment.year < 9999:
        return None
    return moment if abs(moment.utcoffset() or timedelta()) < timedelta(hours=15) else None
