"""Trim the recordings of a real server to what the test compares: python -m tests.journey.recordings.trim FROM TO.

FROM: a folder of NNN-name.json files; TO: the folder for the .jsonl chapters. Authorization headers are replaced by
who was calling, pages of HTML and rows of the same shape are dropped.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.journey.recordings.scope import REASONS
from tests.journey.recordings.shapes import shape_of

COMPARED = (
    *("Content-Type", "Content-Disposition", "Location", "Www-Authenticate", "X-Kobonaut", "X-Openrosa-Version"),
    *("X-Openrosa-Accept-Content-Length", "Date"),
)
NOT_LOGGED = {"register-service", "modify-service", "delete-service", "export"}  # history rows of what is out of scope
CHAPTERS = {
    range(1, 34): "1-access",
    range(34, 149): "2-forms",
    range(149, 184): "3-media",
    range(184, 253): "4-openrosa",
}
CHAPTERS |= {range(253, 326): "5-data", range(326, 419): "6-changes", range(477, 573): "7-later"}


def trimmed(number: int, recording: dict[str, Any]) -> dict[str, Any]:
    request, response = recording["request"], recording["response"]
    address = urlsplit(request["url"])
    kept = {name: value for name, value in response["headers"].items() if name in COMPARED}
    kept["Content-Type"] = kept.get("Content-Type", "").partition(";")[0]
    if "Www-Authenticate" in kept:
        kept["Www-Authenticate"] = kept["Www-Authenticate"].partition(" ")[0]
    return {
        "number": number,
        "name": recording["name"],
        "method": request["method"],
        "host": "kc" if address.hostname == "localhost" else "kf",
        "path": address.path + (f"?{address.query}" if address.query else ""),
        "accept": request["headers"].get("Accept"),
        "language": "fr" if recording["name"] == "french" else None,
        "content_type": request["headers"].get("Content-Type", "").partition(";")[0],
        "caller": _caller(request["headers"], response),
        "body": _without_base64(request["body"]),
        "status": response["status"],
        "headers": kept,
        "answer": _answer(response["body"], kept["Content-Type"]),
    }


def _caller(headers: dict[str, str], response: dict[str, Any]) -> str:
    """ "token owner1", "basic owner1 wrong", "digest enum1", "bearer", "token", "" for nobody."""
    header = headers.get("Authorization", "")
    known = response["headers"].get("X-Kobonaut", "")
    auth = headers.get("(auth)", "")
    if auth.startswith("Basic "):
        user, _, password = auth.removeprefix("Basic ").partition(":")
        return f"basic {user}" + ("" if "_pw_" in password else " wrong")
    if "Digest" in auth:
        return f"digest {known or 'enum1'}" + ("" if known else " wrong")
    if not header or header.startswith("Bearer"):
        return "bearer" if header else ""
    if header.strip() == "Token":
        return "token"
    return f"token {known or 'owner1'}" + (" wrong" if response["status"] == 401 else "")


def _without_base64(body: Any) -> Any:
    if isinstance(body, dict) and str(body.get("base64Encoded", "")).endswith("..."):
        return body | {
            "base64Encoded": body["base64Encoded"].partition(",")[0] if "," in body["base64Encoded"] else "bare"
        }
    return body


def _answer(body: Any, content_type: str) -> Any:
    if content_type == "text/html" and isinstance(body, str) and len(body) > 200:
        return "<html>"
    if isinstance(body, str) and body.startswith("PK"):
        return "<workbook>"
    if isinstance(body, dict) and "open_rosa_server" in body:  # long lists and help texts of no interest
        return {key: value[:1] if isinstance(value, list) else _short(value) for key, value in body.items()}
    return _fewer_rows(body)


def _short(value: Any) -> Any:
    return "…" if isinstance(value, str) and len(value) > 80 else value


def _fewer_rows(body: Any) -> Any:
    """Of long pages, one row of each shape is enough."""
    if isinstance(body, dict) and len(body.get("results", [])) > 30:
        body = body | {"results": [row for row in body["results"] if row.get("action") not in NOT_LOGGED]}
        kept = {json.dumps(shape_of(row), sort_keys=True): row for row in body["results"]}
        return body | {"results": list(kept.values())}
    return body


def main(source: Path, target: Path) -> None:
    for numbers, chapter in CHAPTERS.items():
        lines = []
        for file in sorted(source.glob("[0-9]*.json")):
            number = int(file.name[:3])
            if number in numbers and number not in REASONS:
                lines.append(json.dumps(trimmed(number, json.loads(file.read_text())), ensure_ascii=False))
        (target / f"{chapter}.jsonl").write_text("\n".join(lines) + "\n")
    left = [file.stem.split("-", 1) for file in sorted(source.glob("[0-9]*.json")) if int(file.name[:3]) in REASONS]
    rows = [f"{number}\t{name}\t{REASONS[int(number)]}" for number, name in left]
    (target / "out-of-scope.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
