"""One card, one key: whatever the script of its digits; another secret, another key."""

import pytest

from collector.reporting.pseudonym import person_key


@pytest.mark.parametrize("card", ["1000078", " 1000078 ", "١٠٠٠٠٧٨", "۱۰۰۰۰۷۸"])
def test_a_card_has_one_key_in_every_script(card):
    assert person_key(card, b"secret") == person_key("1000078", b"secret")


def test_cards_and_secrets_give_different_keys():
    assert len({person_key("1000078", b"a"), person_key("1000078", b"b"), person_key("1000175", b"a")}) == 3


def test_a_key_is_the_start_of_hmac_sha_256():
    # RFC 4231, test case 2
    assert person_key("what do ya want for nothing?", b"Jefe") == "5bdcc146bf60754e6a042426089575c7"
