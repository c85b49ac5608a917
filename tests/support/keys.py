"""RSA keys of tests, made anew: a private key as PEM, and its public half as a form has it."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def new_key(passphrase: str = "") -> tuple[str, str]:
    """PEM of the private key, base64 of the public one."""
    key = generate_private_key(65537, 2048)
    protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, base64.b64encode(public).decode()
