"""`collector forms check`: look at forms before a tablet does; the engine of the tablets is asked too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.markup import escape

from collector.errors import FormError, JavaMissing, MistakesFound
from collector.form.programme import Programme
from collector.form.review.remarks import Remark, Weight
from collector.form.review.review import Review, review
from collector.tablets.inspection import Complaint, inspect_filled, inspect_form
from jobs import console, wiring
from jobs.form_sources import media_beside
from jobs.settings import Settings, read_settings

COLOURS = {Weight.MISTAKE: "red", Weight.WARNING: "yellow", Weight.NOTE: "dim"}


def check_command(settings_file: Path | None, files: Sequence[str], *, as_json: bool) -> None:
    """Check forms and print what is wrong; raises MistakesFound after that where one must not go out."""
    settings = read_settings(settings_file)
    programme = wiring.open_programme(settings)
    today = datetime.now(UTC).astimezone(ZoneInfo(programme.time_zone)).date()
    paths = [form_path(settings, programme, word) for word in files or programme.forms]
    found = {path: check_form(path, settings, programme, on_date=today) for path in paths}
    if as_json:
        console.as_json(
            [{"file": path, "remarks": [asdict(each) for each in of.remarks]} for path, of in found.items()]
        )
    for path, of in () if as_json else found.items():
        _show(path, of)
    wrong = {path.name: len(of.mistakes) for path, of in found.items() if of.mistakes}
    if wrong:
        counts = ", ".join(f"{count} in {name}" for name, count in wrong.items())
        raise MistakesFound(f"mistakes found: {counts}; correct the sheets, then check again.")


def form_path(settings: Settings, programme: Programme, word: str) -> Path:
    """The workbook that a word on the command line means: a form key, or a file. Raises FormError for neither."""
    if form := programme.forms.get(word):
        return settings.forms.folder / form.workbook
    if not Path(word).suffix and not Path(word).exists():
        raise FormError(f"'{word}' is neither a file nor one of the forms: {', '.join(programme.forms)}.")
    return Path(word)


def check_form(path: Path, settings: Settings, programme: Programme, *, on_date: date) -> Review:
    """Everything known of a form before it goes out. The programme's promises hold for what lies in its folder."""
    media = media_beside(path)
    is_ours = path.resolve().parent == settings.forms.folder.resolve()
    key = next((key for key, form in programme.forms.items() if is_ours and form.workbook == path.name), None)
    found = review(path, media, programme=programme if is_ours else None, key=key, on_date=on_date)
    return replace(found, remarks=(*found.remarks, *_of_engine(found, media)))


def _of_engine(found: Review, media: Mapping[str, bytes]) -> list[Remark]:
    """What the engine stops at, blank or filled, but for what was said already."""
    if not found.xform or found.form is None:
        return []
    places = {each.path: each.row for each in found.form.groups} | {
        each.path: each.row for each in found.form.questions
    }
    try:
        blank = inspect_form(found.xform.encode(), media)
        filled = inspect_filled(found.xform.encode(), found.filled, media) if not blank else ()
    except JavaMissing as error:
        return [Remark("no_engine", str(error), "the engine of the tablets was not asked.", weight=Weight.WARNING)]
    known = {(remark.row, remark.column) for remark in found.remarks if remark.weight is not Weight.NOTE}
    said = {(remark.row, remark.column) for remark in found.mistakes}
    return [
        *_complaints(blank, places, said, "the engine of the tablets stops", Weight.MISTAKE),
        *_complaints(filled, places, known, "the engine of the tablets stops on each filled form", Weight.WARNING),
    ]


def _complaints(
    complaints: Iterable[Complaint],
    places: Mapping[str, int],
    said: Collection[tuple[int | None, str]],
    begins: str,
    weight: Weight,
) -> Iterator[Remark]:
    for each in complaints:
        row = places.get(each.path)
        if (row, each.column) not in said:
            yield Remark("engine", f"{begins}: {each.problem}", "correct it.", "survey", row, each.column, weight)


def _show(path: Path, found: Review) -> None:
    serious = [remark for remark in found.remarks if remark.weight is not Weight.NOTE]
    verdict = f"mistakes: {len(found.mistakes)}, warnings: {len(serious) - len(found.mistakes)}" if serious else "well"
    console.out.print(f"[bold]{escape(path.name)}[/bold]  {verdict}")
    sheet = ""
    sheets = [remark.sheet for remark in found.remarks]
    for remark in sorted(found.remarks, key=lambda each: (sheets.index(each.sheet), each.row or 0)):
        if remark.sheet != sheet:
            sheet = remark.sheet
            console.out.print(f"  sheet {escape(sheet)}")
        place = " ".join(filter(None, (f"row {remark.row}" if remark.row else "", remark.column)))
        colour = COLOURS[remark.weight]
        console.out.print(
            f"    [{colour}]{remark.weight}[/{colour}] {escape(f'{place}: ' if place else '')}{escape(remark.problem)}"
        )
        console.out.print(f"      → {escape(remark.remedy)}")
