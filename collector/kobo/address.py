"""The server's address and the token: which addresses it may be sent to, and when two are the same server.

Used by client.py.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from collector.errors import SecretMissing, SettingsError

PORTS = {"http": 80, "https": 443}


def server_address(url: str) -> str:
    """The address without a trailing slash; raises SettingsError for one that a token must not be sent to."""
    try:
        parts = urlsplit(url.strip())
        is_complete = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete:
        raise SettingsError("[server] url is not an address: write it as https://kf.kobotoolbox.org.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError(
            "[server] url holds more than an address: no account, password, '?' or '#' may be in it; the token goes "
            "into COLLECTOR_SERVER__TOKEN."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise SettingsError(
            f"[server] url is http://{parts.hostname}: anybody on the way could read the token. Use https://."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def origin(address: str) -> str:
    """Scheme, host and port of an address: "https://kf.kobotoolbox.org:443"; "" for what is no address."""
    try:
        parts: SplitResult = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
    except (KeyError, ValueError):
        return ""


def is_loopback(host: str) -> bool:
    """Whether the host is this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_token(text: str) -> str:
    """The token without blanks around it; raises SecretMissing for none and SettingsError for what cannot be one."""
    token = text.strip()
    if not token:
        raise SecretMissing("The server's token", variable="COLLECTOR_SERVER__TOKEN")
    if not (token.isascii() and token.isalnum()):
        raise SettingsError("COLLECTOR_SERVER__TOKEN is not a token: it is 40 letters and digits, nothing else.")
    return token
