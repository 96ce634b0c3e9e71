"""The fault run: `python -m benchmarks.faults [--records N] [--kills N]` ends with 1 where anything is lost or doubled.

A source with files answers 500, 503 with Retry-After, truncated bodies, stalls and resets at random; the worker that
harvests it, fetches and indexes is killed with SIGKILL again and again. Then the same source, its line mended, is
harvested undisturbed into a second home, and records, files, index and audit of both are compared.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.measure import machine
from benchmarks.sites import COMMAND, environment, opened
from opendata.search.query import SearchQuery
from opendata.services import index_check, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestRecord
from opendata.store.operations import DatasetEvent, Job
from opendata.store.states import JobStatus
from opendata.worker import Worker
from tests.servers.faulty import Faulty, content, faulty_server

SOURCE = "faulty"
SETTINGS = {
    "HARVEST__ALLOW_ADDRESSES": "127.0.0.1",
    "HARVEST__TIMEOUT_SECONDS": "1",
    "HARVEST__RETRIES": "6",
    "JOBS__POLL_SECONDS": "0.05",
    "JOBS__OCR": "false",
}
WAIT_SECONDS = 3600.0
KINDS = ("harvest", "fetch", "read", "look", "index")
ROUNDS = 5
"""How often a source whose job ended badly is harvested again, as its frequency would."""

OURS = frozenset({"id", "metadata_created", "metadata_modified", "fetched", "link", "downloads", "views", "last_seen"})
"""Fields of a record that are the site's own: keys, and times of its clock."""


@dataclass
class Outcome:
    """What a site holds in the end, each thing under a name of its own, so that differences can be told."""

    records: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    index: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, int] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """Run it and print what came of it; 1 for a difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--faults", type=float, default=0.1, help="share of answers that fail")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print(f"# {machine()}")
    with tempfile.TemporaryDirectory(prefix="opendata-faults-") as folder:
        found = compare(Path(folder), given.records, given.kills, given.faults, given.seed, print)
    for line in found[:50]:
        print(line)
    print(f"# {len(found)} differences")
    return 1 if found else 0


def compare(
    folder: Path, records: int, kills: int, faults: float, seed: int, say: Callable[[str], object]
) -> list[str]:
    """Both runs; how the disturbed one differs from what was served, and from the undisturbed one."""
    held = Faulty(records, page=max(5, min(50, records // 6)), faults=faults, seed=seed)
    with faulty_server(held):
        started = time.monotonic()
        with opened(folder / "disturbed", **SETTINGS) as catalogue:
            begin(catalogue, held)
            _disturb(catalogue, held, random.Random(seed), kills, say)
            disturbed = outcome(catalogue)
        say(
            f"# disturbed: {time.monotonic() - started:.0f} s, {sum(held.asked.values())} requests, {dict(held.failed)}"
        )
        held.faults = 0.0
        started = time.monotonic()
        with opened(folder / "calm", **SETTINGS) as catalogue:
            begin(catalogue, held)
            Worker(catalogue).work(until_idle=True)
            calm = outcome(catalogue)
        say(f"# undisturbed: {time.monotonic() - started:.0f} s")
    wanted = {
        f"{held.url}/files/{number}.csv": hashlib.sha256(content(number)).hexdigest() for number in range(records)
    }
    return [
        *differences("file served", wanted, calm.files),
        *differences("record", calm.records, disturbed.records),
        *differences("file", calm.files, disturbed.files),
        *differences("index", calm.index, disturbed.index),
        *differences("audit", calm.audit, disturbed.audit),
    ]


def begin(catalogue: Catalogue, held: Faulty) -> None:
    """Add the source and ask for its harvest."""
    sources.add(catalogue, SYSTEM, sources.NewSource(SOURCE, "oaipmh", f"{held.url}/oai"))
    sources.run_soon(catalogue, SYSTEM, SOURCE)


def _disturb(
    catalogue: Catalogue, held: Faulty, chance: random.Random, kills: int, say: Callable[[str], object]
) -> None:
    """Kill a worker each time that the work has come to a random point, and let the last one finish."""
    points = sorted(chance.sample(range(1, 3 * held.size), kills))
    for number, point in enumerate(points, 1):
        with _worker(catalogue) as worker:
            _wait(catalogue, max(point, _done(catalogue) + 1))  # each of them gets to do something
            time.sleep(chance.uniform(0.0, 0.3))
            whole = chance.random() < 0.5  # the whole machine, or one process whose children must notice
            os.killpg(worker.pid, signal.SIGKILL) if whole else worker.kill()
        say(f"# kill {number} at {_done(catalogue)} of {3 * held.size}{', with its children' if whole else ''}")
    _finish(catalogue)


def _finish(catalogue: Catalogue) -> None:
    """Work until nothing is left, and harvest again where the listing was cut short."""
    deadline, again = time.monotonic() + WAIT_SECONDS, 0
    while time.monotonic() < deadline and again <= ROUNDS:
        with _worker(catalogue, "--until-idle") as worker:
            worker.wait(timeout=WAIT_SECONDS)
        if _left(catalogue):
            time.sleep(0.5)  # something waits for its time, or for the lease of a dead worker
            continue
        with catalogue.sessions.read() as session:
            last = session.scalars(select(HarvestJob).order_by(HarvestJob.id.desc())).first()
        if last is not None and last.status == JobStatus.COMPLETE:
            return
        again += 1
        sources.run_soon(catalogue, SYSTEM, SOURCE)
    raise RuntimeError(f"the harvest did not come to its end; {_left(catalogue)} jobs are left")


@contextmanager
def _worker(catalogue: Catalogue, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`opendata worker` with its children in a group of their own; none of them is left at the end."""
    environ = environment(catalogue.config.home, **SETTINGS)
    worker = subprocess.Popen(
        (*COMMAND, "worker", *words), env=environ, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


def _done(catalogue: Catalogue) -> int:
    """How far the work has come: records stored, files stored, files read."""
    with catalogue.sessions.read() as session:
        items = session.scalar(select(func.count()).select_from(HarvestRecord)) or 0
        stored = session.scalar(select(func.count()).select_from(Resource).where(Resource.stored)) or 0
        read = session.scalar(select(func.count()).select_from(Resource).where(Resource.extraction_version > 0)) or 0
    return items + stored + read


def _left(catalogue: Catalogue) -> int:
    """Jobs that are to be done yet, of those that a harvest brings along."""
    waiting = Job.status.in_((JobStatus.NEW, JobStatus.IN_PROGRESS)) & Job.kind.in_(KINDS)
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(Job).where(waiting)) or 0


