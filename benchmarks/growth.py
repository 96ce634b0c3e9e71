"""How what programs and people ask grows dearer with the catalogue: p95 at five times as many records.

Reading alone, without the worker, packages written ahead; each size is asked twice, in turn, and its better run counts:
what else the machine does would only be added to one of them. The figures in one process, in processor time, say the
same with less noise, but not what waiting for one another costs.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from benchmarks.api import Row, rows, until_written_ahead
from benchmarks.generate import SEED, records
from benchmarks.load import ask
from benchmarks.measure import Figure
from benchmarks.sites import Scale, filled, serving

TIMES = 5
"""The larger site has so many times the records of the smaller one."""
ROUNDS = 2
CONNECTIONS = 8
SEARCH, OTHERS = 2.0, 1.2
"""How many times the p95 of the smaller site may be that of the larger one."""
URL = "http://localhost:5000"
"""What packages that are written ahead say of their site; so those of a kept site stay good."""

P95 = dict[str, dict[int, float]]


def run(scale: Scale) -> list[Figure]:
    """The p95 of each kind of request on the larger site, beside that on the smaller one."""
    small, large = scale.stored, scale.stored * TIMES
    homes = {size: _written_ahead(replace(scale, stored=size)) for size in (small, large)}
    best: P95 = {}
    for _ in range(ROUNDS):
        for size, home in homes.items():
            for name, taken in _asked(home, size, scale.pages * 2).items():
                known = best.setdefault(name, {})
                known[size] = min(taken, known.get(size, taken))
    return [_figure(name, taken[small], taken[large], small, large) for name, taken in best.items()]


def _written_ahead(scale: Scale) -> Path:
    home = filled(scale)
    with serving(home, processes=1, arguments=(), SITE__URL=URL):
        until_written_ahead(home, URL)
    return home


def _asked(home: Path, size: int, count: int) -> dict[str, float]:
    names = [one.record.slug for one in records(size)]
    with serving(home, processes=2, SITE__URL=URL) as server:
        return {row.name: _p95(server.url, row) for row in rows(names, random.Random(SEED + 2), count)}


def _p95(url: str, row: Row) -> float:
    ask(url, row.paths[:40], connections=2)
    return ask(url, row.paths, connections=CONNECTIONS).p95


def _figure(name: str, before: float, after: float, small: int, large: int) -> Figure:
    most = SEARCH if "search" in name else OTHERS
    return Figure(f"{name}: p95 at {large}", after, "ms", before, f"at {small}", aim=round(most * before, 1))
