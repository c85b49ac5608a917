"""What was received and is accounted for nowhere: found among however many are."""

import pytest

from collector.reporting import judged, ledger, tombstones
from collector.reporting.load import delete, load
from collector.reporting.tables import raw_frames, raw_submissions, submissions
from tests.support.loading import START

FORM, OLD, NEW = "attendance", "aOld", "aNew"


@pytest.mark.parametrize("block", [1, 4, 1000])
def test_what_is_neither_stored_nor_buried_is_found_in_its_last_state(databases, monkeypatch, block):
    monkeypatch.setattr(tombstones, "BLOCK", block)
    far = 2**40
    numbers = [*range(1, 30), far, far + 9]
    received = [(NEW if n > 20 else OLD, f"first{n}", n, f"root{n}", 1, 0, 5) for n in numbers]
    received += [(NEW if n > 20 else OLD, f"again{n}", n, f"root{n}", 1, 6, 5) for n in (7, 25)]
    with databases.reporting.begin() as connection, databases.raw.begin() as raw:
        load(raw, raw_frames, [(1, NEW, START, "", b"")])
        load(raw, raw_submissions, received)
        run = ledger.start_run(connection, "pull", START)
        assert len(tombstones.unaccounted(connection, raw, FORM, [NEW, OLD])) == 31
        load(connection, submissions, [_row(n, run) for n in numbers if n not in (2, 7, 12, 25, far + 9)])
        buried = tombstones.Departure(12, "root12", "first12", "deleted")
        tombstones.bury(connection, FORM, [buried], run, START)
        lost = tombstones.unaccounted(connection, raw, FORM, [NEW, OLD])
        digests = {number: departure.digest for number, departure in lost.items()}
        assert digests == {2: "first2", 7: "again7", 25: "again25", far + 9: f"first{far + 9}"}
        tombstones.bury(connection, FORM, lost.values(), run, START)
        assert tombstones.unaccounted(connection, raw, FORM, [NEW, OLD]) == {}
        assert tombstones.unaccounted(connection, raw, FORM, []) == {}


def test_each_standard_of_each_version_is_told_once(databases):
    standards = [("", "2:unknown"), ("v1", None), ("v1", "1:old"), ("v1", "2:new"), ("v2", None), ("v3", "2:new")]
    with databases.reporting.begin() as connection:
        run = ledger.start_run(connection, "pull", START)
        rows = [
            _row(number, run, version=version, judged_by=standard)
            for number, (version, standard) in enumerate(standards * 2, start=1)
        ]
        load(connection, submissions, [*rows, _row(1, run, form="post_survey", version="v0", judged_by="1:old")])
        assert judged.standings(connection, FORM) == standards
        assert sorted(judged.judged_so(connection, FORM, [("v1", None), ("v3", "2:new")])) == [2, 6, 8, 12]
        delete(connection, submissions, "form_version", ["v1"], form=FORM)
        assert judged.standings(connection, FORM) == [standards[0], *standards[4:]]
        assert judged.standings(connection, "pre_survey") == []


def _row(number, run, *, form=FORM, version="v1", judged_by="2:new"):
    who = START, None, "", "accepted"
    return (form, f"root{number}", number, "", version, *who, f"digest{number}", run, run, "mark", judged_by)