def _wait(catalogue: Catalogue, point: int) -> None:
    """Until the work has come to `point`, or to its end."""
    deadline = time.monotonic() + WAIT_SECONDS
    while _done(catalogue) < point and _left(catalogue):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the work stands still at {_done(catalogue)}")
        time.sleep(0.05)


def outcome(catalogue: Catalogue) -> Outcome:
    """What a site holds."""
    found = Outcome()
    with catalogue.sessions.read() as session:
        wanted = select(Dataset.id, Dataset.identifier)
        names = {key: identifier for key, identifier in session.execute(wanted)}  # noqa: C416
        for record in queries.records(session, list(names), public_only=False):
            found.records[f"{record.identifier} {record.slug}"] = _without_ours(asdict(record))
            found.files |= {
                one.download_url: _checksum(catalogue, one.checksum) for one in record.resources if one.stored
            }
        items = session.execute(select(HarvestRecord.identifier, HarvestRecord.content_hash, HarvestRecord.raw_hash))
        found.records |= {f"item {identifier}": tuple(rest) for identifier, *rest in items}
        found.records["datasets"] = len(names)
        events = session.execute(select(DatasetEvent.object_id, DatasetEvent.action))
        found.audit = dict(Counter(f"{names.get(key, 'other')} {action}" for key, action in events))
    found.index["kept files"] = sorted(catalogue.files.keys())
    compared = index_check.compare(catalogue, repair=False)
    found.index = {"missing": compared.missing, "surplus": compared.surplus, "indexed": compared.indexed}
    for words in ("", "отчёт", "вода", "область", "kz-00007", "Ахметов"):
        result = catalogue.index.search(SearchQuery(q=words, size=100))
        found.index[f"found by {words!r}"] = result.total
    return found


def _checksum(catalogue: Catalogue, checksum: str) -> str:
    """SHA-256 of the bytes that are really there."""
    if not catalogue.files.exists(checksum):
        return "lost"
    with catalogue.files.open(checksum) as file:
        return hashlib.sha256(file.read()).hexdigest()


def _without_ours(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return None  # a source gives days; moments are of the site's clock
    if isinstance(value, dict):
        return {name: _without_ours(one) for name, one in value.items() if name not in OURS}
    if isinstance(value, list | tuple):
        return [_without_ours(one) for one in value]
    return value


def differences(what: str, wanted: Mapping[str, Any], have: Mapping[str, Any]) -> list[str]:
    """One line for each thing that is missing, too many, or another."""
    names = sorted(wanted.keys() | have.keys())
    return [
        f"{what} {name}: {_shown(wanted.get(name, 'nothing'), have.get(name, 'nothing'))}"
        for name in names
        if wanted.get(name, "nothing") != have.get(name, "nothing")
    ]


def _shown(wanted: Any, have: Any) -> str:
    if isinstance(wanted, dict) and isinstance(have, dict):
        told = [
            f"{name}: {have.get(name)!r} instead of {one!r}" for name, one in wanted.items() if one != have.get(name)
        ]
        return "; ".join(told)[:500]
    return f"{have!r} instead of {wanted!r}"[:500]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
