"""What happens to a submission after the form engine: backdated receipt, and answers an engine would have refused.

Used by tablet.py. Pure: XML in, XML out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from lxml import etree

from collector.errors import TabletError


def stamped(xml: bytes, *, tampered: Mapping[str, str], received_at: datetime | None = None) -> bytes:
    """The same submission with some answers replaced, and with the time at which the server shall have received it.

    tampered: text by path, for questions the submission answers (outside repeats); raises TabletError for others.
    received_at: aware; becomes the root's `submissionDate`, which KoboToolbox takes for `_submission_time`.
    """
    root = etree.fromstring(xml)
    for path, text in tampered.items():
        node = root.find(path)
        if node is None:
            raise TabletError(f"the submission does not answer '{path}', so that its answer cannot be replaced.")
        node.text = text
    if received_at is not None:
        root.set("submissionDate", received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))
