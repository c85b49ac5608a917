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
from collector.form.judging.messages import MESSAGES, REASONS, printable
from collector.form.judging.verdict import Finding, Outcome, Verdict
from collector.form.xform.markup import Unparsable
from collector.form.xform.model import FormModel, FormNode
from collector.form.xform.read import read_xform
from collector.form.xpath.dialects import DIALECTS
from collector.form.xpath.nodes import Node

SEND_AGAIN = "send it again from the device, or download it again."


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
            return OTHER_VERSION
        instance = self._read_json(answers)
        if _is_foreign(instance):
            return OTHER_FORM
        return self._judge(instance, str(answers.get("_submission_time") or ""), dialect)

    def judge_xml(self, xml: bytes | str, submitted_at: str = "", dialect: str | None = None) -> Verdict:
        """Judge a submission's XML. submitted_at: when the server took it, UTC, where known."""
        try:
            instance = self._read_xml(xml)
        except Unparsable as why:
            return unreadable(f"the submission's XML cannot be read: {why}; {SEND_AGAIN}", "unreadable_xml")
        except OtherForm:
            return OTHER_FORM
        if _is_foreign(instance):
            return OTHER_FORM
        version = instance.text(self.model.by_path.get("__version__"))
        if self._version and version and version != self._version:
            return OTHER_VERSION
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


def unreadable(problem: str, reason: str) -> Verdict:
    """The verdict on what is no submission at all. problem: what and why, never a part of it."""
    return Verdict((Finding(Outcome.VIOLATION, "structure", "", reason, messages={"": problem}),))


def _is_foreign(instance: Instance) -> bool:
    """Whether far more fields are unknown to the form than people answered of it: every finding would mislead."""
    if not instance.unknown:
        return False
    answered = sum(_is_answered(node) for nodes in instance.found for node in nodes)
    return len(instance.unknown) > 2 * answered


def _is_answered(node: Node) -> bool:
    form_node = node.definition
    return bool(node.text) and isinstance(form_node, FormNode) and form_node.control is not None


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


OTHER_FORM = unreadable(REASONS["other_form"], "other_form")
OTHER_VERSION = Verdict(
    (
        Finding(
            Outcome.CANNOT_CHECK, "form_version", "", "form_version_unknown", messages={"": MESSAGES["form_version"]}
        ),
    )
)
