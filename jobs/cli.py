"""`collector …`: a command parses, calls one function, reports. The one place that catches our errors.

Heavy imports stay inside the commands, so that `collector --help` answers at once.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from collector.errors import CollectorError
from jobs.forms_cli import forms_app

app = typer.Typer(
    name="collector",
    help="From tablets to a nightly workbook: forms, sync, judging, reporting database, Excel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
run_app = typer.Typer(name="run", help="Run a job now, as the schedule would.", no_args_is_help=True)
app.add_typer(run_app)
sync_app = typer.Typer(name="sync", invoke_without_command=True)
app.add_typer(sync_app)
app.add_typer(forms_app)

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="settings.toml to use.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]
FormKeys = Annotated[list[str] | None, typer.Argument(help="Form keys of programme.toml; all when left out.")]
SomeForms = Annotated[list[str] | None, typer.Option(help="A form key of programme.toml; again for more; else all.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same campaign.")]
Engine = Annotated[
    Literal["auto", "javarosa", "plain"], typer.Option(help="What fills the forms; auto takes JavaRosa where it runs.")
]


@app.command(epilog="Example: collector demo --seed 7")
def demo(
    folder: Annotated[Path, typer.Option(help="Everything the demo makes goes here.")] = Path("demo-out"),
    seed: Seed = 7,
    engine: Engine = "auto",
    drop_line: Annotated[
        bool, typer.Option(help="Cut the line in the middle of the pull, and watch it resume.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A whole field campaign on this computer: sandbox, forms, tablets, pull, workbook. No account, no internet."""
    from jobs.demo import run_demo

    run_demo(folder, seed=seed, engine=engine, is_line_dropped=drop_line, as_json=as_json)


