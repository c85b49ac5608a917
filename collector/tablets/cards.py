"""Participant cards: seven digits, five of a serial number and two that check it; packs of them for the sessions.

Used by campaign.py and defects.py. The rule is the one of the forms' constraint: a valid card leaves 1 modulo 97, as in
ISO 7064 MOD 97-10, so that every single wrong digit and every swap of neighbours is refused.
"""

from __future__ import annotations

PACK = 60
"""Cards issued to a session; more than a room holds, so that some are left over."""

FIRST_SERIAL = 10_000
"""The lowest serial: a card has no leading zero, because a number cell would drop it."""


def card(serial: int) -> int:
    """The card of a serial from 10000 to 99999.

    >>> card(12345)
    1234520
    """
    return serial * 100 + (98 - serial * 100 % 97) % 97


def pack(number: int, *, first_serial: int = FIRST_SERIAL) -> tuple[int, ...]:
    """The cards issued to the session of this number (from 0), in the order they are handed out."""
    start = first_serial + number * PACK
    return tuple(card(serial) for serial in range(start, start + PACK))
