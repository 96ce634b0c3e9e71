"""Several sources at once: one that stalls holds up nobody but itself, and no host is asked by all at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import select

from opendata.services import sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from opendata.worker import Worker
from tests.servers.local import Asked, Reply, serve
from tests.servers.oai import Repository, answer

SMALL = Repository(size=5, page=5)


def add(catalogue: Catalogue, name: str, url: str) -> None:
    sources.add(catalogue, SYSTEM, sources.NewSource(name=name, type="oaipmh", url=url))
    sources.run_soon(catalogue, SYSTEM, name)


def ended(catalogue: Catalogue) -> set[str]:
    with catalogue.sessions.read() as session:
        done = select(Job).where(Job.kind == "harvest", Job.status == JobStatus.COMPLETE)
        return {str(job.payload["source"]) for job in session.scalars(done)}


@contextmanager
def working(catalogue: Catalogue) -> Iterator[None]:
    worker = Worker(catalogue)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(20)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def with_settings(catalogue: Catalogue, **harvest: object) -> Catalogue:
    """The same catalogue under other settings of [harvest]."""
    settings = replace(catalogue.config.harvest, **harvest)  # type: ignore[arg-type]
    return replace(catalogue, config=replace(catalogue.config, harvest=settings))


def test_a_source_that_stalls_holds_up_no_other(catalogue: Catalogue) -> None:
    go_on = threading.Event()

    def stalling(asked: Asked) -> Reply:
        go_on.wait(20)
        return answer(SMALL, asked)

    with serve(stalling) as slow, serve(lambda asked: answer(SMALL, asked)) as quick:
        add(catalogue, "slow", f"{slow.url}/oai")
        for number in range(3):
            add(catalogue, f"quick-{number}", f"{quick.url}/oai?n={number}")
        try:
            with working(catalogue):
                wait_until(lambda: ended(catalogue) == {"quick-0", "quick-1", "quick-2"})
                go_on.set()
                wait_until(lambda: "slow" in ended(catalogue))
        finally:
            go_on.set()


def test_one_host_is_asked_by_so_many_sources_at_once(catalogue: Catalogue) -> None:
    catalogue = with_settings(catalogue, per_host=1)
    at_once, most = 0, 0
    lock = threading.Lock()

    def counting(asked: Asked) -> Reply:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.1)
        with lock:
            at_once -= 1
        return answer(SMALL, asked)

    with serve(counting) as server:
        for number in range(3):
            add(catalogue, f"s{number}", f"{server.url}/oai?n={number}")
        with working(catalogue):
            wait_until(lambda: len(ended(catalogue)) == 3)
    assert most == 1
