"""A version is converted in a process that goes away, and is told where it cannot be; who has the converter uses it."""

import multiprocessing
import sys
from multiprocessing.connection import wait

import pytest

from jobs import convert
from jobs.processes import open_pool
from tests.support.attendance import VERSION, attendance_content

NOT_A_FORM = {"survey": [{"type": "begin_group", "name": "g"}]}


def converted(content):
    return convert.convert(content, "aAttendance", VERSION, "attendance")


@pytest.fixture
def without_converter(monkeypatch):
    """As in a pull, which has not loaded it."""
    monkeypatch.delitem(sys.modules, "pyxform", raising=False)


def test_another_process_makes_what_this_one_makes(without_converter, monkeypatch):
    opened = []
    monkeypatch.setattr(convert, "open_pool", lambda *how: opened.append(open_pool(*how)) or opened[-1])
    there = converted(attendance_content())
    assert len(opened) == 1
    assert "pyxform" not in sys.modules
    for process in multiprocessing.active_children():
        assert wait([process.sentinel], 10)  # until it is gone
    assert there == convert._convert(attendance_content(), "aAttendance", VERSION, "attendance")
    assert there[0].startswith("<")


def test_what_the_converter_refuses_is_told_by_both_alike(without_converter):
    xform, why = converted(NOT_A_FORM)
    assert xform is None
    assert (xform, why) == convert._convert(NOT_A_FORM, "aAttendance", VERSION, "attendance")
    assert why


def dying(count, _):
    return open_pool(count, sys.exit, 3)


def refused(*_):
    raise BlockingIOError("no more processes")


@pytest.mark.parametrize("opened", [dying, refused])
def test_without_such_a_process_it_is_done_here(without_converter, monkeypatch, opened):
    monkeypatch.setattr(convert, "open_pool", opened)
    assert converted(attendance_content())[0].startswith("<")
