"""The demo campaign as JavaRosa fills it: some submissions of each form, as XML and as the server's JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pytest

from collector.form.judging.judge import Judge, judge_of
from collector.tablets.filled import Filled
from collector.tablets.java import java
from collector.tablets.javarosa import Form
from tests.support.material import MEDIA, PROGRAMME, campaign, definition, form_xml

MOST = 150
"""Submissions of each form: enough for every branch, quick enough for every run."""


@pytest.fixture(scope="session")
def judges() -> Mapping[str, Judge]:
    return {key: judge_of(form_xml(key), MEDIA, definition(key)) for key in PROGRAMME.forms}


@pytest.fixture(scope="session")
def filled() -> Mapping[str, list[bytes]]:
    java()
    tablets = {key: Form(form_xml(key), MEDIA) for key in PROGRAMME.forms}
    forms: dict[str, list[Filled]] = defaultdict(list)
    for form in campaign(profile="clean").forms:
        forms[form.form_key].append(form)
    spread = {key: each[:: -(-len(each) // MOST)] for key, each in forms.items()}  # of every session some
    return {key: [tablets[key].fill(form) for form in each] for key, each in spread.items()}
