"""Deploy, with a guard: a change that would break data, or a form changed by hand on the server, waits for a person.

Between commands.py and deploy.py. What a person accepted is kept in the database, with who and when.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

from collector.errors import DeploymentHeld, FormError, PermissionMissing
from collector.form.programme import Programme
from collector.kobo.client import Client
from collector.kobo.deployment import Deployment
from collector.reporting.forms import stored_asset
from collector.reporting.journal import ACCEPTED
from collector.reporting.prices import accept, ever_accepted, row_of
from jobs import wiring
from jobs.archive import recorded
from jobs.deploy import deploy, read_form
from jobs.plan import Plan, plan_form, priced
from jobs.settings import Settings

Taken = Literal["server", "ours"]


def make_plans(
    client: Client, settings: Settings, programme: Programme, keys: Sequence[str], accepting: Collection[str] = ()
) -> list[Plan]:
    """A plan for each form, priced. The database is opened only where something has a price."""
    forms = [read_form(programme, settings.forms.folder, key) for key in keys or programme.forms]
    plans = [plan_form(client, settings, form, version) for form, version in forms]
    _refuse_unseen(client, settings, [plan.form_key for plan in plans if plan.asset is None])
    if any(plan.changes for plan in plans):
        with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
            plans = [priced(connection, plan, programme, accepting) for plan in plans]
    _refuse_unknown(settings, plans, accepting)
    return plans


def guarded_deploy(
    client: Client,
    settings: Settings,
    programme: Programme,
    keys: Sequence[str],
    *,
    accepting: Collection[str] = (),
    take: Taken | None = None,
    by: str,
    now: Callable[[], datetime],
    report: Callable[[str], None] = lambda step: None,
) -> list[Deployment]:
    """Plan, hold back what nobody decided, keep what was decided, then deploy.

    accepting: ids of breaking changes to let through. take: whose form wins where the server's was changed by hand;
    "server" first brings that form home. by: the account, for the record.
    Raises DeploymentHeld, naming what waits and how to decide; nothing has gone out then.
    """
    plans = make_plans(client, settings, programme, keys, accepting)
    drifted = [plan for plan in plans if plan.state == "drifted"]
    if drifted and take == "server":
        for plan in drifted:
            bring_home(client, plan, settings.forms.folder / programme.forms[plan.form_key].workbook)
        plans = make_plans(client, settings, programme, keys, accepting)
    _hold(plans, take)
    _keep_accepted(settings, plans, by=by, now=now)
    return deploy(
        client,
        programme,
        settings.forms.folder,
        keys,
        report=report,
        assets=settings.server.assets,
        overwriting=[plan.form_key for plan in drifted],
        by=by,
    )


def bring_home(client: Client, plan: Plan, path: Path) -> None:
    """Write the server's form, its draft, to a workbook: beside it first, then in its place."""
    if plan.asset is None:
        raise FormError(f"form '{plan.form_key}' has no project on {client.url}: nothing to bring home.")
    content = client.get_bytes(f"/api/v2/assets/{plan.asset.uid}.xls")
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _refuse_unseen(client: Client, settings: Settings, keys: Sequence[str]) -> None:
    """A form that was pulled from this server has a project: an account that does not see it makes no second one."""
    if not keys or not _has_database(settings):
        return
    with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
        pulled = {key: stored_asset(connection, key, server_url=client.url) for key in keys}
    for key, uid in pulled.items():
        if uid:
            raise PermissionMissing(
                f"form '{key}' was pulled from project {uid}, which this account does not see: it needs the permission "
                "change_asset ('Edit form') there. Where the project is gone, make an empty one on the server and name "
                f'it in settings.toml: [server.assets] {key} = "its uid".'
            )


def _has_database(settings: Settings) -> bool:
    """Before the first pull there may be none, and a plan makes none."""
    url = make_url(settings.database.url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def _refuse_unknown(settings: Settings, plans: Sequence[Plan], accepting: Collection[str]) -> None:
    """What a run that was cut short has brought out already may be named again: it is in the database."""
    wrong = set(accepting) - {each.change.id for plan in plans for each in plan.changes}
    if wrong:
        with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
            wrong -= ever_accepted(connection, [plan.form_key for plan in plans])
    if wrong:
        breaking = sorted(each.change.id for plan in plans for each in plan.changes if each.change.is_breaking)
        offer = f"breaking changes: {', '.join(breaking)}" if breaking else "no change is breaking"
        raise FormError(f"--accept {min(wrong)}: there is no such change; {offer}.")


def _hold(plans: Sequence[Plan], take: Taken | None) -> None:
    drifted = [plan.form_key for plan in plans if plan.state == "drifted"]
    if drifted and take is None:
        raise DeploymentHeld(
            f"changed by hand on the server since it was deployed from here: {', '.join(drifted)}; "
            "`collector forms plan` shows how. Decide with --take ours or --take server."
        )
    held = [(plan.form_key, each) for plan in plans for each in plan.held]
    if held:
        ids = "; ".join(f"form '{key}': {each.change.id}{_cost(each.price)}" for key, each in held)
        raise DeploymentHeld(
            f"would break data already in: {ids}. Write the old name into the column renamed_from, "
            f"or accept each one: --accept {held[0][1].change.id}"
        )


def _cost(cost: object) -> str:
    answers = getattr(cost, "answers", None)
    return "" if answers is None else f" ({answers:,} answers)"


def _keep_accepted(settings: Settings, plans: Sequence[Plan], *, by: str, now: Callable[[], datetime]) -> None:
    taken = [(plan, each) for plan in plans for each in plan.changes if each.change.is_breaking and each.is_accepted]
    if taken:
        at, rows = now(), [row_of(plan.form_key, _version(plan), each.change, each.price, by) for plan, each in taken]
        with (
            wiring.open_databases(settings) as databases,
            recorded(databases, ACCEPTED, {"rows": rows}, at=at) as connection,
        ):
            accept(connection, rows, at)


def _version(plan: Plan) -> str:
    return plan.running.version if plan.running else ""
