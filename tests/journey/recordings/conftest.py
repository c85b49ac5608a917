"""The recordings replayed once, and the line about them at the end of the test run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.sandbox.options import Options
from collector.sandbox.server import serve
from tests.journey.recordings.replay import DATA, Replay

REPORT: pytest.StashKey[str] = pytest.StashKey()


@dataclass
class Outcome:
    """differences: by chapter, then by "006-auth-token-ok"; empty lists where the sandbox answered alike."""

    differences: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    out_of_scope: tuple[tuple[int, str, str], ...] = ()

    @property
    def replayed(self) -> dict[str, list[str]]:
        return {name: found for chapter in self.differences.values() for name, found in chapter.items()}

    def report(self) -> str:
        alike = sum(1 for found in self.replayed.values() if not found)
        reasons = dict.fromkeys(reason for _, _, reason in self.out_of_scope)
        lines = [f"{alike} of {len(self.replayed)} in-scope recordings of a real KoboToolbox reproduced; out of scope:"]
        for reason in reasons:
            names = [f"{number:03}-{name}" for number, name, why in self.out_of_scope if why == reason]
            shown = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]} ({len(names)})"
            lines.append(f"  {reason}: {shown}")
        return "\n".join(lines)


@pytest.fixture(scope="session")
def outcome(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Outcome:
    replay = Replay()
    folder = tmp_path_factory.mktemp("recordings")
    with serve(folder, options=Options(now=replay.now, import_seconds=0.03)) as sandbox:
        replay.begin(sandbox)
        differences: dict[str, dict[str, list[str]]] = {}
        for recording in replay.recordings:
            name = f"{recording['number']:03}-{recording['name']}"
            differences.setdefault(recording["chapter"], {})[name] = replay.run(recording)
        replay.close()
    done = Outcome(differences, tuple(_out_of_scope(DATA / "out-of-scope.tsv")))
    request.config.stash[REPORT] = done.report()
    return done


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if report := config.stash.get(REPORT, ""):
        terminalreporter.write_line(report)


def _out_of_scope(file: Path) -> Iterator[tuple[int, str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        number, name, reason = line.split("\t")
        yield int(number), name, reason
