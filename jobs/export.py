"""Write the nightly workbook: database → records → numbers → sheets → one file and its dated copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from functools import partial
from importlib.metadata import version as version_of_package
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from collector.delivery import digest
from collector.delivery.digest import Digest, digest_of
from collector.errors import FolderNotWritable
from collector.form.definition import FormVersion
from collector.form.judging.policy import Policy
from collector.form.plan import read_plan
from collector.form.programme import Programme
from collector.form.records import PlannedSession, Survey
from collector.indicators import learning, reach
from collector.indicators.campaign import Session, put_together
from collector.indicators.changes import results_of
from collector.indicators.response import by_session
from collector.indicators.retention import FollowUp
from collector.indicators.statistics import Tally, mean
from collector.indicators.told import as_json, from_json, may_follow
from collector.quality.decisions import counted, unlinked
from collector.quality.follow_up import follow_up
from collector.quality.linking import link
from collector.reporting import deliveries, judged, queries
from collector.reporting.decisions import stored_decisions
from collector.reporting.forms import deployments, latest_version, stored_media, stored_versions
from collector.reporting.nights import arrivals_after, held, night_before, revised, save_night
from collector.workbook.book import make_book, write_data_book
from collector.workbook.cells import local
from collector.workbook.night import Edition, Night
from collector.workbook.places import Places, read_places
from collector.workbook.placing import copy_in_place, make_folder, placed, remove
from collector.workbook.texts import Digits, Language
from jobs.archive import recorded
from jobs.cards import card_tails
from jobs.decide import keep_typed, take_decisions
from jobs.memory import give_back_large_blocks
from jobs.wiring import Databases

USUAL = Policy()
WAVES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Totals:
    """The night in a few numbers, for the run's report.

    before, after, change, passed_after: over all pairs, each scored by the items of its own set; None below ten pairs.
    The workbook shows the sets apart and never this pool.
    """

    participants_low: int
    participants_high: int
    contacts: int
    sessions_held: int
    sessions_planned: int
    pairs: int
    before: float | None = None
    after: float | None = None
    change: float | None = None
    passed_after: float | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """The workbook under its fixed name, its dated copy, the night's totals and what its mail may say.

    trouble: why one of the two names could not be written; the other one has the workbook then, and `path` is it.
    told: what a shared edition told. stands_since: where that of an earlier day stands, and nothing was written.
    """

    path: Path
    dated_path: Path
    totals: Totals
    digest: Digest
    trouble: str = ""
    told: str = ""
    stands_since: date | None = None


def export(
    databases: Databases,
    programme: Programme,
    *,
    folder: Path,
    name: str,
    now: datetime,
    run: int | None = None,
    edition: Edition = "internal",
    language: Language = "en",
    digits: Digits = "western",
    places: Places | None = None,
    policy: Policy = USUAL,
) -> Exported:
    """Write <folder>/<name>.xlsx and <name>-<day>.xlsx; both names carry the same bytes.

    Tables of more than 100,000 rows are in <name>-data.xlsx and <name>-data-<day>.xlsx.

    now: aware; stamps the file and says up to which day sessions are due. run: of the ledger, shown on the cover.
    edition: the shared one hides small counts and is named <name>-shared; it is written once a month at most, and not
    before enough has come to it (collector/indicators/told.py). language, digits: of the whole workbook.
    places: P-codes, by the forms' keys. policy: which findings keep a submission out. What the indicators say is kept
    for the next night, where there is a run.
    Raises FolderNotWritable, leaving the workbook of last night, when neither name can be written.
    """
    give_back_large_blocks()
    make_folder(folder)
    with databases.reporting.connect() as connection:
        night = read_night(connection, programme, now=now, run=run, policy=policy)
    if edition == "internal":
        if run is not None and take_decisions(databases, night, folder, name, run=run, now=now):
            with databases.reporting.connect() as connection:
                night = read_night(connection, programme, now=now, run=run, policy=policy)
        night = night.changed(cards=card_tails(databases, programme, night.issues))
    night = night.changed(edition=edition, places=places or {})
    if edition == "shared":
        name = f"{name}-shared"
        with databases.reporting.connect() as connection:
            night = night.changed(told=tuple(map(from_json, deliveries.told_before(connection, run))))
            if earlier := _standing(connection, night, folder, language):
                return earlier
    day = night.today.isoformat()
    path, dated_path = folder / f"{name}.xlsx", folder / f"{name}-{day}.xlsx"
    standing, trouble = write_books(night, [dated_path, path], night.today, language=language, digits=digits)
    if run is not None:
        told = {"code_version": night.code_version, "results": [asdict(each) for each in results_of(night.indicators)]}
        with recorded(databases, "night", told, at=now, run=run) as connection:
            save_night(connection, run, now, night.code_version, results_of(night.indicators))
    published = as_json(night.published.told) if night.is_shared else ""
    return Exported(standing, dated_path, totals_of(night), digest_of(night), trouble, published)


def write_books(
    night: Night, places: Sequence[Path], today: date, *, language: Language, digits: Digits
) -> tuple[Path, str]:
    """Write the workbook under each name, and beside each the data workbook where it has one.

    The last name that has it, and what went wrong with another; raises FolderNotWritable where none has.
    """
    path, data_places = places[-1], [_data_path(place, night.today) for place in places]
    made = make_book(night, language=language, digits=digits, data_name=data_places[-1].name)
    troubles: list[FolderNotWritable] = []
    if made.aside:  # before the workbook that points to it
        rows = partial(write_data_book, night, made.aside, main_name=path.name, language=language, digits=digits)
        troubles += _put_in_places(rows, data_places, today)[1]
    else:
        remove(data_places[-1])  # of a night that had more rows
    standing, more = _put_in_places(made.write, places, today)
    return standing, " ".join(map(str, [*troubles, *more]))


def _data_path(path: Path, day: date) -> Path:
    """
    >>> _data_path(Path("book-2026-11-24.xlsx"), date(2026, 11, 24)).name
    'book-data-2026-11-24.xlsx'
    """
    name, dash, dated = path.stem.partition(f"-{day.isoformat()}")
    return path.with_stem(f"{name}-data{dash}{dated}")


def _standing(connection: Connection, night: Night, folder: Path, language: Language) -> Exported | None:
    """The shared workbook of an earlier night, where another one now would tell people apart; None before the first.

    Where it was not made in this language, that in another: two nights are as near in any language.
    """
    last = deliveries.last_export(connection, "shared")
    own = deliveries.last_export(connection, "shared", language)
    told = night.published.told
    is_same = bool(night.told) and replace(told, until=night.told[-1].until) == night.told[-1]
    if last is None or may_follow(told, night.told) or (own is None and is_same):
        return None
    kept = own or last
    path, day = folder / kept.file_name, local(kept.made_at, night.programme.time_zone).date()
    dated_path = path.with_stem(f"{path.stem}-{day.isoformat()}")
    trouble = "" if path.exists() else f"{path} is not there any more; copy it from {dated_path.name} or a backup."
    return Exported(path, dated_path, totals_of(night), digest.from_json(kept.digest), trouble, stands_since=day)


def _put_in_places(
    write: Callable[[IO[bytes]], object], places: Sequence[Path], today: date
) -> tuple[Path, list[FolderNotWritable]]:
    """Write a file under each name, whatever becomes of the others: the last name that has it, and what went wrong."""
    standing: Path | None = None
    troubles = []
    for place in places:
        try:
            keep_typed(place, today)
            if standing:
                copy_in_place(standing, place)
            else:
                with placed(place) as file:
                    write(file)
            standing = place
        except FolderNotWritable as error:
            troubles.append(error)
    if standing is None:
        raise troubles[-1]
    return standing, troubles


def open_places(folder: Path) -> Places:
    """P-codes of the programme's places, from locations.csv in the forms folder; none where it has no such file."""
    file = folder / "locations.csv"
    return read_places(file.read_text("utf-8")) if file.is_file() else {}


