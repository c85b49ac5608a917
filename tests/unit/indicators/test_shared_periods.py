from dataclasses import replace
from datetime import date

from collector.indicators.periods import Period, whole_periods
from collector.indicators.shared_periods import mark_of
from tests.support.campaign import PROGRAMME
from tests.unit.workbook.test_shared_file import nights

AUGUST = Period("month", date(2026, 8, 1), date(2026, 8, 31), "2026-08")


def value(night, indicator, mark):
    told = {mark_of(period): told for period, told in night.published.periods.items()}
    return next((one.value for one in told[mark] if one.id == indicator), None)


def test_only_a_month_and_a_round_that_are_over_are_told():
    month, round_ = whole_periods(PROGRAMME, date(2026, 9, 12))
    assert month == AUGUST
    assert (round_.value, round_.ends_on) == ("r1", PROGRAMME.rounds["r1"].ends_on)
    assert [period.name for period in whole_periods(PROGRAMME, PROGRAMME.rounds["r1"].ends_on)] == ["month"]


def test_contacts_of_a_month_are_those_of_sheet_reach():
    (night,) = nights(1, date(2026, 9, 12))
    months = {one.value: one.contacts for one in night.breakdowns if one.name == "months"}
    is_told = "months" in night.published.contacts
    assert value(night, "I02", "month/2026-08") == (months["2026-08"] if is_told else None)


def test_what_a_month_said_is_not_said_again_with_a_few_people_more():
    (first,) = nights(1, date(2026, 9, 12))
    assert value(first, "I17", "month/2026-08") is not None
    same = replace(first, told=(first.published.told,))
    assert value(same, "I17", "month/2026-08") == value(first, "I17", "month/2026-08")
    counts = dict(first.published.told.counts)
    sides = counts["I17//month/2026-08"]
    moved = replace(first.published.told, counts=counts | {"I17//month/2026-08": (sides[0] - 1, sides[1])})
    after = replace(first, told=(moved,))
    assert value(after, "I17", "month/2026-08") is None


def test_a_share_of_a_month_is_rounded_so_that_it_does_not_tell_of_how_many():
    (night,) = nights(1, date(2026, 9, 12))
    share = value(night, "I17", "month/2026-08")
    assert share == round(share, 2)
    right, wrong = night.published.told.counts["I17//month/2026-08"]
    assert share != right / (right + wrong)
