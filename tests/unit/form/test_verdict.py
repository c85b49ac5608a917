"""The first judging: what keeps a submission out, where it stands, and what to do about it."""

import pytest

from collector.form.answers import compile_reader
from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.form.verdict import MESSAGES, compile_judge, finding


def select(name, list_name, kind=Kind.SELECT_ONE, **more):
    return Question(name, more.pop("path", name), more.pop("type", str(kind)), kind, list_name=list_name, **more)


FORM = FormVersion(
    title="Session",
    form_id="session",
    version="v1",
    languages=("",),
    questions=(
        Question("head_f", "head_f", "integer", Kind.INTEGER, row=7),
        select("status", "status", row=5),
        select("topics", "topic", Kind.SELECT_MULTIPLE),
        select("session", "plan.csv", type="select_one_from_file"),
        select("sex", "sex", path="register/sex", repeat="register", row=12),
    ),
    repeats=(Repeat("register", "register"),),
    choices={
        "status": (Choice("held"), Choice("cancelled")),
        "topic": (Choice("m1"), Choice("m2")),
        "sex": (Choice("f"), Choice("m")),
    },
)


def judge(form=FORM, **answers):
    return compile_judge(form)(compile_reader(form)(answers))


def found(verdict):
    return [(finding.code, finding.path, finding.row) for finding in verdict.findings]


def test_answers_that_fit_their_version_are_accepted():
    verdict = judge(head_f="9", status="held", topics="m1 m2", register=[{"register/sex": "f"}, {}])
    assert verdict.is_accepted


def test_a_choice_must_be_in_its_list():
    assert found(judge(status="hold")) == [("unknown_choice", "status", 5)]


def test_each_of_several_choices_must_be_in_its_list():
    assert found(judge(topics="m1 m9")) == [("unknown_choice", "topics", None)]


def test_a_finding_in_a_repeat_says_in_which_instance():
    verdict = judge(register=[{"register/sex": "f"}, {"register/sex": "x"}])
    assert found(verdict) == [("unknown_choice", "register[2]/sex", 12)]


def test_a_media_list_is_compared_only_when_the_file_is_at_hand():
    assert judge(session="ERB-99").is_accepted
    known = FormVersion(**{**vars(FORM), "choices": {**FORM.choices, "plan.csv": (Choice("ERB-01"),)}})
    assert found(judge(known, session="ERB-99")) == [("unknown_choice", "session", None)]


def test_everything_wrong_is_found_at_once():
    verdict = judge(head_f="many", status="hold", other="1", register=[{"register/sex": "x"}])
    assert {finding.code for finding in verdict.findings} == {"not_an_integer", "unknown_choice", "unknown_question"}
    assert len(verdict.findings) == 4


def test_messages_say_what_to_do_and_never_the_answer():
    verdict = judge(head_f="964 000 000 0000", status="Layla")
    texts = " ".join(finding.message for finding in verdict.findings)
    assert "964" not in texts
    assert "Layla" not in texts
    assert "correct it" in texts


@pytest.mark.parametrize("code", MESSAGES)
def test_every_code_has_a_remedy_in_its_message(code):
    assert finding(code).message.count(";") >= 1


def test_a_path_from_outside_is_cut_and_made_printable():
    path = finding("unknown_question", "a\0b" + "x" * 1000).path
    assert path.startswith("a?b")
    assert len(path) < 400
