"""Codes → labels of the forms, in one language; a label that is missing there is shown in another, and says so."""

from __future__ import annotations

from collections.abc import Mapping

from collector.form.definition import FormVersion
from collector.form.definition import Labels as Texts
from collector.form.programme import Programme
from collector.workbook.texts import Words

SEPARATOR = "·"


class Labels:
    """Labels of the newest form versions. language: a key of Programme.languages."""

    def __init__(self, programme: Programme, versions: Mapping[str, FormVersion], language: str) -> None:
        self.versions = versions
        self.codes = {name: code for code, name in programme.languages.items()}
        wanted = programme.languages.get(language, language)
        self.order = [wanted, *(name for name in self.codes if name != wanted), ""]
        self._choices: dict[tuple[str, str], dict[str, str]] = {}

    def form(self, form: str) -> str:
        """Title of a form. A title that names all its languages, "Attendance · الحضور · ئامادەبوون", is cut to ours."""
        version = self.versions.get(form)
        if version is None or not version.title:
            return form
        parts = [part.strip() for part in version.title.split(SEPARATOR)]
        if len(parts) != len(version.languages):
            return version.title
        return self.text(dict(zip(version.languages, parts, strict=True)))

    def choice(self, form: str, path: str, code: str | None) -> str:
        """Label of an answer; "" for no answer, the code itself where the form does not know it."""
        if not code:
            return ""
        key = form, path
        if key not in self._choices:
            self._choices[key] = self._labels_of_choices(form, path)
        return self._choices[key].get(code, code)

    def choice_order(self, form: str, path: str) -> list[str]:
        """Codes of a question's list, in the order of the form."""
        version = self.versions.get(form)
        question = version.question(path) if version else None
        return [choice.name for choice in version.choices_of(question) or ()] if version and question else []

    def question(self, form: str, path: str) -> str:
        """Label of a question; "" where the form has none such."""
        version = self.versions.get(form)
        question = version.question(path) if version else None
        return self.text(question.labels) if question else ""

    def text(self, labels: Texts) -> str:
        """The text in our language; else in the first language that has one, followed by that language's code."""
        for place, name in enumerate(self.order):
            if labels.get(name):
                return labels[name] if place == 0 or not name else f"{labels[name]} [{self.codes[name]}]"
        return next(iter(labels.values()), "")

    def _labels_of_choices(self, form: str, path: str) -> dict[str, str]:
        version = self.versions.get(form)
        question = version.question(path) if version else None
        if version is None or question is None:
            return {}
        return {choice.name: self.text(choice.labels) or choice.name for choice in version.choices_of(question) or ()}


def in_language(programme: Programme, words: Words) -> Programme:
    """The programme with its title, contact, rounds, item sets and age bands named in the language of the workbook.

    programme.toml names them in all its languages, in their order: "Round 1 · الجولة 1 · خولی ١". One name alone is
    taken to be English, and marked so elsewhere.
    """
    languages = list(programme.languages)

    def own(text: str) -> str:
        parts = [part.strip() for part in text.split(SEPARATOR)]
        if len(parts) == len(languages) and words.language in languages:
            return words.shaped(parts[languages.index(words.language)])
        return words.english(text)

    rounds = {key: each.model_copy(update={"label": own(each.label)}) for key, each in programme.rounds.items()}
    sets = {key: each.model_copy(update={"label": own(each.label)}) for key, each in programme.item_sets.items()}
    bands = {key: each.model_copy(update={"label": own(each.label)}) for key, each in programme.age_bands.items()}
    named = {"title": own(programme.title), "contact": own(programme.contact) if programme.contact else ""}
    return programme.model_copy(update={**named, "rounds": rounds, "item_sets": sets, "age_bands": bands})
