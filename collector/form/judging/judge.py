"""Judge submissions against the very form they were filled with: JSON or XML in, Verdict out.

Used by jobs/judge.py and jobs/versions.py, which keeps a judge by the hash of its XForm and media. The client
that filled a submission decides the dialect; where nobody can tell it, a rule is broken only if it is broken in
both, and what differs is engine_dependent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from collector.form.definition import FormVersion
from collector.form.instance.from_json import compile_json_reader
from collector.form.instance.from_xml import OtherForm, compile_xml_reader
from collector.form.instance.tree import Instance
from collector.form.judging.client import Filling, client_of, filling_of, moments_of
from collector.form.judging.court import Court, open_court
from collector.form.judging.losses import compile_losses
from collector.form.judging.messages import MESSAGES, printable
from collector.form.judging.verdict import Finding, Outcome, Verdict
from collector.form.xform.markup import Unparsable
from collector.form.xform.model import FormModel
from collector.form.xform.read import read_xform
from collector.form.xpath.dialects import DIALECTS
from collector.form.xpath.nodes import Node


@dataclass
class Judge:
    """A form, ready to judge. Courts are opened at their first case: most forms meet one client only."""

    model: FormModel

    def __post_init__(self) -> None:
        self._filling: Filling = filling_of(self.model)
        self._courts: dict[str, Court] = {}

    @cached_property
    def _read_json(self) -> Callable[[Mapping[str, Any]], Instance]:
        return compile_json_reader(self.model)

    @cached_property
    def _read_xml(self) -> Callable[[bytes | str], Instance]:
        return compile_xml_reader(self.model)

    @cached_property
    def may_be_lost(self) -> Callable[[Finding], bool]:
        """Whether a finding of judge_json may be none of judge_xml: the server's JSON leaves something out."""
        return compile_losses(self.model)

    def judge_json(self, answers: Mapping[str, Any], dialect: str | None = None) -> Verdict:
        """Judge a submission as the server's data API gives it. dialect: in place of what the submission tells."""
        version = answers.get("__version__")
        if self._version and version and version != self._version:
            return _whole("form_version", Outcome.CANNOT_CHECK, "form_version_unknown")
        instance = self._read_json(answers)
        if not any(node.text for nodes in instance.found for node in nodes) and instance.unknown:
            return _whole("structure", Outcome.VIOLATION, "other_form")
        return self._judge(instance, str(answers.get("_submission_time") or ""), dialect)

    def judge_xml(self, xml: bytes | str, submitted_at: str = "", dialect: str | None = None) -> Verdict:
        """Judge a submission's XML. submitted_at: when the server took it, UTC, where known."""
        try:
            instance = self._read_xml(xml)
        except Unparsable:
            return _whole("structure", Outcome.VIOLATION, "unreadable_xml")
        except OtherForm:
            return _whole("structure", Outcome.VIOLATION, "other_form")
        version = instance.text(self.model.by_path.get("__version__"))
        if self._version and version and version != self._version:
            return _whole("form_version", Outcome.CANNOT_CHECK, "form_version_unknown")
        return self._judge(instance, submitted_at, dialect)

    @cached_property
    def _version(self) -> str:
        """The version that the form gives its submissions, "" where it gives none."""
        node = self.model.by_path.get("__version__")
        text = node.bind.calculate.strip() if node else ""
        return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" else ""

    def _judge(self, instance: Instance, submitted_at: str, dialect: str | None) -> Verdict:
        moments = moments_of(instance, self._filling, submitted_at)
        known = dialect or client_of(instance, self._filling)
        dialects = (known,) if known else tuple(DIALECTS)
        heard = []
        for name in dialects:
            heard.append(self._court(name).hear(instance, moments))
            if len(dialects) > 1:
                _reset(instance.root)
        findings = heard[0] if known else _agreed(heard[0], heard[1], dialects)
        unchecked = self._court(dialects[0]).unchecked
        verdict = Verdict((*_of_structure(instance), *findings), dialects, unchecked)
        instance.close()
        return verdict

    def _court(self, dialect: str) -> Court:
        if dialect not in self._courts:
            self._courts[dialect] = open_court(self.model, self._filling, DIALECTS[dialect])
        return self._courts[dialect]


def judge_of(xform: str | bytes, media: Mapping[str, bytes] | None = None, version: FormVersion | None = None) -> Judge:
    """The judge of a form. version: what the sheet says, for rows and its own words. Raises XFormUnreadable."""
    return Judge(read_xform(xform, media, version))


def _reset(node: Node) -> None:
    node.is_relevant = True
    for child in node.children:
        _reset(child)


def _agreed(first: Sequence[Finding], second: Sequence[Finding], dialects: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings of both dialects; what only one of them finds depends on the engine."""
    by_place = [{(each.code, each.path): each for each in findings} for findings in (first, second)]
    agreed = []
    for place in dict.fromkeys([*by_place[0], *by_place[1]]):
        found = [findings.get(place) for findings in by_place]
        outcomes = [finding.outcome if finding else Outcome.PASS for finding in found]
        finding = next(each for each in found if each)
        if outcomes[0] != outcomes[1]:
            answers = dict(zip(dialects, map(str, outcomes), strict=True))
            finding = replace(finding, outcome=Outcome.ENGINE_DEPENDENT, answers=answers)
        agreed.append(finding)
    return tuple(agreed)


def _of_structure(instance: Instance) -> list[Finding]:
    misshapen = [_plain("structure", path) for path in instance.misshapen]
    return [*misshapen, *(_plain("unknown_field", path) for path in instance.unknown)]


def _plain(code: str, path: str) -> Finding:
    return Finding(Outcome.VIOLATION, code, printable(path), messages={"": MESSAGES[code]})


def _whole(code: str, outcome: Outcome, reason: str) -> Verdict:
    """A verdict on a submission that cannot be judged question by question."""
    return Verdict((Finding(outcome, code, "", reason, messages={"": MESSAGES[code]}),))
