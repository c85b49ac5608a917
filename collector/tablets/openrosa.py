"""Speak OpenRosa as KoboCollect does: list the forms, fetch a blank one with its media, send a filled one.

Used by tablet.py and workers.py. Works against any KoboToolbox server, and the sandbox. Source: the OpenRosa
specifications for form discovery and submission, and what a KoboToolbox server answers.
"""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from lxml import etree

from collector.errors import AnswerUnreadable, ServerBusy, ServerError, ServerUnreachable, TokenRefused

OPENROSA = {"X-OpenRosa-Version": "1.0"}
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_SECONDS = 60
TRIES = 6
LONGEST_WAIT_SECONDS = 30.0
BUSY = frozenset({423, 429, 500, 502, 503, 504})
"""Answers after which a tablet tries again; a submission keeps its instance id, so that it is stored once."""


@dataclass(frozen=True)
class BlankForm:
    """A form as a tablet keeps it. form_id: the project's uid; version: as the form list shows it; media: by name."""

    form_id: str
    name: str
    version: str
    form_xml: bytes
    media: dict[str, bytes]


@dataclass(frozen=True)
class Refusal:
    """A submission the server did not take, and what it said."""

    status: int
    message: str


class OpenRosa:
    """One tablet's connection. url: of the server, with or without a slash at the end; sleep: waits so many seconds."""

    def __init__(self, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url.rstrip("/")
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(OPENROSA)
        if urlsplit(self.url).hostname in LOOPBACK:
            self._session.trust_env = False  # a proxy of the network would look for the sandbox on itself

    def close(self) -> None:
        self._session.close()

    def fetch_blank_forms(self, token: str) -> list[BlankForm]:
        """Every form this user may fill, in the order of the server's list."""
        listed = self._xml(f"{self.url}/formList", token)
        return [self._blank_form(entry, token) for entry in listed.iterfind("{*}xform")]

    def send(self, xml: bytes, token: str, attached: Mapping[str, bytes] | None = None) -> Refusal | None:
        """Send one submission; None when the server has it now, from this post (201) or from an earlier one (202).

        attached: files by name, those of an encrypted submission among them.
        Raises TokenRefused, ServerBusy and ServerUnreachable, after several tries.
        """
        files = {"xml_submission_file": ("submission.xml", xml, "text/xml")}
        for name, content in (attached or {}).items():
            files[name] = (name, content, mimetypes.guess_type(name)[0] or "application/octet-stream")
        response = self._asked("POST", f"{self.url}/submission", token, files=files)
        return None if response.status_code in (201, 202) else Refusal(response.status_code, _message(response))

    def _blank_form(self, entry: Any, token: str) -> BlankForm:
        manifest_url = entry.findtext("{*}manifestUrl")
        manifest = self._xml(manifest_url, token) if manifest_url else []
        return BlankForm(
            form_id=entry.findtext("{*}formID") or "",
            name=entry.findtext("{*}name") or "",
            version=entry.findtext("{*}version") or "",
            form_xml=self._content(entry.findtext("{*}downloadUrl"), token),
            media={
                file.findtext("{*}filename"): self._content(file.findtext("{*}downloadUrl"), token) for file in manifest
            },
        )

    def _content(self, url: str, token: str) -> bytes:
        response = self._asked("GET", url, token)
        if response.status_code != 200:
            raise ServerError(
                f"{url} answered {response.status_code}: {_message(response)}", status=response.status_code
            )
        return response.content

    def _xml(self, url: str, token: str) -> Any:
        try:
            return etree.fromstring(self._content(url, token))
        except etree.XMLSyntaxError:
            raise AnswerUnreadable(
                f"{url} did not answer with XML: is {self.url} a KoboToolbox server?", status=200
            ) from None

    def _asked(self, method: str, url: str, token: str, **parts: Any) -> requests.Response:
        """Ask until the server is not busy; waits longer each time, or as long as the server says."""
        headers = {"Authorization": f"Token {token}"}
        for attempt in range(TRIES):
            is_last = attempt == TRIES - 1
            try:
                response = self._session.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, **parts)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                if is_last:
                    raise ServerUnreachable(
                        f"{self.url} does not answer: check the address and the network; run again."
                    ) from None
                self._sleep(_wait(attempt))
                continue
            if response.status_code == 401:
                raise TokenRefused(f"{self.url} does not know the token of a tablet's user.", status=401)
            if response.status_code not in BUSY:
                return response
            if not is_last:
                self._sleep(_wait(attempt, response.headers.get("Retry-After", "")))
        raise ServerBusy(
            f"{self.url} stays busy ({response.status_code}); run again later.", status=response.status_code
        )


def _wait(attempt: int, retry_after: str = "") -> float:
    asked = float(retry_after) if retry_after.isdigit() else 0.25 * 2**attempt
    return min(asked, LONGEST_WAIT_SECONDS)


def _message(response: requests.Response) -> str:
    """What the server says, from any of its shapes of XML; its status where it says nothing readable."""
    try:
        root = etree.fromstring(response.content)
    except (etree.XMLSyntaxError, ValueError):
        return f"status {response.status_code}"
    for tag in ("{*}message", "{*}detail"):
        if text := root.findtext(f".//{tag}"):
            return text.strip()
    return f"status {response.status_code}"
