"""What one worker does: start an engine, fill its tablets' forms, send them in order, report each. Used by tablet.py.

A worker is a process that was spawned, never forked: a Java machine does not survive a fork.
"""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from collector.errors import CollectorError, JavaMissing, TabletError
from collector.tablets import javarosa, plain_xml
from collector.tablets.filled import Filled
from collector.tablets.java import java
from collector.tablets.openrosa import BlankForm, OpenRosa
from collector.tablets.sealing import packed
from collector.tablets.stamp import stamped

Engine = Literal["auto", "javarosa", "plain"]
Tokens = Mapping[str, str] | str

ALIVE_EVERY_SECONDS = 2.0
"""How often the parent looks whether a silent worker is still there."""


@dataclass(frozen=True)
class Orders:
    """What one worker is told: its forms in the order to send them, blank forms by key, and how."""

    url: str
    tokens: Tokens
    forms: Sequence[Filled]
    blank: Mapping[str, BlankForm]
    old: Mapping[str, BlankForm]
    engine: Engine
    backdated: bool


@dataclass(frozen=True)
class RefusedForm:
    """A form that the server did not take, and what it said."""

    form_key: str
    instance_id: str
    status: int
    message: str


@dataclass(frozen=True)
class Report:
    """One form is done. engine: "javarosa", or "plain" and the reason."""

    form_key: str
    label: str
    engine: str
    engine_reason: str
    refused: RefusedForm | None = None


@dataclass(frozen=True)
class _Ended:
    """A worker is through, or failed: then with the error's class and text, because errors do not travel well."""

    error: type[CollectorError] | None = None
    text: str = ""


def in_this_process(orders: Sequence[Orders]) -> Iterator[Report]:
    """Do the work here, one worker after the other."""
    for order in orders:
        yield from _work(order)


def each_in_a_process(orders: Sequence[Orders]) -> Iterator[Report]:
    """Do the work in one process each, at the same time; raises the error of the first worker that fails."""
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    processes = [context.Process(target=_worker, args=(order, reports), daemon=True) for order in orders]
    for process in processes:
        process.start()
    try:
        yield from _received(reports, processes)
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.kill()  # only after a failure is there anything left to end
            process.join()
        reports.close()


def _received(reports: Any, processes: Sequence[Any]) -> Iterator[Report]:
    working = len(processes)
    while working:
        try:
            message = reports.get(timeout=ALIVE_EVERY_SECONDS)
        except queue.Empty:
            if reports.empty() and sum(process.is_alive() for process in processes) < working:
                raise TabletError(
                    "a tablet's process ended before its forms were sent; run again, nothing is sent twice."
                ) from None
            continue
        if not isinstance(message, _Ended):
            yield message
        elif message.error is None:
            working -= 1
        else:
            error = message.error.__new__(message.error)
            Exception.__init__(error, message.text)
            raise error


def _worker(orders: Orders, reports: Any) -> None:
    """Body of a worker's process."""
    try:
        for report in _work(orders):
            reports.put(report)
        reports.put(_Ended())
    except CollectorError as error:
        reports.put(_Ended(type(error), str(error)))
    except KeyboardInterrupt:
        pass  # the parent got it too, and says so


def _work(orders: Orders) -> Iterator[Report]:
    engine, reason = _engine(orders.engine)
    make = javarosa.Form if engine == "javarosa" else plain_xml.Form
    forms = {key: make(blank.form_xml, blank.media) for key, blank in orders.blank.items()}
    old = {key: make(blank.form_xml, blank.media) for key, blank in orders.old.items()}
    with closing(OpenRosa(orders.url)) as server:
        for filled in orders.forms:
            form = old.get(filled.form_key) if filled.is_old_form else None
            xml = stamped((form or forms[filled.form_key]).fill(filled), tampered=filled.tampered)
            blank = orders.old[filled.form_key] if form else orders.blank[filled.form_key]
            parcel = packed(blank.form_xml, xml)
            received_at = filled.sent_at if orders.backdated else None
            sent = stamped(parcel.xml, tampered={}, received_at=received_at)
            refusal = server.send(sent, token_of(orders.tokens, filled.username), parcel.files)
            refused = (
                RefusedForm(filled.form_key, filled.instance_id, refusal.status, refusal.message) if refusal else None
            )
            yield Report(filled.form_key, f"{filled.device} · {filled.form_key}", engine, reason, refused)


def _engine(wanted: Engine) -> tuple[str, str]:
    """The engine to use, and why it is the plain one."""
    if wanted == "plain":
        return "plain", ""
    try:
        java()
    except JavaMissing as error:
        if wanted == "javarosa":
            raise
        return "plain", str(error)
    return "javarosa", ""


def token_of(tokens: Tokens, username: str) -> str:
    """The token a user sends with; raises TabletError for a user without one."""
    token = tokens if isinstance(tokens, str) else tokens.get(username)
    if not token:
        raise TabletError(f"the tablets have no token for user '{username}'; give one, or one token for all.")
    return token
