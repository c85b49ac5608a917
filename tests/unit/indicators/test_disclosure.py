from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.indicators.disclosure import FEWEST, hidden_cells, is_small, possible_range, with_margins

small_tables = st.integers(1, 2).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 5), min_size=columns + 1, max_size=columns + 1), min_size=1, max_size=2
    )
)
tables = st.integers(2, 4).flatmap(
    lambda columns: st.lists(st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=1, max_size=8)
)


def adds_up(counts):
    rows = all(sum(row[:-1]) == row[-1] for row in counts)
    return rows and all(sum(column[:-1]) == column[-1] for column in zip(*counts, strict=True))


def tried_out(table, hidden, most):
    """Counts of the hidden cells in every table that fits the published ones, found by trying all of them."""
    places = sorted(hidden)
    for values in product(range(1, most + 1), repeat=len(places)):
        counts = [list(row) for row in table.counts]
        for (row, column), value in zip(places, values, strict=True):
            counts[row][column] = value
        if adds_up(counts):
            yield dict(zip(places, values, strict=True))


@given(small_tables, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_range_of_a_hidden_cell_is_that_of_all_tables_that_fit(counts, random):
    table = with_margins(counts)
    inner = [cell for cell in table.cells if cell[0] < len(counts) and cell[1] < len(counts[0]) and table.count(cell)]
    hidden = random.sample(inner, min(4, len(inner)))
    found = list(tried_out(table, hidden, most=15))
    for cell in hidden:
        values = [each[cell] for each in found]
        assert possible_range(table, hidden, cell) == (min(values), max(values))


@given(tables)
@settings(max_examples=60, deadline=None)
def test_no_small_count_can_be_told_from_any_other(counts):
    table = with_margins(counts)
    hidden = hidden_cells(table)
    for cell in table.cells if hidden is not None else ():
        if is_small(table.count(cell)):
            low, high = possible_range(table, hidden, cell)
            assert cell in hidden
            assert low <= max(1, len(list(table.added_up_in(cell))))  # a total holds one or more of each
            assert high >= FEWEST - 1


def test_one_hidden_cell_hides_a_second_in_its_row_and_in_its_column():
    table = with_margins([[3, 40], [50, 60]])
    assert hidden_cells(table, kept=[(2, column) for column in range(3)]) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_table_without_small_counts_is_published_whole():
    assert hidden_cells(with_margins([[11, 40], [50, 0]])) == frozenset()


def test_a_table_that_cannot_hide_its_small_counts_is_not_published():
    assert hidden_cells(with_margins([[3]]), kept=[(1, 0), (1, 1), (0, 1)]) is None
