"""Encrypted submissions, opened and sealed: a manifest, a key wrapped for the form's owner, and files under that key.

Used by jobs/envelopes.py, which opens them in a pull; collector/tablets/sealing.py seals as KoboCollect does.
Source: ODK XForms specification, "Encrypted submissions": AES-256 in CFB mode, PKCS#7; the key by RSA-OAEP (SHA-256,
MGF1 with SHA-1, as Java's OAEPWithSHA256AndMGF1Padding). The signature is made with the public key: it proves that
nothing was changed or exchanged since, and not who wrote it.
Neither key nor content is in any message or repr. The library is loaded with the first key: most pulls meet none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.errors import KeyUnreadable
from collector.form.xform.markup import Element, Unparsable, name_of, parse

if TYPE_CHECKING:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.asymmetric.padding import OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.ciphers import Cipher

SUFFIX = ".enc"
KEY_BYTES = 32
BLOCK_BITS = 128
PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


class WrongKey(Exception):
    """The submission was encrypted for another key."""


class Damaged(Exception):
    """What was encrypted has been changed since, or was never whole."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the server shows of an encrypted submission. files: names of the encrypted files, the submission's last.

    encrypted_key, signature: base64; signature is "" where the client made none. instance_id: with its "uuid:".
    """

    form_id: str
    version: str
    instance_id: str
    encrypted_key: str
    files: tuple[str, ...]
    signature: str

    @property
    def media(self) -> tuple[str, ...]:
        return self.files[:-1]

    @property
    def submission_file(self) -> str:
        return self.files[-1]


@dataclass(frozen=True)
class PrivateKey:
    """A private key; only its fingerprint, that of the public half, can be shown."""

    fingerprint: str
    _key: RSAPrivateKey = field(repr=False)

    def unwrap(self, text: str) -> bytes:
        """What was encrypted for this key, given as base64. Raises WrongKey, and Damaged for what is no base64."""
        try:
            wrapped = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Damaged from None
        try:
            return self._key.decrypt(wrapped, _oaep())
        except ValueError:
            raise WrongKey from None


def read_private_keys(pem: str, passphrase: str = "") -> tuple[PrivateKey, ...]:
    """Every RSA private key in a text of PEM blocks: an old key stays beside the new one. Raises KeyUnreadable."""
    blocks = [found.group(0) for found in PEM.finditer(pem)]
    if not blocks:
        raise KeyUnreadable("it holds no block -----BEGIN … PRIVATE KEY-----; write the key as PEM")
    return tuple(_read_private_key(block, passphrase) for block in blocks)


def read_manifest(xml: bytes) -> Manifest:
    """Raises Damaged for what is no manifest."""
    try:
        root = parse(xml)
    except Unparsable:
        raise Damaged from None
    found = {name_of(child): child for child in root}
    meta = {name_of(child): child for child in found.get("meta", ())}
    media = [_text(file) for child in root if name_of(child) == "media" for file in child if name_of(file) == "file"]
    manifest = Manifest(
        form_id=root.get("id") or "",
        version=root.get("version") or "",
        instance_id=_text(meta.get("instanceID")),
        encrypted_key=_text(found.get("base64EncryptedKey")),
        files=(*media, _text(found.get("encryptedXmlFile"))),
        signature=_text(found.get("base64EncryptedElementSignature")),
    )
    if not (manifest.instance_id and manifest.encrypted_key and all(manifest.files)):
        raise Damaged
    return manifest


def unwrap(manifest: Manifest, keys: Iterable[PrivateKey]) -> tuple[bytes, PrivateKey]:
    """The key of one submission, and the private key that opened it. Raises WrongKey."""
    for key in keys:
        try:
            unwrapped = key.unwrap(manifest.encrypted_key)
        except WrongKey:
            continue
        if len(unwrapped) == KEY_BYTES:
            return unwrapped, key
    raise WrongKey


def decrypted(manifest: Manifest, key: bytes, name: str, content: bytes) -> bytes:
    """One file of a submission, by its name in the manifest. Raises Damaged."""
    from cryptography.hazmat.primitives.padding import PKCS7

    cipher = _cipher(manifest, key, manifest.files.index(name)).decryptor()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    try:
        padded = cipher.update(content) + cipher.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Damaged from None


def is_signed(manifest: Manifest, key: PrivateKey, files: Sequence[bytes]) -> bool:
    """Whether the signature is that of these decrypted files, in the manifest's order."""
    try:
        return key.unwrap(manifest.signature) == _digest(manifest, files)
    except (WrongKey, Damaged):
        return False


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted submission as a tablet sends it: the manifest's XML, and encrypted files by name."""

    manifest: bytes
    files: Mapping[str, bytes]


