"""A real mail server on this computer for tests: it takes mail over TLS with a login, and can be told to misbehave."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "reports", "a mail password of the tests"
HOST = "127.0.0.1"


@dataclass
class Mailbox:
    """What the server took, and whom it refuses with which answer. port: where it listens."""

    refused: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    is_dropping: bool = False
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.is_dropping:
            server.transport.abort()
            return ""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((tuple(envelope.rcpt_tos), message))
        return "250 taken"

    @property
    def envelopes(self) -> list[tuple[str, ...]]:
        return [recipients for recipients, _ in self.taken]


def free_port() -> int:
    """aiosmtpd does not take port 0."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(certificate: Path, *, has_starttls: bool = True, is_tls: bool = False) -> Iterator[Mailbox]:
    """The server with the certificate and key of a PEM file; logins are USER with PASSWORD."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    mailbox = Mailbox(port=free_port())
    controller = Controller(
        mailbox,
        hostname=HOST,
        port=mailbox.port,
        authenticator=_authenticate,
        auth_require_tls=not is_tls and has_starttls,
        **({"ssl_context": context} if is_tls else {"tls_context": context} if has_starttls else {}),
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    is_right = isinstance(login, LoginPassword) and login == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)


@contextmanager
def answering(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection what `talk` does; gives its port."""
    with socket.create_server((HOST, 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    talk(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def write_certificate(path: Path, *, name: str = HOST) -> Path:
    """A certificate that signs itself, with its key, for one address or host name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    is_address = name[0].isdigit()
    alternative: x509.GeneralName = x509.IPAddress(ip_address(name)) if is_address else x509.DNSName(name)
    began = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + built.public_bytes(serialization.Encoding.PEM)
    )
    return path
