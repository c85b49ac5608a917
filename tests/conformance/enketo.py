"""The same expression in the engine of Kobo's web forms, under Node, and in our Enketo dialect.

The npm package is for tests alone: it is installed into a folder of the caller's, and never a part of the project.
Before its engine sees an expression, Enketo itself puts the form's paths into its model; `as_in_model` does that here.
Not asked are: indexed-repeat(), once() and pulldata(), which Enketo rewrites first, and from within a repeat a whole
path through that repeat, which Enketo gives the number of the row.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.form.xpath.dialects import ENKETO
from collector.tablets.java import ZONE
from tests.conformance.grammar import Sketch, sketch, smallest
from tests.conformance.javarosa import CONTEXTS, ERROR, Answers, Disagreement, Ours, document, same

PACKAGES = ("openrosa-xpath-evaluator@3.1.0", "jsdom@22.1.0", "node-forge@1.3.1")
KNOWN = (
    (re.compile(r"-\((?!\d)|-\([\d.]+\)|-/"), "a minus before anything but a number stops Enketo; we give the value"),
    (
        re.compile(r"digest\("),
        "digest() of what is no text: 3.2.3, which is Kobo's, hashes its value as we do; 3.1.0 of npm another",
    ),
    (
        re.compile(r"translate\("),
        "translate() to more characters than it has: Enketo writes 'undefined'; we change nothing",
    ),
    (
        re.compile(r"date(-time)?\("),
        "JavaScript takes texts for dates in ways of its own, and no number of days for a position",
    ),
    (
        re.compile(r"item\[(?!name|group|position)[^\]]* = group and "),
        "a filter of a list that names its column second finds nothing under jsdom; not seen in a browser",
    ),
)
"""Differences that we know, by what the smallest expression holds."""
LAZY = re.compile(r"\bif\(|coalesce\(| and | or ")
SCRIPT = Path(__file__).with_name("enketo.mjs")
REWRITTEN = re.compile(r"indexed-repeat\(|once\(|pulldata\(")


def why_absent() -> str:
    """What is missing to run it, "" for nothing."""
    return next((f"{program} is not installed" for program in ("node", "npm") if not shutil.which(program)), "")


def install(folder: Path) -> str:
    """Install the packages into a folder; returns what failed, "" for nothing."""
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.stderr.strip().splitlines()[0] if done.returncode else ""


class EnketoBench:
    """The small form of javarosa.py in both engines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._ours = Ours(datetime.now(ZoneInfo(ZONE)), ENKETO)
        self._write(document())

    def theirs(self, expression: str, context: str) -> Answers:
        self._write({"expression": as_in_model(expression, context), "context": as_in_model(context)})
        assert self._process.stdout is not None
        text, boolean, number = json.loads(self._process.stdout.readline())
        found = (text, boolean, float(number) if number is not None else None)
        answers = [ERROR if each is None else each for each in found]
        return answers[0], answers[1], answers[2]

    def ours(self, expression: str, context: str) -> Answers:
        return self._ours(expression, context)

    def disagree(self, expression: str, context: str) -> bool:
        if not is_asked(expression, context):
            return False
        return not all(map(same, self.theirs(expression, context), self.ours(expression, context)))

    def shrunk(self, found: Sketch, context: str) -> Disagreement:
        small = str(smallest(found, lambda each: self.disagree(str(each), context)))
        return Disagreement(small, context, self.theirs(small, context), self.ours(small, context))

    def _write(self, line: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()


@contextmanager
def opened(folder: Path) -> Iterator[EnketoBench]:
    """The bench, with Enketo's engine running in a folder in which its packages are installed."""
    command, zone = ["node", str(SCRIPT)], os.environ | {"TZ": ZONE}
    with subprocess.Popen(
        command, cwd=folder, env=zone, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield EnketoBench(process)
        finally:
            process.kill()


def as_in_model(expression: str, context: str = "") -> str:
    """The expression as Enketo hands it to its engine."""
    placed = expression.replace("current()", context)
    placed = re.sub(r"(?<![\w)\]*.])/data\b", "/model/instance[1]/data", placed)
    return re.sub(r"instance\('(\w+)'\)", r"/model/instance[@id='\1']", placed)


def is_asked(expression: str, context: str) -> bool:
    within = "/r[" in context and "/data/r" in expression
    return not within and REWRITTEN.search(expression) is None


def reason_of(found: Disagreement) -> str:
    """Why a disagreement is there, "" for one that nobody has explained."""
    if found.theirs[0] == ERROR and LAZY.search(found.expression):
        return "Enketo stops at a part that does not decide: of if(), coalesce(), and, or; we give the value"
    return next((reason for pattern, reason in KNOWN if pattern.search(found.expression)), "")


def disagreements(bench: EnketoBench, seed: int, count: int) -> Iterator[Disagreement]:
    """Those of `count` random expressions, each in a random place, on which the engines differ; made small."""
    source = random.Random(seed)
    asked = 0
    while asked < count:
        found, context = sketch(source), source.choice(CONTEXTS)
        if is_asked(str(found), context):
            asked += 1
            if bench.disagree(str(found), context):
                yield bench.shrunk(found, context)
