"""`collector forms …`: the commands about forms as code, apart from cli.py as they are many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

forms_app = typer.Typer(name="forms", help="Forms as code: check, compare, plan, read.", no_args_is_help=True)

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="settings.toml to use.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]
OfForm = Annotated[str | None, typer.Option("--form", help="Form key, where the words do not say it.", metavar="KEY")]


@forms_app.command(epilog="Example: collector forms check attendance new_form.xlsx")
def check(
    files: Annotated[list[str] | None, typer.Argument(help="Files or form keys; all forms when left out.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with a form before a tablet does, by sheet, row and column."""
    from jobs.forms import check_command

    check_command(settings, files or [], as_json=as_json)


@forms_app.command(epilog="Example: collector forms show attendance --language ckb")
def show(
    form: Annotated[str, typer.Argument(help="A file, a form key, or a version uid; 'server' with --form.")],
    language: Annotated[str | None, typer.Option(help="Code or name of the language of the labels.")] = None,
    of: OfForm = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """A form as a tree, with its labels and its rules in words."""
    from jobs.form_texts import show_command

    show_command(settings, form, language=language, form=of, as_json=as_json)


@forms_app.command(epilog="Example: collector forms diff server attendance")
def diff(
    one: Annotated[str, typer.Argument(help="A file, a form key, a version uid, or 'server'.")],
    other: Annotated[str, typer.Argument(help="The later one, named in the same way.")],
    of: OfForm = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two versions of a form, each change with its consequence."""
    from jobs.form_texts import diff_command

    diff_command(settings, one, other, form=of, as_json=as_json)


@forms_app.command(epilog="Example: collector forms text forms/attendance.xlsx")
def text(path: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook.")]) -> None:
    """A workbook as text, one cell a line: what git compares, see README."""
    from jobs.form_texts import text_command

    text_command(path)


@forms_app.command(epilog="Example: collector forms plan attendance")
def plan(
    forms: Annotated[list[str] | None, typer.Argument(help="Form keys; all forms when left out.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """What `collector deploy` would do, change by change, each priced in answers already in the database."""
    from jobs.form_plan import plan_command

    plan_command(settings, forms or [], as_json=as_json)


@forms_app.command(epilog="Example: collector forms pull attendance --to attendance-server.xlsx")
def pull(
    form: Annotated[str, typer.Argument(help="Form key.")],
    to: Annotated[Path | None, typer.Option(help="Where to write it; the form's own file by default.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Bring the server's form home as a workbook, with what people changed there by hand."""
    from jobs.form_plan import pull_command

    pull_command(settings, form, to=to, is_overwriting=overwrite)
