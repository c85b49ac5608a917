"""A participant's card → `person_key`, which links register, before and after without the card.

Called by rows.py. The secret lives outside the databases (jobs/settings.py): without it no card leads to a key and no
key to a card; destroying it makes the stored rows anonymous. Design: Data protection in the README.
"""

from __future__ import annotations

import hmac

from collector.form.answers import WESTERN

KEY_DIGITS = 32


def person_key(card: str, secret: bytes) -> str:
    """The key of a card: HMAC-SHA-256 in 32 hexadecimal digits, the same for digits of every script.

    >>> person_key("١٠٠٠٠٧٨", b"secret") == person_key("1000078", b"secret")
    True
    """
    digits = card.strip() if card.isascii() else card.strip().translate(WESTERN)
    return hmac.digest(secret, digits.encode(), "sha256").hex()[:KEY_DIGITS]
