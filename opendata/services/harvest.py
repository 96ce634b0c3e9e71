"""Runs of sources: from the begin to the end of one, whatever happens on the way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from opendata import logs
from opendata.catalog.run_words import sentence
from opendata.errors import Conflict, SourceError, Stopped, Unavailable
from opendata.services import desk, harvest_dry
from opendata.services.actors import SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_decisions import cancel, confirm, refuse
from opendata.services.harvest_ending import Ending
from opendata.services.harvest_jobs import Begun, Lost, TakenOver, Wish, start_or_take_over
from opendata.services.harvest_listing import Opened, opened
from opendata.services.harvest_loop import Loop, Progress
from opendata.services.heartbeat import Watch
from opendata.services.ingest import Ingest
from opendata.services.results import JobReport
from opendata.services.timelimit import TooSlow

__all__ = ["cancel", "confirm", "refuse", "run", "run_queued"]

logger = logging.getLogger(__name__)


def run(
    catalogue: Catalogue,
    name: str,
    *,
    actor: Actor,
    dry_run: bool = False,
    limit: int | None = None,
    full: bool | None = None,
    progress: Progress | None = None,
) -> JobReport:
    """Harvest the source `name` to its end. The job's report; a source that cannot be read gives status error.

    `full` True lists everything anew; False asks for changes where the source can tell them; None does what is due, and
    goes on with a listing that broke off. Every batch is committed with its place, its events and the jobs that follow
    it: a run that is killed is taken over by the next call and ends as if undisturbed. Conflict while another is alive.
    `dry_run` reads and checks everything and stores nothing.
    """
    source = opened(catalogue, name)
    if dry_run:
        return harvest_dry.report(source, limit, progress)
    job_id = carry_out(source, Wish(actor.user_id, full, limit), actor, progress)
    return desk.report(catalogue, SYSTEM, job_id)


def run_queued(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """What a job "harvest" of the queue asks for: {"source", "user", "full", "dry_run"}. A rehearsal leaves a job with
    the first records as they would appear.
    """
    source = opened(catalogue, str(payload["source"]))
    user = UUID(str(payload["user"])) if payload.get("user") else None
    try:
        carry_out(source, Wish(user, payload.get("full"), dry_run=bool(payload.get("dry_run"))), SYSTEM)
    except TakenOver as error:
        logger.warning("%s", error.message)
    except Conflict as error:
        raise Unavailable(error.message, part="queue") from error  # its turn comes when the other run is at its end


def carry_out(source: Opened, wish: Wish, actor: Actor, progress: Progress | None = None) -> int:
    """The run that `wish` asks for, from its begin to its end; the number of its job. Conflict while one is alive."""
    begun = start_or_take_over(source.catalogue, source.source.id, wish, source.plan)
    with logs.bound(source=source.source.name, job=begun.id), Watch(source.catalogue, begun) as watch:
        if wish.dry_run:
            harvest_dry.keep(source, begun, watch)
        else:
            _harvest(source, begun, watch, actor, progress)
    return begun.id


def _harvest(source: Opened, begun: Begun, watch: Watch, actor: Actor, progress: Progress | None) -> None:
    """Take everything, and close the job whatever happens."""
    catalogue = source.catalogue
    started = catalogue.now()
    ingest = Ingest(catalogue, actor, source.source.id, source.placer(), begun.id)
    loop = Loop(catalogue, source.source, begun, ingest, watch, progress)
    try:
        _take(loop, source)
    except Lost:
        raise TakenOver(f"Job {begun.id} was taken over by another process.") from None
    counts = " ".join(f"{key}={value}" for key, value in sorted(loop.tally.counts.items()))
    logger.info("harvest finished %s seconds=%.0f", counts, (catalogue.now() - started).total_seconds())


def _take(loop: Loop, source: Opened) -> None:
    ending = Ending(loop)
    try:
        try:
            loop.take(source.events(loop.begun, loop.begun.limit, loop.watch.stopped))
        except (Stopped, TooSlow):
            if not loop.watch.stopped():
                raise
        ending.finished()
    except (SourceError, Unavailable) as error:
        ending.broken(error.message)
    except Lost:
        raise
    except Exception as error:
        logger.exception("harvest broke")
        ending.broken(sentence("unexpected", word=type(error).__name__, said=error))
