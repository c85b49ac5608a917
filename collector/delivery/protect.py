"""A workbook → the same workbook behind a password. [door: msoffcrypto]

Source: MS-OFFCRYPTO 2.3.4.10, agile encryption (AES-256, SHA-512), which Excel 2010 and later and LibreOffice open.
"""

from __future__ import annotations

import io

from msoffcrypto.format.ooxml import OOXMLFile


def locked(content: bytes, password: str) -> bytes:
    """The bytes of an .xlsx that opens with this password only."""
    protected = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, protected)
    return protected.getvalue()
