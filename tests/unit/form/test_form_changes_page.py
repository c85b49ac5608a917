"""docs/form-changes.md begins with the table of the tested kinds of change, as form_changes_page.py writes it.

Its second table is compared by tests/journey/test_live_changes.py, which measures what it tells.
"""

from tests.support.form_changes_page import CHOICES, LIVE, PAGE, first_table


def test_the_page_says_what_the_tests_prove():
    page = PAGE.read_text("utf-8")
    assert page.startswith(first_table() + LIVE), "run: python -m tests.support.form_changes_page"
    assert page.endswith(CHOICES)
