"""Fetches linked files: within limits, on from where an attempt broke off, and again when their source changed them.

A file that is here is never lost by this: where its address fails, our copy stays, and the page tells both. What was
stored before a change stays as an earlier version (services.file_keeping), and the event names both checksums.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.formats import format_of
from opendata.catalog.records import ResourceRecord, TextInfo, TextStatus
from opendata.catalog.run_words import sentence
from opendata.errors import CatalogueError, Locked, NoSpace, NotFound, Unavailable
from opendata.harvesting.client import FetchError
from opendata.harvesting.contract import Response
from opendata.reading.filetype import detect
from opendata.services import checksums, file_keeping, hosts, partials, queue, visits
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from opendata.services.hosts import FETCH_JOB, host_of, name_of
from opendata.services.partials import Partial
from opendata.services.preparing import with_type
from opendata.services.visits import LinkStatus, Visit
from opendata.store import queries
from opendata.store.datasets import Resource
from opendata.store.queue import enqueue
from opendata.store.to_records import resource_record

logger = logging.getLogger(__name__)

WAITS = (
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=5),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
)
"""Before the second, third … attempt at a file whose trouble may pass. After the last it waits for the link check."""
HEADWAY = 1024 * 1024
"""Bytes that must have come for an attempt not to count."""
BUSY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be fetched. `again`: it is here, and is asked for under `etag` and `last_modified`."""

    key: UUID
    resource: ResourceRecord
    etag: str
    last_modified: str
    again: bool
    tries: int

    @property
    def host(self) -> str:
        """Whom to ask."""
        return host_of(self.resource.download_url)


@dataclass(frozen=True, slots=True)
class Got:
    """What came of it: the resource with its bytes stored, None where they are those that we have."""

    visit: Visit
    resource: ResourceRecord | None = None


