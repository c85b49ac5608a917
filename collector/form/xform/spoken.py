"""Texts of a form by language: itext, and the messages of binds. Used by read.py and controls.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from collector.form.definition import Labels
from collector.form.xform.markup import Element, child_of, children_of, text_of

ITEXT = re.compile(r"""\s*jr:itext\(\s*['"](.*?)['"]\s*\)\s*""")


@dataclass(frozen=True)
class Spoken:
    """itext by language and id; languages: the default first, ("",) where the form has none."""

    texts: Mapping[str, Mapping[str, str]]
    languages: tuple[str, ...]

    def message(self, text: str) -> Labels:
        """A message attribute by language: "jr:itext('id')" looked up, any other text as it stands."""
        found = ITEXT.fullmatch(text)
        return self.entry(found[1]) if found else ({"": text} if text else {})

    def entry(self, id: str) -> Labels:
        """A text by language; "-" stands for one that nobody translated."""
        texts = {language: self.texts[language].get(id, "") for language in self.languages if language in self.texts}
        return {language: text for language, text in texts.items() if text and text != "-"}

    def label(self, element: Element | None) -> Labels:
        """What a label element says: a reference to itext, or text of its own."""
        if element is None:
            return {}
        reference = element.get("ref")
        return self.message(reference) if reference else self.message(text_of(element))


def read_spoken(model: Element) -> Spoken:
    """The itext of a form's model element."""
    itext = child_of(model, "itext")
    translations = list(children_of(itext, "translation")) if itext is not None else []
    translations.sort(key=lambda translation: translation.get("default") is None)
    texts = {translation.get("lang", ""): _texts(translation) for translation in translations}
    return Spoken(texts, tuple(texts) or ("",))


def _texts(translation: Element) -> dict[str, str]:
    """Plain texts; those for pictures, sound and guidance have a `form` and are no message."""
    found: dict[str, str] = {}
    for text in children_of(translation, "text"):
        plain = next((value for value in children_of(text, "value") if value.get("form") in (None, "long")), None)
        found[text.get("id", "")] = text_of(plain)
    return found
