"""The two dialects as data: Collect is JavaRosa inside KoboCollect, Enketo the engine of Kobo's web forms.

The tables of functions and operators are the list of what differs: first what both share, then each engine's own.
"""

from __future__ import annotations

from collector.form.xpath import coercions, operators
from collector.form.xpath.code import Dialect
from collector.form.xpath.functions import dates, geography, logic, nodesets, numbers, outside, selects, texts
from collector.form.xpath.paths_collect import collect_path, collect_predicate
from collector.form.xpath.paths_enketo import enketo_path, enketo_predicate

_COMMON = texts.COMMON | numbers.COMMON | logic.COMMON | dates.COMMON | nodesets.COMMON | outside.COMMON

COLLECT = Dialect(
    name="collect",
    coercions=coercions.COLLECT,
    functions=_COMMON
    | (texts.COLLECT | numbers.COLLECT | logic.COLLECT | selects.COLLECT)
    | (dates.COLLECT | nodesets.COLLECT | geography.COLLECT),
    operators=operators.COLLECT,
    path=collect_path,
    predicate=collect_predicate,
    is_if_lazy=True,
    has_filtered_expressions=False,
)

ENKETO = Dialect(
    name="enketo",
    coercions=coercions.ENKETO,
    functions=_COMMON
    | (texts.ENKETO | numbers.ENKETO | logic.ENKETO | selects.ENKETO)
    | (dates.ENKETO | nodesets.ENKETO | geography.ENKETO),
    operators=operators.ENKETO,
    path=enketo_path,
    predicate=enketo_predicate,
    is_if_lazy=False,
    has_filtered_expressions=True,
)

DIALECTS = {dialect.name: dialect for dialect in (COLLECT, ENKETO)}
