"""What went wrong in a run that went on all the same, as the one error that it ends with. Used by jobs/nightly.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collector.errors import CollectorError, DeletionsHeld, FolderNotWritable, Incomplete
from jobs.export import Exported
from jobs.pull import FormPull, PullResult


def errors_of(*steps: Callable[[], object]) -> list[CollectorError]:
    """Do every step, whatever becomes of the others; the errors that we foresaw."""
    errors: list[CollectorError] = []
    for step in steps:
        try:
            step()
        except CollectorError as error:
            errors.append(error)
    return errors


def raise_all(errors: Sequence[CollectorError]) -> None:
    """Raise the first error, the gravest, with the texts of the others: none hides behind another."""
    if len(errors) > 1:
        raise type(errors[0])(" Also: ".join(map(str, errors)))
    if errors:
        raise errors[0]


def refuse_trouble(exported: Sequence[Exported]) -> None:
    """Raise FolderNotWritable where a workbook is missing under one of its two names."""
    troubles = [each.trouble for each in exported if each.trouble]
    if troubles:
        raise FolderNotWritable(" ".join(troubles))


def refuse_gaps(pulled: PullResult) -> None:
    """Raise DeletionsHeld or Incomplete, naming forms and submissions, where the equation does not hold."""
    held = [f"{form.form} ({form.held:,})" for form in pulled.forms if form.held]
    if held:
        raise DeletionsHeld(
            f"deletions are held for {', '.join(held)}: they look like an accident; `collector status` says why. If "
            "they are meant, run `collector sync confirm`; if not, restore the account's access, then `collector sync`."
        )
    gaps = [_gap(form) for form in pulled.forms if form.missing or form.unexplained]
    if gaps:
        raise Incomplete(
            f"the completeness equation does not hold for {'; '.join(gaps)}. Run `collector sync --full`; if it stays, "
            "look at these submissions in the server's data table."
        )


def _gap(form: FormPull) -> str:
    here = f"{form.accepted:,} accepted + {form.quarantined:,} quarantined"
    seen = f"{form.seen:,} seen, {form.deleted:,} of them deleted"
    return f"{form.form}: {form.on_server:,} on the server, {here}; {seen}; {form.unexplained or 'no submission named'}"
