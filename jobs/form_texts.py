"""`collector forms show`, `diff` and `text`: forms for people to read, and for git to compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape

from collector.errors import FormError
from collector.form.cells import Sheet, read_sheets
from collector.form.changes import Change, changes
from collector.form.programme import Programme
from collector.form.words import outline, speaks
from jobs import console, wiring
from jobs.form_sources import find_version
from jobs.settings import read_settings


def show_command(
    settings_file: Path | None, word: str, *, language: str | None, form: str | None, as_json: bool
) -> None:
    """A form as a tree, with its rules in words. language: None for English, or what the form has instead.

    Raises FormError for a language that the form does not have.
    """
    settings = read_settings(settings_file)
    version = find_version(settings, wiring.open_programme(settings), word, form)
    if language and not speaks(version, language):
        there = ", ".join(filter(None, version.languages)) or "none by name"
        raise FormError(f"this form has no language '{language}'; its languages: {there}.")
    lines = list(outline(version, language or "en"))
    if as_json:
        console.as_json([asdict(line) for line in lines])
        return
    console.out.print(f"[bold]{escape(version.title)}[/bold]")
    for line in lines:
        indent = "  " * (line.depth + 1)
        name = line.path.rsplit("/", 1)[-1]
        console.out.print(f"{indent}[bold]{escape(name)}[/bold]  {escape(line.label)}  [dim]{escape(line.kind)}[/dim]")
        for rule in line.rules:
            console.out.print(f"{indent}    [cyan]{escape(rule)}[/cyan]")


def diff_command(settings_file: Path | None, one: str, other: str, *, form: str | None, as_json: bool) -> None:
    """What changed between two versions, in the words of a form."""
    settings = read_settings(settings_file)
    programme = wiring.open_programme(settings)
    key = form or _key_of(programme, (one, other))
    old, new = (find_version(settings, programme, word, key) for word in (one, other))
    found = changes(old, new)
    if as_json:
        console.as_json([as_document(change) for change in found])
        return
    if not found:
        console.out.print("no difference that a person or the data would notice")
    show_changes(found)


def _key_of(programme: Programme, words: tuple[str, str]) -> str | None:
    """The form that one of the words names, by its key or by its file."""
    named = (
        key
        for key, form in programme.forms.items()
        for word in words
        if key == word or Path(word).name == form.workbook
    )
    return next(named, None)


def as_document(change: Change) -> dict[str, object]:
    """A change for scripts, with its id."""
    return {"id": change.id, **asdict(change)}


def show_changes(found: Iterable[Change]) -> None:
    """Changes as lines for people, each with its consequence below."""
    for change in found:
        mark = "[red]![/red]" if change.is_breaking else "[green]·[/green]"
        console.out.print(f"  {mark} {escape(str(change))}")
        console.out.print(f"      [dim]{escape(change.consequence)}[/dim]")


def text_command(path: Path) -> None:
    """A workbook as lines of text, one a cell: what `git diff` compares."""
    for name, sheet in read_sheets(path).items():
        for line in _lines(name, sheet):
            console.out.out(line, highlight=False)


def _lines(name: str, sheet: Sheet) -> Iterable[str]:
    """Cells by the name of their row, so that a row put in between moves no other."""
    for row in sheet.rows:
        if row:
            of = " ".join(filter(None, (row.get("list_name"), row.get("name") or row.get("type"))))
            yield f"{name} · {of}" if of else name
            yield from (f"    {column}: {text}" for column, text in row.items())
