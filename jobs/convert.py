"""A version's content → its XForm, in a process that goes away with all that the converter loads.

Used by xforms.py. pyxform and what it loads are 13 MB and more, of which a pull has no further use: it converts a
version once. A process that has pyxform anyway converts here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from collector.errors import FormError
from jobs.processes import NO_PROCESSES, open_pool

Converted = tuple[str | None, str]
"""An XForm and ""; or None and why there is none."""


def convert(content: Mapping[str, object], asset_uid: str, version: str, title: str) -> Converted:
    """The XForm of a version, which our engine can read; never raises for what a form is like."""
    asked = content, asset_uid, version, title
    if "pyxform" not in sys.modules:
        with suppress(BrokenProcessPool, *NO_PROCESSES):
            return _converted_elsewhere(*asked)
    return _convert(*asked)


def _converted_elsewhere(*asked: Any) -> Converted:
    process = open_pool(1, _without_numpy)
    try:
        return process.submit(_convert, *asked).result()
    finally:
        process.shutdown(wait=False)  # it takes as long to go as to convert


def _without_numpy() -> None:
    """openpyxl, which the converter loads, loads numpy where there is one: a tenth of a second for nothing."""
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]


def _convert(content: Mapping[str, object], asset_uid: str, version: str, title: str) -> Converted:
    from collector.form.xform.read import read_xform
    from collector.kobo.xform import xform_of

    try:
        xform = xform_of(content, asset_uid=asset_uid, version=version, title=title)
        read_xform(xform)
    except FormError as error:
        return None, str(error)
    except Exception as error:  # whatever a converter makes of it, a form of others stops no pull
        return None, f"the converter fails on it ({type(error).__name__})"
    return xform, ""