def seal(
    public_key: str,
    *,
    form_id: str,
    version: str,
    instance_id: str,
    xml: bytes,
    media: Mapping[str, bytes],
    key: bytes,
) -> Sealed:
    """Encrypt a submission. public_key: base64 of the DER, as a form has it; key: 32 random bytes, new each time."""
    wrap = _public_key(public_key)
    names = (*(name + SUFFIX for name in media), f"submission.xml{SUFFIX}")
    encrypted_key = base64.b64encode(wrap.encrypt(key, _oaep())).decode()
    unsigned = Manifest(form_id, version, instance_id, encrypted_key, names, "")
    contents = (*media.values(), xml)
    signature = base64.b64encode(wrap.encrypt(_digest(unsigned, contents), _oaep())).decode()
    files = {name: _encrypted(unsigned, key, number, contents[number]) for number, name in enumerate(names)}
    return Sealed(_written(unsigned, signature), files)


def _oaep() -> OAEP:
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    return OAEP(mgf=MGF1(SHA1()), algorithm=SHA256(), label=None)


def _cipher(manifest: Manifest, key: bytes, number: int) -> Cipher[CFB]:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    return Cipher(algorithms.AES(key), CFB(_start(manifest.instance_id, key, number)))


def _read_private_key(block: str, passphrase: str) -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    secret = passphrase.encode() if "ENCRYPTED" in block else None
    try:
        key = load_pem_private_key(block.encode(), secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnreadable("a block of it is no private key, or the passphrase is another one") from None
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnreadable("it is no RSA key; forms are encrypted for RSA keys")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PrivateKey(hashlib.sha256(public).hexdigest()[:16], key)


def _public_key(text: str) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode("".join(text.split())))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise KeyUnreadable("the form's public_key is no RSA key in base64")
    return key


def _start(instance_id: str, key: bytes, number: int) -> bytes:
    """Where the cipher of file `number`, from 0, starts: the seed, one byte of it counted up for each file so far."""
    seed = bytearray(hashlib.md5(instance_id.encode() + key, usedforsecurity=False).digest())
    for step in range(number + 1):
        seed[step % len(seed)] = (seed[step % len(seed)] + 1) % 256
    return bytes(seed)


def _encrypted(manifest: Manifest, key: bytes, number: int, content: bytes) -> bytes:
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(BLOCK_BITS).padder()
    cipher = _cipher(manifest, key, number).encryptor()
    return cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()


def _digest(manifest: Manifest, contents: Sequence[bytes]) -> bytes:
    """MD5 of what the signature is about, line by line, each with its end."""
    head = [manifest.form_id, manifest.version, manifest.encrypted_key, manifest.instance_id]
    lines = [line for position, line in enumerate(head) if line or position != 1]
    names = (name.removesuffix(SUFFIX) for name in manifest.files)
    hashes = (hashlib.md5(content, usedforsecurity=False).hexdigest() for content in contents)
    lines += [f"{name}::{digest}" for name, digest in zip(names, hashes, strict=True)]
    return hashlib.md5("".join(f"{line}\n" for line in lines).encode(), usedforsecurity=False).digest()


def _written(manifest: Manifest, signature: str) -> bytes:
    version = f' version="{_escaped(manifest.version)}"' if manifest.version else ""
    media = "".join(f"<media><file>{_escaped(name)}</file></media>" for name in manifest.media)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="{_escaped(manifest.form_id)}"{version} '
        f'encrypted="yes"><base64EncryptedKey>{manifest.encrypted_key}</base64EncryptedKey>'
        '<orx:meta xmlns:orx="http://openrosa.org/xforms">'
        f"<orx:instanceID>{manifest.instance_id}</orx:instanceID></orx:meta>{media}"
        f"<encryptedXmlFile>{manifest.submission_file}</encryptedXmlFile>"
        f"<base64EncryptedElementSignature>{signature}</base64EncryptedElementSignature></data>"
    ).encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""
