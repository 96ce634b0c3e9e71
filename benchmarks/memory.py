"""Memory of one web process over a full catalogue, after 300 searches and 300 pages, and of the worker.

Pss shares out what processes map together, so that the sum over all of them is what the machine gives; Rss counts it
whole in each. Against an interpreter that has imported Flask and SQLAlchemy and nothing of ours.
"""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import cycle

from benchmarks.generate import records
from benchmarks.load import ask
from benchmarks.measure import Figure, children, memory
from benchmarks.reading import copy_documents
from benchmarks.search import paths
from benchmarks.sites import COMMAND, Scale, environment, filled, opened, serving, started
from opendata.services import harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.queue import pending

AIM_MIB = 250.0
BARE = (sys.executable, "-c", "import flask, sqlalchemy.orm; print(flush=True); input()")
SOURCE = "documents"
IDLE_SECONDS = 3.0
READ_SECONDS = 120.0

Memory = dict[str, float]


def run(scale: Scale) -> list[Figure]:
    """MiB."""
    with started(BARE, environment(scale.folder)) as bare:
        _wait_for_line(bare)
        least = memory(bare.pid)
    fresh, used = _web(scale)
    idle, busy, reader = _worker(scale)
    baseline = (least["Rss"], "bare imports")
    return [
        Figure("web process, fresh: Rss", fresh["Rss"], "MiB", *baseline),
        Figure("web process, used: Rss", used["Rss"], "MiB", *baseline, aim=AIM_MIB),
        Figure("web process, used: Pss", used["Pss"], "MiB"),
        Figure("web process, used: Private", used["Private"], "MiB"),
        Figure("worker, idle: Rss", idle["Rss"], "MiB", *baseline),
        Figure(f"worker, {scale.files} files read: Rss", busy["Rss"], "MiB", *baseline),
        Figure(f"its reading process, {scale.files} files read: Rss", reader["Rss"], "MiB", *baseline),
    ]


def _web(scale: Scale) -> tuple[Memory, Memory]:
    """The one web process at its first answer, and after searches and pages in three languages."""
    languages = cycle(("kk", "ru", "en"))
    pages = [f"/{next(languages)}/dataset/{one.record.slug}" for one in records(scale.pages)]
    with serving(filled(scale), processes=1) as server:
        (web,) = children(server.pid)
        fresh = memory(web)
        ask(server.url, paths(scale.queries))
        ask(server.url, pages)
        return fresh, memory(web)


def _worker(scale: Scale) -> tuple[Memory, Memory, Memory]:
    """The worker with nothing to do, and it and its reading process when they have read so many PDFs."""
    home, folder = scale.folder / "worker", scale.folder / "documents"
    copy_documents(folder, scale.files)
    with opened(home) as catalogue:
        sources.add(catalogue, SYSTEM, sources.NewSource(SOURCE, "folder", str(folder)))
        with started((*COMMAND, "worker"), environment(home)) as worker:
            time.sleep(IDLE_SECONDS)
            idle = memory(worker.pid)
            harvest.run(catalogue, SOURCE, actor=SYSTEM)
            most = _until_read(catalogue, worker.pid)
            return idle, memory(worker.pid), most


def _until_read(catalogue: Catalogue, pid: int) -> Memory:
    """Wait for the queue to be empty; the most that the processes below `pid` held together meanwhile."""
    most: Memory = {"Rss": 0.0}
    deadline = time.monotonic() + READ_SECONDS
    while time.monotonic() < deadline:
        with catalogue.sessions.read() as session:
            waiting = pending(session)
        found = [memory(child) for child in children(pid)]
        total = {"Rss": sum(one.get("Rss", 0.0) for one in found)}
        most = max(most, total, key=lambda one: one["Rss"])
        if not waiting:
            return most
        time.sleep(0.1)
    raise RuntimeError(f"still waiting after {READ_SECONDS:.0f} s: {waiting}")


def _wait_for_line(process: subprocess.Popen[str]) -> None:
    if process.stdout:
        process.stdout.readline()
