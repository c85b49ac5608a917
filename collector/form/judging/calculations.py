"""Whether a stored value is what the form calculates: by meaning, since engines write the same value differently.

Used by court.py. JavaRosa writes 3.0E9 and true dates with a time, Enketo 3000000000 and the day alone; a whole-number
field cuts fractions off. Never compared: what is new each time, and what a person may overwrite.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from collector.form.judging.rules import FRESH, Rule
from collector.form.xform.model import FormNode

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?")
TRUTH = {"true": "1", "false": "0"}
NOTHING = frozenset({"", "NaN"})
IDENTITY = frozenset({"__version__", "formhub/uuid", "meta/instanceID", "meta/rootUuid", "meta/deprecatedID"})
"""What client and server give a submission themselves."""
CLOSE = 1e-9


def is_compared(form_node: FormNode) -> bool:
    """Whether a node's calculation must hold in what is sent."""
    if not form_node.bind.calculate or form_node.is_set or form_node.path in IDENTITY or form_node.bind.preload:
        return False
    return form_node.control is None or form_node.bind.readonly.strip() == "true()"


def is_fresh(rule: Rule) -> bool:
    """Whether the value depends on the moment of calculating."""
    return bool(rule.functions & FRESH) or (rule.expression is not None and not rule.expression.is_deterministic)


def compile_comparison(kind: str) -> Callable[[str, str, tzinfo | None], bool]:
    """kind: of the bind. The function says whether a calculated text and a stored one mean the same."""

    def is_same(calculated: str, stored: str, zone: tzinfo | None) -> bool:
        if calculated == stored:
            return True
        first, second = calculated.strip(), stored.strip()
        if first in NOTHING or second in NOTHING:
            return first in NOTHING and second in NOTHING
        first, second = TRUTH.get(first, first), TRUTH.get(second, second)
        return first == second or _same_number(first, second, kind) or _same_time(first, second, zone)

    return is_same


def _same_number(first: str, second: str, kind: str) -> bool:
    try:
        one, other = float(first), float(second)
    except ValueError:
        return False
    if not (math.isfinite(one) and math.isfinite(other)):
        return one == other
    if kind == "int":
        return math.trunc(one) == math.trunc(other)
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)


def _same_time(first: str, second: str, zone: tzinfo | None) -> bool:
    if not (DATE.fullmatch(first) and DATE.fullmatch(second)):
        return False
    if len(first) == len(second) == 10:
        return False  # two days, and not the same text
    try:
        one, other = (_in_zone(datetime.fromisoformat(text), zone) for text in (first, second))
    except (ValueError, OverflowError):
        return False
    if one == other:
        return True
    return 10 in (len(first), len(second)) and (one.date() == other.date() or first[:10] == second[:10])


def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
