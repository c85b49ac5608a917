"""What should have arrived and did not: a workbook later than the schedule says, a mail that did not reach everybody.

Looked for at the start of every nightly run, before a delivery and by `collector status`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from collector.delivery.letter import Alarm
from collector.delivery.words import Words
from collector.reporting import deliveries, ledger
from jobs.deliver import newest
from jobs.mail_settings import MailGroup
from jobs.schedule import PATIENCE, trigger_of
from jobs.settings import Settings


def alarms(connection: Connection, settings: Settings, now: datetime) -> list[Alarm]:
    """Everything that is missing now, the workbook first."""
    groups = settings.mail.groups.items()
    undelivered = (_undelivered(connection, settings, name, group) for name, group in groups)
    return [alarm for alarm in (_late(connection, settings, now), *undelivered) if alarm]


def told(found: list[Alarm]) -> str:
    """The alarms in one line, for the log and the command line."""
    return " ".join(alarm.told(Words("en")) for alarm in found)


def _late(connection: Connection, settings: Settings, now: datetime) -> Alarm | None:
    """The workbook of the newest slot has not come three hours after it was due; None before the first run."""
    last = deliveries.last_export(connection, "internal")
    since = last.made_at if last else ledger.first_started(connection)
    if since is None:
        return None
    due = trigger_of(settings.schedule).get_next_fire_time(None, since + timedelta(seconds=1))
    if due is None or now < due + PATIENCE:
        return None
    zone = ZoneInfo(settings.schedule.time_zone)
    facts = {"due": _minute(due, zone)} | ({"last": _minute(last.made_at, zone)} if last else {})
    return Alarm("late" if last else "never", facts)


def _undelivered(connection: Connection, settings: Settings, name: str, group: MailGroup) -> Alarm | None:
    """The mail about the newest nightly workbook, where it has not reached everybody who is in the group now."""
    export = newest(connection, settings, group, job="nightly")
    if export is None:
        return None
    states = deliveries.deliveries_of(connection, export.run, name)
    secret = settings.pseudonym_secret
    missed = sum(
        (found := states.get(deliveries.recipient_key(address, secret))) is None or found.state != "sent"
        for address in group.to
    )
    if not missed:
        return None
    made = _minute(export.made_at, ZoneInfo(settings.schedule.time_zone))
    return Alarm("undelivered", {"made": made, "count": missed, "of": len(group.to), "group": name})


def _minute(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
