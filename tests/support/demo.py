"""`collector demo` as a stranger runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def demo(folder: Path, *words: str) -> Any:
    """Run the demo in a folder; returns its JSON document."""
    # Whatever the environment points at, the demo stays on this computer
    elsewhere = {"COLLECTOR_SERVER__URL": "https://production.example", "COLLECTOR_SERVER__TOKEN": "1" * 40}
    elsewhere |= {"COLLECTOR_MAIL__SERVER": "mail.example", "COLLECTOR_MAIL__SENDER": "collector@mail.example"}
    own = {**os.environ, **elsewhere, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jobs.cli", "demo", "--json", "--folder", str(folder), *words]
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
