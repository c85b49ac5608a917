"""However a server cuts submissions into pages, and however often it gives one, the tables are the same.

Each submission has an identity of its own: which of two keeps a shared one, a page decides by what it holds.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model.fresh import fresh_files
from tests.support.attendance import submission
from tests.support.databases import MOVING, contents
from tests.support.loading import destination, load_records

NUMBERS = range(1, 7)
KINDS_OF_ANSWERS = (
    {},
    {"head_f": "many"},
    {"register": None, "head_f": "0"},
    {"__version__": "vNobodyKnows"},
    {"_submission_time": "yesterday"},
)
PAGES = st.sets(st.sampled_from(NUMBERS[1:]))
"""Which submissions begin a page, beside the first."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    with fresh_files(tmp_path_factory.mktemp("databases")) as fresh:
        fresh.keep("nothing")
        yield fresh


def loaded(fresh, pages):
    fresh.put_back("nothing")
    to = destination(fresh.databases)
    for page in pages:
        load_records(to, *page, after=0)
    return contents(fresh.databases.reporting, but=MOVING)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    kinds=st.tuples(*[st.sampled_from(KINDS_OF_ANSWERS)] * len(NUMBERS)),
    starts=PAGES,
    again=st.lists(st.integers(0, len(NUMBERS) - 1), max_size=3),
)
def test_any_cut_into_pages_and_any_page_again_gives_the_same_tables(fresh, kinds, starts, again):
    records = [submission(number, **changes) for number, changes in zip(NUMBERS, kinds, strict=True)]
    borders = [0, *(number - 1 for number in sorted(starts)), len(records)]
    pages = [records[start:end] for start, end in pairwise(borders)]
    repeated = [pages[number % len(pages)] for number in again]
    assert loaded(fresh, [*pages, *repeated]) == loaded(fresh, [records])
