import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from collector.errors import ExportError
from collector.form.judging.messages import INTEGRITY, MESSAGES
from collector.indicators.learning import Flag
from collector.indicators.retention import Caution
from collector.quality.decisions import DECISIONS, NOTES
from collector.quality.issues import CHECKS, KIND_OF_FINDING
from collector.reporting.tables import revisions
from collector.workbook import texts
from collector.workbook.book import book_bytes
from collector.workbook.sheets.quarantine import REMEDIES
from collector.workbook.texts import LANGUAGES, Words, glossary
from tests.support.night import empty_night, night

LATIN_NAMES = {  # what people know by its Latin name, commands, and columns of the server
    *(
        "KR",
        "d_av",
        "p",
        "t",
        "g",
        "z",
        "QC06",
        "QC29",
        "I01",
        "I03",
        "I09",
        "I12",
        "I14",
        "I18",
        "I20",
        "F03",
        "S1",
        "S2",
        "S3",
    ),
    *("GIS", "OCHA", "COD", "P", "code", "confirm"),
    *("programme", "toml", "collector", "sync", "status", "_id", "survey", "contact"),
    *("locations", "csv"),
}
NO_LETTERS = {
    "as_of",
    "summary.no_number",
    "unit.share",
    "changes.then_now",
    "changes.by_form",
    "changes.by_count",
    "todo.unread_one",
    "indicators.cumulative",
    "indicators.cumulative_months",
    "enumerators.of_form",
}
ARABIC_LETTER = re.compile("[\u0620-\u064a\u066e-\u06d5]")
SORANI_ONLY = re.compile("[ڕڵۆێە]")
ARABIC_ONLY = re.compile("[ةيىكثذصضطظ]")  # letters that Sorani does not write, or writes with another sign

(KINDS,) = (str(rule.sqltext) for rule in revisions.c.kind.constraints)
FAMILIES = {  # ids that are put together from what the data say
    "code": {*MESSAGES, *INTEGRITY, ""},
    "remedy": {*REMEDIES.values(), "other"},
    **{family: set(CHECKS) for family in ("check", "wrong", "action")},
    "who": {who for _, _, who, _ in CHECKS.values()},
    "slice": {"audiences", "governorates", "languages", "facilitators"},
    "decision": set(DECISIONS),
    "note_of": set(NOTES),
    "unread": {"file", "no_columns", "no_decision", "not_listed", "no_issue", "not_here", "twice"},
    "decided": {"applied", "stale", "gone"},
    "kind": {"new", "late", *re.findall(r"'(\w+)'", KINDS)},
    "flag": {flag.value for flag in Flag},
    **{family: {caution.value for caution in Caution} for family in ("knowledge", "note")},
}


def fields_of(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def words_of(text):
    return re.findall(r"[A-Za-z_][A-Za-z_0-9]*", re.sub(r"\{[^}]*\}", "", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language_with_the_same_facts(language):
    for key, text in glossary().items():
        assert text[language], key
        assert fields_of(text[language]) == fields_of(text["en"]), key


@pytest.mark.parametrize("language", ["ar", "ckb"])
def test_no_text_is_left_in_latin_letters(language):
    for key, text in glossary().items():
        assert key in NO_LETTERS or ARABIC_LETTER.search(text[language]), key
        assert set(words_of(text[language])) <= LATIN_NAMES, key


def test_sorani_is_written_in_its_own_letters():
    wrong = {key: found for key, text in glossary().items() if (found := ARABIC_ONLY.findall(text["ckb"]))}
    assert not wrong
    assert sum(bool(SORANI_ONLY.search(text["ckb"])) for text in glossary().values()) > 0.8 * len(glossary())
    assert not [key for key, text in glossary().items() if re.search("[ڕڵێکگچپژڤ]", text["ar"])]


def test_every_text_that_data_can_ask_for_is_there():
    asked = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
    of_findings = {f"{family}.{kind}" for family in ("wrong", "action") for kind in KIND_OF_FINDING.values()}
    assert asked - glossary().keys() == of_findings  # told by the finding itself


def test_no_text_is_there_that_nobody_asks_for(monkeypatch):
    asked = set()

    class Heard(dict):
        def __getitem__(self, key):
            asked.add(key)
            return dict.__getitem__(self, key)

    heard = Heard(glossary())
    monkeypatch.setattr(texts, "glossary", lambda: heard)
    for one in (night(), empty_night(), night(people=1), night(edition="shared")):
        book_bytes(one, language="ar")
    monkeypatch.undo()
    rooms = [Path(texts.__file__).parents[1] / room for room in ("workbook", "indicators")]
    sources = [path.read_text("utf-8") for room in rooms for path in room.rglob("*.py")]
    literals = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    families = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}
    composed = {f"{prefix}.{name}" for name in literals for prefix in PREFIXES}
    assert glossary().keys() - asked - literals - families - composed == set()


PREFIXES = ("readme", "indicators", "note", "flag", "set", "remedy", "register")


def test_an_unknown_language_is_said_so():
    with pytest.raises(ExportError, match="'fr' is not known; take one of en, ar, ckb"):
        Words("fr")


def test_a_text_that_is_missing_in_one_language_is_shown_in_english_and_says_so(monkeypatch):
    monkeypatch.setattr(texts, "glossary", lambda: {"hello": {"en": "Good day, {name}", "ar": "", "ckb": ""}})
    assert Words("ckb")("hello", name="E01") == "Good day, E01 [en]"


def test_eastern_digits_are_those_of_numbers_and_not_of_names():
    words = Words("ckb", "eastern")
    assert words.shaped("I12: 40 K05") == "I12: ٤٠ K05"
    assert "٪" not in words("term.small_text")
    assert "١٠" in words("term.small_text")
    assert Words("en", "eastern").shaped("40") == "40"


def test_a_sign_stays_at_its_number_between_words_that_run_from_the_right():
    assert "\u200e+2.5\u200e" in Words("ar")("flag.session_means", low=2.5, high=3)
