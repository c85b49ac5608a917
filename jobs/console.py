"""What commands show: progress and tables for people on standard error and output, JSON where a script asks for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Report = Callable[[int, int, str], None]
"""Called with what is done, what there is in all (0 where unknown) and a word on the present step."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


LONGEST_WORD = 20  # letters that a column has room for, so that the names of forms stay whole


def say(text: str) -> None:
    """A line for people: progress goes to standard error, so that standard output stays a script's."""
    err.print(text)


def done(what: str, detail: str) -> None:
    """A step that is finished: what it was, and what came of it."""
    err.print(f"[green]✓[/green] {what:<18} {detail}")


@contextmanager
def bar(what: str) -> Iterator[Report]:
    """A progress bar on standard error while the work goes on; silent where standard error is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn(f"{what:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim"),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=None, step="")

        def report(finished: int, total: int, step: str) -> None:
            progress.update(task, completed=finished, total=total or None, step=step)

        yield report


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; numbers stand right. Where it is narrow, cells go on in a next line, never unseen."""
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    kept = [list(row) for row in rows]
    for position, column in enumerate(columns):
        is_number = bool(kept) and all(isinstance(row[position], int | float) for row in kept)
        words = " ".join([column, *(str(row[position]) for row in kept)]).split()
        drawn.add_column(
            column,
            justify="right" if is_number else "left",
            overflow="fold",
            min_width=min(max(map(len, words), default=1), LONGEST_WORD),
        )
    for row in kept:
        drawn.add_row(*(f"{value:,}" if isinstance(value, int) else escape(str(value)) for value in row))
    out.print(drawn)


def blind_spots(cannot_see: Mapping[str, str]) -> None:
    """What the last looks at forms could not see, by form, each text once."""
    forms: dict[str, list[str]] = {}
    for form, text in cannot_see.items():
        forms.setdefault(text, []).append(form)
    for text, of in forms.items():
        out.print(f"Not seen of {', '.join(of)}: {text}.", markup=False)


def as_json(value: object) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)
