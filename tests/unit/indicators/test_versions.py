from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from collector.indicators.versions import Used, is_old, versions_used

FIRST, SECOND = datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 8, 1, 8, tzinfo=UTC)
PUBLISHED = [("v1", FIRST), ("v2", SECOND)]


@pytest.mark.parametrize(
    ("version", "hours", "expected"),
    [("v1", -1, False), ("v1", 24, False), ("v1", 24.1, True), ("v2", 24.1, False), ("of elsewhere", 99, False)],
)
def test_a_version_is_old_a_day_after_another_went_out(version, hours, expected):
    assert is_old(version, SECOND + timedelta(hours=hours), PUBLISHED) is expected


def test_a_version_that_was_deployed_again_is_not_old():
    back = [*PUBLISHED, ("v3", None)]
    assert not is_old("v2", SECOND + timedelta(days=9), back)
    assert not is_old("v1", FIRST - timedelta(days=9), back)  # nothing was out: nobody knows


def test_versions_are_told_form_by_form_the_newest_first_with_the_old_ones_counted():
    late = SECOND + timedelta(days=3)
    forms = [("pre", "v1", FIRST), ("pre", "v1", late), ("pre", "v2", late), ("post", "w1", late)]
    deployed = {"post": [("w1", FIRST)], "pre": PUBLISHED, "other": [("x", FIRST)]}
    counted = Counter((form, version, is_old(version, at, deployed.get(form, ()))) for form, version, at in forms)
    assert versions_used(counted, deployed) == (
        Used("post", "w1", 1, 1, 0),
        Used("pre", "v2", 2, 1, 0),
        Used("pre", "v1", 1, 2, 1),
    )
