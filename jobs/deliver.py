"""The mail about the newest workbook, to those who do not have it yet, each outcome kept at once.

A recipient who was refused or missed is tried again by the next delivery: of the same workbook, or of the next one,
whose mail then tells what changed since the last that this recipient got.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from collector.delivery.digest import from_json
from collector.delivery.letter import Alarm, Letter, News, letter
from collector.delivery.message import Attachment, message_bytes
from collector.delivery.post import MailServer, Outcome, State, send
from collector.delivery.protect import locked
from collector.delivery.words import Words
from collector.errors import (
    DeliveryError,
    MailServerRefused,
    MailServerUnreachable,
    RecipientsRefused,
    SettingsError,
)
from collector.form.programme import Programme
from collector.reporting import deliveries
from collector.reporting.deliveries import Delivery, Export, recipient_key
from collector.workbook import texts
from collector.workbook.labels import in_language
from collector.workbook.night import Edition
from collector.workbook.texts import Language
from jobs.archive import recorded
from jobs.mail_settings import MailGroup
from jobs.settings import Settings
from jobs.wiring import Databases

log = structlog.get_logger()

MOST_RECIPIENTS = 50
"""Of one message: many servers refuse more than a hundred (RFC 5321, 4.5.3.1.8)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the mail for one recipient; reason: of a refusal or failure. is_earlier: by a mail before."""

    group: str
    address: str
    state: State
    reason: str = ""
    is_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter and those it is for. since: the run of the last mail that they got, None for a first one."""

    group: str
    export: Export
    to: tuple[str, ...]
    since: int | None
    letter: Letter


def deliver(
    databases: Databases,
    settings: Settings,
    programme: Programme,
    *,
    groups: Collection[str] = (),
    alarms: Sequence[Alarm] = (),
    now: Callable[[], datetime],
    announce: Callable[[Sequence[Sent]], None] = lambda sent: None,
) -> list[Sent]:
    """Send what is due to each group, or to these; nobody gets a workbook's mail twice.

    `announce` hears every outcome before the error is raised: MailServerUnreachable or MailServerRefused where it came
    to no mail at all, RecipientsRefused where some did not get theirs.
    """
    server, troubles = mail_server(settings), list[DeliveryError]()
    sent = list(_had_it_before(databases, settings, _chosen(settings, groups)))
    with databases.reporting.connect() as connection:
        mails = list(due(connection, settings, programme, groups=groups, alarms=alarms))
    attachments = {mail.group: _attachment(settings, mail) for mail in mails}
    for mail in mails:
        outcomes = _send(server, settings, mail, attachments[mail.group], now(), troubles)
        _keep(databases, settings, mail, outcomes, now())
        sent += [Sent(mail.group, address, each.state, each.reason) for address, each in outcomes.items()]
        reached = sum(each.state == "sent" for each in outcomes.values())
        log.info("delivered", group=mail.group, run=mail.export.run, sent=reached, missed=len(outcomes) - reached)
    announce(sent)
    _raise(sent, troubles)
    return sent


def due(
    connection: Connection,
    settings: Settings,
    programme: Programme,
    *,
    groups: Collection[str] = (),
    alarms: Sequence[Alarm] = (),
) -> Iterator[Mail]:
    """The mails that are to be sent now. Raises DeliveryError before the first workbook of an edition."""
    for name, group in _chosen(settings, groups).items():
        export = newest(connection, settings, group)
        if export is None:
            option = _options(settings, group)
            raise DeliveryError(
                f"group '{name}': no such workbook has been written yet; run `collector export{option}`."
            )
        states = deliveries.deliveries_of(connection, export.run, name)
        last = deliveries.last_sent(connection, name, group.edition, export.run)
        waiting: dict[int | None, list[str]] = {}
        for address in group.to:
            key = recipient_key(address, settings.pseudonym_secret)
            if key not in states or states[key].state != "sent":
                waiting.setdefault(last.get(key), []).append(address)
        for since, addresses in waiting.items():
            news = _news(connection, settings, programme, group, export, since, alarms)
            written = letter(news, Words(group.language), group.contents)
            for start in range(0, len(addresses), MOST_RECIPIENTS):
                yield Mail(name, export, tuple(addresses[start : start + MOST_RECIPIENTS]), since, written)


def mail_server(settings: Settings) -> MailServer:
    """Where mail is handed over; raises SettingsError without a server, SecretMissing without the password."""
    mail = settings.mail
    if not mail.server:
        raise SettingsError("[mail] server is not set: there is no mail server to hand mails to.")
    return MailServer(
        mail.server, mail.port, mail.security, mail.user, settings.mail_password, mail.timeout_seconds, mail.ca_file
    )


def workbooks_of(settings: Settings) -> list[tuple[Edition, Language]]:
    """The workbooks that a night needs: the internal one in the language of [export], and that of each group."""
    needed = [workbook_of(settings, group) for group in settings.mail.groups.values()]
    return list(dict.fromkeys([("internal", settings.export.language), *needed]))


def workbook_of(settings: Settings, group: MailGroup) -> tuple[Edition, Language]:
    """Edition and language of a group's workbook; where it gets none, of the one whose totals it is told."""
    return group.edition, settings.export.language if group.workbook == "none" else group.language


def newest(connection: Connection, settings: Settings, group: MailGroup, *, job: str | None = None) -> Export | None:
    """The newest workbook for a group. A shared one that is not written in its language yet is that in another."""
    edition, language = workbook_of(settings, group)
    found = deliveries.last_export(connection, edition, language, job=job)
    return found or (deliveries.last_export(connection, edition, job=job) if edition == "shared" else None)