def read_night(
    connection: Connection, programme: Programme, *, now: datetime, run: int | None, policy: Policy = USUAL
) -> Night:
    """Everything that the workbook shows, from what the reporting database holds."""
    versions = _versions(connection, programme)
    found = by_session(_surveys(connection, programme, versions, WAVES))
    changed, decisions = revised(connection), stored_decisions(connection)
    surveys, apart = counted(decisions, changed, found)
    session_key, _ = programme.session_form
    version = versions.get(session_key)
    reports = queries.session_reports(connection, programme, version) if version else ()
    rows = queries.register_rows(connection, programme, version) if version else ()
    sessions = put_together(_plan(connection, programme), reports, rows, programme.codes)
    linked = unlinked(link(surveys, sessions, programme), apart)
    is_decided = len(surveys) < len(found) or apart
    today = local(now, programme.time_zone).date()
    last_night = night_before(connection, datetime.combine(today, time(), ZoneInfo(programme.time_zone)))
    return Night(
        programme=programme,
        versions=versions,
        made_at=now,
        run=run,
        counts=queries.version_counts(connection),
        completeness=queries.last_completeness(connection),
        remarks={form: (each.warned, each.unsure) for form, each in judged.told(connection).items()},
        quarantined=queries.quarantined_findings(connection, policy),
        sessions=sessions,
        people=reach.participants(sessions, programme.codes).in_bands(programme.age_band),
        surveys=surveys,
        linked=linked,
        learning=tuple(learning.learning(linked, sessions, programme, key) for key in programme.item_sets),
        items=learning.item_changes(linked.pairs, programme),
        follow_up=_follow_up(connection, programme, versions, linked, sessions, today),
        history={form: tuple(stored_versions(connection, form)) for form in versions},
        revised=changed,
        decisions=decisions,
        judged=(found, link(found, sessions, programme)) if is_decided else None,
        arrivals=arrivals_after(connection, last_night.run) if last_night else (),
        held=held(connection),
        last_night=last_night,
        code_version=version_of_package("collector"),
        deployed=deployments(connection),
        other_versions=queries.other_versions(connection, {form: each.version for form, each in versions.items()}),
    )


