"""What each code of a finding means and what to do, in plain English. Never an answer."""

from __future__ import annotations

from collections.abc import Mapping

WHAT_TO_DO = "correct it in the server's data table."
MESSAGES: Mapping[str, str] = {
    "type": f"the answer is not what this type of question holds; {WHAT_TO_DO}",
    "geo": f"the answer is not a place on earth: latitude, longitude, altitude, accuracy; {WHAT_TO_DO}",
    "required": f"the question must be answered and is not; {WHAT_TO_DO}",
    "constraint": f"the answer breaks the form's own rule; {WHAT_TO_DO}",
    "choice": f"the answer is not among the choices that the form offers here; {WHAT_TO_DO}",
    "choice_duplicate": f"a choice is given twice; {WHAT_TO_DO}",
    "rank_incomplete": f"a ranking must hold every choice once; {WHAT_TO_DO}",
    "range": f"the number is outside the scale, or between its steps; {WHAT_TO_DO}",
    "answer_in_irrelevant": f"the question is answered though the form does not ask it here; {WHAT_TO_DO}",
    "repeat_count": f"the form asks for another number of rows; {WHAT_TO_DO}",
    "calculate": "the form calculates another value from these answers: one of them was changed by hand afterwards.",
    "readonly_changed": "the form does not let anybody change this value, and it was changed.",
    "unknown_field": "the form has no such question: another version, or changed by hand.",
    "attachment_missing": "the file of this answer has not arrived; sending again from the device brings it.",
    "structure": "the submission is not built as the form is: a list where one answer belongs, or broken XML.",
    "form_version": "the submission was filled with another version of the form; judge it with that one.",
}

OTHER_FORM = "it is a submission of another form: hardly one of its fields is in this one; judge it with its own."

REASONS: Mapping[str, str] = {
    "form_version_unknown": "the version it was filled with is not at hand",
    "form_compile_failed": "the form cannot be read",
    "function_unsupported": "the client's engine has no such function, or we do not know it",
    "regex_unsupported": "the pattern means something else in the client's engine, or takes too long",
    "external_file_missing": "a media file or list that the rule reads is not at hand, or nobody can read it",
    "nondeterministic": "the value is new each time, or depends on the moment of calculating",
    "time_context_missing": "the rule asks for the time, and the submission does not say when it was filled",
    "time_dependent": "the rule holds at the beginning or at the end of the filling, not at both",
    "json_lossy": "the server leaves empty rows out of its JSON; judge the submission's XML",
    "evaluation_error": "the client's engine would fail on this expression",
    "engine_internal": "the client's engine counts the rows around a question, or its own alone, by what came before",
    "relevance_unknown": "nobody can tell whether a question that the rule reads was asked",
    "expression_syntax": "the expression cannot be read",
    "too_expensive": "the expression takes too long",
}
"""Why something cannot be checked."""
