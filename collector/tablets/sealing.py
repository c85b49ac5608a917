"""A form that is encrypted: what the tablet sends in place of the submission, as KoboCollect does.

Used by workers.py and by tests. A form says so itself, by the public key beside its submission address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from collector.errors import TabletError
from collector.form.encryption import KEY_BYTES, seal
from collector.tablets.controls import XFORMS


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is posted: the submission's XML, or a manifest in its place, and files by name."""

    xml: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)


def public_key_of(form_xml: bytes) -> str:
    """The form's public key, base64; "" for a form that is not encrypted."""
    submission = etree.fromstring(form_xml).find(f".//{XFORMS}submission")
    return (submission.get("base64RsaPublicKey") or "") if submission is not None else ""


def packed(form_xml: bytes, xml: bytes, media: Mapping[str, bytes] | None = None) -> Parcel:
    """A filled form with its files, sealed where the form asks for it."""
    public_key = public_key_of(form_xml)
    if not public_key:
        return Parcel(xml, media or {})
    root = etree.fromstring(xml)
    instance_id = root.findtext("{*}meta/{*}instanceID")
    if not instance_id:
        raise TabletError("a submission without instanceID cannot be encrypted; the form lacks its meta group.")
    sealed = seal(
        public_key,
        form_id=root.get("id") or "",
        version=root.get("version") or "",
        instance_id=instance_id,
        xml=xml,
        media=media or {},
        key=secrets.token_bytes(KEY_BYTES),
    )
    return Parcel(sealed.manifest, sealed.files)
