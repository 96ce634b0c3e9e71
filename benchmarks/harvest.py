"""Harvesting metadata from a loopback OAI-PMH server until it can be searched, by `opendata worker --until-idle`.

Against the least that any harvester must do on this machine: parsing the same XML with lxml and writing the very rows
that the harvest left into an empty SQLite database with `executemany`. Linked files are not fetched.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from lxml import etree
from sqlalchemy import select

from benchmarks import repository
from benchmarks.measure import Figure, median
from benchmarks.sites import COMMAND, Scale, environment, opened, started
from opendata.services import queue, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestJob
from opendata.store.queue import enqueue

SETTINGS = {"HARVEST__ALLOW_ADDRESSES": "127.0.0.1", "HARVEST__FETCH_FILES": "false"}
SOURCE = "generated"
TABLES = ("organizations", "datasets", "resources", "relations", "dataset_keys", "harvest_records", "dataset_events")


def run(scale: Scale) -> list[Figure]:
    """Records a second, and the worker's time of processor and peak memory; medians of the repeats."""
    home = scale.folder / "harvested"
    seconds, processor, peaks, floors = [], [], [], []
    for _ in range(scale.repeats):
        shutil.rmtree(home, ignore_errors=True)
        took, busy, peak = _harvest(home, scale.harvested)
        seconds.append(took)
        processor.append(busy)
        peaks.append(peak)
        floors.append(_floor(home, repository.pages(scale.harvested)))
    floor = scale.harvested / median(floors)
    return [
        Figure(
            "harvest: records until searchable", scale.harvested / median(seconds), "records/s",
            floor, "lxml and executemany", aim=250, more_is_better=True,
        ),
        Figure("harvest: processor time of 1,000 records", 1000 * median(processor) / scale.harvested, "s"),
        Figure("harvest: peak RSS of the worker", median(peaks), "MiB"),
    ]  # fmt: skip


def _harvest(home: Path, count: int) -> tuple[float, float, float]:
    """Seconds, seconds of processor, and MiB at the peak, of a worker that harvests and indexes, from its start on."""
    command = (sys.executable, "-m", "benchmarks.repository", str(count))
    with started(command, dict(os.environ)) as server, opened(home, **SETTINGS) as catalogue:
        url = server.stdout.readline().strip() if server.stdout else ""
        sources.add(catalogue, SYSTEM, sources.NewSource(SOURCE, "oaipmh", url))
        with catalogue.sessions.write.begin() as session:
            enqueue(session, "harvest", {"source": SOURCE}, catalogue.now(), lane=queue.Lane.HARVEST)
        begun = time.perf_counter()
        worker = subprocess.Popen((*COMMAND, "worker", "--until-idle"), env=environment(home, **SETTINGS))
        _pid, status, usage = os.wait4(worker.pid, 0)
        took = time.perf_counter() - begun
        worker.returncode = os.waitstatus_to_exitcode(status)
        _check(catalogue, count)
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _check(catalogue: Catalogue, count: int) -> None:
    """RuntimeError unless every record was taken and can be found."""
    with catalogue.sessions.read() as session:
        job = session.scalars(select(HarvestJob)).one()
    documents = catalogue.index.status().documents
    if (job.created_count, job.rejected_count, documents) != (count, 0, count):
        raise RuntimeError(
            f"of {count}: {job.created_count} created, {job.rejected_count} rejected, {documents} indexed"
        )


def _floor(home: Path, pages: Sequence[bytes]) -> float:
    """Seconds for parsing `pages` and writing the rows of the site in `home` to a database of the same tables."""
    schema, rows = _rows(home / "catalogue.sqlite")
    target = home / "floor.sqlite"
    begun = time.perf_counter()
    for page in pages:
        for element in etree.fromstring(page).iter():
            _ = element.text
    with closing(sqlite3.connect(target)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        for statement in schema:
            database.execute(statement)
        for insert, given in rows:
            database.executemany(insert, given)
        database.commit()
    return time.perf_counter() - begun


def _rows(path: Path) -> tuple[list[str], list[tuple[str, list[tuple[object, ...]]]]]:
    """The statements that make the tables and indexes, and for each table its INSERT with all rows."""
    with closing(sqlite3.connect(path)) as database:
        made = database.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type <> 'table', rootpage"
        )
        schema = [sql for _name, table, sql in made if table in TABLES]
        rows = []
        for table in TABLES:
            found = database.execute(f"SELECT * FROM {table}").fetchall()
            if found:
                places = ", ".join("?" * len(found[0]))
                rows.append((f"INSERT INTO {table} VALUES ({places})", found))
    return schema, rows
