"""The XForm of each stored version, made once and kept: what its submissions are judged by.

Used by versions.py. pyxform is slow to load and to run: a pull never has it, and asks for it once a version.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from collector.form.judging.standard import ENGINE
from collector.reporting import forms
from collector.reporting.database import writing
from collector.reporting.forms import KeptXForm
from jobs.convert import convert


def kept_xform(engine: Engine, form: str, version: str, asset_uid: str) -> KeptXForm | None:
    """The XForm of a stored version, made where this edition of the engine has not yet; None for an unknown version."""
    with engine.connect() as connection:
        kept = forms.stored_xform(connection, form, version)
        if kept is None or kept.by == ENGINE:
            return kept
        content = forms.stored_content(connection, form, version)
    made = _made(form, version, content, asset_uid)
    with writing(engine) as connection:
        forms.save_xform(connection, form, version, made)
    return made


def _made(form: str, version: str, content: Mapping[str, object], asset_uid: str) -> KeptXForm:
    xform, why = convert(content, asset_uid, version, title=form)
    if xform is None:
        import structlog  # here: it is 7 MB of a pull that has nothing to say

        structlog.get_logger().warning("form not judgeable", form=form, version=version, why=why)
    return KeptXForm(xform, ENGINE, why or None)
