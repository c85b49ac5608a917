"""Large pages judged by other processes end as they do when judged in this one; a process that dies loses nothing."""

import multiprocessing
from dataclasses import replace

from jobs.jury import Jury
from tests.support.attendance import submission
from tests.support.databases import MOVING, contents, open_databases
from tests.support.loading import destination, load_records

PAGE, LARGE = 30, 20
SPOILT = {
    3: {"head_f": "many"},
    38: {"head_f": "-1"},
    42: {"__version__": "vNobodyKnows"},
    45: {"_submission_time": "yesterday"},
    47: {"nobody_asked": "this"},
}


def page(number):
    first = number * PAGE + 1
    return [submission(each, **SPOILT.get(each, {})) for each in range(first, first + PAGE)]


def loaded(folder, jury, before=lambda number: None):
    """What three pages leave in a new database. before: called before each."""
    folder.mkdir()
    with open_databases(f"sqlite:///{folder / 'reporting.db'}", folder) as databases:
        to = replace(destination(databases), jury=jury)
        for number in range(3):
            before(number)
            load_records(to, *page(number))
        return {name: rows for name, rows in contents(databases.reporting, but=MOVING).items() if name != "raw_frames"}


def test_other_processes_find_what_this_one_finds(tmp_path):
    here = loaded(tmp_path / "here", Jury(1))
    with Jury(2, LARGE) as jury:
        assert loaded(tmp_path / "there", jury) == here
        assert len(multiprocessing.active_children()) > 0
    assert multiprocessing.active_children() == []
    assert len(here["findings"]) >= len(SPOILT)


def test_a_process_that_dies_loses_nothing(tmp_path):
    def kill(number):
        if number == 2:
            for child in multiprocessing.active_children():
                child.kill()
                child.join()

    here = loaded(tmp_path / "here", Jury(1))
    with Jury(2, LARGE) as jury:
        assert loaded(tmp_path / "there", jury, kill) == here


def test_little_is_judged_without_other_processes(tmp_path):
    with Jury(2, large=PAGE + 1) as jury:
        loaded(tmp_path / "here", jury)
        assert multiprocessing.active_children() == []
