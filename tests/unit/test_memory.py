"""What a pull changes about this process's memory, it changes back."""

import gc

import pytest

from jobs.memory import cycles_seldom_looked_for


def test_cycles_are_looked_for_again_as_before_however_the_pull_ends():
    before = gc.get_threshold()
    during = []

    def fail():
        with cycles_seldom_looked_for():
            during.append((gc.get_threshold(), gc.get_freeze_count()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    ((threshold, frozen),) = during
    assert threshold > before == gc.get_threshold()
    assert frozen > 0 == gc.get_freeze_count()
