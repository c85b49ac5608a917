"""Forms as many people write them: none is refused by mistake, and what is left alone is said by its row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from collector.form.review.review import review
from collector.form.xlsform import form_version, read_workbook
from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, deploy
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from collector.tablets.inspection import inspect_filled, inspect_form
from tests.support.sheets import write_workbook

pytestmark = pytest.mark.java

TOWNS = b'{"type": "FeatureCollection", "features": []}'
PLACES = {"places.csv": b"k,v\n1,2\n", "towns.geojson": TOWNS}
COLUMNS = (
    "relevant",
    "constraint",
    "calculation",
    "choice_filter",
    "parameters",
    "trigger",
    "repeat_count",
    "appearance",
    "default",
    "required",
    "read_only",
    "media::image",
    "bind::odk:length",
    "instance::extra",
    "body::accuracyThreshold",
)
CHOICES = [
    ["list_name", "name", "label", "part"],
    ["a", "x", "X", ""],
    ["a", "y", "Y", ""],
    ["b", "p", "P", "x"],
    ["b", "q", "Q", "y"],
]


def ask(kind, name="", label="?", **cells):
    return [kind, name, label, *(cells.get(column, "") for column in COLUMNS)]


def end(kind):
    return [f"end_{kind}"]


SHAPES = {
    "groups and nested repeats": [
        ask("begin_group", "g"),
        ask("begin_repeat", "r"),
        ask("begin_repeat", "s"),
        ask("integer", "i", constraint=". > position(..)"),
        end("repeat"),
        ask("calculate", "n", calculation="count(${s})"),
        end("repeat"),
        end("group"),
    ],
    "a counted repeat read from outside": [
        ask("integer", "n"),
        ask("begin_repeat", "r", repeat_count="${n}"),
        ask("text", "t"),
        end("repeat"),
        ask("calculate", "j", calculation="join(', ', ${t})"),
        ask("calculate", "k", calculation="indexed-repeat(${t}, ${r}, 1)"),
    ],
    "a cascade": [ask("select_one a", "one"), ask("select_one b", "two", choice_filter="part = ${one}")],
    "pulldata": [ask("text", "k"), ask("calculate", "p", calculation="pulldata('places', 'v', 'k', ${k})")],
    "a ranking": [ask("rank a", "k")],
    "a grid": [
        ask("begin_group", "g", appearance="field-list"),
        ask("select_one a", "h", appearance="label"),
        ask("select_one a", "i", appearance="list-nolabel"),
        end("group"),
    ],
    "a matrix of KoboToolbox": [ask("begin_kobomatrix", "m"), ask("select_one a", "c"), end("kobomatrix")],
    "data in XML": [
        ask("xml-external", "houses"),
        ask("integer", "q"),
        ask("calculate", "c", calculation="instance('houses')/house[@x = ${q}]/n"),
    ],
    "audit, range, trigger": [
        ask("audit", "audit"),
        ask("range", "a", parameters="start=1 end=10 step=1"),
        ask("calculate", "d", calculation="now()", trigger="${a}"),
        ask("text", "t", constraint="regex(., '^[a-z]+$')"),
    ],
    "sensors and pictures": [ask("start-geopoint", "s"), ask("background-audio", "b"), ask("image", "i")],
    "choices out of a repeat": [
        ask("begin_repeat", "r"),
        ask("text", "t"),
        end("repeat"),
        ask("select_one ${t}", "c"),
    ],
    "another answer": [ask("select_one a or_other", "c"), ask("text", "t", relevant="${c} = 'other'")],
    "what was saved last": [
        ask("select_one a", "c"),
        ask("calculate", "o", calculation="once(random())"),
        ask("calculate", "l", calculation="jr:choice-name(${c}, '${c}')"),
        ask("calculate", "s", calculation="${last-saved#c}"),
    ],
    "repeats in repeats in repeats, each counting another": [
        ask("begin_repeat", "house"),
        ask("integer", "people"),
        ask("begin_repeat", "person", repeat_count="${people}"),
        ask("text", "call"),
        ask("begin_repeat", "visit", repeat_count="position(..)"),
        ask("date", "day", constraint=". <= today()"),
        ask("calculate", "here", calculation="concat(${call}, '-', position(../..), '.', position(..))"),
        end("repeat"),
        end("repeat"),
        ask("calculate", "calls", calculation="join(' ', ${call})"),
        end("repeat"),
        ask("calculate", "all", calculation="sum(${people}) + max(${people}) - min(${people})"),
    ],
    "a cascade of three, the last in a repeat": [
        ask("select_one a", "one"),
        ask("begin_repeat", "r"),
        ask("select_one b", "two", choice_filter="part = ${one}"),
        ask("select_multiple b", "three", choice_filter="part = ${one} and name != ${two}"),
        end("repeat"),
    ],
    "places of an answer in a row": [
        ask("begin_repeat", "r"),
        ask("select_one a", "c"),
        ask("calculate", "p", calculation="position(..)"),
        ask("calculate", "l", calculation="jr:choice-name(${c}, '${c}')"),
        ask("calculate", "b", calculation="indexed-repeat(${c}, ${r}, position(..) - 1)"),
        end("repeat"),
        ask("calculate", "first", calculation="indexed-repeat(${c}, ${r}, 1)"),
        ask("calculate", "xs", calculation="count(${r}[c = 'x'])"),
    ],
    "defaults that are made": [
        ask("date", "d", default="today()"),
        ask("text", "t", default="concat('a', uuid())"),
        ask("integer", "i", default="5"),
        ask("integer", "j", default="${i} + 1"),
        ask("select_multiple a", "m", default="x y"),
        ask("begin_repeat", "r"),
        ask("integer", "k", default="${i}"),
        end("repeat"),
    ],
    "a chain of triggers": [
        ask("integer", "a"),
        ask("dateTime", "when", trigger="${a}", calculation="now()"),
        ask("integer", "b", trigger="${a}", calculation="once(${a} * 2)"),
        ask("background-geopoint", "w", "", trigger="${b}"),
    ],
    "ranges of every kind": [
        ask("range", "a"),
        ask("range", "b", parameters="start=0 end=1 step=0.1", appearance="vertical"),
        ask("range", "c", parameters="start=-5;end=5;step=1", appearance="rating"),
        ask("range", "e", parameters="start=10 end=0 step=-2", relevant="${b} > 0.5"),
    ],
    "choices in another order each time": [
        ask("select_one a", "c", parameters="randomize=true, seed=42"),
        ask("select_multiple a", "m", parameters="randomize=true", constraint="count-selected(.) <= 2"),
        ask("calculate", "n", calculation="selected-at(${m}, 0)"),
        ask("rank a", "k", constraint="not(selected-at(., 0) = 'x')"),
    ],
    "tables and looks": [
        ask("begin_group", "g", appearance="table-list"),
        ask("select_one a", "h"),
        ask("select_one a", "i"),
        end("group"),
        ask("select_one a", "j", appearance="minimal autocomplete"),
        ask("select_one a", "l", appearance="likert"),
        ask("select_multiple a", "m", appearance="columns-3 no-buttons"),
        ask("select_one a", "n", appearance="map"),
        ask("text", "o", appearance="multiline"),
        ask("integer", "p", appearance="thousands-sep"),
        ask("date", "q", appearance="month-year ethiopian"),
        ask("image", "s", appearance="signature", parameters="max-pixels=640"),
    ],
    "search": [ask("select_one a", "s", appearance="search('places', 'matches', 'k', 'x')")],
    "choices from files": [
        ask("select_one_from_file places.csv", "s", parameters="value=k label=v"),
        ask("select_multiple_from_file places.csv", "m", choice_filter="v = ${s}", parameters="value=k label=v"),
    ],
    "choices of a map file": [ask("select_one_from_file towns.geojson", "s", parameters="value=code label=title")],
    "data in CSV": [
        ask("csv-external", "places"),
        ask("text", "k"),
        ask("calculate", "c", calculation="instance('places')/root/item[k = ${k}]/v"),
        ask("calculate", "n", calculation="count(instance('places')/root/item)"),
    ],
    "facts of the tablet": [
        ask("start", "start", ""),
        ask("end", "end", ""),
        ask("today", "today", ""),
        ask("deviceid", "device", ""),
        ask("username", "user", ""),
        ask("phonenumber", "phone", ""),
        ask("email", "email", ""),
        ask("calculate", "minutes", calculation="(decimal-date-time(${end}) - decimal-date-time(${start})) * 24 * 60"),
    ],
    "texts taken apart": [
        ask("text", "t", constraint="regex(., '^[A-Z]{2}[0-9]{4}$') or string-length(.) = 0"),
        ask("calculate", "a", calculation="substr(${t}, 0, 2)"),
        ask("calculate", "b", calculation="coalesce(${a}, 'none')"),
        ask(
            "calculate",
            "c",
            calculation="if(contains(${t}, 'x'), translate(${t}, 'x', 'y'), substring-before(${t}, '-'))",
        ),
        ask("calculate", "d", calculation="digest(${t}, 'SHA-256')"),
        ask("calculate", "e", calculation="number(substring-after(${t}, '-')) mod 7"),
        ask("calculate", "f", calculation="format-date-time(now(), '%Y-%m-%d %H:%M')"),
        ask("calculate", "h", calculation="int((today() - date('2020-01-01')) div 365.25)"),
    ],
    "places on a map": [
        ask("geopoint", "p", **{"body::accuracyThreshold": "5"}),
        ask("geotrace", "t"),
        ask("geoshape", "s"),
        ask("calculate", "a", calculation="area(${s})"),
        ask("calculate", "d", calculation="distance(${t})"),
        ask("calculate", "y", calculation="selected-at(${p}, 1)"),
    ],
    "what must be answered, by a condition": [
        ask("acknowledge", "ok", required="true()"),
        ask("trigger", "okay", required="yes"),
        ask("integer", "n", required="${ok} = 'OK'", read_only="${okay} != ''"),
        ask("note", "thanks", "You said ${n}"),
        ask("hidden", "h", ""),
        ask("barcode", "b"),
        ask("time", "at"),
        ask("file", "f"),
        ask("audio", "u", parameters="quality=voice-only"),
        ask("video", "v"),
    ],
    "attributes of its own": [
        ask("text", "t", **{"bind::odk:length": "10", "instance::extra": "1"}),
        ask("note", "n", **{"media::image": "picture.png"}),
    ],
    "many answers weighed": [
        ask("select_multiple a", "m"),
        ask("calculate", "w", calculation="weighted-checklist(1, 2, selected(${m}, 'x'), 1, selected(${m}, 'y'), 1)"),
        ask("calculate", "k", calculation="checklist(1, -1, selected(${m}, 'x'), ${m} = 'y')"),
        ask("calculate", "b", calculation="boolean-from-string('true') and not(false())"),
        ask("calculate", "p", calculation="pow(2, 3) + round(2.567, 1) + sqrt(9) + exp(1) + log10(100)"),
        ask("calculate", "r", calculation="round(random() * 10, 0)"),
        ask("calculate", "v", calculation="version()"),
    ],
}
SHAPES |= {
    "notes in repeats that are not always asked": [
        ask("select_one a", "c"),
        ask("begin_repeat", "r", relevant="${c} = 'x'"),
        ask("integer", "i"),
        ask("note", "n", "Row ${i}", relevant="${i} > 3"),
        end("repeat"),
        ask("note", "all", "All", relevant="count(${r}) > 1"),
    ],
    "spellings of old": [
        ["begin group", "g", "?"],
        ["select one from a", "c", "?"],
        ["select all that apply from a", "m", "?"],
        ["int", "i", "?"],
        ["photo", "p", "?"],
        ["end group"],
        ["begin repeat", "r", "?"],
        ["dateTime", "d", "?"],
        ["string", "s", "?"],
        ["end repeat"],
    ],
    "filters that look around them": [
        ask("select_one a", "one"),
        ask("begin_repeat", "r"),
        ask("select_one a", "part"),
        ask("select_one b", "two", choice_filter="part = current()/../part or part = ${one}"),
        ask("select_one b", "three", choice_filter="selected(${one}, part) and position(current()/..) < 9"),
        end("repeat"),
    ],
    "the tablet watched, with its places": [
        ask(
            "audit", "audit", "", parameters="location-priority=balanced location-min-interval=60 location-max-age=120"
        ),
        ask("text", "t"),
    ],
    "an order that another answer seeds": [
        ask("integer", "seed"),
        ask("select_one a", "c", parameters="randomize=true, seed=${seed}"),
        ask("rank b", "k", parameters="randomize=true"),
    ],
    "pictures that are drawn on": [
        ask("image", "a", appearance="annotate"),
        ask("image", "d", appearance="draw"),
        ask("geopoint", "p", appearance="placement-map"),
        ask("geoshape", "q", appearance="maps"),
        ask("text", "n", appearance="numbers"),
        ask("text", "u", appearance="url"),
    ],
    "a count taken from a calculation": [
        ask("integer", "n"),
        ask("begin_repeat", "r", repeat_count="if(${n} > 5, 5, ${n} + 1)"),
        ask("begin_group", "g", relevant="position(..) > 1"),
        ask("integer", "i", default="0"),
        end("group"),
        end("repeat"),
        ask("calculate", "last", calculation="indexed-repeat(${i}, ${r}, count(${r}))"),
    ],
}
UNRECORDED = {"a matrix of KoboToolbox", "spellings of old"}
"""What a server makes of these in an import, no recording tells: the sandbox does not guess."""

LEFT_ALONE = {
    **{"a ranking": [2], "a matrix of KoboToolbox": [2], "data in XML": [2], "audit, range, trigger": [2, 4]},
    **{"sensors and pictures": [3, 4], "a chain of triggers": [3, 4, 5], "search": [2], "data in CSV": [2]},
    **{"choices in another order each time": [5], "tables and looks": [13], "places on a map": [3, 4]},
    **{"spellings of old": [6], "the tablet watched, with its places": [2]},
    **{"an order that another answer seeds": [4], "pictures that are drawn on": [2, 3, 5]},
    **{"what must be answered, by a condition": [7, 9, 10, 11], "choices of a map file": [2]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_form_of_another_author_is_not_refused_by_mistake(tmp_path, shape):
    path = write_workbook(tmp_path, survey=[["type", "name", "label", *COLUMNS], *SHAPES[shape]], choices=CHOICES)
    found = review(path, PLACES, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    assert [remark.row for remark in found.remarks if remark.code == "left_alone"] == LEFT_ALONE.get(shape, [])
    assert bool(found.xform) == ("matrix" not in shape)
    assert not found.xform or inspect_form(found.xform.encode(), PLACES) == []
    assert inspect_filled(found.xform.encode(), found.filled, PLACES) == []


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    options = Options(now=lambda: now, import_seconds=0)
    with (
        serve(tmp_path_factory.mktemp("sandbox"), options=options) as sandbox,
        Client(sandbox.url, sandbox.token(OWNER)) as client,
    ):
        yield client


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in UNRECORDED])
def test_a_form_of_another_author_is_deployed_and_read_back_as_it_was_sent(tmp_path, client, shape):
    path = write_workbook(tmp_path, survey=[["type", "name", "label", *COLUMNS], *SHAPES[shape]], choices=CHOICES)
    book = read_workbook(path)
    media = {name: PLACES[name] for name in form_version(book).media_files}
    sent = DeployableForm(f"form_{[*SHAPES].index(shape)}", shape, path.read_bytes(), media, form_version(book, media))
    assert deploy(client, sent).outcome == "created"
    assert deploy(client, sent).outcome == "unchanged"


def test_a_sheet_of_entities_is_left_alone_and_said(tmp_path):
    survey = [["type", "name", "label", *COLUMNS], ask("text", "t")]
    path = write_workbook(tmp_path, survey=survey, entities=[["dataset", "label"], ["trees", "${t}"]])
    found = review(path, {}, on_date=date(2026, 11, 24))
    assert [(remark.sheet, remark.code) for remark in found.remarks] == [("entities", "left_alone")]


def test_a_form_in_three_languages_with_pictures_and_further_hints_is_not_refused_by_mistake(tmp_path):
    languages = ("English (en)", "Français (fr)", "العربية (ar)")
    spoken = [f"{column}::{language}" for column in ("label", "hint", "guidance_hint") for language in languages]
    texts = ["Name", "Nom", "الاسم", "First", "Prénom", "الأول", "More", "Encore", "المزيد"]
    survey = [
        ["type", "name", "required", "image::English (en)", *spoken],
        ["text", "n", "yes", "a.png", *texts],
        ["select_one yn", "c", "", "", *texts],
    ]
    choices = [["list_name", "name", *spoken[:3], "image"], ["yn", "y", "Yes", "Oui", "نعم", "y.png"]]
    path = write_workbook(tmp_path, survey=survey, choices=choices, settings=[["default_language"], [languages[1]]])
    found = review(path, {}, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    assert inspect_filled(found.xform.encode(), found.filled, {}) == []


def test_entities_that_are_made_and_changed_are_left_alone_and_said(tmp_path):
    survey = [
        ["type", "name", "label", "save_to"],
        ["select_one_from_file trees.csv", "tree", "Tree", ""],
        ["integer", "height", "Height", "height"],
    ]
    entities = [["dataset", "entity_id", "update_if", "label"], ["trees", "${tree}", "${height} > 0", "Tree ${height}"]]
    path = write_workbook(tmp_path, survey=survey, entities=entities)
    media = {"trees.csv": b"name,label,__version\nt1,Oak,1\n"}
    found = review(path, media, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    assert [remark.sheet for remark in found.remarks if remark.code == "left_alone"] == ["entities"]


def test_choices_of_a_sheet_of_their_own_are_left_alone_and_said(tmp_path):
    survey = [
        ["type", "name", "label", "choice_filter"],
        ["select_one a", "one", "One", ""],
        ["select_one_external towns", "town", "Town", "part=${one}"],
    ]
    towns = [["list_name", "name", "label", "part"], ["towns", "t1", "First", "x"], ["towns", "t2", "Second", "y"]]
    path = write_workbook(tmp_path, survey=survey, choices=CHOICES, external_choices=towns)
    found = review(path, {}, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    left = [(remark.sheet, remark.row) for remark in found.remarks if remark.code == "left_alone"]
    assert left == [("survey", 3), ("external_choices", None)]


def test_settings_of_many_kinds_are_not_refused_by_mistake(tmp_path):
    twice = [*CHOICES, ["a", "x", "X again", ""]]
    settings = [
        ["form_title", "form_id", "version", "style", "instance_name", "allow_choice_duplicates", "namespaces"],
        [
            "A form",
            "a_form",
            "7",
            "pages theme-grid",
            "concat(${c}, ' ', today())",
            "yes",
            'esri="http://esri.example"',
        ],
    ]
    survey = [["type", "name", "label"], ["select_one a", "c", "?"]]
    path = write_workbook(tmp_path, survey=survey, choices=twice, settings=settings)
    found = review(path, {}, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    assert inspect_filled(found.xform.encode(), found.filled, {}) == []


def test_a_text_without_its_translation_is_told_by_row_and_language(tmp_path):
    survey = [
        ["type", "name", "label::English (en)", "label::Français (fr)"],
        ["text", "a", "A", "A"],
        ["text", "b", "B", ""],
    ]
    (missing,) = review(write_workbook(tmp_path, survey=survey), {}, on_date=date(2026, 11, 24)).mistakes
    assert (missing.sheet, missing.row, missing.column) == ("survey", 3, "label::Français (fr)")
