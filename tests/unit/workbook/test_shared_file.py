"""What a reader works out of the shared edition's own files, alone and beside the next one: never a count of 1 to 10.

Each file's numbers are read back and set up as a linear programme; the ranges that it leaves to hidden counts, and to
what they moved by from one edition to the next, are compared with the truth.
"""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from random import Random

import pytest
from openpyxl import load_workbook

from collector.indicators import learning, reach
from collector.indicators.campaign import put_together
from collector.indicators.disclosure import FEWEST, is_small
from collector.indicators.told import may_follow
from collector.quality.linking import link
from collector.workbook.book import book_bytes
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, planned, report, row, survey
from tests.support.linear import Programme, Sum, total, unknown
from tests.support.night import MADE_AT, night

COLUMNS = {"women": "Women", "men": "Men", "unsaid": "Not said", "high": "People, high"}
PARTS = ("women", "men", "unsaid")
DISPLACED = PROGRAMME.codes.displaced
FIRST_DAY = date(2026, 7, 5)


def campaign_night(sessions, late=0, seed=1, **changes):
    """A night of a varied campaign; `late`: people of earlier sessions whose register came later. Each comes once."""
    plan, reports, rows, surveys = [], [], [], []
    for number in range(sessions):
        random, name = Random(f"{seed}/{number}"), f"S{number:02}"
        day = FIRST_DAY + timedelta(days=3 * number)
        where = random.choices(["erbil", "duhok", "halabja"], [5, 4, 1])[0]
        whom = random.choices(["gov", "cso", "idp", "host"], [4, 3, 3, 1])[0]
        people = random.randint(14, 26) + (late if number < 2 else 0)
        slices = {"governorate": where, "audience": whom, "round": "r1"}
        plan.append(planned(name, planned_on=day, governorate=where, audience=whom))
        reports.append(report(name, held_on=day, women=people // 2, men=people - people // 2, **slices))
        for place in range(people):
            key = f"{name}/{place}"
            details = {
                "sex": random.choices(["f", "m", None], [46, 50, 4])[0],
                "age_group": random.choices(["18_24", "25_34", "35_44", "45_59", "60_up"], [15, 40, 28, 15, 2])[0],
                "displacement": random.choices(["resident", "idp", "returnee", "refugee", None], [70, 20, 5, 3, 2])[0],
                "org_type": random.choices(["gov_admin", "ngo_local", "un"], [60, 37, 3])[0],
            }
            rows.append(row(key, name, row=place + 1, **details))
            right = dict(list(RIGHT.items())[: random.randint(0, 6)])
            surveys.append(survey("before", key, session=name, answers=WRONG | right))
            if random.random() < 0.9:
                surveys.append(
                    survey("after", key, session=name, answers=RIGHT | {"K12": random.choice(["refer", "dk"])})
                )
    together = put_together(plan, reports, rows, PROGRAMME.codes)
    linked = link(surveys, together, PROGRAMME)
    made = replace(
        night(),
        sessions=together,
        people=reach.participants(together, PROGRAMME.codes),
        surveys=tuple(surveys),
        linked=linked,
        learning=tuple(learning.learning(linked, together, PROGRAMME, key) for key in PROGRAMME.item_sets),
        items=learning.item_changes(linked.pairs, PROGRAMME),
        edition="shared",
    )
    return replace(made, **changes)


def table_of(content, sheet):
    found = load_workbook(BytesIO(content))[sheet]
    heading, *rows = found[found.tables[f"tbl{sheet}"].ref]
    names = [cell.value for cell in heading]
    return [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]


class Read:
    """The numbers of one file, under the names of its breakdowns. before: the file that the reader has already."""

    def __init__(self, one, before=None):
        content = book_bytes(one)
        self.night, self.before = one, before
        self.indicators = {line["Id"]: line for line in table_of(content, "Indicators")}
        told = [each for each in one.breakdowns if each in one.published.hidden]
        self.rows = {
            f"{each.name}/{each.value}": line for each, line in zip(told, table_of(content, "Reach"), strict=False)
        }
        self.truth = {f"{each.name}/{each.value}": each.people for each in one.breakdowns}

    def said(self, key, column):
        return self.rows[key][COLUMNS[column]]

    def cell(self, key, column):
        """A count as far as the reader knows it: hidden ones are one or more, and no less than they were."""
        if self.said(key, column) != "hidden":
            return Sum(self.said(key, column))
        earlier = self.before.cell(key, column) if self.before and key in self.before.rows else Sum(1)
        return earlier + unknown((self.night.made_at, key, column))

    def equations(self, names):
        """What adds up in some breakdowns and in the indicators beside them; everybody of the campaign came once."""
        for key in (key for key in self.rows if key.split("/")[0] in {*names, "campaign"}):
            yield total(self.cell(key, part) for part in PARTS) - self.cell(key, "high")
            if self.before and key in self.before.rows:
                yield from self.steps(key)
        for name in names:
            keys = [key for key in self.rows if key.startswith(f"{name}/")]
            for column in COLUMNS if keys else ():
                yield total(self.cell(key, column) for key in keys) - self.cell("campaign/", column)
        yield from self.told_by_indicators(names)

    def steps(self, key):
        """A count that is told now is what it was, and as many more."""
        for column in COLUMNS:
            if self.said(key, column) != "hidden" and self.before.said(key, column) == "hidden":
                moved = self.before.cell(key, column) + unknown((self.night.made_at, key, column))
                yield moved - Sum(self.said(key, column))

    def told_by_indicators(self, names):
        women, people = (self.indicators["I04"][name] for name in ("Numerator", "Denominator"))
        if people is not None:
            yield self.cell("campaign/", "women") - Sum(women)
            yield self.cell("campaign/", "women") + self.cell("campaign/", "men") - Sum(people)
        if self.indicators["I03"]["Value"] is not None:
            yield self.cell("campaign/", "high") - Sum(self.indicators["I03"]["High"])
        displaced, asked = (self.indicators["I06"][name] for name in ("Numerator", "Denominator"))
        if asked is not None and "displacement" in names and "displacement/idp" in self.rows:
            told = [key for key in self.rows if key.startswith("displacement/") and not key.endswith("/")]
            yield total(self.cell(key, "high") for key in told if key.split("/")[1] in DISPLACED) - Sum(displaced)
            yield total(self.cell(key, "high") for key in told) - Sum(asked)


def ranges(read, names, wanted):
    """The range of each (key, column), and of what it moved by where there is a file before."""
    equations = list(read.equations(names))
    if read.before:
        equations += read.before.equations(names)
    solved = Programme([each for each in equations if each.unknown])
    for each in equations:
        assert each.unknown or not each.number  # what is known adds up, or the test reads the file wrongly
    for key, column in wanted:
        yield key, column, solved.range_of(read.cell(key, column)), solved.range_of(moved(read, key, column))


def floor(read, key):
    """Of a total everybody knows that it holds one or more of each hidden count that it adds up."""
    values = [other.split("/")[0] for other in read.rows] if key == "campaign/" else []
    return max(len(PARTS), *(values.count(name) for name in values), 0)


def moved(read, key, column):
    earlier = read.before.cell(key, column) if read.before and key in read.before.rows else Sum()
    return read.cell(key, column) - earlier


def assert_protected(read):
    """No count of 1 to 10, and none that moved by 1 to 10, may be told from any other such.

    Beside an earlier file a count of 1 to 10 need not stay possible down to 1, but its range stays as wide.
    """
    checked = 0
    breakdowns = dict.fromkeys(key.split("/")[0] for key in read.rows)
    for name in breakdowns:
        wanted = [(key, column) for key in read.rows for column in COLUMNS if key.split("/")[0] == name]
        for key, column, (low, high), (least, most) in ranges(
            read, list(breakdowns) if name == "campaign" else [name], wanted
        ):
            now = getattr(read.truth[key], column)
            if is_small(now):
                is_wide = high - low >= FEWEST - 2.001 if read.before else low <= floor(read, key) + 0.001
                assert is_wide, (key, column, low, high)
                assert high >= FEWEST - 1.001, (key, column, low, high)
                checked += 1
            then = getattr(read.before.truth[key], column) if read.before and key in read.before.rows else None
            if then is not None and is_small(now - then) and read.before.said(key, column) != "hidden":
                assert least <= 1.001, (key, column, least, most)
                assert most >= FEWEST - 1.001, (key, column, least, most)
                checked += 1
    return checked


@pytest.mark.parametrize("seed", range(2))
def test_no_file_gives_a_small_count_away(seed):
    assert assert_protected(Read(campaign_night(16, seed=seed)))


@pytest.mark.parametrize("seed", range(2))
def test_no_two_files_give_away_who_came_between_them(seed):
    first = campaign_night(16, seed=seed)
    then = MADE_AT + timedelta(days=31)
    second = campaign_night(21, late=2, seed=seed, made_at=then, told=(first.published.told,))
    assert may_follow(second.published.told, second.told)
    assert assert_protected(Read(second, Read(first)))


def test_a_file_without_the_one_before_in_mind_would_give_them_away():
    """The test above can fail: the same two nights, the second not told what the first said."""
    first = campaign_night(16)
    second = campaign_night(21, late=2, made_at=MADE_AT + timedelta(days=31))
    with pytest.raises(AssertionError):
        assert_protected(Read(second, Read(first)))
