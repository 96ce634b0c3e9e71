"""Searches at the sizes that a catalogue may grow to: the engine, the service with cards and passages, and HTTP.

20,000 and 100,000 records of metadata and 5,000 reports of 50 pages, generated with 20,000 words a language; 300 mixed
queries with eight facets. The yardstick is tantivy over the same keys in the same run, asked for 20 hits and the same
facets. Warm is the second time that the same process is asked the same.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from benchmarks.generate import PLAIN, REPORTS, RICH, SEED, Shape, fill, records
from benchmarks.load import Answers, ask
from benchmarks.measure import Figure, children, memory
from benchmarks.search import paths
from benchmarks.sites import Scale, environment, opened, serving
from benchmarks.yardstick import Tantivy
from opendata.search.filters import FACETS
from opendata.search.query import SearchQuery
from opendata.services import discovery, indexing
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue

EIGHT = ("type", "organization", "open", "license_id", "format", "language", "year", "theme")
"""The facets that are asked for, of all those that there are."""
ENGINE_MS, SERVICE_MS, HTTP_MS, BUILD_RATE, WEB_MB = 50.0, 50.0, 100.0, 400.0, 500.0
"""Aims at 100,000 records: p95 warm through the service and over HTTP, records built a second, the web process."""
assert set(EIGHT) <= set(FACETS)


@dataclass(frozen=True, slots=True)
class Site:
    """A catalogue of a size. `aimed` are those that the aims are stated for."""

    name: str
    count: int
    shape: Shape
    aimed: bool = False


def sites(scale: Scale) -> Iterator[Site]:
    """What is measured, smaller where the scale is."""
    part = scale.stored / 20_000
    yield Site("20k", scale.stored, RICH)
    yield Site("100k", int(100_000 * part), RICH, aimed=True)
    yield Site("reports", int(5_000 * part), REPORTS)


def run(scale: Scale) -> list[Figure]:
    """All figures of all sites."""
    return [figure for site in sites(scale) for figure in _measured(site, scale)]


def _measured(site: Site, scale: Scale) -> Iterator[Figure]:
    home = scale.folder / f"engine-{site.name}-{site.count}"
    mark = home / "filled"
    fresh = not mark.exists()
    asked = paths(scale.queries)
    queries = [SearchQuery.from_args(parse_qsl(urlsplit(path).query)) for path in asked]
    with opened(home) as catalogue:
        seconds = fill(catalogue, site.count, SEED, site.shape) if fresh else 0.0
        mark.touch()
        yardstick = Tantivy(catalogue.index.analyser(), home / "tantivy", EIGHT)
        theirs = yardstick.build(indexing.documents(catalogue, "public"))
        if fresh and theirs:
            yield _build(site, seconds, theirs)
        yield from _in_process(site, catalogue, queries, yardstick)
    yield from _over_http(site, home, asked)


def _build(site: Site, seconds: float, theirs: float) -> Figure:
    aim = BUILD_RATE if site.aimed else None
    baseline = "tantivy, one process, analysis included"
    rate = site.count / seconds
    return Figure(f"{site.name}: index built", rate, "records/s", site.count / theirs, baseline, aim, True)


def _in_process(
    site: Site, catalogue: Catalogue, queries: Sequence[SearchQuery], yardstick: Tantivy
) -> Iterator[Figure]:
    theirs = _timed(yardstick.search, queries)
    theirs = _timed(yardstick.search, queries)
    cold = _timed(lambda query: catalogue.index.search(query, facets=EIGHT), queries)
    warm = _timed(lambda query: catalogue.index.search(query, facets=EIGHT), queries)
    yield from _figures(f"{site.name}: engine, cold", cold, theirs, "tantivy")
    yield from _figures(f"{site.name}: engine, warm", warm, theirs, "tantivy")
    find: Callable[[SearchQuery], object] = lambda query: discovery.find(catalogue, PUBLIC, query)  # noqa: E731
    for when in ("first", "warm"):
        found = _timed(find, queries)
        aim = SERVICE_MS if site.aimed and when == "warm" else None
        yield from _figures(f"{site.name}: service, {when}", found, warm, "the engine alone", aim)


def _over_http(site: Site, home: Path, asked: Sequence[str]) -> Iterator[Figure]:
    with serving(home, processes=1) as server:
        nothing = ask(server.url, ["/healthz"] * len(asked))
        ask(server.url, asked)
        aim = HTTP_MS if site.aimed else None
        one = ask(server.url, asked)
        yield from _figures(f"{site.name}: HTTP, 1 client", one, nothing, "/healthz", aim)
        yield from _figures(f"{site.name}: HTTP, 4 clients", ask(server.url, asked, connections=4), one, "1 client")
        with _writing(home):
            yield from _figures(f"{site.name}: HTTP, while a harvest writes", ask(server.url, asked), one, "1 client")
        biggest = max(memory(pid)["Rss"] for pid in (server.pid, *children(server.pid)))
        yield Figure(f"{site.name}: web process", biggest, "MiB", aim=WEB_MB if site.aimed else None)


def _timed(action: Callable[[SearchQuery], object], queries: Sequence[SearchQuery]) -> Answers:
    taken = []
    begun = time.perf_counter()
    for query in queries:
        started = time.perf_counter()
        action(query)
        taken.append((time.perf_counter() - started) * 1000)
    return Answers(tuple(taken), time.perf_counter() - begun)


def _figures(
    what: str, found: Answers, baseline: Answers, baseline_is: str, aim: float | None = None
) -> Iterator[Figure]:
    yield Figure(f"{what}: p50", found.p50, "ms", baseline.p50, baseline_is)
    yield Figure(f"{what}: p95", found.p95, "ms", baseline.p95, baseline_is, aim)
    yield Figure(f"{what}: p99", found.p99, "ms", baseline.p99, baseline_is)


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    """Another process that indexes records all the time, as the worker does during a harvest."""
    command = (sys.executable, "-m", "benchmarks.engine", str(home))
    process = subprocess.Popen(command, env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def write_on(home: Path) -> None:
    """Index twenty records and again twenty, until the end of the process."""
    with opened(home) as catalogue:
        ids = [generated.record.id for generated in records(2_000, SEED, PLAIN) if generated.record.id]
        print("ready", flush=True)
        while True:
            for start in range(0, len(ids), 20):
                indexing.index_records(catalogue, ids[start : start + 20], ())
                time.sleep(0.2)


if __name__ == "__main__":
    write_on(Path(sys.argv[1]))
