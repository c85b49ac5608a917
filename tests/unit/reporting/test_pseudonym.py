"""One card, one key: whatever the script of its digits; another secret, another key."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.reporting.pseudonym import compile_person_key


def person_key(card, secret):
    return compile_person_key(secret)(card)


@pytest.mark.parametrize("card", ["1000078", " 1000078 ", "١٠٠٠٠٧٨", "۱۰۰۰۰۷۸"])
def test_a_card_has_one_key_in_every_script(card):
    assert person_key(card, b"secret") == person_key("1000078", b"secret")


def test_cards_and_secrets_give_different_keys():
    assert len({person_key("1000078", b"a"), person_key("1000078", b"b"), person_key("1000175", b"a")}) == 3


@given(st.text(st.characters(codec="ascii")), st.binary(max_size=200))
def test_a_key_is_the_start_of_hmac_sha_256(card, secret):
    assert person_key(card, secret) == hmac.digest(secret, card.strip().encode(), "sha256").hex()[:32]


def test_a_key_is_that_of_the_standard():
    # RFC 4231, test case 2
    assert person_key("what do ya want for nothing?", b"Jefe") == "5bdcc146bf60754e6a042426089575c7"