@app.command(epilog="Example: collector deploy attendance")
def deploy(
    forms: FormKeys = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="Let a breaking change through, by its name in the plan; recorded.")
    ] = None,
    take: Annotated[
        Literal["server", "ours"] | None, typer.Option(help="Whose form wins where it was changed on the server.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring the forms to the server; what did not change is left alone, what would break data is held back."""
    from jobs.commands import deploy_command

    deploy_command(settings, forms or [], accepting=accept or [], take=take, as_json=as_json)


@app.command(epilog="Example: collector pull attendance pre_survey")
def pull(
    forms: FormKeys = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Fetch what is new, judge it, load it into the reporting database."""
    from jobs.commands import pull_command

    pull_command(settings, forms or [], as_json=as_json)


@sync_app.callback(epilog="Example: collector sync --form attendance --full")
def sync(
    context: typer.Context,
    form: SomeForms = None,
    full: Annotated[bool, typer.Option(help="Read every submission again.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Follow the server exactly: new, edited, validated, deleted, late; says what it cost and what it cannot see."""
    if context.invoked_subcommand is None:
        from jobs.commands import pull_command

        pull_command(settings, form or [], how="full" if full else "complete", as_json=as_json)


@sync_app.command(epilog="Example: collector sync confirm --form attendance --held 30")
def confirm(
    form: SomeForms = None,
    held: Annotated[int | None, typer.Option(help="Only where so many are held: as many as you have seen.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Sync, and apply the deletions that were held: they are meant."""
    from jobs.commands import pull_command

    pull_command(settings, form or [], how="complete", is_confirmed=True, held=held, as_json=as_json)


@app.command(epilog="Example: collector rejudge")
def rejudge(forms: FormKeys = None, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Judge again, without the server, what a changed form, media file, policy or engine can have changed."""
    from jobs.commands import rejudge_command

    rejudge_command(settings, forms or [], as_json=as_json)


@app.command(epilog="Example: collector export --edition shared --language ckb")
def export(
    edition: Annotated[
        Literal["internal", "shared"], typer.Option(help="shared hides small counts, sessions and people.")
    ] = "internal",
    language: Annotated[
        Literal["en", "ar", "ckb"] | None, typer.Option(help="English, Arabic or Sorani; the settings' by default.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A past day, such as 2026-11-10: made again from history."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the workbook from what the reporting database holds."""
    from jobs.commands import export_command

    day = as_of.date() if as_of else None
    export_command(settings, edition=edition, language=language, as_of=day, as_json=as_json)


@app.command(epilog="Example: collector deliver --to officers --dry-run")
def deliver(
    to: Annotated[list[str] | None, typer.Option(help="A group of [mail.groups]; again for more; else all.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Show the mails and who would get them; send nothing.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Send the mail about the newest workbook to those who do not have it yet; nobody gets it twice."""
    from jobs.commands import deliver_command

    deliver_command(settings, to or [], is_dry=dry_run, as_json=as_json)


@run_app.command(epilog="Example: collector run nightly")
def nightly(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Sync every form, write the workbook, send its mail; exits non-zero when anything is missing."""
    from jobs.commands import nightly_command

    nightly_command(settings, as_json=as_json)


@app.command(epilog="Example: collector schedule")
def schedule(
    once: Annotated[bool, typer.Option(help="Run the slot that is due, if there is one, and end.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Pull every quarter of an hour and run the nightly job at its time, until stopped."""
    from jobs.commands import schedule_command

    schedule_command(settings, is_once=once)


@app.command(epilog="Example: collector replay --into sqlite:///data/rebuilt.db")
def replay(
    into: Annotated[
        str | None, typer.Option(help="URL of the database to fill; the settings' when left out.", metavar="URL")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Empty that database first; the raw store stays.")] = False,
    history: Annotated[
        str | None, typer.Option(help="Which one, where the raw store tells of several databases.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild the whole reporting database from the raw store, without a server."""
    from jobs.rebuild import replay_command

    replay_command(settings, into=into, history=history, is_replacing=replace, as_json=as_json)


@app.command(epilog="Example: collector judge forms/attendance.xlsx downloaded.json")
def judge(
    form: Annotated[Path, typer.Argument(help="The form: .xlsx, or .xml as the server gives it.")],
    submissions: Annotated[Path, typer.Argument(help="Submissions: JSON or NDJSON of the server, or a folder of XML.")],
    media: Annotated[Path | None, typer.Option(help="Folder of the form's media; else media/ beside the form.")] = None,
    dialect: Annotated[
        Literal["collect", "enketo"] | None, typer.Option(help="The client; else each submission tells, or both judge.")
    ] = None,
    values: Annotated[bool, typer.Option("--values", help="Show the answers that a rule read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON verdict a line on standard output.")] = False,
) -> None:
    """Check a downloaded dataset against its form, offline; exits with 1 when anything was found."""
    from jobs.judge import judge_command

    if not judge_command(form, submissions, media=media, dialect=dialect, values=values, as_json=as_json):
        raise typer.Exit(1)


@app.command(epilog="Example: collector xpath '. > 17' --instance submission.xml --context /data/age")
def xpath(
    expression: Annotated[str, typer.Argument(help="The expression, as it stands in the form's XML.")],
    instance: Annotated[Path, typer.Option(help="The XML of a submission.", metavar="FILE")],
    context: Annotated[str, typer.Option(help="The node that . means; the root when left out.", metavar="PATH")] = "",
    dialect: Annotated[
        Literal["collect", "enketo"] | None, typer.Option(help="The client; both when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try an expression on a submission: what KoboCollect makes of it, and what Kobo's web forms do."""
    from jobs.xpath import xpath_command

    now = datetime.now().astimezone()
    xpath_command(expression, instance, context=context, dialect=dialect, as_json=as_json, now=now)


@app.command(epilog="Example: collector status --json")
def status(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """What is in the database, whether it is complete, and how the last runs ended."""
    from jobs.commands import now
    from jobs.status import status_command

    status_command(settings, now=now(), as_json=as_json)


@app.command(epilog="Example: collector doctor")
def doctor(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Check what the service needs, each with the exact fix: settings, server, token, databases, folder, Java."""
    from jobs.doctor import doctor_command

    doctor_command(settings, as_json=as_json)


@app.command(epilog="Example: collector sandbox --folder demo-out/sandbox --port 8777")
def sandbox(
    folder: Annotated[Path, typer.Option(help="Where the sandbox keeps its data.")] = Path("sandbox"),
    port: Annotated[int, typer.Option(help="Port on this computer; 0 takes a free one.")] = 8777,
) -> None:
    """A Kobo-compatible server on this computer, for training and trials; stop it with Ctrl-C."""
    from jobs.sandbox import sandbox_command

    sandbox_command(folder, port)


@app.command(epilog="Example: collector tablets --count 12 --seed 7 --server http://127.0.0.1:8777")
def tablets(
    count: Annotated[int, typer.Option(min=1, max=200, help="How many tablets share the work.")] = 12,
    seed: Seed = 7,
    server: Annotated[str | None, typer.Option(help="Server address; the settings' by default.")] = None,
    engine: Engine = "auto",
    real: Annotated[bool, typer.Option("--to-a-real-server", help="Allow a server that is not the sandbox.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Simulated tablets fill the deployed forms and send them."""
    from jobs.sandbox import tablets_command

    tablets_command(
        settings, count=count, seed=seed, server=server, engine=engine, is_real_server_meant=real, as_json=as_json
    )


def main() -> None:
    """Entry point of the console command; our errors become one line and their exit code."""
    try:
        app()
    except CollectorError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201  # the one line a user must see
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
