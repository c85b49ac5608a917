"""Who is calling: users, tokens, Basic and Digest; `/token/`, `/me/`, `/api/v2/users/…/`.

Source: kobo/api.md §1. Digest is RFC 2617 with MD5 and qop="auth", the challenge KoboToolbox sends to Collect.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import sqlite3

from collector.sandbox.calls import (
    NO_CREDENTIALS,
    Answer,
    Call,
    Refusal,
    User,
    as_json,
    forbidden,
    not_found,
    signed_in,
    unauthenticated,
)
from collector.sandbox.store import Store, new_uid

REALM = "DJANGO"
WRONG_PASSWORD = "Invalid username/password."
BASIC_NEEDS_HTTPS = (
    "Using basic authentication without HTTPS transmits credentials in clear text! "
    "You MUST connect via HTTPS to use basic authentication."
)
ANONYMOUS = "AnonymousUser"


def add_user(store: Store, username: str, password: str | None = None, *, is_superuser: bool = False) -> str:
    """Add a user with a token of their own; without a password a random one is made. Returns the token."""
    token = secrets.token_hex(20)
    secret = password if password is not None else secrets.token_urlsafe(12)
    with store.write() as connection:
        connection.execute(
            "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(username, new_uid("u"), new_uid("org"), f"{username}@example.com"),
                *(_ha1(username, secret), is_superuser, store.stamp(), token),
            ),
        )
    return token


def token_of(store: Store, username: str) -> str:
    """The user's token, made when there is none. Raises KeyError for an unknown user."""
    row = store.one("SELECT token FROM users WHERE username = ?", username)
    if row is None:
        raise KeyError(username)
    return str(row["token"]) if row["token"] else _new_token(store, username)


def find_user(store: Store, username: str) -> User | None:
    return _user(store.one("SELECT * FROM users WHERE username = ?", username))


def authenticate(store: Store, call: Call, *, is_openrosa: bool) -> User | None:
    """The user behind the Authorization header; None for anonymous callers and schemes the server does not know.

    Raises Refusal 401. Basic on OpenRosa is for submissions only, as long as the line is not https.
    """
    scheme, _, rest = call.header("authorization").strip().partition(" ")
    match scheme.lower():
        case "token":
            return _by_token(store, rest.strip())
        case "basic":
            if is_openrosa and not call.path.endswith("/submission"):
                raise unauthenticated(BASIC_NEEDS_HTTPS)
            return _by_basic(store, rest)
        case "digest" if is_openrosa:
            return _by_digest(store, call, rest)
    return None


def challenge(store: Store) -> str:
    """The Digest challenge of an OpenRosa 401."""
    time = f"{store.now().timestamp():.6f}"
    nonce = f"{time}:{_sign(store, time)}"
    opaque = _sign(store, "opaque")
    return f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", opaque="{opaque}", algorithm="MD5", stale="false"'


def _by_token(store: Store, key: str) -> User:
    if not key:
        raise unauthenticated("Invalid token header. No credentials provided.")
    user = _user(store.one("SELECT * FROM users WHERE token = ?", key))
    if user is None:
        raise unauthenticated("Invalid token.")
    return user


def _by_basic(store: Store, encoded: str) -> User:
    try:
        username, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthenticated("Invalid basic header. Credentials not correctly base64 encoded.") from None
    row = store.one("SELECT * FROM users WHERE username = ?", username)
    if row is None or not hmac.compare_digest(row["digest"], _ha1(username, password)):
        raise unauthenticated(WRONG_PASSWORD)
    return _known(row)


