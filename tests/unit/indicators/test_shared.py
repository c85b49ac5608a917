from hypothesis import given, settings
from hypothesis import strategies as st

from collector.indicators import shared
from collector.indicators.breakdowns import Breakdown
from collector.indicators.disclosure import FEWEST, is_small, possible_range
from collector.indicators.learning import ItemChange
from collector.indicators.reach import People
from collector.indicators.results import Indicator

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


def test_a_count_of_people_is_hidden_with_its_share():
    few = Indicator("I05", "share", 0.05, 5, 100, 0.02, 0.1)
    many = Indicator("I05", "share", 0.5, 50, 100, 0.4, 0.6)
    hidden, told = shared.indicators([few, many])
    assert (hidden.value, hidden.numerator, hidden.low, hidden.notes) == (None, None, None, ("small",))
    assert told is many


def test_the_range_of_people_is_hidden_where_its_width_is_a_small_count():
    narrow, wide = shared.indicators(
        [Indicator("I03", "count", 100, low=100, high=104), Indicator("I03", "count", 100, low=100, high=130)]
    )
    assert (narrow.value, wide.value) == (None, 100)


def test_an_item_that_few_people_lost_is_left_out():
    lost_by_few = ItemChange("K01", 100, 50, 70, gained=25, lost=5, dont_know_before=20, dont_know_after=0)
    lost_by_many = ItemChange("K02", 100, 50, 65, gained=30, lost=15, dont_know_before=20, dont_know_after=11)
    assert [item.item for item in shared.items([lost_by_few, lost_by_many])] == ["K02"]
