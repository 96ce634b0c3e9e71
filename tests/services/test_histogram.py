"""Bars of years: few, whole, and not squeezed by stray ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opendata.search.filters import years
from opendata.services.histogram import MAX_BARS, bars


def test_a_few_years_have_a_bar_each() -> None:
    found = bars({2019: 2, 2021: 1})
    assert [(bar.value, bar.count) for bar in found] == [("2019", 2), ("2020", 0), ("2021", 1)]


def test_many_years_share_bars() -> None:
    found = bars(dict.fromkeys(range(1995, 2026), 10))
    assert [bar.value for bar in found] == [f"{year}..{year + 4}" for year in range(1995, 2026, 5)]
    assert sum(bar.count for bar in found) == 310


def test_stray_years_stand_in_bars_with_an_open_end() -> None:
    found = bars({1066: 1, **dict.fromkeys(range(2015, 2025), 20), 2205: 2})
    assert [bar.value for bar in found][:2] == ["..2014", "2015"]
    assert found[-1].value == "2025.."
    assert (found[0].count, found[-1].count) == (1, 2)


def test_no_years_have_no_bars() -> None:
    assert bars({}) == bars({2000: 0}) == ()


@given(st.dictionaries(st.integers(1, 9999), st.integers(1, 1000), max_size=60))
def test_every_record_is_in_one_bar_and_every_bar_can_be_asked_for(counts: dict[int, int]) -> None:
    found = bars(counts)
    assert len(found) <= MAX_BARS + 2
    assert sum(bar.count for bar in found) == sum(counts.values())
    for bar in found:
        span = years(bar.value)
        assert span is not None
        assert sum(count for year, count in counts.items() if span[0] <= year <= span[1]) == bar.count
