"""`collector forms …`: the commands about forms as code, apart from cli.py as they are many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

forms_app = typer.Typer(name="forms", help="Forms as code: check, compare, plan, read.", no_args_is_help=True)

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="settings.toml to use.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]


@forms_app.command(epilog="Example: collector forms check attendance new_form.xlsx")
def check(
    files: Annotated[list[str] | None, typer.Argument(help="Files or form keys; all forms when left out.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with a form before a tablet does, by sheet, row and column."""
    from jobs.forms import check_command

    check_command(settings, files or [], as_json=as_json)
