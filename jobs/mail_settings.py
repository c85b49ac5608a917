"""[mail] of settings.toml: the mail server, and the groups of people who are told of a night. Part of settings.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Address = Annotated[str, Field(pattern=r"^[!-;=?A-~]+@[!-;=?A-~]+$", max_length=254)]
"""A mail address in ASCII, without blanks and angle brackets."""


class MailGroup(BaseModel, frozen=True, extra="forbid"):
    """Who gets which mail. workbook: nothing of it, a link to it, or the file behind a password."""

    to: tuple[Address, ...] = Field(min_length=1)
    language: Literal["en", "ar", "ckb"] = "en"
    edition: Literal["internal", "shared"] = "internal"
    contents: tuple[Literal["totals", "changes", "actions"], ...] = ("totals", "changes", "actions")
    workbook: Literal["none", "link", "attached"] = "none"

    @field_validator("to")
    @classmethod
    def are_all_different(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if len({address.lower() for address in addresses}) < len(addresses):
            raise ValueError("an address stands here twice; once is enough")
        return addresses


class MailSettings(BaseModel, frozen=True, extra="forbid"):
    """The mail server, and who is told of a night; no server: no mail. link: the export folder as recipients see it.

    ca_file: certificates to trust instead of this computer's. timeout_seconds: for one answer of the server.
    """

    server: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    sender: Address | Literal[""] = ""
    timeout_seconds: float = Field(default=30, gt=0)
    ca_file: Path | None = None
    link: str = ""
    workbook_password: SecretStr | None = None
    shared_password: SecretStr | None = None
    groups: Mapping[str, MailGroup] = Field(default_factory=dict)

    @field_validator("groups")
    @classmethod
    def are_named_plainly(cls, groups: Mapping[str, MailGroup]) -> Mapping[str, MailGroup]:
        for name in groups:
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
                raise ValueError("the name of a group takes letters, digits, - and _, at most 40")
        return groups

    @model_validator(mode="after")
    def is_whole(self) -> MailSettings:
        if self.server and self.security == "none" and self.server not in LOOPBACK:
            raise ValueError('security = "none" is for a server on this computer only; write "starttls" or "tls"')
        if self.server and not self.sender:
            raise ValueError("sender is missing: the address that mails come from")
        if self.groups and not self.server:
            raise ValueError("server is missing: there are groups to write to")
        if not self.link and any(group.workbook == "link" for group in self.groups.values()):
            raise ValueError("link is missing: the address of the workbook's folder, as recipients see it")
        return self
