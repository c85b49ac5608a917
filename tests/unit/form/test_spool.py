"""Records in memory or in their temporary file: they read the same, and never come more than a few at a time."""

import gc
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import ExportError
from collector.form import spool
from collector.form.spool import Numbers, Spool, distinct, spooled


@dataclass(frozen=True, slots=True)
class Said:
    session: str
    number: int
    at: datetime | None = None


said = st.builds(
    Said,
    st.sampled_from(["", "ERB-01", "ERB-02", "سليمانية", "a\x01b"]),
    st.integers(),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
limits = st.integers(0, 30)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(spool, "AT_ONCE", 4)


def with_limit(limit, work):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "MOST_HELD", limit)
        return work()


def session_of(record):
    return record.session


@given(st.lists(said, max_size=30), limits, st.sets(st.sampled_from(["", "ERB-01", "nowhere"])))
def test_records_read_the_same_wherever_they_are(records, limit, names):
    kept = with_limit(limit, lambda: Spool(session_of, records))
    grouped = defaultdict(list)
    for record in records:
        grouped[record.session].append(record)
    assert (list(kept), len(kept), kept == tuple(records)) == (records, len(records), True)
    assert [(name, list(group)) for name, group in kept.groups()] == sorted(grouped.items())
    assert sorted(kept.places()) == sorted(grouped)
    assert list(kept.of("ERB-01")) == grouped.get("ERB-01", [])
    part = kept.within(names)
    assert list(part) == [record for record in records if record.session in names]
    assert len(part) == len(list(part))
    assert list(part.of("ERB-02")) == []
    assert [name for name, _ in part.groups()] == sorted(names & grouped.keys())


@given(st.lists(said, min_size=1, max_size=30), limits)
def test_records_that_come_while_others_are_read_are_read_too(records, limit):
    def filled():
        kept = Spool(session_of)
        for record in records:
            kept.add(record)
            assert kept.of(record.session)[-1] == record
        return kept

    assert with_limit(limit, filled) == records


def test_two_readings_at_once_do_not_disturb_each_other(monkeypatch):
    monkeypatch.setattr(spool, "MOST_HELD", 3)
    records = [Said(f"S{number % 4}", number) for number in range(20)]
    kept = Spool(session_of, records)
    assert [(one, other) for one in kept for other in kept] == [(one, other) for one in records for other in records]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40), limits)
def test_the_middle_is_the_median(numbers, limit):
    def found():
        kept = Numbers()
        kept.extend(numbers)
        return len(kept), kept.middle

    assert with_limit(limit, found) == (len(numbers), median(numbers))


@given(st.lists(st.sampled_from("abcdefghij"), max_size=60), st.integers(0, 12))
def test_distinct_names_are_counted_once(names, limit):
    assert with_limit(limit, lambda: distinct(iter(names))) == len(set(names))


def test_a_spool_is_not_spooled_again():
    kept = Spool(session_of, [Said("a", 1)])
    assert spooled(session_of, kept) is kept


def test_filling_and_reading_holds_few_records_at_once(monkeypatch):
    """Ten thousand pass; those alive are counted while they come and while they go."""
    monkeypatch.setattr(spool, "MOST_HELD", 50)
    alive = []

    def count():
        alive.append(sum(type(each) is Said for each in gc.get_objects()))

    def made():
        for number in range(10_000):
            if number % 1_000 == 999:
                count()
            yield Said(f"S{number // 25}", number)

    kept = Spool(session_of, made())
    for number, _ in enumerate(kept):
        if number % 1_000 == 999:
            count()
    for number, _ in enumerate(kept.groups()):
        if number % 100 == 99:
            count()
    assert len(alive) == 24
    assert max(alive) < 100


def test_a_temporary_folder_that_takes_no_more_is_named(monkeypatch):
    monkeypatch.setattr(spool, "MOST_HELD", 3)
    opened = spool._opened

    def small(table):
        file = opened(table)
        file.execute("PRAGMA max_page_count = 20")
        return file

    monkeypatch.setattr(spool, "_opened", small)
    with pytest.raises(ExportError, match=r"temporary folder .* full.*TMPDIR"):
        Spool(session_of, (Said("x" * 500, number) for number in range(1_000)))
