"""Every example of the page "what we judge", in both dialects; and the page says what the examples say."""

from pathlib import Path

import pytest

from collector.form.judging.messages import MESSAGES
from tests.spec.judged_rules import DIALECTS, EXAMPLES, page

PAGE = Path(__file__).parents[2] / "docs/what-we-judge.md"
ALL = {f"{rule}: {each.title}": each for rule, examples in EXAMPLES.items() for each in examples}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ALL)
def test_the_example_is_judged_as_the_page_says(name, dialect):
    assert ALL[name].verdict(dialect) == ALL[name].expected(dialect)


def test_every_code_has_an_example():
    told = " ".join(each.expected(dialect) for each in ALL.values() for dialect in DIALECTS)
    assert [code for code in MESSAGES if f"{code} at" not in told] == []


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page(), "print it: python -m tests.spec.judged_rules > docs/what-we-judge.md"
