"""The project's forms as a server deploys them, filled by JavaRosa as honest people do, judged as JSON and as XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.verdict import Finding
from collector.kobo.content import form_version_of
from collector.kobo.xform import xform_of
from collector.sandbox.content import content_of, read_sheets
from collector.sandbox.instance import answers
from collector.tablets.campaign import simulate
from collector.tablets.filled import Filled
from collector.tablets.javarosa import Form
from tests.support.material import FORMS, MEDIA, PLAN, PROGRAMME, VENUES

LANGUAGES = ("en", "ar", "ckb")


@dataclass(frozen=True)
class Deployed:
    """A form after a server took it: its XForm from the server's content, ready to fill and to judge."""

    xform: bytes
    judge: Judge
    repeats: frozenset[str]

    def as_json(self, xml: bytes) -> dict[str, Any]:
        """A submission as the server's data API gives it."""
        return answers(xml, self.repeats) | {"_id": 1, "_attachments": [], "_submission_time": "2026-12-01T00:00:00"}

    def findings(self, xml: bytes) -> tuple[tuple[str, Finding], ...]:
        """What is found in a submission, read as JSON and read as XML."""
        by_kind = {"JSON": self.judge.judge_json(self.as_json(xml)), "XML": self.judge.judge_xml(xml)}
        return tuple((kind, finding) for kind, verdict in by_kind.items() for finding in verdict.findings)


@cache
def deployed(form_key: str) -> Deployed:
    workbook = (FORMS / PROGRAMME.forms[form_key].workbook).read_bytes()
    content, title = content_of(read_sheets(workbook))
    version = form_version_of(content, version="v1", title=title, media=MEDIA)
    xform = xform_of(content, asset_uid=f"a{form_key}", version="v1", title=title).encode()
    judge = judge_of(xform, MEDIA, version)
    return Deployed(xform, judge, frozenset(repeat.path for repeat in version.repeats))


@cache
def tablet(form_key: str) -> Form:
    """The form opened in JavaRosa."""
    return Form(deployed(form_key).xform, MEDIA)


def honest_forms(number: int, first_seed: int = 1) -> Iterator[Filled]:
    """So many forms of honest campaigns: as many of each form, the three languages by turns."""
    most, given = -(-number // len(PROGRAMME.forms)), Counter[str]()
    for seed in count(first_seed):
        for form in simulate(PROGRAMME, PLAN, VENUES, seed=seed, profile="clean").forms:
            if given.total() == number:
                return
            if given[form.form_key] < most:
                yield replace(form, language=LANGUAGES[given[form.form_key] % len(LANGUAGES)])
                given[form.form_key] += 1
