"""The one door to HTTP: a session with the server, its time-outs, its retries, and its errors made ours.

Used by pages.py and deployment.py. Retries are retry.py's; what an answer's status means is refusals.py's.
Source: Kobo API v2, and the server's own behaviour as recorded (tests/data/kobo).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from collector.errors import AnswerUnreadable, ServerError
from collector.kobo.address import origin, read_token, server_address
from collector.kobo.file_body import FileBody
from collector.kobo.refusals import check_status, line_failure, secret_free, where
from collector.kobo.retry import Passing, Patience
from collector.kobo.submission import in_utc

Answer = TypeVar("Answer")
Files = Mapping[str, tuple[str, bytes, str]]
"""Parts of a multipart request: {part name: (file name, content, content type)}."""

CONNECT_SECONDS = 10.0
LONGEST_CHAIN = 5  # redirects followed for one GET


class _Token(AuthBase):
    """Adds the token to requests for its own server, and to no other."""

    def __init__(self, token: str, address: str) -> None:
        self._token, self._origin = token, origin(address)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin(request.url or "") == self._origin:
            request.headers["Authorization"] = f"Token {self._token}"
        return request


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is, as the server says: the proof that the token works. `server_time` is the server's clock."""

    username: str
    server_time: datetime
    organization: str = ""
    is_superuser: bool = False


