"""Where KoboCollect and Kobo's web forms part, and where they agree: one line of this table is one promise."""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import product

import pytest

from collector.errors import CannotEvaluate
from collector.form.xpath.context import Context
from collector.form.xpath.dialects import COLLECT, ENKETO
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import java_number, javascript_number
from tests.unit.form.xpath.worlds import at, text, world

APART = [
    ("regex('123456789012', '[0-9]{10}')", "false", "true"),
    ("boolean(/data/empty)", "false", "true"),
    ("/data/day >= '2020-01-01'", "false", "true"),
    ("now() = today()", "true", "false"),
    ("0.1 + 0.2 = 0.3", "true", "false"),
    ("max(-5, -2) < -1", "false", "true"),
    ("/data/nothing = ''", "true", "false"),
    ("/data/age = '017'", "true", "false"),
    ("number('4,5')", "4.5", "NaN"),
    ("number('1e3')", "NaN", "1000"),
    ("round(-2.5)", "-2", "-3"),
    ("round(1.005, 2)", "1.01", "1"),
    ("string(3000000000)", "3.0E9", "3000000000"),
    ("/data/day + 7", "20642", "20641.875"),
    ("weighted-checklist(2, -1, true(), 3)", "false", "true"),
    ("coalesce(number('x'), 5)", "5", "NaN"),
]
ALIKE = [
    ("true() or nosuch()", "true"),
    ("false() and nosuch()", "false"),
    ("selected('ab ba', 'a')", "false"),
    ("1 < 5 < 3", "true"),
    ("string-length('😀a')", "3"),
    ("substr('hello', -2)", "lo"),
    ("-5 mod 3", "-2"),
    ("1 div 0", "Infinity"),
    ("format-date('2026-07-05', '%a %e %b %Y')", "Sun 5 Jul 2026"),
    ("sum(/data/r/x)", "3"),
    ("join(', ', /data/r/t)", "a, b"),
    ("indexed-repeat(/data/r/t, /data/r, 2)", "b"),
    ("instance('sites')/root/item[name = /data/site]/district", "d2"),
]
REFUSED = {"collect": ["floor(1.5)", "//x", "/data/r/x = 1", "selected(1, 1)", "date('2023-02-30')", "nosuch()"]}
REFUSED["enketo"] = ["nosuch()", "if(true(), 1, nosuch())", "sum(1)", "position(/data/nothing)"]


@pytest.mark.parametrize(("expression", "collect", "enketo"), APART)
def test_the_clients_differ(expression, collect, enketo):
    assert (text(expression, "collect"), text(expression, "enketo")) == (collect, enketo)


@pytest.mark.parametrize(("expression", "answer"), ALIKE)
def test_the_clients_agree(expression, answer):
    assert (text(expression, "collect"), text(expression, "enketo")) == (answer, answer)


@pytest.mark.parametrize(("dialect", "expression"), [(name, each) for name, all in REFUSED.items() for each in all])
def test_what_a_client_cannot_evaluate_is_said_and_not_guessed(dialect, expression):
    with pytest.raises(CannotEvaluate):
        text(expression, dialect)


def test_a_branch_that_is_not_taken_may_hold_anything_in_collect():
    assert text("if(true(), 1, nosuch())") == "1"
    assert text("coalesce('a', nosuch())") == "a"


@pytest.mark.parametrize("dialect", ["collect", "enketo"])
def test_what_is_not_relevant_reads_as_empty(dialect):
    where = world()
    where.root.named("age")[0].is_relevant = False
    assert text("/data/age", dialect, where=where) == ""
    assert text("count(/data/age)", dialect, where=where) == ("0" if dialect == "collect" else "1")


def test_an_absolute_path_inside_a_repeat_means_the_questions_own_instance():
    repeats = frozenset({"/data/r"})
    for dialect in (COLLECT, ENKETO):
        own = compile_expression("/data/r/x", dialect, repeats)
        assert [own.text(at(f"r[{number}]/t", world())) for number in (1, 2)] == ["1", "2"]


def test_a_missing_file_is_named_as_the_reason():
    with pytest.raises(CannotEvaluate) as missing:
        text("instance('venues')/root/item[name = 'a']/label")
    assert missing.value.reason == "external_file_missing"


NINES = "9" * 400
HUGE = (NINES, NINES * 20, f"2024-01-{NINES}", f"2024-01-{NINES * 20}", f"{NINES * 20}-01-01", f"0x{'f' * 400}")
HUGE_TIMES = (f"10:{NINES * 20}", f"2024-01-01T{NINES * 20}:00", f"2024-01-01T10:00:00.000+{NINES * 20}:00")
READING = (
    "date(.)",
    "format-date(., '%Y-%m')",
    "decimal-date-time(.)",
    "decimal-time(.)",
    ". + 1",
    ". > today()",
    "uuid(.)",
)


@pytest.mark.parametrize("expression", READING)
@pytest.mark.parametrize("dialect", [COLLECT, ENKETO], ids=lambda dialect: dialect.name)
def test_answers_of_hundreds_of_digits_break_nothing(dialect, expression):
    compiled = compile_expression(expression, dialect)
    for answer, kind in product((*HUGE, *HUGE_TIMES), ("string", "decimal", "date", "time")):
        with suppress(CannotEvaluate):
            compiled.evaluate(Context(Node("x", answer, kind), world()))


@pytest.mark.parametrize("dialect", [COLLECT, ENKETO], ids=lambda dialect: dialect.name)
def test_a_megabyte_of_digits_that_is_no_number_is_read_once(dialect):
    """Not once for each digit, which would take all day."""
    compiled = compile_expression(". + 1", dialect)
    result = compiled.evaluate(Context(Node("x", f"{'9' * 1_000_000}-01-01", "string"), world()))
    assert math.isnan(result)


def test_days_beyond_the_calendar_of_javascript_are_no_date():
    assert text(f"format-date('{NINES}', '%Y')", "enketo") == ""


@pytest.mark.parametrize(
    ("number", "java", "javascript"),
    [(1e-6, "1.0E-6", "0.000001"), (1e-7, "1.0E-7", "1e-7"), (1e7, "1.0E7", "10000000"), (1e21, "1.0E21", "1e+21")],
)
def test_small_and_large_numbers_are_written_as_each_language_writes_them(number, java, javascript):
    assert (java_number(number), javascript_number(number)) == (java, javascript)
