"""The server's `content` of a form → a form version, through collector/form/assemble.py.

Fed by deployment.py (content of a version, media); collector/form/builder.py turns the form builder's own rows into
standard ones. The headings of its tables hold no answer and are left out; xform.py has them.
Source: Kobo API v2, `content` of /api/v2/assets/{uid}/ and …/versions/{uid}/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from collector.errors import FormMistake
from collector.form.assemble import SurveyRow, assemble, other_row, with_other
from collector.form.builder import HEADING, ROW, Row, name_of, standard_rows
from collector.form.content import settings_of
from collector.form.definition import FURTHER, Choice, FormVersion, Labels
from collector.form.media import columns_named, read_choices

CHOICE_CELLS = frozenset({"name", "label", "list_name"})


def form_version_of(
    content: Mapping[str, Any], *, version: str, title: str, media: Mapping[str, bytes] | None = None
) -> FormVersion:
    """Read the content of one version.

    version: its uid, as `__version__` in the submissions; media: files by name; of those, lists of choices are read,
    and any other is passed over. Rows are counted from 2, under the headings; the server keeps no blank rows, so in a
    workbook with blank ones they stand lower.
    """
    languages = _languages(content)
    survey = [{**row, ROW: number} for number, row in enumerate(content.get("survey") or (), start=2)]
    choices = [row for row in content.get("choices") or () if isinstance(row, Mapping)]
    rows = list(standard_rows(survey, choices))
    lists = with_other(_choice_lists(choices, languages), (_kind_and_list(row)[1] for row in rows if _has_other(row)))
    return assemble(
        chain.from_iterable(_survey_rows(row, languages) for row in rows if HEADING not in row),
        {**lists, **dict(_media_lists(media or {}, survey))},
        title=title,
        form_id=_text(settings_of(content).get("id_string")),
        version=version,
        languages=languages,
        settings={name: _text(text) for name, text in settings_of(content).items()},
    )


def _languages(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_text(language) for language in content.get("translations") or ()) or ("",)


def _survey_rows(row: Row, languages: Sequence[str]) -> Iterator[SurveyRow]:
    """The row, and the text question that "or_other" stands for."""
    asked = _survey_row(row, languages)
    yield asked
    if _has_other(row):
        yield other_row(asked)


def _has_other(row: Row) -> bool:
    return bool(row.get("_or_other")) or _text(row.get("type")).endswith("or_other")


def _survey_row(row: Row, languages: Sequence[str]) -> SurveyRow:
    kind, list_name = _kind_and_list(row)
    return SurveyRow(
        type=kind,
        name=name_of(row),
        list_name=list_name,
        label=_labels(row.get("label"), languages),
        hint=_labels(row.get("hint"), languages),
        required=_text(row.get("required")),
        relevant=_text(row.get("relevant")),
        constraint=_text(row.get("constraint")),
        constraint_message=_labels(row.get("constraint_message"), languages),
        calculation=_text(row.get("calculation")),
        choice_filter=_text(row.get("choice_filter")),
        pii=_text(row.get("pii")),
        row=int(row.get(ROW, 0)),
        value_type=_text(row.get("value_type")),
        renamed_from=_text(row.get("renamed_from")),
        required_message=_labels(row.get("required_message"), languages),
        repeat_count=_text(row.get("repeat_count")),
        further={name: _text(row.get(name)) for name in FURTHER},
    )


def _kind_and_list(row: Row) -> tuple[str, str]:
    """Type and choice list, whether the server has split them ("select_one" + list) or not ("select_one yesno")."""
    kind, _, rest = _text(row.get("type")).partition(" ")
    kind, rest = kind.lower().removesuffix("_or_other"), rest.removesuffix(" or_other")
    if rest and kind in ("begin", "end"):  # "end" alone is a question: when the form was finished
        return f"{kind}_{rest.strip().lower()}", ""
    return kind, _text(row.get("select_from_list_name")) or _text(row.get("file")) or rest.strip()


def _labels(cell: object, languages: Sequence[str]) -> Labels:
    """A translated cell is a list parallel to the languages; any other has no language."""
    texts = zip(languages, cell, strict=False) if isinstance(cell, list) else [("", cell)]
    return {language: _text(text) for language, text in texts if text}


def _choice_lists(choices: Iterable[Row], languages: Sequence[str]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for row in choices:
        columns = {
            name: _text(cell)
            for name, cell in row.items()
            if name not in CHOICE_CELLS and not name.startswith("$") and not isinstance(cell, list | dict)
        }
        choice = Choice(name_of(row), _labels(row.get("label"), languages), columns)
        lists.setdefault(_text(row.get("list_name")), []).append(choice)
    return {name: tuple(choices) for name, choices in lists.items()}


def _media_lists(media: Mapping[str, bytes], survey: Iterable[Row]) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    named = {_kind_and_list(row)[1]: columns_named(_text(row.get("parameters"))) for row in survey}
    for file, data in media.items():
        if file.endswith(".csv"):
            try:
                yield file, read_choices(data, file=file, **named.get(file, {}))
            except FormMistake:
                # The form is out already; its answers are kept without this list's labels
                continue


def _text(cell: object) -> str:
    """A cell as XLSForm would write it."""
    if isinstance(cell, bool):
        return "yes" if cell else ""
    return "" if cell is None else str(cell).strip()