def _options(settings: Settings, group: MailGroup) -> str:
    """What `collector export` needs to be told for a group's workbook."""
    edition, language = workbook_of(settings, group)
    of_edition = " --edition shared" if edition == "shared" else ""
    return of_edition + (f" --language {language}" if language != settings.export.language else "")


def _chosen(settings: Settings, names: Collection[str]) -> Mapping[str, MailGroup]:
    groups = settings.mail.groups
    for name in names:
        if name not in groups:
            near = get_close_matches(name, groups, n=1)
            advice = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(groups) or 'none'}."
            raise SettingsError(f"there is no [mail.groups.{name}]; {advice}")
    return {name: group for name, group in groups.items() if name in names or not names}


def _had_it_before(databases: Databases, settings: Settings, groups: Mapping[str, MailGroup]) -> Iterator[Sent]:
    with databases.reporting.connect() as connection:
        for name, group in groups.items():
            export = newest(connection, settings, group)
            states = deliveries.deliveries_of(connection, export.run, name) if export else {}
            for address in group.to:
                known = states.get(recipient_key(address, settings.pseudonym_secret))
                if known and known.state == "sent":
                    yield Sent(name, address, "sent", is_earlier=True)


def _news(
    connection: Connection,
    settings: Settings,
    programme: Programme,
    group: MailGroup,
    export: Export,
    since: int | None,
    alarms: Sequence[Alarm],
) -> News:
    before = deliveries.export_of(connection, since, group.edition) if since is not None else None
    programme = in_language(programme, texts.Words(group.language))
    zone = programme.time_zone
    is_linked = group.workbook == "link"
    return News(
        title=programme.title,
        zone=zone,
        run=export.run,
        edition=group.edition,
        digest=from_json(export.digest),
        before=from_json(before.digest) if before else None,
        since=before.made_at.astimezone(ZoneInfo(zone)).date() if before else None,
        alarms=() if group.edition == "shared" else alarms,
        labels={name: item_set.label for name, item_set in programme.item_sets.items()},
        place=_place(settings.mail.link, export.file_name) if is_linked else "",
        is_attached=group.workbook == "attached",
    )


def _place(folder: str, file_name: str) -> str:
    if folder.startswith(("https://", "http://")):
        return f"{folder.rstrip('/')}/{quote(file_name)}"
    separator = "\\" if "\\" in folder else "/"
    return f"{folder.rstrip(separator)}{separator}{file_name}"


def _attachment(settings: Settings, mail: Mail) -> Attachment | None:
    """The workbook behind its password; raises SecretMissing before anything is sent."""
    if settings.mail.groups[mail.group].workbook != "attached":
        return None
    password = settings.workbook_password(mail.export.edition)
    path: Path = settings.export.folder / mail.export.file_name
    try:
        return Attachment(path.name, locked(path.read_bytes(), password))
    except OSError as error:
        raise DeliveryError(
            f"{path} cannot be read ({error.strerror}); run `collector export`, then deliver."
        ) from None


def _send(
    server: MailServer,
    settings: Settings,
    mail: Mail,
    attachment: Attachment | None,
    at: datetime,
    troubles: list[DeliveryError],
) -> dict[str, Outcome]:
    """Hand one mail over; once the server was not to be had, the others are not tried."""
    if troubles:
        return dict.fromkeys(mail.to, Outcome("failed", "not tried: the mail server was not to be had before"))
    message = message_bytes(
        mail.letter,
        sender=settings.mail.sender,
        group=mail.group,
        identity=(mail.export.run, mail.export.made_at.isoformat(), mail.export.edition, mail.group, mail.since),
        language=settings.mail.groups[mail.group].language,
        now=at.astimezone(ZoneInfo(settings.schedule.time_zone)),
        attachment=attachment,
    )
    try:
        return send(server, message, sender=settings.mail.sender, recipients=mail.to)
    except (MailServerUnreachable, MailServerRefused) as error:
        troubles.append(error)
        return dict.fromkeys(mail.to, Outcome("failed", str(error)))


def _keep(databases: Databases, settings: Settings, mail: Mail, outcomes: Mapping[str, Outcome], at: datetime) -> None:
    export = mail.export
    with databases.reporting.connect() as connection:
        known = deliveries.deliveries_of(connection, export.run, mail.group)
    rows = []
    for address, outcome in outcomes.items():
        key = recipient_key(address, settings.pseudonym_secret)
        attempts = known[key].attempts + 1 if key in known else 1
        told = outcome.state, at, attempts, outcome.reason or None
        rows.append(Delivery(export.run, mail.group, key, export.edition, *told))
    body = {"outcomes": [asdict(row) for row in rows]}
    with recorded(databases, "delivered", body, at=at, run=export.run) as connection:
        deliveries.write_deliveries(connection, rows)


def _raise(sent: Sequence[Sent], troubles: Sequence[DeliveryError]) -> None:
    """The error of a delivery that did not reach everybody; the run keeps its text, so it names no address."""
    missed = [each for each in sent if each.state != "sent"]
    if not missed:
        return
    if troubles:
        raise type(troubles[0])(f"{troubles[0]} Not delivered to {len(missed)} of {len(sent)}.")
    by_group = Counter(each.group for each in missed)
    of_group = Counter(each.group for each in sent)
    named = ", ".join(f"{group}: {count} of {of_group[group]}" for group, count in by_group.items())
    raise RecipientsRefused(
        f"the mail did not reach everybody ({named} missed it): {missed[0].reason}. Who has it does not get it again; "
        "the others are tried in the next run, or now with `collector deliver`."
    )
