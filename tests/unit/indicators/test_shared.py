from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.indicators import shared
from collector.indicators.breakdowns import Breakdown
from collector.indicators.disclosure import FEWEST, is_small, possible_range
from collector.indicators.learning import ItemChange, Learning
from collector.indicators.reach import People
from collector.indicators.results import Indicator
from collector.indicators.told import CAMPAIGN, Told, as_json, from_json, may_follow

slices = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 12)), min_size=1, max_size=8)


def published(*breakdowns):
    """Breakdowns of the same people: (name, (women, men, unsaid) by value); the first gives the campaign."""
    first = breakdowns[0][1]
    rows = [Breakdown("campaign", "", None, People(*map(sum, zip(*first, strict=True)), 0))]
    for name, values in breakdowns:
        rows += [Breakdown(name, str(place), None, People(*counts, 0)) for place, counts in enumerate(values)]
    return rows


@given(slices)
@settings(max_examples=80, deadline=None)
def test_no_published_breakdown_gives_a_count_of_one_to_ten_people_away(values):
    rows = published(("age_group", values))
    hidden = shared.hidden_counts(rows)
    told = [row for row in rows if row in hidden and row.name == "age_group"]
    if not told:
        return
    table = shared.table_of(told)
    names = [hidden[row] for row in (*told, rows[0])]
    cells = {(place, shared.COLUMNS.index(name)) for place, of_row in enumerate(names) for name in of_row}
    for cell in table.cells:
        if is_small(table.count(cell)):
            low, high = possible_range(table, cells, cell)
            assert cell in cells
            assert low <= max(1, len(list(table.added_up_in(cell))))  # a total holds one or more of each
            assert high >= FEWEST - 1


def test_what_the_campaign_hides_is_hidden_in_every_breakdown():
    rows = published(("age_group", [(40, 40, 3), (50, 60, 4)]), ("org_type", [(90, 100, 7)]))
    hidden = shared.hidden_counts(rows)
    assert "unsaid" in hidden[rows[0]]
    assert all("unsaid" in hidden[row] for row in rows if row in hidden)


PEOPLE = [(100, 100, 0), (100, 100, 0)]


def published_of(*told, earlier=(), people=PEOPLE, **changes):
    rows = published(("age_group", people))
    campaign = replace(rows[0], contacts=400, sessions=20)
    return shared.published(
        shared.Numbers("2026-08", told, [campaign, *rows[1:]], changes.get("learning", ()), changes.get("items", ())),
        earlier,
    )


def shown(*told, **changes):
    return published_of(*told, **changes).indicators


def test_a_count_of_people_is_hidden_with_its_share():
    few = Indicator("I05", "share", 0.05, 5, 100, 0.02, 0.1)
    many = Indicator("I05", "share", 0.5, 50, 100, 0.4, 0.6)
    hidden, told = shown(few, many)
    assert (hidden.value, hidden.numerator, hidden.low, hidden.notes) == (None, None, None, ("small",))
    assert told is many


def test_the_range_of_people_is_hidden_where_its_width_is_a_small_count():
    narrow, wide = shown(
        Indicator("I03", "count", 396, low=396, high=400), Indicator("I03", "count", 360, low=360, high=400)
    )
    assert (narrow.value, wide.value) == (None, 360)


def test_the_share_of_women_is_hidden_where_it_gives_away_who_did_not_say():
    """People, high, less women and men of the indicator are the people without a sex, whom Reach hides."""
    share = Indicator("I04", "share", 0.5, 200, 400)
    (told,), (hidden,) = shown(share), shown(share, people=[(100, 100, 2), (100, 100, 3)])
    assert (told.value, hidden.value) == (0.5, None)


def test_a_number_that_hardly_moved_since_an_edition_is_hidden_in_the_next():
    def of(women, people):
        return Indicator("I16", "share", women / people, women, people)

    first = published_of(of(100, 200)).told
    for counts, is_told in (((100, 200), True), ((111, 211), True), ((101, 201), False), ((111, 219), False)):
        (one,) = shown(of(*counts), earlier=[first])
        assert (one.value is not None) is is_told, counts


def test_a_mean_moves_with_thirty_pairs_and_two_sessions_only():
    def of(after, pairs, sessions):
        return Learning("professional", pairs, sessions, 400, 300, before=40.0, after=after)

    first = published_of(learning=[of(70.0, 100, 10)]).told
    for figures, is_told in (
        ((70.0, 100, 10), True),
        ((70.1, 130, 12), True),
        ((70.1, 130, 11), False),
        ((70.1, 129, 12), False),
        ((70.1, 100, 10), False),
    ):
        assert bool(published_of(learning=[of(*figures)], earlier=[first]).learning) is is_told, figures


def test_an_edition_follows_in_a_new_month_with_two_sessions_and_eleven_people_more():
    def of(month="2026-08", sessions=20, contacts=400, high=400):
        return Told(month, {CAMPAIGN: sessions}, {CAMPAIGN: contacts}, {CAMPAIGN: {"high": high}})

    first = of()
    assert may_follow(first, [])
    assert may_follow(of("2026-09", 22, 420, 411), [first])
    assert not may_follow(of("2026-08", 22, 420, 411), [first])
    assert not may_follow(of("2026-09", 21, 420, 411), [first])
    assert not may_follow(of("2026-09", 22, 420, 410), [first])
    assert not may_follow(of("2026-09", 22, 410, 411), [first])
    assert not may_follow(of("2026-10", 22, 440, 405), [first, of("2026-09", 30, 600, 600)])


def test_what_people_keep_is_told_in_the_internal_edition_alone():
    told = Indicator("I18", "share", 0.5, None, 40, item_set="professional", facts={"answered": 40, "due": 60})
    (found,) = published_of(told).indicators
    assert (found.value, found.denominator, dict(found.facts), found.notes) == (None, None, {}, ("see_internal",))
    nothing = Indicator("I18", "share", notes=("no_follow_up",))
    assert published_of(nothing).indicators == (nothing,)


def test_what_was_told_comes_back_from_the_database():
    told = published_of(Indicator("I16", "share", 0.5, 100, 200)).told
    assert from_json(as_json(told)) == told


def test_an_item_that_few_people_lost_is_left_out():
    lost_by_few = ItemChange("K01", 100, 50, 70, gained=25, lost=5, dont_know_before=20, dont_know_after=0)
    lost_by_many = ItemChange("K02", 100, 50, 65, gained=30, lost=15, dont_know_before=20, dont_know_after=11)
    assert [item.item for item in shared.items([lost_by_few, lost_by_many])] == ["K02"]
