"""The harvesting engine by itself, without indexing: rate and peak memory as the source grows, a second run over an
unchanged source against the first, and a source beside another that stalls.

Each run is a process of its own and each repository another; a rate is that of the job, from its start to its end.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from benchmarks.measure import Figure
from benchmarks.sites import COMMAND, PYTHON, Scale, environment, opened, started
from opendata.services import sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.states import JobStatus

SETTINGS = {"HARVEST__ALLOW_ADDRESSES": "127.0.0.0/8", "HARVEST__FETCH_FILES": "false"}
SOURCE, STALLED = "generated", "stalled"
WAIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: records a second, and MiB at the peak."""

    rate: float
    peak: float


def run(scale: Scale) -> list[Figure]:
    """Rates and memory at each size against those of the size before, then the stalled neighbour."""
    figures: list[Figure] = []
    before: Measured | None = None
    for count in scale.listed:
        first, second = _twice(scale.folder / f"listed-{count}", count)
        rate, peak = (before.rate, before.peak) if before else (None, None)
        smaller = "the size before" if before else ""
        figures += [
            Figure(f"{count} records: first run", first.rate, "records/s", rate, smaller, more_is_better=True),
            Figure(f"{count} records: first run, peak RSS", first.peak, "MiB", peak, smaller, aim=300),
            Figure(f"{count} records: second run, peak RSS", second.peak, "MiB", first.peak, "the first run", aim=300),
            Figure(
                f"{count} records: second run, nothing changed", second.rate, "records/s", first.rate, "the first run",
                aim=10 * first.rate, more_is_better=True,
            ),
        ]  # fmt: skip
        before = first
    return [*figures, _stalled(scale.folder, min(scale.listed))]


def _twice(home: Path, count: int) -> tuple[Measured, Measured]:
    """A site that harvests `count` new records, and then the same again."""
    shutil.rmtree(home, ignore_errors=True)
    with started((*PYTHON, "benchmarks.repository", str(count)), dict(os.environ)) as server:
        url = server.stdout.readline().strip() if server.stdout else ""
        with opened(home, **SETTINGS) as catalogue:
            sources.add(catalogue, SYSTEM, sources.NewSource(SOURCE, "oaipmh", url))
            first = _measured(catalogue, home, count, "created")
            second = _measured(catalogue, home, count, "unchanged")
    shutil.rmtree(home, ignore_errors=True)
    return first, second


def _measured(catalogue: Catalogue, home: Path, count: int, result: str) -> Measured:
    """One full run by the command line. RuntimeError unless every record came to `result`."""
    command = (*COMMAND, "harvest", "run", SOURCE, "--full")
    process = subprocess.Popen(command, env=environment(home, **SETTINGS), stderr=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with catalogue.sessions.read() as session:
        job = session.scalars(select(HarvestJob).order_by(HarvestJob.id.desc())).first()
    if job is None or job.status != JobStatus.COMPLETE or getattr(job, f"{result}_count") != count:
        told = f"{job.status.value}: {job.message}" if job else "no job"
        raise RuntimeError(f"{count} records were not {result} ({told})")
    return Measured(count / _seconds(job), usage.ru_maxrss / 1024)


def _seconds(job: HarvestJob) -> float:
    assert job.started is not None
    assert job.finished is not None
    return max(0.001, (job.finished - job.started).total_seconds())


def _stalled(folder: Path, count: int) -> Figure:
    """How long a source takes while another one, of another host, never answers; against how long it takes alone."""
    with started((*PYTHON, "benchmarks.repository", str(count)), dict(os.environ)) as server:
        url = server.stdout.readline().strip() if server.stdout else ""
        with socket.create_server(("127.0.0.2", 0), backlog=16) as silent:
            stalling = f"http://127.0.0.2:{silent.getsockname()[1]}/oai"
            alone = _worked(folder / "alone", {SOURCE: url})
            beside = _worked(folder / "beside", {STALLED: stalling, SOURCE: url})
    return Figure("beside a source that stalls: time of the other", beside, "s", alone, "alone", aim=1.2 * alone)


def _worked(home: Path, urls: dict[str, str]) -> float:
    """Seconds that the job of SOURCE takes in a worker which harvests all of `urls` at once."""
    shutil.rmtree(home, ignore_errors=True)
    with opened(home, **SETTINGS) as catalogue:
        for name, url in urls.items():
            sources.add(catalogue, SYSTEM, sources.NewSource(name, "oaipmh", url))
            sources.run_soon(catalogue, SYSTEM, name)
        with started((*COMMAND, "worker"), environment(home, **SETTINGS)):
            job = _ended(catalogue)
        return _seconds(job)


def _ended(catalogue: Catalogue) -> HarvestJob:
    """The job of SOURCE once it is complete. RuntimeError when it does not come to that."""
    wanted = select(HarvestJob).join(HarvestSource, HarvestSource.id == HarvestJob.source_id)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with catalogue.sessions.read() as session:
            job = session.scalar(wanted.where(HarvestSource.name == SOURCE, HarvestJob.finished.is_not(None)))
        if job is not None and job.status == JobStatus.COMPLETE:
            return job
        if job is not None:
            raise RuntimeError(f"the harvest ended {job.status.value}: {job.message}")
        time.sleep(0.05)
    raise RuntimeError(f"the harvest did not end within {WAIT_SECONDS:.0f} s")
