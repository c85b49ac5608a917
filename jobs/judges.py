"""What forms are judged by: judges, compiled once in a process. Used by versions.py and readings.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collector.form.definition import FormVersion
from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.standard import standard_of

MOST = 32
"""Judges that are kept: a scheduler that runs for months meets many versions, and few at a time."""

_compiled: dict[str, Judge] = {}
"""By standard, the one used last at the end."""


@dataclass(frozen=True)
class JudgedForm:
    """What a judge is compiled from: a form version, its XForm, and those of its media files that it reads."""

    version: FormVersion
    xform: str
    media: Mapping[str, bytes]

    @property
    def standard(self) -> str:
        return standard_of(self.xform, self.media)


def judge_for(form: JudgedForm) -> Judge:
    """The judge of a form; compiled at most once in a process."""
    standard = form.standard
    judge = _compiled.pop(standard, None) or judge_of(form.xform, form.media, form.version)
    _compiled[standard] = judge
    while len(_compiled) > MOST:
        del _compiled[next(iter(_compiled))]
    return judge
