"""What a failed request means: a lost line or an HTTP status → one of our errors, with what to do next.

Used by client.py. Texts of the server are passed on but never matched: they come translated, and as JSON of many
shapes, HTML or plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ConnectTimeout,
    ContentDecodingError,
    ProxyError,
    RequestException,
    SSLError,
    Timeout,
)
from urllib3.exceptions import NameResolutionError, NewConnectionError, ReadTimeoutError

from collector.errors import PermissionMissing, ServerBusy, ServerError, ServerUnreachable, TokenRefused
from collector.kobo.retry import Passing, retry_after

LONGEST_TEXT = 500


def line_failure(error: RequestException, asked: str, *, silent_seconds: float) -> Passing | ServerUnreachable:
    """What a request that got no whole answer means. asked: method and address, without its query."""
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ServerUnreachable(
            f"{asked}: the server's certificate is not trusted by this computer. Check [server] url, the computer's "
            "clock and its certificates."
        )
    if not isinstance(error, ConnectionError | Timeout | ChunkedEncodingError | ContentDecodingError):
        return ServerUnreachable(f"{asked} cannot be asked ({type(error).__name__}). Check [server] url.")
    reason, is_untouched = _reason(error, silent_seconds)
    return Passing(
        ServerUnreachable(f"No answer to {asked}: {reason}. Check the network and [server] url, then run again."),
        is_untouched=is_untouched,
    )


def _reason(error: RequestException, silent_seconds: float) -> tuple[str, bool]:
    """Why there is no answer, and whether the request certainly never left."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, ChunkedEncodingError | ContentDecodingError):
        return "it broke off", False
    if isinstance(error, ConnectTimeout):
        return "connecting took too long", True
    if isinstance(error, ProxyError):
        return "the proxy that the environment names does not answer", False
    if isinstance(cause, NameResolutionError):
        return "the name is unknown", True
    if isinstance(cause, NewConnectionError):
        return "the connection is refused", True
    if isinstance(error, Timeout) or isinstance(error.args[0] if error.args else None, ReadTimeoutError):
        return f"silent for {silent_seconds:g} s", False
    return "the connection was lost", False


def check_status(response: requests.Response, *, secret: str) -> None:
    """Raise for every status of 400 and above; Passing where another try may help."""
    status = response.status_code
    if status < 400:
        return
    asked, said = where(response), secret_free(server_text(response), secret)
    if status == 429 or status == 503:
        wait = retry_after(response.headers)
        raise Passing(
            ServerBusy(f"{asked}: the server is busy ({status}). Run again later.", status=status),
            wait_seconds=wait,
            is_untouched=status == 429 and wait is not None,
        )
    if status in (502, 504):
        gone = f"{asked}: the gateway got no answer from the server ({status}). Run again later."
        raise Passing(ServerUnreachable(gone, status=status))
    raise refusal(status, asked, said)


def refusal(status: int, asked: str, said: str) -> ServerError:
    """The error for a status that will not pass by itself. said: the server's own words, or ""."""
    quoted = f" The server says: {said}" if said else ""
    if status == 401:
        return TokenRefused(
            f"{asked}: the server does not know the token. Copy it from the account's settings (Security) into "
            f"COLLECTOR_SERVER__TOKEN.{quoted}",
            status=status,
        )
    if status == 403:
        return PermissionMissing(f"{asked}: this account may not do that.{quoted}", status=status)
    if status == 404:
        return PermissionMissing(
            f"{asked}: not there, or this account cannot see it. Check the uid and the sharing of the project.",
            status=status,
        )
    if status == 410:
        return ServerError(f"{asked}: the server has given this address up ({status}).{quoted}", status=status)
    if status >= 500:
        return ServerError(f"{asked}: the server failed ({status}). Tell its administrator.{quoted}", status=status)
    return ServerError(f"{asked}: the server refuses ({status}).{quoted}", status=status)


def where(response: requests.Response) -> str:
    """Method and address without its query: "GET https://kf.kobotoolbox.org/me/"."""
    method = response.request.method if response.request is not None else "GET"
    return f"{method} {response.url.partition('?')[0]}"


def server_text(response: requests.Response) -> str:
    """The server's own words in an error's body, shortened; "" for an HTML page, which says nothing of use."""
    try:
        words = " · ".join(_texts(msgspec.json.decode(response.content)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        is_page = "html" in response.headers.get("Content-Type", "")
        words = "" if is_page and b"<" in response.content else response.content.decode("utf-8", "replace")
    return shortened(words)


def shortened(words: str) -> str:
    """On one line, and not longer than people read."""
    line = re.sub(r"\s+", " ", words).strip()
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"


def secret_free(text: str, secret: str) -> str:
    return text.replace(secret, "<token>") if secret else text


def _texts(body: object) -> Iterator[str]:
    """Every text in a body of any shape, with the field it belongs to: {"limit": "…"} → "limit: …"."""
    if isinstance(body, dict):
        for name, value in body.items():
            prefix = "" if name in ("detail", "error") else f"{name}: "
            yield from (f"{prefix}{text}" for text in _texts(value))
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)
    elif body is not None:
        yield str(body)
