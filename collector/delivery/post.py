"""Messages → the mail server, each recipient's outcome told apart. [door: SMTP]

Nothing leaves unencrypted but to this computer itself, and every answer is waited for only so long. Texts of the server
may repeat an address: it is taken out before anything is kept or shown.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from typing import Literal

from collector.errors import MailServerRefused, MailServerUnreachable

Security = Literal["starttls", "tls", "none"]
State = Literal["sent", "refused", "failed"]
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how mail is handed over. ca_file: certificates to trust instead of this computer's.

    timeout_seconds: how long one answer of the server may take.
    """

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    ca_file: Path | None = None

    @property
    def name(self) -> str:
        return f"mail server {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one recipient; reason: the server's words, without the address."""

    state: State
    reason: str = ""


def send(server: MailServer, message: bytes, *, sender: str, recipients: Sequence[str]) -> dict[str, Outcome]:
    """Hand a message over for these recipients, in one transaction; the outcome of each.

    Raises MailServerUnreachable or MailServerRefused when it came to no transaction; nobody has the message then.
    """
    with connected(server) as connection:
        try:
            refused = connection.sendmail(sender, recipients, message)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            return {each: _refused(refused.get(each)) or Outcome("failed", "not tried") for each in recipients}
        except smtplib.SMTPResponseException as error:  # the sender, or the message itself
            return dict.fromkeys(recipients, Outcome("failed", _words(error.smtp_code, error.smtp_error)))
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            reason = f"{_of_line(error)} while the message was handed over; it is sent again under the same id"
            return dict.fromkeys(recipients, Outcome("failed", reason))
    return {each: _refused(refused.get(each)) or Outcome("sent") for each in recipients}


def probe(server: MailServer) -> str:
    """Connect, encrypt and log in as for a mail, and send nothing; says how. Raises what send raises."""
    with connected(server) as connection:
        connection.noop()
    how = {"starttls": "STARTTLS", "tls": "TLS", "none": "unencrypted, on this computer"}[server.security]
    return f"{server.host}:{server.port}, {how}" + (f", logged in as {server.user}" if server.user else ", no login")


@contextmanager
def connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted and logged in; closed at the end, whatever the server does."""
    try:
        connection = _open(server)
    except (OSError, smtplib.SMTPException) as error:
        raise _translated(error, server) from None
    try:
        try:
            _introduce(connection, server)
        except (OSError, smtplib.SMTPException) as error:
            raise _translated(error, server) from None
        yield connection
    finally:
        _close(connection)


def _open(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        context = _trust(server)
        return _PromptOverTls(server.host, server.port, timeout=server.timeout_seconds, context=context)
    return _Prompt(server.host, server.port, timeout=server.timeout_seconds)


class _Prompt(smtplib.SMTP):
    """A connection on which a whole answer is waited for so long, not each of its bytes: some servers drip."""

    def getreply(self) -> tuple[int, bytes]:
        has_waited = Event()

        def give_up() -> None:
            has_waited.set()
            with suppress(OSError):
                if self.sock:
                    self.sock.shutdown(socket.SHUT_RDWR)

        timer = Timer(self.timeout, give_up)
        timer.start()
        try:
            return super().getreply()
        finally:
            timer.cancel()
            if has_waited.is_set():  # what was there of it is no answer
                self.close()
                raise TimeoutError


class _PromptOverTls(_Prompt, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _introduce(connection: smtplib.SMTP, server: MailServer) -> None:
    if server.security == "starttls":
        connection.starttls(context=_trust(server))
    connection.ehlo_or_helo_if_needed()
    if server.user:
        try:
            connection.login(server.user, server.password)
        except UnicodeEncodeError:
            raise MailServerRefused(
                f"{server.name}: user and password may hold ASCII letters only; ask for another password."
            ) from None


def _trust(server: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)


def _close(connection: smtplib.SMTP) -> None:
    """Say goodbye where somebody still listens."""
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _translated(error: Exception, server: MailServer) -> MailServerRefused | MailServerUnreachable:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailServerRefused(
            f"{server.name} does not offer what is asked for ({error}); nothing was sent unencrypted. Set [mail] port "
            "and security as the provider says."
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailServerRefused(
            f"{server.name} refused the login: {_words(error.smtp_code, error.smtp_error)}; "
            "correct [mail] user or COLLECTOR_MAIL__PASSWORD."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailServerRefused(
            f"{server.name}: its certificate is not to be trusted: {error.verify_message}; nothing was sent. Correct "
            "[mail] server, or name the certificates to trust in [mail] ca_file."
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return MailServerRefused(f"{server.name} refused: {_words(error.smtp_code, error.smtp_error)}.")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return MailServerRefused(f"{server.name}: {error}; set [mail] as the provider says.")
    return MailServerUnreachable(f"{server.name}: {_of_line(error)}; correct [mail] server and port, or wait for it.")


def _of_line(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"no encrypted connection ({error.reason or 'TLS'})"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "no answer in time" if "timed out" in str(error) else "the line was cut"
    return f"no connection ({getattr(error, 'strerror', None) or type(error).__name__})"


def _refused(answer: tuple[int, bytes] | None) -> Outcome | None:
    return Outcome("refused", _words(*answer)) if answer else None


def _words(code: int, text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    plain = " ".join(ADDRESS.sub("the address", shown).split())
    return f"{code} {plain}"[:LONGEST_REASON]
