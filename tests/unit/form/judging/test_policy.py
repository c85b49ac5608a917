"""What keeps a submission out of the numbers: what the programme says, and always what leaves no rows."""

import pytest

from collector.form.judging.messages import INTEGRITY, MESSAGES
from collector.form.judging.policy import ALWAYS, MOVABLE, Policy
from collector.form.judging.verdict import Finding, Outcome

NOTHING, EVERYTHING = Policy(frozenset()), Policy(frozenset(MOVABLE))


@pytest.mark.parametrize("code", sorted(ALWAYS))
@pytest.mark.parametrize("outcome", [Outcome.VIOLATION, Outcome.CANNOT_CHECK])
def test_what_leaves_no_rows_always_quarantines(code, outcome):
    assert not NOTHING.accepts([Finding(outcome, code, "")])


def test_every_code_is_decided_by_the_programme_or_always_quarantines():
    codes = {*MESSAGES, *INTEGRITY}
    assert codes <= {*MOVABLE, *ALWAYS}
    for code in MOVABLE[:-2]:
        assert NOTHING.accepts([Finding(Outcome.VIOLATION, code, "")])
        assert not EVERYTHING.accepts([Finding(Outcome.VIOLATION, code, "")])


@pytest.mark.parametrize("outcome", [Outcome.CANNOT_CHECK, Outcome.ENGINE_DEPENDENT])
def test_what_nobody_knows_is_told_unless_the_programme_wants_it_out(outcome):
    finding = Finding(outcome, "constraint", "a")
    assert Policy().accepts([finding])
    assert not Policy(frozenset({str(outcome)})).accepts([finding])
    assert Policy(frozenset({"constraint"})).accepts([finding])


def test_a_code_can_quarantine_at_one_question_alone_in_whatever_row():
    policy = Policy(frozenset({"choice:register/age_group"}))
    assert not policy.accepts([Finding(Outcome.VIOLATION, "choice", "register[3]/age_group")])
    assert policy.accepts([Finding(Outcome.VIOLATION, "choice", "register[3]/sex")])
    assert policy.accepts([Finding(Outcome.VIOLATION, "required", "register[3]/age_group")])
    assert policy.withholds(Finding(Outcome.VIOLATION, "choice", "register[3]/sex"))
    assert not policy.withholds(Finding(Outcome.VIOLATION, "choice", "register[3]/age_group"))
