"""Bring the forms to the server: read, refuse what must not go out, deploy, verify."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from collector.errors import FormError, PlaceholderLeft, ServerError
from collector.form import lint, xlsform
from collector.form.cells import sheets_in
from collector.form.definition import FormVersion
from collector.form.fit import check_fit
from collector.form.programme import Programme
from collector.kobo import deployment
from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, Deployment


def deploy(
    client: Client,
    programme: Programme,
    folder: Path,
    keys: Sequence[str] = (),
    *,
    report: Callable[[str], None] = lambda step: None,
    assets: Mapping[str, str] | None = None,
    overwriting: Collection[str] = (),
    by: str = "",
) -> list[Deployment]:
    """Deploy forms of `folder` by key, all where none is named; forms the server has already are left alone.

    assets: uids of projects by form key, where they are not to be found by their marker. overwriting: forms that may
    replace what was changed by hand on the server. by: the account, for others who deploy at the same moment.
    What would break data is held back before, by guard.py.

    Every form is read and checked before the first request. Raises FormError and its kind for what the author must
    mend, PlaceholderLeft for texts that only the sandbox may show.
    """
    forms = [read_form(programme, folder, key) for key in keys or programme.forms]
    if not is_sandbox(client):
        refuse_placeholders([form for form, _ in forms])
    return [
        deployment.deploy(
            client,
            form,
            report=report,
            asset_uid=(assets or {}).get(form.key),
            is_overwriting=form.key in overwriting,
            by=by,
        )
        for form, _ in forms
    ]


def read_form(programme: Programme, folder: Path, key: str) -> tuple[DeployableForm, FormVersion]:
    """A form of the folder as it would be deployed, and what it says."""
    if key not in programme.forms:
        raise FormError(f"there is no form '{key}' in programme.toml; forms: {', '.join(programme.forms)}.")
    path = folder / programme.forms[key].workbook
    workbook = xlsform.read_workbook(path)
    bare = xlsform.form_version(workbook)
    media = {name: _media(folder, name, key) for name in bare.media_files}
    version = xlsform.form_version(workbook, media)
    check_fit(programme, key, version)
    is_comparable = not any(
        row.type in xlsform.BUILDER_TYPES for row in workbook.survey
    )  # the server takes these apart
    definition = version if is_comparable else None
    return DeployableForm(key, version.title, path.read_bytes(), media, definition), version


def refuse_placeholders(forms: Sequence[DeployableForm]) -> None:
    """Raise PlaceholderLeft where a text still waits for the programme to fill it."""
    for form in forms:
        if found := lint.placeholders(sheets_in(form.workbook, form.key), form.media):
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise PlaceholderLeft(
                f"form '{form.key}': {found[0]}{more}; fill it in before deploying anywhere but the sandbox."
            )


def is_sandbox(client: Client) -> bool:
    """Whether the server is our own sandbox, where nobody real is asked anything."""
    try:
        answer = client.get_json("/_sandbox/")
    except ServerError:
        return False
    return isinstance(answer, dict) and answer.get("sandbox") == "collector"


def _media(folder: Path, name: str, key: str) -> bytes:
    path = folder / "media" / name
    if not path.is_file():
        near = get_close_matches(name, [file.name for file in path.parent.glob("*")], n=1)
        there = f"there is {near[0]}, so rename it, or" if near else "put it into"
        rest = " correct the sheet." if near else f" {path.parent}."
        raise FormError(f"form '{key}' wants the media file {name}: {there}{rest}")
    return path.read_bytes()
