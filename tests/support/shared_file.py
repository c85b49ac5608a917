"""What a reader of the shared edition's own files can work out, as a linear programme over what stands in them.

The oracle of tests of disclosure: the ranges that files leave to hidden counts, and to what they moved by from one
edition to the next, are compared with the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from collector.indicators.disclosure import FEWEST, is_small
from collector.indicators.shared_periods import Part, mark_of, parts_of
from collector.workbook.book import book_bytes
from collector.workbook.night import Night
from tests.support.campaign import PROGRAMME
from tests.support.linear import Programme, Sum, total, unknown

COLUMNS = {"women": "Women", "men": "Men", "unsaid": "Not said", "high": "People, high"}
PARTS = ("women", "men", "unsaid")
DISPLACED = PROGRAMME.codes.displaced
OF_SURVEYS = ("I11", "I16", "I17")
ROUNDED_BY = 0.005 + 1e-9


def table_of(sheet: Any) -> list[dict[str, Any]]:
    """The rows of a sheet's own table, by heading."""
    heading, *rows = sheet[sheet.tables[f"tbl{sheet.title}"].ref]
    names = [cell.value for cell in heading]
    return [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]


class Read:
    """The numbers of one file, under the names of its breakdowns. before: the file that the reader has already.

    once: whether everybody came once, so that breakdowns add up to the campaign, and not to as many or more.
    """

    def __init__(self, one: Night, before: Read | None = None, *, once: bool = True) -> None:
        book = load_workbook(BytesIO(book_bytes(one)))
        self.night, self.before, self.once = one, before, once
        self.indicators = {line["Id"]: line for line in table_of(book["Indicators"])}
        told = [each for each in one.breakdowns if each in one.published.hidden]
        self.rows = {
            f"{each.name}/{each.value}": line for each, line in zip(told, table_of(book["Reach"]), strict=False)
        }
        governorate_of = {f"{session.governorate} {session.district}" for session in one.sessions}
        by_label = {line["Value"]: each.value for each, line in zip(told, table_of(book["Reach"]), strict=False)}
        for line in table_of(book["Coverage"]):
            places = [place for place in governorate_of if place.endswith(f" {line['Code in the form']}")]
            where = by_label.get(line["Governorate"])
            place = next((each for each in places if each.startswith(f"{where} ")), places[0])
            if line["Held"]:
                self.rows[f"districts/{place}"] = line
        known = [*one.breakdowns, *(each for each in one.published.hidden if each.name == "districts")]
        self.truth = {f"{each.name}/{each.value}": each.people for each in known}
        self.sessions = {f"{each.name}/{each.value}": each.sessions for each in known}
        self.periods = _periods(book["Summary"])

    def columns(self, key: str) -> tuple[str, ...]:
        return ("high",) if key.startswith("districts/") else tuple(COLUMNS)

    def said(self, key: str, column: str) -> Any:
        return self.rows[key][COLUMNS[column]]

    def cell(self, key: str, column: str) -> Sum:
        """A count as far as the reader knows it: hidden ones are one or more, and no less than they were."""
        if self.said(key, column) != "hidden":
            return Sum(self.said(key, column))
        earlier = self.before.cell(key, column) if self.before and key in self.before.rows else Sum(1)
        return earlier + unknown((self.night.made_at, key, column))

    def equations(self, names: Iterable[str]) -> Iterator[Sum]:
        """What adds up in some breakdowns and in the indicators beside them."""
        names = list(names)
        for key in (key for key in self.rows if key.split("/")[0] in {*names, "campaign"}):
            if not key.startswith("districts/"):
                yield total(self.cell(key, part) for part in PARTS) - self.cell(key, "high")
            if self.before and key in self.before.rows:
                yield from self.steps(key)
        for name in names:
            for whole, keys in self.wholes(name):
                for column in self.columns(keys[0]):
                    twice = Sum() if self.once else unknown((self.night.made_at, whole, name, column))
                    yield total(self.cell(key, column) for key in keys) - twice - self.cell(whole, column)
        yield from self.told_by_indicators(names)

    def wholes(self, name: str) -> Iterator[tuple[str, list[str]]]:
        """What the values of a breakdown add up to: the campaign, and for districts their governorate."""
        keys = [key for key in self.rows if key.startswith(f"{name}/")]
        if name != "districts":
            yield from [("campaign/", keys)] if keys and name != "campaign" else []
            return
        for governorate in {key.split("/")[1].split(" ")[0] for key in keys}:
            if f"governorates/{governorate}" in self.rows:
                own = [key for key in keys if key.startswith(f"districts/{governorate} ")]
                yield f"governorates/{governorate}", own

    def steps(self, key: str) -> Iterator[Sum]:
        """A count that is told now is what it was, and as many more."""
        assert self.before
        for column in self.columns(key):
            if self.said(key, column) != "hidden" and self.before.said(key, column) == "hidden":
                moved = self.before.cell(key, column) + unknown((self.night.made_at, key, column))
                yield moved - Sum(self.said(key, column))

    def told_by_indicators(self, names: Sequence[str]) -> Iterator[Sum]:
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


def _periods(sheet: Any) -> dict[str, dict[str, float | None]]:
    """What Summary says of the whole month and the whole round, by indicator."""
    names = {"Whole month": "month", "Whole round": "round"}
    found: dict[str, dict[str, float | None]] = {}
    columns: dict[int, str] = {}
    for row in sheet.iter_rows():
        headings = {cell.column: names[cell.value] for cell in row if cell.value in names}
        columns = headings or columns
        if columns and not headings and row[1].value:
            found[row[1].value.split(" · ")[0]] = {name: row[place - 1].value for place, name in columns.items()}
    return found


