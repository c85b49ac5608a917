"""The submissions that tests and bench are filled with pass, whichever is taken."""

import pytest

from collector.form.judging.judge import judge_of
from collector.kobo.submission import read_submission
from collector.kobo.xform import xform_of
from tests.support.attendance import (
    CARDS,
    FORM,
    OF_SUBMISSION,
    PATTERNS,
    VERSION,
    attendance_content,
    attendance_media,
    attendance_version,
    submission,
)

ROUND = CARDS // OF_SUBMISSION
"""Submissions after which cards come again."""


@pytest.fixture(scope="module")
def judge():
    xform = xform_of(attendance_content(), asset_uid="aAttendance", version=VERSION, title=FORM)
    return judge_of(xform, attendance_media(), attendance_version())


def test_every_pattern_passes_and_where_cards_come_again_too(judge):
    for number in (*range(1, PATTERNS + 1), *range(ROUND - 2, ROUND + 3), *range(2 * ROUND - 2, 2 * ROUND + 3)):
        assert judge.judge_json(read_submission(submission(number)).answers).findings == (), number
