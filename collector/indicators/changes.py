"""What moved since an earlier night: which indicators, and which forms can have moved them. Shown on sheet Changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose

from collector.form.history import Result
from collector.form.programme import Programme
from collector.indicators.results import Indicator

SESSION, BEFORE, AFTER, FOLLOW_UP = "session", "before", "after", "follow_up"
OF_PAIRS = (SESSION, BEFORE, AFTER)
SOURCES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("I01", "I02", "I03", "I04", "I06", "I07", "I08", "I09"), (SESSION,)),
    "I05": (BEFORE, AFTER),
    "I10": (AFTER,),
    **dict.fromkeys(("I11", "I12", "I13", "I14", "I15", "I16", "I17", "I19", "I20"), OF_PAIRS),
    "I18": (*OF_PAIRS, FOLLOW_UP),
}
"""Which forms an indicator is made of."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An indicator that says something else than before; one of them is None where it was not told on a night."""

    then: Result | None
    now: Result | None
    unit: str

    @property
    def id(self) -> str:
        return (self.now or self.then).id  # type: ignore[union-attr]  # never both are None

    @property
    def item_set(self) -> str:
        return (self.now or self.then).item_set  # type: ignore[union-attr]


def results_of(told: Iterable[Indicator]) -> tuple[Result, ...]:
    """What is kept of a night's indicators."""
    return tuple(Result(one.id, one.item_set, one.value, one.numerator, one.denominator) for one in told)


def moved(then: Iterable[Result], now: Iterable[Indicator]) -> tuple[Moved, ...]:
    """Indicators whose value, numerator or denominator is another than before, in order."""
    listed = list(now)
    units = {one.id: one.unit for one in listed}
    before = {(one.id, one.item_set): one for one in then}
    after = {(one.id, one.item_set): one for one in results_of(listed)}
    both = ((before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys()))
    found = [Moved(old, new, "") for old, new in both if not _is_same(old, new)]
    return tuple(Moved(one.then, one.now, units.get(one.id, "count")) for one in found)


def forms_of(indicator: str, programme: Programme) -> tuple[str, ...]:
    """Keys of the forms that an indicator is made of."""
    waves = (BEFORE, AFTER, FOLLOW_UP) if programme.follow_up_form else (BEFORE, AFTER)
    keys = {SESSION: programme.session_form[0], **{wave: programme.survey_form(wave)[0] for wave in waves}}
    return tuple(keys[source] for source in SOURCES.get(indicator, ()) if source in keys)


def _is_same(then: Result | None, now: Result | None) -> bool:
    if then is None or now is None:
        return False
    told = [(one.value, one.numerator, one.denominator) for one in (then, now)]
    return all(_are_equal(old, new) for old, new in zip(*told, strict=True))


def _are_equal(old: float | None, new: float | None) -> bool:
    return old is new if old is None or new is None else isclose(old, new, rel_tol=1e-9, abs_tol=1e-12)
