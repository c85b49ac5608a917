"""No text that waits for the programme leaves for real people."""

from __future__ import annotations

from collector.form.definition import Choice, FormVersion, Group, Kind, Question
from collector.form.lint import placeholders


def form(**parts: object) -> FormVersion:
    return FormVersion(
        title="Visit", form_id="visit", version="1", languages=("en", "ar"), **{"questions": (), **parts}
    )


def note(**texts: object) -> Question:
    return Question(name="help", path="g/help", type="note", kind=Kind.NOTE, **texts)


NAME = Question(name="name", path="name", type="text", kind=Kind.TEXT, required_messages={"en": "Say [NAME]."})


def test_words_in_brackets_are_found_in_every_kind_of_text_with_their_language():
    found = placeholders(
        form(
            questions=(note(labels={"en": "Call [ROLE].", "ar": "اتصل [الصفة]"}, hints={"en": "[A] or [B]"}), NAME),
            groups=(Group("people", labels={"en": "[People]"}),),
            choices={"yn": (Choice("yes", {"ar": "[نعم]"}),)},
        )
    )
    assert [(text.path, text.language, text.words) for text in found] == [
        ("g/help", "en", "[ROLE]"),
        ("g/help", "ar", "[الصفة]"),
        ("g/help", "en", "[A]"),
        ("g/help", "en", "[B]"),
        ("name", "en", "[NAME]"),
        ("people", "en", "[People]"),
        ("yn/yes", "ar", "[نعم]"),
    ]


def test_a_placeholder_reads_as_a_sentence():
    assert str(placeholders(form(questions=(note(labels={"en": "[X]"}),)))[0]) == "'g/help' in en still says [X]"
    assert str(placeholders(form(questions=(note(labels={"": "[X]"}),)))[0]) == "'g/help' still says [X]"


def test_finished_texts_and_formulas_are_no_placeholders():
    question = note(labels={"en": "Call the focal point."}, calculation="count(${people}[sex = 'f'])")
    assert placeholders(form(questions=(question,))) == []
