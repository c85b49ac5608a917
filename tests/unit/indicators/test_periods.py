from datetime import date

from collector.indicators.periods import Period, indicators_of, periods
from tests.support.campaign import PROGRAMME
from tests.support.night import night


def test_a_week_begins_on_sunday_and_a_round_that_is_over_is_still_the_last():
    week, month, last = periods(PROGRAMME, date(2026, 11, 24))
    assert (week.starts_on, week.ends_on) == (date(2026, 11, 22), date(2026, 11, 24))
    assert month.starts_on == date(2026, 11, 1)
    assert (last.starts_on, last.ends_on) == (PROGRAMME.rounds["r2"].starts_on, PROGRAMME.rounds["r2"].ends_on)
    assert [each.name for each in periods(PROGRAMME, date(2026, 7, 4))] == ["week", "month"]
    assert periods(PROGRAMME, date(2026, 11, 22))[0].starts_on == date(2026, 11, 22)


def test_a_period_with_every_session_says_what_the_campaign_says_but_what_is_not_told_by_session():
    campaign = night()
    every = Period("month", date(2026, 7, 1), date(2026, 7, 31))
    told = indicators_of(campaign.evidence, every)
    assert [one for one in told if one.id != "I19"] == [one for one in campaign.indicators if one.id != "I19"]
    assert next(one for one in told if one.id == "I19").value is None


def test_a_period_without_sessions_reports_nothing():
    told = {one.id: one.value for one in indicators_of(night().evidence, Period("week", *[date(2026, 8, 2)] * 2))}
    assert told["I02"] == told["I03"] == 0
    assert "I12" not in told
    assert told["I04"] is None
