"""What each code of a finding means and what to do, in plain English. Never an answer."""

from __future__ import annotations

from collections.abc import Mapping

from collector.form.judging.verdict import Finding, Outcome

LONGEST_PATH = 300
WHAT_TO_DO = "correct it in the server's data table."
MESSAGES: Mapping[str, str] = {
    "type": f"the answer is not what this type of question holds; {WHAT_TO_DO}",
    "geo": f"the answer is not a place on earth: latitude, longitude, altitude, accuracy; {WHAT_TO_DO}",
    "required": f"the question must be answered and is not; {WHAT_TO_DO}",
    "constraint": f"the answer breaks the form's own rule; {WHAT_TO_DO}",
    "choice": (
        "the answer is in no list of the form: a code that nobody knows; if it belongs in a media file, add it there "
        f"and deploy; else {WHAT_TO_DO}"
    ),
    "choice_not_offered": (
        "the answer is in its list, but the form does not offer it beside the other answers, as a district of another "
        f"governorate; see which of them is wrong, and {WHAT_TO_DO}"
    ),
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

INTEGRITY: Mapping[str, str] = {
    "unknown_version": (
        "the server does not know the form version that this submission was filled with; ask the enumerator to update "
        "the form on the tablet, and compare with the form's versions on the server."
    ),
    "form_not_judgeable": (
        "nothing can be judged by the form version of this submission: its definition on the server does not make a "
        "form; `collector status` says why. Its submissions are judged as soon as it does."
    ),
    "unreadable_submission": f"the server's own data about this submission cannot be read; {WHAT_TO_DO}",
    "duplicate_identity": (
        "another submission with a higher number has the same identity (rootUuid); look at both in the server's data "
        "table and delete the wrong one."
    ),
    "encrypted_without_key": (
        "the submission is encrypted and no private key is set; put the form's private key into "
        "COLLECTOR_ENCRYPTION__PRIVATE_KEY or secrets/encryption__private_key, and the next pull opens it."
    ),
    "encrypted_for_another_key": (
        "the submission is encrypted for another key than those that are set; add the private key that belongs to the "
        "form's public_key below the others, and the next pull opens it."
    ),
    "encrypted_incomplete": (
        "the submission is encrypted, and its content has not arrived at the server; let the tablet send it again."
    ),
    "encrypted_damaged": (
        "the submission opens with the key, but it is not what the tablet encrypted: it was changed or exchanged "
        "since; ask who sent it, and delete it in the server's data table."
    ),
    "refused_by_database": (
        "the reporting database refused the rows of this submission by a rule of its own; ask whoever keeps the "
        "database which rule was added to the form's tables."
    ),
}
"""Codes of what a pull finds beside the form's rules: no row can be made of these submissions."""

KINDS: Mapping[str, str] = {
    "not_an_integer": "the answer is not a whole number",
    "number_too_large": "the number is too large to be true, and to be stored",
    "not_a_decimal": "the answer is not a number",
    "not_a_date": "the answer is not a date such as 2026-11-20",
    "not_a_time": "the answer is not a time of day such as 14:05",
    "not_a_datetime": "the answer is not a date with a time",
    "datetime_without_zone": "the date and time do not say their time zone",
    "not_a_geopoint": "the answer is not a point on earth (latitude, longitude, altitude, accuracy)",
    "not_text": "the answer is a list or an object where one value belongs",
    "not_a_repeat": "the repeat is not a list of rows",
    "control_character": "the answer has a character that no database stores (NUL, half a letter)",
}
"""What is wrong with an answer that nobody can read, by the reason of its finding."""

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


def message_of(finding: Finding) -> str:
    """What a finding says to a person, in one line: the form's own message, in English where it has one, or ours."""
    if finding.outcome is Outcome.ENGINE_DEPENDENT:
        return ", ".join(f"{dialect}: {answer}" for dialect, answer in finding.answers.items())
    if finding.reason in KINDS:
        return f"{KINDS[finding.reason]}; {WHAT_TO_DO}"
    english = (text for language, text in finding.messages.items() if language.endswith("(en)"))
    return next(english, "") or next(iter(finding.messages.values()), "") or REASONS.get(finding.reason, "")


def integrity(code: str, path: str = "", reason: str = "") -> Finding:
    """A finding of INTEGRITY, or of a rule that was found while reading."""
    text = INTEGRITY.get(code) or MESSAGES[code]
    return Finding(Outcome.VIOLATION, code, printable(path), reason, messages={"": text})


def printable(path: str) -> str:
    """A path fit to store and to print: an unknown question's name is whatever was sent."""
    if len(path) > LONGEST_PATH:
        path = path[:LONGEST_PATH] + "…"
    return path if path.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in path)
