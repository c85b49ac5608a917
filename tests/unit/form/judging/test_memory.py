"""What is remembered of a rule changes no verdict, and does not grow for ever."""

from random import Random

import pytest

from collector.form.judging import memory
from collector.form.judging.judge import judge_of
from collector.form.xform.model import FormNode
from collector.form.xlsform import to_xform
from tests.conformance.form_answers import CLOCKS, DATES, WORDS
from tests.conformance.form_grammar import LISTS, random_form, sheets
from tests.support.xforms import xform_of

SURVEY = """
type         | name | constraint | relevant         | calculation
integer      | top  |            |                  |
begin repeat | row  |            |                  |
integer      | n    | . < ${top} |                  |
text         | why  |            | ${n} > 5         |
calculate    | half |            |                  | ${n} div 2
end repeat   |      |            |                  |
"""


def verdict(judge, top, *numbers):
    rows = [{"row/n": str(n), "row/half": str(n / 2), "row/why": "x"} for n in numbers]
    return [(each.code, each.path) for each in judge.judge_json({"top": str(top), "row": rows}, "collect").findings]


def test_a_judge_that_has_seen_much_says_what_a_new_one_says():
    used = judge_of(xform_of(SURVEY))
    for top in (4, 9, 4, 7):
        for numbers in ((1, 8, 3), (8, 8), (6, 5, 1, 9)):
            assert verdict(used, top, *numbers) == verdict(judge_of(xform_of(SURVEY)), top, *numbers)


def test_what_is_remembered_is_forgotten_when_it_grows(monkeypatch):
    monkeypatch.setattr(memory, "MOST_OF_ONE", 3)
    judge = judge_of(xform_of(SURVEY))
    for top in range(20):
        verdict(judge, top, 1, 2, 3)
    (kept,) = judge._courts["collect"].memories.values()
    sizes = [len(each) for each in (*kept.settled, *kept.held.values())]
    assert 0 < max(sizes) <= 3
    assert sum(sizes) == kept.size


TEXTS = (
    "",
    "",
    "1",
    "1",
    "2",
    "3",
    "0",
    "-1",
    "2.5",
    *DATES[:2],
    *CLOCKS[:2],
    *WORDS,
    *(row["name"] for row in LISTS["sub"]),
)


def random_rows(form_node: FormNode, random: Random) -> dict[str, object]:
    answers: dict[str, object] = {}
    for child in form_node.children:
        if child.is_repeat:
            answers[child.path] = [random_rows(child, random) for _ in range(random.choice((0, 1, 2, 3)))]
        elif child.is_leaf:
            answers[child.path] = random.choice(TEXTS)
        else:
            answers |= random_rows(child, random)
    return answers


def random_submissions(root: FormNode, random: Random, count: int):
    """Most of a submission's answers are those of the one before, so that much of it is remembered."""
    answers = random_rows(root, random)
    for _ in range(count):
        fresh = random_rows(root, random)
        changed = random.sample(sorted(answers), max(1, len(answers) // 5))
        answers = answers | {path: fresh[path] for path in changed if path in fresh}
        yield answers | {"end": f"2026-06-{random.choice((14, 15))}T10:00:00.000{random.choice(('+03:00', 'Z'))}"}


def test_on_random_forms_too_what_is_remembered_changes_no_verdict(monkeypatch):
    kept = 0
    for seed in range(12):
        random = Random(seed)
        xform = to_xform(sheets(random_form(random)), form_id="memory", version="1")
        with monkeypatch.context() as patched:
            patched.setattr(memory, "MOST_READ", 0)
            forgetful = judge_of(xform)
            forgetful.judge_json({"end": "2026-06-14T10:00:00.000Z"})
        used = judge_of(xform)
        for answers in random_submissions(used.model.root, random, 30):
            assert used.judge_json(answers) == forgetful.judge_json(answers)
        kept += sum(each.size for court in used._courts.values() for each in court.memories.values())
        assert not any(each.size for court in forgetful._courts.values() for each in court.memories.values())
    assert kept > 300


HIDDEN = {
    "the day": (
        """
type | name | constraint
end  | end  |
date | day  | . <= today()
""",
        {"day": "2026-06-15", "end": "2026-06-15T10:00:00.000Z"},
        {"day": "2026-06-15", "end": "2026-06-14T10:00:00.000Z"},
    ),
    "the number of the row": (
        """
type         | name | calculation
begin repeat | row  |
text         | who  |
calculate    | at   | position(..)
end repeat   |      |
""",
        {"row": [{"row/who": "a", "row/at": "1"}, {"row/who": "b", "row/at": "2"}]},
        {"row": [{"row/who": "a", "row/at": "1"}, {"row/who": "b", "row/at": "1"}]},
    ),
    "how many rows there are": (
        """
type         | name | constraint
begin repeat | row  |
text         | who  |
end repeat   |      |
integer      | most | . >= count(${row})
""",
        {"most": "1", "row": [{"row/who": "a"}]},
        {"most": "1", "row": [{"row/who": "a"}, {"row/who": "b"}]},
    ),
    "what a predicate reads": (
        """
type        | name | constraint
text        | flag |
text        | pick |
begin group | g    |
text        | flag |
text        | text | ${pick}[../flag = '1'] = 'x'
end group   |      |
""",
        {"flag": "1", "pick": "x", "g/flag": "1", "g/text": "t"},
        {"flag": "0", "pick": "x", "g/flag": "1", "g/text": "t"},
    ),
}


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_a_rule_reads_besides_answers_is_not_forgotten(hidden):
    survey, right, wrong = HIDDEN[hidden]
    judge = judge_of(xform_of(survey))
    for dialect in ("collect", "enketo"):
        assert not judge.judge_json(right, dialect).findings
        assert judge.judge_json(wrong, dialect).findings
