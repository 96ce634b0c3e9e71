"""How what programs and people ask grows dearer with the catalogue: p95 at five times as many records.

Reading alone, without the worker, packages written ahead. Both sites are served at the same time and asked in turn, a
part of the requests after the other, so that a machine whose processors change their speed slows both alike. The
figures in one process, in processor time, say the same with less noise, but not what waiting for one another costs.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, replace

from benchmarks.api import URL, Row, rows, written_ahead
from benchmarks.generate import SEED, records
from benchmarks.load import ask
from benchmarks.measure import Figure, percentile
from benchmarks.sites import Scale, Server, serving

TIMES = 5
"""The larger site has so many times the records of the smaller one."""
PARTS = 12
"""So often the sites are asked in turn for each kind of request."""
CONNECTIONS = 8
SEARCH, OTHERS = 2.0, 1.2
"""How many times the p95 of the smaller site may be that of the larger one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A served site of so many records, with what is asked of it."""

    size: int
    server: Server
    rows: tuple[Row, ...]


def run(scale: Scale) -> list[Figure]:
    """The p95 of each kind of request on the larger site, beside that on the smaller one."""
    small, large = (replace(scale, stored=size) for size in (scale.stored, scale.stored * TIMES))
    homes = [written_ahead(one) for one in (small, large)]
    count = scale.pages * 8
    with ExitStack() as stack:
        sites = [
            Asked(one.stored, stack.enter_context(serving(home, processes=2, SITE__URL=URL)), _rows(one.stored, count))
            for home, one in zip(homes, (small, large), strict=True)
        ]
        return [_growth(sites, number) for number in range(len(sites[0].rows))]


def _rows(size: int, count: int) -> tuple[Row, ...]:
    names = [one.record.slug for one in records(size)]
    return tuple(rows(names, random.Random(SEED + 2), count))


def _growth(sites: list[Asked], number: int) -> Figure:
    """Of the row of that number, asked of both sites in turn."""
    small, large = sites
    row = small.rows[number]
    before, after = _p95_in_turn(sites, number)
    most = SEARCH if "search" in row.name else OTHERS
    return Figure(
        f"{row.name}: p95 at {large.size}", after, "ms", before, f"at {small.size}", aim=round(most * before, 1)
    )


def _p95_in_turn(sites: list[Asked], number: int) -> list[float]:
    taken: list[list[float]] = [[] for _ in sites]
    for site in sites:
        ask(site.server.url, site.rows[number].paths[:40], connections=2)
    for part in range(PARTS):
        for site, milliseconds in zip(sites, taken, strict=True):
            paths = site.rows[number].paths[part::PARTS]
            milliseconds += ask(site.server.url, paths, connections=CONNECTIONS).milliseconds
    return [percentile(milliseconds, 0.95) for milliseconds in taken]
