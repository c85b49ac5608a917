"""A follow-up survey in programme.toml: deployed, answered, pulled, linked by card, told on Knowledge and as I18."""

from openpyxl import load_workbook

from tests.journey.office import open_office
from tests.journey.test_a_fourth_form import KEY, TOML, build
from tests.support.attendance import card
from tests.support.campaign import PROGRAMME, RIGHT

SESSION = "ERB-01"  # of the plan: a government session
PEOPLE, ANSWERED_AGAIN = 36, 32
FORMS = ("attendance", "pre_survey", "post_survey", KEY)


def test_what_people_keep_after_some_months_reaches_the_workbook(tmp_path):
    with open_office(tmp_path) as office:
        build(office.folder)
        toml = TOML.replace('wave = "follow_up"', 'wave = "follow_up"\nmonths_after = 2')
        with (office.folder / "programme.toml").open("a", encoding="utf-8") as file:
            file.write(toml)
        for form in FORMS:
            office.deploy(form)
        office.pull({"session_id": SESSION, "status": "held", "session_date": "2026-07-05", "audience": "gov"})
        people = range(PEOPLE)
        office.pull(*(answers(one, 2 if one % 2 else 4) for one in people), key="pre_survey")
        office.pull(*(answers(one, 12) for one in people), key="post_survey")
        later = [answers(one, 9) for one in people[:ANSWERED_AGAIN]]
        early = answers(PEOPLE - 1, 12, end="2026-08-01T09:00:00.000+03:00")
        office.pull(*later, early, answers(PEOPLE, 12), key=KEY)
        opened = load_workbook(office.export())
    before, kept = 3 / 12, (9 - 3) / (12 - 3)
    government, every = rows_of(opened, "Knowledge", "tblKnowledgeKept")[::-1]
    assert [every[1], *every[2:4], *map(rounded, every[4:9])] == [
        *("All", PEOPLE, ANSWERED_AGAIN),
        *map(rounded, (ANSWERED_AGAIN / PEOPLE, 100 * before, 100, 75, kept)),
    ]
    assert government[2:] == every[2:]
    (told,) = [row for row in rows_of(opened, "Indicators", "tblIndicators") if row[0] == "I18"]
    assert (rounded(told[3]), told[6]) == (rounded(100 * kept), ANSWERED_AGAIN)
    links = [cell.hyperlink for row in opened["Indicators"].iter_rows() for cell in row if row[0].value == "I18"]
    assert next(link.location for link in links if link).startswith("'Knowledge'!")
    assert told[-1] == (
        "2 months after: 32 of 36 people who were due answered (89%). Who answers again is not random. "
        "Not used: 1 answered early, 1 without one pair of the same card."
    )


def answers(person, right, **changes):
    """What somebody answers: the first items right, and "I do not know" to the others."""
    known = {**dict.fromkeys(RIGHT, "dk"), **dict(list(RIGHT.items())[:right])}
    given = {
        PROGRAMME.items[item].question: " ".join(code) if isinstance(code, tuple) else code
        for item, code in known.items()
    }
    own = {"session_id": SESSION, "card": str(card(person)), "consent": "yes", "item_set": "professional"}
    return {**own, **given, **changes}


def rows_of(opened, sheet, table):
    own = opened[sheet]
    return [[cell.value for cell in row] for row in own[own.tables[table].ref]][1:]


def rounded(value):
    return round(value, 6)
