"""A night for tests of the sheets: two sessions, a few simulated people, small forms. Nobody is real."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from collector.form.definition import Choice, FormVersion, Kind, Question
from collector.form.history import Arrival, HeldDeletions, PastNight, Revised
from collector.form.records import Completeness, QuarantinedFinding, VersionCount
from collector.indicators import learning, reach
from collector.indicators.campaign import put_together
from collector.indicators.changes import results_of
from collector.quality.linking import link
from collector.workbook.book import SHEETS, book_bytes
from collector.workbook.labels import Labels, in_language
from collector.workbook.night import Night
from collector.workbook.places import read_places
from collector.workbook.texts import Words
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, planned, report, row, survey

MADE_AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
ENGLISH, ARABIC, SORANI = PROGRAMME.languages.values()


def select(name: str, choices: str, *, labels: dict[str, str] | None = None) -> Question:
    label = labels or {ENGLISH: name.title(), ARABIC: "سؤال", SORANI: "پرسیار"}
    path_of = dict(PROGRAMME.session_form[1].people)
    path = str(path_of.get(name, name))
    return Question(name, path, "select_one", Kind.SELECT_ONE, labels=label, list_name=choices)


def listed(**labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(code, {ENGLISH: label, ARABIC: "خيار", SORANI: "خولی ١"}) for code, label in labels.items())


ATTENDANCE = FormVersion(
    title="Attendance · الحضور · ئامادەبوون",
    form_id="attendance",
    version="v1",
    languages=(ENGLISH, ARABIC, SORANI),
    questions=(
        select("status", "status"),
        select("governorate", "governorate"),
        select("audience", "audience"),
        select("modules", "modules"),
        select("sex", "sex"),
        select("age_group", "age_group"),
        select("role", "role", labels={ARABIC: "الدور"}),
    ),
    choices={
        "status": listed(held="Held", postponed="Postponed"),
        "governorate": listed(erbil="Erbil", duhok="Duhok"),
        "audience": listed(gov="Government", idp="Displaced people"),
        "modules": listed(m1="Legal context", m2="Iraqi law"),
        "sex": listed(f="Female", m="Male"),
        "age_group": listed(**{"18_24": "18 to 24 years", "25_34": "25 to 34 years"}),
        "role": (Choice("lead", {ARABIC: "مسؤول"}),),
    },
)


def night(people: int = 40, **changes: object) -> Night:
    """A night with `people` people over ten sessions, all right after, and one session postponed."""
    names = [f"ERB-{number:02}" for number in range(10)]
    plan = [planned(name) for name in names] + [planned("ERB-99", planned_on=date(2026, 7, 6))]
    reports = [report(name, women=people, men=0) for name in names if people]
    reports += [report("ERB-99", status="postponed", held_on=None)] if people else []
    rows, surveys = [], []
    for number in range(people):
        session, person = names[number % 10], f"secretkey{number}"
        rows.append(row(person, session, row=number + 1, age_group=["18_24", "25_34"][number % 2]))
        before = WRONG | dict(list(RIGHT.items())[: number % 4])
        surveys.append(survey("before", person, session=session, answers=before))
        surveys.append(survey("after", person, session=session))
    rows += [row("refusing", names[0], row=999, consent="no", sex=None, age_group=None)] if people else []
    sessions = put_together(plan, reports, rows, PROGRAMME.codes)
    linked = link(surveys, sessions, PROGRAMME)
    made = Night(
        programme=PROGRAMME,
        versions={"attendance": ATTENDANCE},
        made_at=MADE_AT,
        run=7,
        counts=(
            VersionCount("attendance", "v1", 11, 1),
            VersionCount("pre_survey", "v1", people, 0),
            VersionCount("post_survey", "v1", people, 0),
        ),
        completeness={"attendance": Completeness("attendance", 6, MADE_AT, 12, 11, 1)},
        quarantined=(QuarantinedFinding("attendance", 12, MADE_AT, "type", "head_f", 22, "the answer is no number."),),
        sessions=sessions,
        people=reach.participants(sessions, PROGRAMME.codes),
        surveys=tuple(surveys),
        linked=linked,
        learning=tuple(learning.learning(linked, sessions, PROGRAMME, key) for key in PROGRAMME.item_sets),
        items=learning.item_changes(linked.pairs, PROGRAMME),
    )
    return replace(made, **changes)


def empty_night() -> Night:
    """Before the first pull."""
    return night(0, versions={}, counts=(), completeness={}, quarantined=(), sessions=())


def next_night() -> Night:
    """The night after another: something is corrected, deleted, held, and new since."""
    first = night(people=30)
    second = night()
    times = {"seen_at": MADE_AT, "at": MADE_AT, "by": "officer"}
    changes = (
        ("status", "held", "postponed"),
        ("register[2]/card", "a key", "another"),
        ("_validation_status", None, "x"),
    )
    return replace(
        second,
        revised=(
            Revised("attendance", 3, 1, "report-ERB-00", "edited", 8, **times, changes=changes),
            Revised("attendance", 4, 1, "gone", "deleted", 8, MADE_AT),
        ),
        arrivals=(
            Arrival("attendance", 5, "report-ERB-01", MADE_AT, 8),
            Arrival("pre_survey", 6, second.surveys[0].root_uuid, second.surveys[0].submitted_at, 8),
        ),
        held=(HeldDeletions("attendance", 25),),
        last_night=PastNight(6, MADE_AT - timedelta(days=1), results_of(first.indicators)),
        places=read_places("key,pcode,reported_under\nerbil_c,IQG11Q02,\n"),
        code_version="0.1.0",
        rebuilt_at=MADE_AT,
    )


@cache
def written(edition: str = "internal", language: str = "en", digits: str = "western") -> bytes:
    """The workbook of `night()`, made once for all tests that only read it."""
    return book_bytes(night(edition=edition), language=language, digits=digits)


@cache
def opened(edition: str = "internal", language: str = "en") -> Workbook:
    """The same as openpyxl reads it: not to be changed."""
    return load_workbook(BytesIO(written(edition, language)))


@cache
def written_next() -> bytes:
    """The workbook of `next_night()`."""
    return book_bytes(next_night())


def sheet_of(told: Night, name: str, language: str = "en") -> Worksheet:
    """One sheet of a night's workbook, by its English name, without writing the others and the file."""
    words = Words(language, "western")
    told = replace(told, programme=in_language(told.programme, words))
    sheet = Workbook().create_sheet(words.sheet(name))
    dict(SHEETS)[name](sheet, told, Labels(told.programme, told.versions, language), words)
    return sheet