class Client:
    """A session with one KoboToolbox server, as one account.

    url: https://…, or http://… on this computer; token: the account's 40 characters, sent to this server only.
    timeout_seconds: how long the server may stay silent; connecting has its own, shorter limit.
    requests: how many were sent so far, repetitions included. Reading calls may come from several threads at once.

    Reading calls are repeated by `patience` on 429, 502, 503, 504, lost connections, time-outs and bodies cut in
    the middle. Writing calls are sent once, because the server may have acted before the answer was lost. Two cases
    are no such risk, and are repeated: the connection was never made, and a 429 with Retry-After, which by its
    definition (RFC 6585) is given instead of acting. A writing call whose repetition does no harm says so with
    `is_idempotent`.
    """

    def __init__(
        self, url: str, token: str, *, timeout_seconds: float = 120.0, patience: Patience | None = None
    ) -> None:
        self.url = server_address(url)
        self.patience = patience or Patience()
        self.requests = 0
        self._counting = Lock()
        self._token = read_token(token)
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._session = _open_session(self.url)
        self._auth = _Token(self._token, self.url)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def account(self) -> Account:
        """Whose token this is. Raises TokenRefused when the server does not know it.

        Only this answer proves a token: without a valid one, lists of the server are empty rather than refused.
        """
        answer = self.get_json("/me/")
        try:
            return Account(
                username=_text(answer["username"]),
                server_time=in_utc(datetime.fromisoformat(answer["server_time"])),
                organization=str((answer.get("organization") or {}).get("name", "")),
                is_superuser=answer.get("is_superuser") is True,
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise AnswerUnreadable(
                f"{self.url}/me/ does not say whose token this is: is [server] url the address of a KoboToolbox server?"
            ) from None

    def get(self, path: str, *, read: Callable[[bytes], Answer], **params: object) -> Answer:
        """Fetch JSON and read it with `read`, which raises msgspec.DecodeError for a body it cannot read.

        A body that breaks off is fetched again; one that is no JSON at all, or not of the shape, is AnswerUnreadable.
        params: query parameters; lists and mappings are sent as JSON, as the data API wants them.
        """

        def ask() -> Answer:
            response = self._follow(path, _encoded(params), are_others_trusted=False, stream=True)
            return _read_json(response, self._body(response), read)

        return self.patience.persist(ask, is_idempotent=True)

    def get_json(self, path: str, **params: object) -> Any:
        """Fetch JSON of any shape."""
        return self.get(path, read=msgspec.json.decode, **params)

    def get_bytes(self, path: str, **params: object) -> bytes:
        """Fetch a file. The server may send us on to its storage, which gets no token."""

        def ask() -> bytes:
            return self._follow(path, _encoded(params), are_others_trusted=True).content

        return self.patience.persist(ask, is_idempotent=True)

    @contextmanager
    def open_file(self, path: str, *, start: int = 0, unless_changed: str = "") -> Iterator[FileBody]:
        """A file from byte `start` on, where the server can, in pieces; else from its beginning: see FileBody.start.

        unless_changed: the mark of an earlier answer; a file that has another now is given from its beginning.
        Passing is raised for what another try may mend. The server's storage, if it sends us there, gets no token.
        """
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-"} | ({"If-Range": unless_changed} if unless_changed else {})
        response = self._follow(path, {}, are_others_trusted=True, headers=headers, stream=True)
        with closing(response):
            body = FileBody(response)
            if body.start not in (0, start):
                raise ServerError(f"{where(response)} gives another part of the file than was asked for.", status=416)
            try:
                yield body
            except requests.exceptions.RequestException as error:
                raise line_failure(error, where(response), silent_seconds=self._timeout[1]) from None

    def get_as_tablet(self, path: str, **params: object) -> bytes:
        """Fetch what a tablet fetches: OpenRosa's addresses take no slash at the end, and answer in XML.

        path: as the server's form list names it. Its path alone counts: whatever host a list names, this one answers
        too, and no other gets the token.
        """
        parts = urlsplit(path)
        address = urljoin(self.url, f"{parts.path}?{parts.query}" if parts.query else parts.path)

        def ask() -> bytes:
            response = self._exchange("GET", address, params=_encoded(params), headers={"Accept": "*/*"})
            if response.is_redirect:
                raise self._moved(response)
            return response.content

        return self.patience.persist(ask, is_idempotent=True)

    def post_json(self, path: str, body: object, *, is_idempotent: bool = False) -> Any:
        """POST a JSON body, once; returns the JSON of the answer, None where it is empty."""
        return self._write("POST", path, is_idempotent, json=body)

    def post_files(self, path: str, fields: Mapping[str, str], files: Files) -> Any:
        """POST a multipart form, once; returns the JSON of the answer."""
        return self._write("POST", path, False, data=dict(fields), files=dict(files))

    def patch_json(self, path: str, body: object, *, is_idempotent: bool = False) -> Any:
        """PATCH with a JSON body, once; returns the JSON of the answer."""
        return self._write("PATCH", path, is_idempotent, json=body)

    def delete(self, path: str, body: object = None, *, is_idempotent: bool = False) -> Any:
        """DELETE, once; returns the JSON of the answer, None where it is empty."""
        return self._write("DELETE", path, is_idempotent, json=body)

    def _write(self, method: str, path: str, is_idempotent: bool, **content: Any) -> Any:
        def ask() -> Any:
            response = self._exchange(method, self._address(path), **content)
            if response.is_redirect:
                raise self._moved(response)
            return _read_json(response, response.content, msgspec.json.decode) if response.content else None

        return self.patience.persist(ask, is_idempotent=is_idempotent)

    def _follow(
        self, path: str, params: Mapping[str, str], *, are_others_trusted: bool, **how: Any
    ) -> requests.Response:
        """GET, and go where the server sends us: within the server, and elsewhere only for files, without the token.

        JSON is never fetched elsewhere: a list asked for without a token is empty, and would look like a deletion.
        """
        address = self._address(path)
        response = self._exchange("GET", address, params=params, **how)
        for _ in range(LONGEST_CHAIN):
            if not response.is_redirect:
                return response
            address = urljoin(address, response.headers["Location"])
            if not (are_others_trusted or origin(address) == origin(self.url)):
                raise self._moved(response)
            response = self._exchange("GET", address, **how)
        raise ServerError(
            f"{where(response)} is redirected without end: check [server] url.", status=response.status_code
        )

    def _exchange(self, method: str, address: str, **content: Any) -> requests.Response:
        """One request, one answer; a failure that may pass by itself is Passing, any other is its error."""
        with self._counting:
            self.requests += 1
        try:
            response = self._session.request(
                method, address, auth=self._auth, timeout=self._timeout, allow_redirects=False, **content
            )
            check_status(response, secret=self._token)
        except requests.exceptions.RequestException as error:
            raise line_failure(
                error, f"{method} {address.partition('?')[0]}", silent_seconds=self._timeout[1]
            ) from None
        return response

    def _body(self, response: requests.Response) -> bytes:
        """The body of an answer that has only begun, read at once: piece by piece it would be in memory twice."""
        with closing(response):
            try:
                return b"".join(response.iter_content(None))
            except requests.exceptions.RequestException as error:
                raise line_failure(error, where(response), silent_seconds=self._timeout[1]) from None

    def _address(self, path: str) -> str:
        """Full URL of a path of this server, with the trailing slash that its API insists on.

        Without the slash, the server redirects and a POST would arrive as a GET.
        """
        address = path if path.startswith(("http://", "https://")) else f"{self.url}/{path.lstrip('/')}"
        last = address.rsplit("/", 1)[-1]
        return f"{address}/" if last and "." not in last else address

    def _moved(self, response: requests.Response) -> ServerError:
        target = origin(urljoin(self.url, response.headers.get("Location", "")))
        return ServerError(
            f"{where(response)} is answered with a redirect to {secret_free(target, self._token)}, which is not "
            "followed: put the address where the server really is into [server] url.",
            status=response.status_code,
        )


def _open_session(url: str) -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    session.headers.update({"Accept": "application/json", "User-Agent": "collector"})
    # A server on this computer is never behind the proxy that the environment names
    session.trust_env = not url.startswith("http://")
    return session


def _encoded(params: Mapping[str, object]) -> dict[str, str]:
    return {
        name: json.dumps(value, separators=(",", ":")) if isinstance(value, list | dict) else str(value)
        for name, value in params.items()
    }


def _read_json(response: requests.Response, body: bytes, read: Callable[[bytes], Answer]) -> Answer:
    try:
        return read(body)
    except msgspec.ValidationError as error:
        raise AnswerUnreadable(
            f"{where(response)} is answered with JSON of another shape ({error}): is this a KoboToolbox server?",
            status=response.status_code,
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unreadable_body(response, body) from None


def _unreadable_body(response: requests.Response, body: bytes) -> Passing | AnswerUnreadable:
    """What a body that is not JSON means: where JSON has begun, it was cut, and another try may help."""
    if body.lstrip()[:1] in (b"{", b"["):
        cut = f"{where(response)}: the answer breaks off. Run again; if it stays so, ask for smaller pages."
        return Passing(AnswerUnreadable(cut, status=response.status_code))
    kind = response.headers.get("Content-Type", "").partition(";")[0] or "nothing"
    return AnswerUnreadable(
        f"{where(response)} is answered with {kind} instead of JSON: a gateway or a sign-in page stands in front of "
        "the server, or [server] url is not its address. Open it in a browser to see.",
        status=response.status_code,
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value