def work(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """One job of the worker."""
    again, tries = bool(payload.get("again")), int(payload.get("tries", 0))
    fetch(catalogue, UUID(str(payload["resource"])), again=again, tries=tries)


def fetch(catalogue: Catalogue, resource_id: UUID, *, again: bool = False, tries: int = 0) -> None:
    """Fetch the linked file, store it and queue its reading; `again` also one that is here, if it has changed.

    What hinders it is kept on the file, for the public. Trouble that may pass is tried again after `WAITS`. Unavailable
    where our own store is away: nothing is said of the file, and the job is done again.
    """
    wanted = _wanted(catalogue, resource_id, again, tries)
    if wanted is None:
        return
    with catalogue.sessions.read() as session:
        until = hosts.waits_until(session, wanted.host, catalogue.now())
    if until is not None:
        _later(catalogue, wanted, until)
        return
    try:
        with partials.held(catalogue, resource_id) as partial:
            _fetch(catalogue, wanted, partial)
    except Locked:
        _later(catalogue, wanted, catalogue.now() + BUSY)


def _fetch(catalogue: Catalogue, wanted: Wanted, partial: Partial) -> None:
    had = partial.size
    fetching = _Fetching(catalogue, wanted, partial)
    try:
        got = fetching.run()
    except Unavailable:
        raise
    except CatalogueError as error:
        visit = visits.of_error(error)
        headway = partial.size >= had + HEADWAY
        if visit.status is not LinkStatus.UNKNOWN or not any(partial.validators(wanted.resource.download_url)):
            partial.remove()
        logger.warning("fetch failed resource=%s reason=%s", wanted.key, error.message)
        silent = isinstance(error, FetchError) and not visit.answered and not fetching.answered
        _failed(catalogue, wanted, error, visit, silent=silent, headway=headway)
        return
    _succeeded(catalogue, wanted, got)
    partial.remove()


@dataclass
class _Fetching:
    """One attempt. `answered`: the server has begun to; `resumed`: what is here came in more than one piece."""

    catalogue: Catalogue
    wanted: Wanted
    partial: Partial
    answered: bool = False
    resumed: bool = False

    def run(self) -> Got:
        """The file, stored. A web page where a file was promised, and nothing at all, are not kept.

        Pieces that do not fit together are thrown away, and all of it is asked for once more.
        """
        try:
            return self._try()
        except _Pieces:
            self.partial.clear()
            return self._try()

    def _try(self) -> Got:
        answer = self._receive()
        visit = Visit(LinkStatus.OK, answer.status, "", answer.etag[:300], answer.last_modified[:100])
        if answer.not_modified:
            return Got(replace(visit, etag=self.wanted.etag, last_modified=self.wanted.last_modified))
        problem = checksums.mismatch(self.wanted.resource, self.partial.path)
        if problem and self.resumed:
            raise _Pieces
        self._refuse_what_is_none(answer)
        return Got(visit, self._stored(answer, problem))

    def _receive(self) -> Response:
        """The answer, its bytes in the partial file."""
        url = self.wanted.resource.download_url
        etag, modified = self.partial.validators(url)
        if not (etag or modified):
            self.partial.clear()
            if self.wanted.again:
                etag, modified = self.wanted.etag, self.wanted.last_modified
        offset = self.partial.size
        self.resumed = False
        client = client_for(self.catalogue)
        try:
            return client.download(
                url, self.partial.path, max_bytes=self._most(), offset=offset, etag=etag, last_modified=modified,
                begun=self._begun,
            )  # fmt: skip
        except FetchError as error:
            if error.status == 416 and offset:  # all of it was here already, or more than there is now
                raise _Pieces from error
            raise
        except OSError as error:
            raise NoSpace(f"{self.partial.folder}: {error.strerror or error}", part="files") from error
        finally:
            client.close()

    def _begun(self, answer: Response) -> None:
        self.answered = True
        if answer.status == 206:
            self.resumed = True
        else:
            self.resumed = False
            self.partial.begin(self.wanted.resource.download_url, answer.etag, answer.last_modified)

    def _most(self) -> int:
        return min(self.catalogue.config.harvest.max_file_bytes, self.catalogue.config.files.max_bytes)

    def _refuse_what_is_none(self, answer: Response) -> None:
        resource, url = self.wanted.resource, self.wanted.resource.download_url
        if not self.partial.size:
            raise NotFound(sentence("fetched_empty", address=url))
        promised = promised_format(resource)
        if promised not in ("HTML", "") and detect(self.partial.path, _name(resource, answer.url)).format == "HTML":
            raise NotFound(sentence("fetched_page", address=url, format=promised))

    def _stored(self, answer: Response, problem: str) -> ResourceRecord | None:
        resource = self.wanted.resource
        stored = self.catalogue.files.put_path(self.partial.path, max_bytes=self._most())
        if resource.stored and resource.checksum == stored.checksum:
            return None
        had = replace(
            resource,
            stored=True,
            checksum=stored.checksum,
            byte_size=stored.byte_size,
            filename=_name(resource, answer.url),
            fetch_problem=problem,
        )
        return replace(with_type(self.catalogue, had), text=TextInfo())


class _Pieces(Exception):
    """What was kept of an earlier attempt does not fit."""


def promised_format(resource: ResourceRecord) -> str:
    """The format that the record, else its link, says the file has; "" where neither does."""
    return resource.format or format_of("", resource.media_type, name_of(resource.download_url))


def _name(resource: ResourceRecord, url: str) -> str:
    return resource.filename or name_of(url) or "file"


def _wanted(catalogue: Catalogue, resource_id: UUID, again: bool, tries: int) -> Wanted | None:
    """The file, None where there is nothing to be done."""
    with catalogue.sessions.read() as session:
        try:
            row = queries.resource_row(session, resource_id)
        except NotFound:
            return None
        if not row.download_url or (row.stored and not again):
            return None
        return Wanted(resource_id, resource_record(row, stored=True), row.etag, row.last_modified, row.stored, tries)


def _succeeded(catalogue: Catalogue, wanted: Wanted, got: Got) -> None:
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        hosts.answered(session, wanted.host)
        row = _same_link(session, wanted)
        if row is None:
            return
        row.fetched, row.etag, row.last_modified = now, got.visit.etag, got.visit.last_modified
        visits.keep(session, row, got.visit, now)
        if got.resource is not None:
            _write(session, row, got.resource, now)


def _write(session: Session, row: Resource, new: ResourceRecord, now: dt.datetime) -> None:
    """New bytes: they are closed until they were looked through, as every stored file is."""
    if row.stored:
        file_keeping.keep_one(session, SYSTEM, row.id, resource_record(row, stored=True), now)
        before = {"checksum": row.checksum, "byte_size": row.byte_size}
        after = {"checksum": new.checksum, "byte_size": new.byte_size}
        note(session, SYSTEM, now, "resource", row.id, "replaced", before=before, after=after)
    else:
        note(session, SYSTEM, now, "resource", row.id, "fetched")
    for name in ("stored", "checksum", "byte_size", "media_type", "format", "filename", "fetch_problem", "text"):
        setattr(row, name, getattr(new, name))
    row.preview, row.extraction_version, row.metadata_modified = None, 0, now
    row.dataset.metadata_modified = now
    queue.follow_files(session, now, [row.dataset_id], fetch=False)
    queue.index_datasets(session, now, [row.dataset_id], prompt=False)


def _failed(
    catalogue: Catalogue, wanted: Wanted, error: CatalogueError, visit: Visit, *, silent: bool, headway: bool
) -> None:
    """Keep why, and try again later where that may help. `silent`: the host did not answer at all."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        until = hosts.failed(session, wanted.host, now) if silent else None
        if not silent:
            hosts.answered(session, wanted.host)
        row = _same_link(session, wanted)
        if row is None:
            return
        visits.keep(session, row, visit, now)
        problem = error.message[:1000]
        if not row.stored and row.fetch_problem != problem:
            row.fetch_problem = problem
            row.text = TextInfo(TextStatus.NOT_STORED, reason=sentence("not_fetched"))
            row.dataset.metadata_modified = now
            note(session, SYSTEM, now, "resource", row.id, "not fetched", after={"reason": problem})
            queue.index_datasets(session, now, [row.dataset_id], prompt=False)
        if visit.status is LinkStatus.UNKNOWN and (headway or wanted.tries < len(WAITS)):
            tries = wanted.tries if headway else wanted.tries + 1
            moment = now + WAITS[max(0, tries - 1)]
            _queue(session, replace(wanted, tries=tries), now, max(moment, until or moment))


def _same_link(session: Session, wanted: Wanted) -> Resource | None:
    """The row, None where the file was removed, or given another link, while this one was asked."""
    try:
        row = queries.resource_row(session, wanted.key)
    except NotFound:
        return None
    return row if row.download_url == wanted.resource.download_url else None


def _later(catalogue: Catalogue, wanted: Wanted, moment: dt.datetime) -> None:
    with catalogue.sessions.write.begin() as session:
        _queue(session, wanted, catalogue.now(), moment)


def _queue(session: Session, wanted: Wanted, now: dt.datetime, moment: dt.datetime) -> None:
    said = {"resource": str(wanted.key), "again": wanted.again, "tries": wanted.tries}
    enqueue(
        session, FETCH_JOB, said, now, lane=queue.Lane.FETCH, dedupe=str(wanted.key), not_before=moment,
        host=wanted.host,
    )  # fmt: skip
