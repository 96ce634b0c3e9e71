"""Years as the bars of a histogram: few enough to hit with a finger, and no stray year squeezes the others."""

from __future__ import annotations

from collections.abc import Mapping

from opendata.services.results import Bar

MAX_BARS = 12
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
"""Years that one bar stands for."""
STRAY = 0.02
"""The share of records at either end that may be gathered in a bar with an open end."""


def bars(counts: Mapping[int, int]) -> tuple[Bar, ...]:
    """The records by year as at most MAX_BARS bars and one with an open end on either side; empty for no years."""
    years = sorted(year for year, count in counts.items() if count)
    if not years:
        return ()
    first, last = years[0], years[-1]
    if last - first >= MAX_BARS:
        first, last = _core(years, counts)
    step = next(step for step in STEPS if last // step - first // step < MAX_BARS)
    start, end = first - first % step, last - last % step + step - 1
    middle = [
        Bar(begin, begin + step - 1, sum(counts.get(year, 0) for year in range(begin, begin + step)))
        for begin in range(start, end + 1, step)
    ]
    before = sum(counts[year] for year in years if year < start)
    after = sum(counts[year] for year in years if year > end)
    return (
        *((Bar(0, start - 1, before),) if before else ()),
        *middle,
        *((Bar(end + 1, 0, after),) if after else ()),
    )


def _core(years: list[int], counts: Mapping[int, int]) -> tuple[int, int]:
    """First and last year when the strays at both ends are left out."""
    spare = sum(counts[year] for year in years) * STRAY
    return _after(years, counts, spare), _after(years[::-1], counts, spare)


def _after(years: list[int], counts: Mapping[int, int], spare: float) -> int:
    gone = 0
    for year in years:
        gone += counts[year]
        if gone > spare:
            return year
    raise AssertionError("all the records are more than a share of them")
