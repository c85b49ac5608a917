"""docs/form-changes.md is the table of the tested kinds of change, as support/form_changes_page.py writes it."""

from tests.support.form_changes_page import PAGE, page


def test_the_page_says_what_the_tests_prove():
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.support.form_changes_page"
