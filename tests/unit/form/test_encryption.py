"""Encrypted submissions: what is sealed opens with its key alone, and whatever was changed since is noticed."""

import base64
import hashlib

import pytest

from collector.errors import KeyUnreadable
from collector.form.encryption import (
    Damaged,
    WrongKey,
    decrypted,
    is_signed,
    read_manifest,
    read_private_keys,
    seal,
    unwrap,
)
from tests.support.keys import new_key

XML = '<data id="aX" version="v 1"><name>دلشاد</name></data>'.encode()
MEDIA = {"a photo.jpg": b"\xff\xd8" + bytes(range(256)) * 9, "empty.txt": b""}
KEY = bytes(range(32))
ABOUT = {"form_id": "aX", "version": "v 1", "instance_id": "uuid:1-2-3"}


@pytest.fixture(scope="module")
def pair():
    return new_key()


@pytest.fixture(scope="module")
def sealed(pair):
    return seal(pair[1], **ABOUT, xml=XML, media=MEDIA, key=KEY)


def opened(sealed, pem):
    manifest = read_manifest(sealed.manifest)
    key, private = unwrap(manifest, read_private_keys(pem))
    return manifest, private, [decrypted(manifest, key, name, sealed.files[name]) for name in manifest.files]


def test_what_is_sealed_opens_with_its_key_and_its_signature_holds(sealed, pair):
    manifest, private, files = opened(sealed, pair[0])
    assert files == [*MEDIA.values(), XML]
    assert manifest.media == ("a photo.jpg.enc", "empty.txt.enc")
    assert is_signed(manifest, private, files)


def test_nothing_of_the_content_can_be_read_without_the_key(sealed):
    whole = sealed.manifest + b"".join(sealed.files.values())
    assert "دلشاد".encode() not in whole
    assert KEY not in whole


def test_each_file_starts_its_cipher_elsewhere_as_the_specification_says():
    """Seed: MD5 of instance id and key; its byte n mod 16 is counted up before file n, for all files before too."""
    from collector.form.encryption import _start

    seed = hashlib.md5(b"uuid:1-2-3" + KEY).digest()
    expected = bytearray(seed)
    for number in range(20):
        expected[number % 16] = (expected[number % 16] + 1) % 256
        assert _start("uuid:1-2-3", KEY, number) == bytes(expected)


def test_another_key_does_not_open_and_one_of_several_does(sealed, pair):
    other, _ = new_key()
    manifest = read_manifest(sealed.manifest)
    with pytest.raises(WrongKey):
        unwrap(manifest, read_private_keys(other))
    assert opened(sealed, other + pair[0])[2][-1] == XML


@pytest.mark.parametrize("file", ["submission.xml.enc", "a photo.jpg.enc"])
def test_a_changed_file_is_noticed(sealed, pair, file):
    manifest, private, files = opened(sealed, pair[0])
    number = manifest.files.index(file)
    files[number] = files[number].replace(b"v 1", b"v 2") if number else files[number][:-1]
    assert not is_signed(manifest, private, files)


def test_a_file_that_was_cut_is_damaged(sealed, pair):
    manifest = read_manifest(sealed.manifest)
    key, _ = unwrap(manifest, read_private_keys(pair[0]))
    with pytest.raises(Damaged):
        decrypted(manifest, key, manifest.files[0], sealed.files[manifest.files[0]][:-5])


@pytest.mark.parametrize("manifest", [b"", b"<data/>", b"<data><base64EncryptedKey>x</base64EncryptedKey></data>"])
def test_what_is_no_manifest_is_damaged(manifest):
    with pytest.raises(Damaged):
        read_manifest(manifest)


def test_a_key_with_a_passphrase_needs_it():
    pem, _ = new_key("open sesame")
    assert read_private_keys(pem, "open sesame")
    with pytest.raises(KeyUnreadable):
        read_private_keys(pem, "close sesame")


@pytest.mark.parametrize("pem", ["", "secret text", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_an_unreadable_key_is_refused_without_showing_it(pem):
    with pytest.raises(KeyUnreadable) as refused:
        read_private_keys(pem)
    assert "AAAA" not in str(refused.value)
    assert "secret text" not in str(refused.value)


def test_no_repr_shows_a_key(pair):
    (private,) = read_private_keys(pair[0])
    assert repr(private) == f"PrivateKey(fingerprint='{private.fingerprint}')"
    public = hashlib.sha256(base64.b64decode(pair[1])).hexdigest()
    assert public.startswith(private.fingerprint)
