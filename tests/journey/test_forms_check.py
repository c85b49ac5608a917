"""Every form of the programme's folder is checked as `collector forms check` does, the tablets' engine included.

Which forms there are says programme.toml alone: a form added there is checked here, and nothing is written in Python.
COLLECTOR_FORMS__FOLDER names another folder, as it does for the service.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from collector.form.programme import read_programme
from collector.form.review.remarks import Weight
from jobs.forms import check_form
from jobs.settings import read_settings

pytestmark = pytest.mark.java

FOLDER = Path(os.environ.get("COLLECTOR_FORMS__FOLDER") or Path(__file__).parents[2] / "forms")
PROGRAMME = read_programme(FOLDER / "programme.toml")


@pytest.mark.parametrize("key", PROGRAMME.forms)
def test_a_form_of_the_programme_is_without_a_mistake(key, tmp_path):
    (tmp_path / "settings.toml").write_text("", "utf-8")
    settings = read_settings(tmp_path / "settings.toml", forms={"folder": FOLDER})
    found = check_form(FOLDER / PROGRAMME.forms[key].workbook, settings, PROGRAMME, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    waiting = [remark for remark in found.remarks if remark.weight is Weight.WARNING and remark.code != "placeholder"]
    assert waiting == []