def ranges(
    read: Read, names: Sequence[str], wanted: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str, tuple[float, float], tuple[float, float]]]:
    """The range of each (key, column), and of what it moved by where there is a file before."""
    equations = list(read.equations(names))
    if read.before:
        equations += read.before.equations(names)
    solved = Programme([each for each in equations if each.unknown])
    for each in equations:
        assert each.unknown or not each.number  # what is known adds up, or the test reads the file wrongly
    for key, column in wanted:
        yield key, column, solved.range_of(read.cell(key, column)), solved.range_of(moved(read, key, column))


def floor(read: Read, key: str) -> int:
    """Of a total everybody knows that it holds one or more of each hidden count that it adds up."""
    name, value = key.split("/", 1)
    values = [other.split("/")[0] for other in read.rows] if key == "campaign/" else []
    districts = [other for other in read.rows if name == "governorates" and other.startswith(f"districts/{value} ")]
    return max(len(PARTS), *(values.count(each) for each in values), len(districts), 0)


def moved(read: Read, key: str, column: str) -> Sum:
    earlier = read.before.cell(key, column) if read.before and key in read.before.rows else Sum()
    return read.cell(key, column) - earlier


def assert_protected(read: Read) -> int:
    """No count of 1 to 10, and none that moved by 1 to 10, may be told from any other such; how many were looked at.
    None of the only session of a value may be told.

    Beside an earlier file a count of 1 to 10 need not stay possible down to 1, but its range stays as wide.
    """
    checked = 0
    breakdowns = dict.fromkeys(key.split("/")[0] for key in read.rows)
    of_places = {"districts", "governorates"}
    for name in breakdowns:
        beside = list(breakdowns) if name == "campaign" else sorted(of_places) if name in of_places else [name]
        keys = [key for key in read.rows if key.split("/")[0] == name]
        wanted = [(key, column) for key in keys for column in read.columns(key)]
        for key, column, (low, high), (least, most) in ranges(read, beside, wanted):
            now = getattr(read.truth[key], column)
            if is_small(now):
                is_wide = high - low >= FEWEST - 2.001 if read.before else low <= floor(read, key) + 0.001
                assert is_wide, (key, column, low, high)
                assert high >= FEWEST - 1.001, (key, column, low, high)
                checked += 1
            if now and read.sessions[key] == 1:  # these people are those of that session
                assert high - low >= FEWEST - 2.001, (key, column, low, high)
            then = getattr(read.before.truth[key], column) if read.before and key in read.before.rows else None
            if then is not None and is_small(now - then) and read.before.said(key, column) != "hidden":
                assert least <= 1.001, (key, column, least, most)
                assert most >= FEWEST - 1.001, (key, column, least, most)
                checked += 1
    return checked


class Parted:
    """People by parts of the sessions, as far as a reader of files with months and rounds knows them."""

    def __init__(self, reads: Sequence[Read]) -> None:
        self.reads = reads
        self.marks = {f"until/{read.night.today}" for read in reads}
        self.marks |= {mark_of(period) for read in reads for period in read.night.published.periods}
        self.parts: dict[int, list[Part]] = {
            place: parts_of(read.night.evidence, self.marks) for place, read in enumerate(reads)
        }

    def count(self, place: int, marks: frozenset[str], side: int) -> Sum:
        """A side of a part in a file: what it was in the file before, and as many more."""
        own = {part.marks for part in self.parts[place]}
        if marks not in own:
            return Sum()
        earlier = self.count(place - 1, marks, side) if place else Sum()
        return earlier + unknown((place, *sorted(marks), side))

    def equations(self, indicator: str) -> Iterator[Sum]:
        for place, read in enumerate(self.reads):
            line = read.indicators[indicator]
            if line["Denominator"] is None:
                continue
            sides = line["Numerator"], line["Denominator"] - line["Numerator"]
            for side, told in enumerate(sides):
                yield total(self.count(place, part.marks, side) for part in self.parts[place]) - Sum(told)
            for period in read.night.published.periods:
                share = read.periods[indicator][period.name]
                if share is not None:
                    yield from self.told(indicator, place, mark_of(period), share)

    def told(self, indicator: str, place: int, mark: str, share: float) -> Iterator[Sum]:
        """What a rounded share says, and more: the reader is taken to know the very counts that it is made of."""
        own = [part for part in self.parts[place] if mark in part.marks]
        counts = [sum(part.sides((indicator, ""))[side] for part in own) for side in range(2)]
        assert abs(share - counts[0] / sum(counts)) <= ROUNDED_BY
        for side, count in enumerate(counts):
            yield total(self.count(place, part.marks, side) for part in own) - Sum(count)

    def assert_protected(self, indicator: str) -> int:
        """No side of the indicator's share, in no part, may be told from any other count of 1 to 10."""
        solved, checked = Programme([each for each in self.equations(indicator) if each.unknown]), 0
        for place in self.parts:
            for part in self.parts[place]:
                for side, now in enumerate(part.sides((indicator, ""))):
                    low, high = solved.range_of(self.count(place, part.marks, side))
                    if is_small(now):
                        assert low <= max(1, now) + 0.001, (indicator, place, part.marks, side, low, high)
                        assert high - low >= FEWEST - 2.001, (indicator, place, part.marks, side, low, high)
                        checked += 1
        return checked
