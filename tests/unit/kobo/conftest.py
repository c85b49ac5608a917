"""Answers of the real server (tests/data/kobo, recorded and trimmed) given to a client that does not wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from collector.kobo.client import Client
from collector.kobo.retry import Patience

RECORDINGS = Path(__file__).parents[2] / "data" / "kobo"
SERVER = "https://kobo.example"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


def recorded(name: str) -> Any:
    """The body of a recorded answer."""
    return json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))["response"]["body"]


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as server:
        yield server


@pytest.fixture
def replay(server: responses.RequestsMock) -> Callable[[str], responses.BaseResponse]:
    """Have the server give a recorded answer, to the request it was recorded for."""

    def give(name: str) -> responses.BaseResponse:
        recording = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
        request, answer = recording["request"], recording["response"]
        headers = dict(answer["headers"])
        kind = headers.pop("Content-Type")
        body = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
        return server.add(
            request["method"],
            request["url"].partition("?")[0],
            body,
            status=answer["status"],
            headers=headers,
            content_type=kind,
        )

    return give


@pytest.fixture
def waits() -> list[float]:
    """How long the client would have slept, in seconds."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Client]:
    with Client(SERVER, TOKEN, patience=Patience(sleep=waits.append, random=lambda: 1.0)) as client:
        yield client
