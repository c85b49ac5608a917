"""A letter → the message that goes over the wire: headers, plain text and HTML, the workbook when it is attached.

The recipients stand in the envelope only (post.py), so that nobody reads who else gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Group
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from collector.delivery.letter import Letter

XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the message; content: already locked (protect.py)."""

    name: str
    content: bytes


def message_bytes(
    letter: Letter,
    *,
    sender: str,
    group: str,
    identity: Sequence[object],
    language: str,
    now: datetime,
    attachment: Attachment | None = None,
) -> bytes:
    """The message as bytes with CRLF line ends, seven bits wide: no server has to recode it.

    identity: what makes this mail the one it is; sent again, it carries the same Message-ID, and mail programs show
    it once.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Group(group, ())
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_digest(identity)}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    message.set_content(letter.text, cte="base64")
    message.add_alternative(letter.html, subtype="html", cte="base64")
    if attachment:
        message.add_attachment(attachment.content, maintype=XLSX[0], subtype=XLSX[1], filename=attachment.name)
    return message.as_bytes()


def _digest(identity: Sequence[object]) -> str:
    return "collector." + sha256(repr(tuple(map(str, identity))).encode()).hexdigest()[:32]