def totals_of(night: Night) -> Totals:
    """The numbers that the command line prints."""
    people = reach.count(night.people, night.programme.codes)
    progress = reach.progress(night.sessions, night.today)
    scores = night.linked.scores
    before, after = (Tally(score for one in scores for score in getattr(one, wave)) for wave in WAVES)
    counted = Totals(
        people.low, people.high, reach.contacts(night.sessions), progress.held, progress.planned, len(before)
    )
    if len(before) < learning.FEWEST_PAIRS:
        return counted
    means = mean(before), mean(after)
    passed = sum(score >= night.programme.threshold for score in after) / len(after)
    return replace(counted, before=means[0], after=means[1], change=means[1] - means[0], passed_after=passed)


def _versions(connection: Connection, programme: Programme) -> dict[str, FormVersion]:
    """The newest version of each form that was pulled, under the title of its project."""
    titles = queries.form_titles(connection)
    found = ((form, latest_version(connection, form)) for form in programme.forms)
    return {form: replace(version, title=titles.get(form, version.title)) for form, version in found if version}


def _surveys(
    connection: Connection, programme: Programme, versions: dict[str, FormVersion], waves: Sequence[str]
) -> Iterator[Survey]:
    for wave in waves:
        key, _ = programme.survey_form(wave)
        if key in versions:
            yield from queries.surveys(connection, programme, wave, versions[key])


def _follow_up(
    connection: Connection,
    programme: Programme,
    versions: dict[str, FormVersion],
    linked: learning.Surveys,
    sessions: Sequence[Session],
    today: date,
) -> FollowUp | None:
    """The surveys some months later, beside the pairs; None where programme.toml names no such form."""
    form = programme.follow_up_form
    if form is None:
        return None
    found = _surveys(connection, programme, versions, ("follow_up",))
    return follow_up(found, linked.pairs, sessions, programme, months=form.months_after, today=today)


def _plan(connection: Connection, programme: Programme) -> tuple[PlannedSession, ...]:
    """The session plan as the session form carries it; no plan before the first pull."""
    content = stored_media(connection, programme.session_form[0]).get(programme.plan.file)
    return read_plan(content, programme.plan) if content else ()
