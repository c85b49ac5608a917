"""`collector forms plan` and `collector forms pull`: what a deployment would do; the server's form brought home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape

from collector.errors import FormError
from collector.reporting.prices import Price
from jobs import console, wiring
from jobs.form_sources import project_of
from jobs.form_texts import as_document, show_changes
from jobs.guard import bring_home, make_plans
from jobs.plan import Plan, PlannedChange
from jobs.settings import read_settings

COLOURS = {"created": "green", "changed": "yellow", "unchanged": "dim", "drifted": "red"}


def plan_command(settings_file: Path | None, keys: Sequence[str], *, as_json: bool) -> None:
    """Show what a deployment would do; writes nothing."""
    settings = read_settings(settings_file)
    programme = wiring.open_programme(settings)
    wiring.probe_server(settings)
    with wiring.open_client(settings) as client:
        plans = make_plans(client, settings, programme, keys)
    if as_json:
        console.as_json([_document(plan) for plan in plans])
        return
    for plan in plans:
        _show(plan)


def pull_command(settings_file: Path | None, key: str, *, to: Path | None, is_overwriting: bool) -> None:
    """Write the server's form to a workbook; raises FormError where that would replace one unasked."""
    settings = read_settings(settings_file)
    programme = wiring.open_programme(settings)
    if key not in programme.forms:
        raise FormError(f"there is no form '{key}' in programme.toml; forms: {', '.join(programme.forms)}.")
    path = to or settings.forms.folder / programme.forms[key].workbook
    if path.exists() and not is_overwriting:
        raise FormError(f"{path} is there already: name another file with --to, or replace it with --overwrite.")
    wiring.probe_server(settings)
    with wiring.open_client(settings) as client:
        bring_home(client, Plan(key, "changed", project_of(client, settings, key)), path)
    console.done(key, f"brought home to {path}")


def in_data(cost: Price | None) -> str:
    """A price in words, "" where there is none to tell.

    >>> in_data(Price(412, 40, 38)), in_data(Price(1, 1)), in_data(Price(0, 0)), in_data(None)
    ('412 answers in 40 submissions of 38 sessions', '1 answer in 1 submission', 'no answers yet', '')
    """
    if cost is None:
        return ""
    if not cost.answers:
        return "no answers yet"
    of = f" of {_counted(cost.sessions, 'session')}" if cost.sessions else ""
    return f"{_counted(cost.answers, 'answer')} in {_counted(cost.submissions, 'submission')}{of}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _document(plan: Plan) -> dict[str, object]:
    return {
        "form": plan.form_key,
        "state": plan.state,
        "asset": plan.asset.uid if plan.asset else None,
        "media": plan.media,
        "changes": [_change_document(each) for each in plan.changes],
        "drift": [as_document(change) for change in plan.drift],
    }


def _change_document(each: PlannedChange) -> dict[str, object]:
    cost = asdict(each.price) if each.price else {}
    return as_document(each.change) | cost | {"held": each.is_held, "accepted": each.is_accepted}


def _show(plan: Plan) -> None:
    colour = COLOURS[plan.state]
    files = f"  media: {', '.join(plan.media)}" if plan.media else ""
    console.out.print(f"[bold]{escape(plan.form_key)}[/bold]  [{colour}]{plan.state}[/{colour}]{escape(files)}")
    for each in plan.changes:
        _show_change(each)
    if plan.drift:
        console.out.print("  changed by hand on the server, decide with --take ours or --take server:")
        show_changes(plan.drift)


def line_of(each: PlannedChange) -> str:
    """A change with its price in one line."""
    cost = in_data(each.price)
    return f"{each.change}{f': {cost}' if cost else ''}"


def _show_change(each: PlannedChange) -> None:
    mark = "[red]![/red]" if each.is_held else "[yellow]![/yellow]" if each.change.is_breaking else "[green]·[/green]"
    console.out.print(f"  {mark} {escape(line_of(each))}")
    console.out.print(f"      [dim]{escape(each.change.consequence)}[/dim]")
    if each.is_held:
        console.out.print(f"      [dim]to let it through: --accept {escape(each.change.id)}[/dim]")
    elif each.is_accepted:
        console.out.print("      [dim]accepted[/dim]")
