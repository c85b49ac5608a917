"""One request and one answer as values, and the refusals. Used by every handler; HTTP itself is in server.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from collector.sandbox.store import Store, dump


@dataclass(frozen=True)
class User:
    username: str
    uid: str
    is_superuser: bool


@dataclass(frozen=True)
class Upload:
    """One file part of a multipart request."""

    part: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """One request. base: scheme and host the caller used; query: parameters in order; fields: form fields."""

    method: str
    path: str
    base: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: Sequence[Upload] = ()
    user: User | None = None

    def param(self, name: str) -> str | None:
        return next((value for key, value in self.query if key == name), None)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    @property
    def is_json(self) -> bool:
        return self.header("content-type").startswith("application/json")

    def data(self) -> Any:
        """The JSON body, or the form fields. A body that is neither is the server's 500 (kobo/api.md §2.2)."""
        if self.is_json:
            try:
                return json.loads(self.body or b"{}")
            except ValueError:
                raise Broken from None
        if self.body and not self.header("content-type").startswith(("multipart/", "application/x-www-form")):
            raise Broken
        return dict(self.fields)

    def record(self) -> dict[str, Any]:
        """`data()` where only an object makes sense."""
        data = self.data()
        if not isinstance(data, dict):
            raise Broken
        return data

    def url(self, path: str) -> str:
        return self.base + path

    def page_url(self, **changes: object) -> str:
        """This request's address with parameters replaced (None removes), in alphabetic order like the server's."""
        kept = dict(self.query) | {key: str(value) for key, value in changes.items()}
        for key in [key for key, value in changes.items() if value is None]:
            del kept[key]
        return self.url(self.path) + ("?" + urlencode(sorted(kept.items())) if kept else "")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Store, Call], Answer]


class Refusal(Exception):
    """Ends a handler with an error answer: `value` is its JSON (server.py turns it to XML for OpenRosa)."""

    def __init__(self, status: int, value: object) -> None:
        self.status, self.value = status, value
        super().__init__(f"{status} {value}")


class Broken(Exception):
    """Where the real server falls over with a 500: bad JSON, a list as query, a stale version_id, …"""


class NowhereFound(Exception):
    """The plain `Resource not found (404)` page, which ignores the Accept header."""


NOT_FOUND = "Not found."
NOT_ALLOWED = "You do not have permission to perform this action."
NO_CREDENTIALS = "Authentication credentials were not provided."


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    """A JSON answer. Header names are given with underscores: Location=…, Content_Disposition=…"""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, dump(value).encode(), "application/json", named)


def not_found(detail: str = NOT_FOUND) -> Refusal:
    return Refusal(404, {"detail": detail})


def forbidden() -> Refusal:
    return Refusal(403, {"detail": NOT_ALLOWED})


def unauthenticated(detail: str = NO_CREDENTIALS) -> Refusal:
    return Refusal(401, {"detail": detail})


def signed_in(call: Call) -> User:
    """The caller, or 401."""
    if call.user is None:
        raise unauthenticated()
    return call.user


def listing(call: Call, rows: Sequence[object], *, count: int, start: int, limit: int) -> dict[str, object]:
    """The paged list of the API: count, next, previous, results."""
    later = call.page_url(limit=limit, start=start + limit) if start + limit < count else None
    earlier = call.page_url(limit=limit, start=start - limit if start > limit else None) if start > 0 else None
    return {"count": count, "next": later, "previous": earlier, "results": rows}


def window(call: Call, *, default: int, cap: int) -> tuple[int, int]:
    """(start, limit) of a list that also understands offset and page (assets, history, files)."""
    limit = whole(call.param("limit")) or whole(call.param("page_size")) or default
    limit = min(limit, cap)
    start = whole(call.param("start")) or whole(call.param("offset"))
    page = whole(call.param("page"))
    return start or (max(page - 1, 0) * limit if page else 0), limit


def whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
