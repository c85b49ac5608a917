"""A pull that is killed takes the processes that judge for it along: nothing goes on in nobody's name."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal on this system")

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 60
PULL = """
import sys, time
from pathlib import Path
from jobs.jury import Jury
from tests.database.test_jury import LARGE, LAST, loaded, seated

def stop(number):
    if number == LAST:
        print(*(child.pid for child in seated()), flush=True)
        time.sleep(600)

with Jury(2, LARGE, helps=False) as jury:
    loaded(Path(sys.argv[1]), jury, stop)
"""


def test_judging_processes_end_with_a_pull_that_is_killed(tmp_path):
    command = [sys.executable, "-c", PULL, str(tmp_path / "here")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as pull:
        try:
            judging = [int(number) for number in pull.stdout.readline().split()]
            assert judging
            for process in judging:
                os.kill(process, 0)  # it lives
        finally:
            pull.kill()
        # They write where the pull did: the end of it comes when the last of them has ended
        assert pull.communicate(timeout=LONGEST_SECONDS) == ("", None)
    assert pull.returncode == -signal.SIGKILL
