"""What happened between the recordings without being recorded, done again at the same places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.journey.recordings import books

if TYPE_CHECKING:
    from tests.journey.recordings.replay import Replay

HOUSEHOLD, SIMPLE, KEPT = "aX9dsxVBaX3w53tCFEEMsb", "akRfagoHQ366NJRLHtbutr", "ajgnAWFXkThxKGNMR29Sma"
IMPORTED = {
    "bad-relevant-ref": "a7nbGTbdw3uUJRQkF6c8mo",
    "unclosed-group": "aBJKpFtt8hjGyN8qvf3C2j",
    "missing-choice-list": "a7stvUtZUcRmacqQWgcWiW",
    "no-label": "aks4vsbTg7uhHXzzZg7Qv7",
    "no-name": "azGjaGVXZMA5YrZoR3HCX6",
    "empty-survey": "aTxdJgFb2tgSGaKvFFc6vq",
    "dup-choice": "aeMN6VGTGJWQbEtZEqh6Ey",
    "numeric-choice-names": "aT9833qyJ6Gd4ozBos9hgU",
}
REFUSED = {
    "bad-type": "iBW6Vb2SGu6TzkWJogS6Po",
    "dup-name": "ienybPMUTE9UaAhrnbRq5r",
    "bad-name-space": "iQePuEkNZgVSUdTJDZ3mmX",
}


def mistakes(replay: Replay) -> None:
    for name, workbook in books.MISTAKES.items():
        done = import_workbook(replay, workbook, name=name)
        if name in IMPORTED:
            replay.learn(IMPORTED[name], done["messages"]["created"][0]["uid"])
        if name in REFUSED:
            replay.learn(REFUSED[name], done["uid"])


def first_grants(replay: Replay) -> None:
    share(replay, "enum1", "add_submissions")
    share(replay, "enum1", "view_submissions")
    filters = [{"url": replay.url("/api/v2/permissions/view_submissions/"), "filters": [{"_submitted_by": "enum1"}]}]
    share(replay, "other1", "partial_submissions", partial_permissions=filters)


def renamed_question(replay: Replay) -> None:
    content = replay.recorded(494)["content"]
    replaced(replay, HOUSEHOLD, books.of_content(content, "Household visit"), "vce3Nai9uVkhHnYELxG6K9")


def race(replay: Replay) -> None:
    replay.sandbox.put_json(replay.known(HOUSEHOLD), [{}])  # the one submission of race-same-submission-5-threads


def many(replay: Replay) -> None:
    replay.sandbox.put_json(replay.known(SIMPLE), [{"q1": str(number)} for number in range(1205)])


def one_deleted(replay: Replay) -> None:
    replay.session("owner1").delete(replay.url(f"/api/v2/assets/{replay.known(SIMPLE)}/data/29/")).raise_for_status()


def kept_name(replay: Replay) -> None:
    """A project imported twice and renamed: three versions, as recorded."""
    workbook = books.simple(books.Q1, books.Q2, form_id="")
    done = import_workbook(replay, workbook, name="First")
    replay.learn(KEPT, done["messages"]["created"][0]["uid"])
    replaced(replay, KEPT, workbook, "the second version of three")
    address = replay.url(f"/api/v2/assets/{replay.known(KEPT)}/")
    replay.session("owner1").patch(address, json={"name": "Kept name"}).raise_for_status()


def identical(replay: Replay) -> None:
    done = replaced(replay, KEPT, books.simple(books.Q1, books.Q2, form_id=""), "vG5XjqJFoyrotRumEmgfza")
    replay.learn("icBPSgFLLMHQgcEqhrL7T6", done["uid"])


def broken_draft(replay: Replay) -> None:
    workbook = books.simple(books.Q1 | {"relevant": "${nope}='1'"}, form_id="")
    replaced(replay, SIMPLE, workbook, "vMaZt6Pi4CEZrwRc38AY9f")


def mended_draft(replay: Replay) -> None:
    replaced(replay, SIMPLE, books.simple(books.Q1, books.Q2, books.Q3), "vwEud8pMXcr36qEAt2TKP8")


def import_workbook(replay: Replay, workbook: bytes, **fields: str) -> dict[str, Any]:
    """Import and wait; returns the finished task."""
    session = replay.session("owner1")
    answer = session.post(replay.url("/api/v2/imports/"), files={"file": ("book.xlsx", workbook)}, data=fields)
    return replay.finished(session, answer.json()["url"])


def replaced(replay: Replay, recorded_asset: str, workbook: bytes, recorded_version: str) -> dict[str, Any]:
    destination = replay.url(f"/api/v2/assets/{replay.known(recorded_asset)}/")
    done = import_workbook(replay, workbook, destination=destination)
    replay.learn(recorded_version, done["messages"]["audit_logs"][0]["latest_version_uid"])
    return done


def share(replay: Replay, username: str, codename: str, **more: Any) -> None:
    body = {
        "user": replay.url(f"/api/v2/users/{username}/"),
        "permission": replay.url(f"/api/v2/permissions/{codename}/"),
    }
    address = replay.url(f"/api/v2/assets/{replay.known(HOUSEHOLD)}/permission-assignments/")
    replay.session("owner1").post(address, json=body | more).raise_for_status()


BEFORE: Mapping[int, Callable[[Replay], None]] = {
    137: mistakes,
    183: first_grants,
    493: renamed_question,
    505: race,
    511: many,
    531: one_deleted,
    547: kept_name,
    548: identical,
    556: broken_draft,
    560: mended_draft,
}
