"""Questions and choices of every version, with their labels in all languages, as tables for people and for views.

Written by layouts.py when a version is met, and by forms.py when a media file changes. A choice that is gone from its
media file keeps its last label, marked as no longer current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, not_, select, update

from collector.errors import FormMistake
from collector.form.definition import Choice, FormVersion, Labels
from collector.form.media import read_choices
from collector.reporting.definition_tables import choices, question_labels, questions
from collector.reporting.load import load
from collector.reporting.tables import form_versions

OF_MEDIA = ""
"""The version of the rows of media files, which have none."""

Row = tuple[Any, ...]


def write_version(connection: Connection, form: str, version: FormVersion) -> None:
    """Tell the questions of a version, and the choices of its own lists; writing it again changes nothing."""
    for table in (questions, question_labels, choices):
        connection.execute(delete(table).where(table.c.form == form, table.c.version == version.version))
    load(connection, questions, list(_question_rows(form, version)))
    load(connection, question_labels, list(_label_rows(form, version)))
    own = {name: of_list for name, of_list in version.choices.items() if name not in version.media_files}
    load(connection, choices, list(_choice_rows(form, version.version, own)))
    _mark_newest(connection, form)


def write_media(connection: Connection, form: str, files: Mapping[str, bytes]) -> None:
    """Tell the choices of the media files of a form as they are today."""
    lists = {name: of_list for name, data in files.items() if (of_list := _read(name, data)) is not None}
    here = and_(choices.c.form == form, choices.c.version == OF_MEDIA)
    connection.execute(update(choices).where(here).values(is_current=False))
    rows = list(_choice_rows(form, OF_MEDIA, lists))
    load(connection, choices, rows)
    _forget_other_languages(connection, form, rows)
    _mark_newest(connection, form)


def _forget_other_languages(connection: Connection, form: str, rows: Iterable[Row]) -> None:
    """A choice that is there has no label left over from a language that its file had before."""
    there = {row[1:4] for row in rows}
    codes = {row[:2] for row in there}
    here = choices.c
    old = connection.execute(
        select(here.list_name, here.name, here.language).where(
            here.form == form, here.version == OF_MEDIA, here.is_current.is_(False)
        )
    )
    for list_name, name, language in old.all():
        if (list_name, name) in codes:
            this = and_(here.form == form, here.list_name == list_name, here.name == name, here.language == language)
            connection.execute(delete(choices).where(this, here.version == OF_MEDIA))


def _question_rows(form: str, version: FormVersion) -> Iterator[Row]:
    for position, each in enumerate(version.questions, 1):
        around = each.path.rpartition("/")[0]
        kinds = each.type, each.kind.value, each.list_name, each.is_pii, each.renamed_from
        yield (form, version.version, each.path, each.name, around, each.repeat, *kinds, each.row or None, position)


def _label_rows(form: str, version: FormVersion) -> Iterator[Row]:
    for each in version.questions:
        for language in dict.fromkeys((*each.labels, *each.hints)):
            texts = each.labels.get(language, ""), each.hints.get(language, "")
            yield (form, version.version, each.path, language, *texts)


def _choice_rows(form: str, version: str, lists: Mapping[str, Iterable[Choice]]) -> Iterator[Row]:
    """One for each choice and language; of a code that a list has twice, the first."""
    for name, of_list in lists.items():
        seen: dict[str, Choice] = {}
        for choice in of_list:
            seen.setdefault(choice.name, choice)
        for position, choice in enumerate(seen.values(), 1):
            for language, label in _labels(choice):
                yield (form, name, choice.name, language, version, label, position, True, False)


def _labels(choice: Choice) -> Iterable[tuple[str, str]]:
    """Labels by language; a choice without any is its own code."""
    labels: Labels = choice.labels or {"": choice.name}
    return labels.items()


def _read(name: str, data: bytes) -> tuple[Choice, ...] | None:
    try:
        return read_choices(data, file=name)
    except FormMistake:
        return None  # no choice list: a picture, or a file for pulldata()


def _mark_newest(connection: Connection, form: str) -> None:
    """Of the rows of a code in a language, that of the version deployed last is the newest."""
    ranks = {version: rank for rank, version in enumerate(_versions(connection, form))}
    here = choices.c
    key = here.list_name, here.name, here.language, here.version
    rows = connection.execute(select(*key, here.is_newest).where(here.form == form)).all()
    newest: dict[Row, Row] = {}
    for row in rows:
        best = newest.get(row[:3])
        if best is None or ranks.get(row[3], -1) > ranks.get(best[3], -1):
            newest[row[:3]] = row[:4]
    changed = [row[:4] for row in rows if row.is_newest != (newest[row[:3]] == row[:4])]
    this = and_(here.form == form, *(column == bindparam(f"old_{column.name}") for column in key))
    values = [{f"old_{column.name}": value for column, value in zip(key, row, strict=True)} for row in changed]
    if values:
        connection.execute(update(choices).where(this).values(is_newest=not_(here.is_newest)), values)


def _versions(connection: Connection, form: str) -> list[str]:
    """Versions of a form, the one deployed last at the end."""
    here = form_versions.c
    order = here.deployed_at.asc().nulls_first(), here.first_seen_at, here.version
    return list(connection.scalars(select(here.version).where(here.form == form).order_by(*order)))