def _by_digest(store: Store, call: Call, header: str) -> User:
    given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', header)}
    row = store.one("SELECT * FROM users WHERE username = ?", given.get("username", ""))
    time, _, signature = given.get("nonce", "").partition(":")
    if row is None or not hmac.compare_digest(signature, _sign(store, time)):
        raise unauthenticated(WRONG_PASSWORD.rstrip("."))
    ha2 = _md5(f"{call.method}:{given.get('uri', '')}")
    parts = [row["digest"], given["nonce"], given.get("nc", ""), given.get("cnonce", ""), given.get("qop", ""), ha2]
    if not hmac.compare_digest(given.get("response", ""), _md5(":".join(parts))):
        raise unauthenticated(WRONG_PASSWORD.rstrip("."))
    return _known(row)


def token_endpoint(store: Store, call: Call) -> Answer:
    """GET and POST give the caller's token (a superuser: anybody's with ?username=); DELETE revokes it."""
    user = signed_in(call)
    wanted = call.param("username") or call.fields.get("username") or user.username
    if wanted != user.username and not user.is_superuser:
        raise forbidden()
    row = store.one("SELECT token FROM users WHERE username = ?", wanted)
    if row is None:
        raise not_found()
    if call.method == "DELETE":
        with store.write() as connection:
            connection.execute("UPDATE users SET token = NULL WHERE username = ?", (wanted,))
        return Answer(204, media_type="application/json")
    is_new = row["token"] is None
    return as_json({"token": token_of(store, wanted)}, 201 if is_new and call.method == "POST" else 200)


def me(store: Store, call: Call) -> Answer:
    """The caller's account: the credential probe."""
    user = signed_in(call)
    row = store.one("SELECT * FROM users WHERE username = ?", user.username)
    if row is None:
        raise Refusal(401, {"detail": NO_CREDENTIALS})
    return as_json(_account(store, call, row))


def user_detail(store: Store, call: Call) -> Answer:
    signed_in(call)
    row = store.one("SELECT * FROM users WHERE username = ?", call.names["username"])
    if row is None:
        raise not_found()
    counts = {"public_collection_subscribers_count": 0, "public_collections_count": 0}
    url = call.url(f"/api/v2/users/{row['username']}/")
    return as_json({"url": url, "username": row["username"], "date_joined": _seconds(row["joined"]), **counts})


def user_list(store: Store, call: Call) -> Answer:
    raise forbidden()


def _account(store: Store, call: Call, row: sqlite3.Row) -> dict[str, object]:
    name, uid = row["username"], row["organization_uid"]
    organization = {"url": call.url(f"/api/v2/organizations/{uid}/"), "name": f"{name}'s organization", "uid": uid}
    revision = {"short": "sandbox", "long": "sandbox", "branch": "main", "tag": False}
    return {
        "username": name,
        "first_name": "",
        "last_name": "",
        "email": row["email"],
        "is_superuser": bool(row["is_superuser"]),
        "server_time": _seconds(store.stamp()),
        "date_joined": _seconds(row["joined"]),
        "projects_url": call.url(f"/{name}"),
        "gravatar": f"https://www.gravatar.com/avatar/{_md5(row['email'])}?s=40",
        "last_login": None,
        "extra_details": {"name": "", "organization": "", "require_auth": True},
        "git_rev": revision if row["is_superuser"] else False,
        "social_accounts": [],
        "validated_password": True,
        "accepted_tos": False,
        "organization": organization,
        "extra_details__uid": row["uid"],
    }


def _new_token(store: Store, username: str) -> str:
    token = secrets.token_hex(20)
    with store.write() as connection:
        connection.execute("UPDATE users SET token = ? WHERE username = ?", (token, username))
    return token


def _sign(store: Store, text: str) -> str:
    key = store.fact("digest_key", secrets.token_hex(16))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _ha1(username: str, password: str) -> str:
    return _md5(f"{username}:{REALM}:{password}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _seconds(stamp: str) -> str:
    return stamp[:19] + "Z"


def _user(row: sqlite3.Row | None) -> User | None:
    return _known(row) if row else None


def _known(row: sqlite3.Row) -> User:
    return User(row["username"], row["uid"], bool(row["is_superuser"]))
