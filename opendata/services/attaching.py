"""Files that people and programs attach to a dataset: put away as they come, then written into the record.

The bytes are in the file store before the transaction begins, so no writer waits for a slow sender. The public has them
once they were looked through, as every stored file (services.content).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import BinaryIO
from uuid import UUID, uuid4

from opendata.catalog.cleaner import filename as bare_filename
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, TooLarge
from opendata.services import changing, proposing, writing
from opendata.services.accepting import with_bytes, with_fresh_bytes
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.changing import Outcome
from opendata.services.locking import readable
from opendata.services.preparing import with_type
from opendata.services.uploads import forgetting

Files = Mapping[str, tuple[BinaryIO, str]]
"""What is sent, with its file name, by what the sender calls it."""

Place = Callable[[DatasetRecord, Mapping[str, ResourceRecord]], DatasetRecord]
"""Puts stored files into the record; they come under what the sender calls them, without key, name or place."""


PlaceOne = Callable[[DatasetRecord, ResourceRecord | None], DatasetRecord]
"""The same for a single file, or none."""

SENT = "file"
"""What a single file is called that is sent."""

NO_DROPS = (
    "The agency reviews what is public: no change that waits takes the bytes of a file away and leaves the file. "
    "Give it another address, or other bytes, or take it out."
)

Check = Callable[[DatasetRecord], None]
"""Raises where the dataset, as it stands in the transaction that writes it, is not what the change was made for."""


def attach(
    catalogue: Catalogue,
    actor: Actor,
    dataset: str,
    stream: BinaryIO,
    filename: str,
    *,
    resource: ResourceRecord | None = None,
    replaces: UUID | None = None,
    check: Check | None = None,
    why: str = "",
    propose: bool = False,
) -> ResourceRecord:
    """Store all of `stream` as a file of the dataset, and give it as it is stored. Its reading is queued.

    `resource`, `replaces` and `check` as `placed` takes them; `why` is told of the bytes that are replaced, which stay
    as an earlier version. Its type is what the bytes show. NotFound, NotAllowed, Invalid, and what `check` raises;
    TooLarge over [upload] max_bytes. After any error nothing is kept of it.
    """
    put, key = placed(resource, replaces, check)
    after = attach_by(catalogue, actor, dataset, {SENT: (stream, filename)}, put, why=why, propose=propose)
    return next(one for one in after.record.resources if one.id == key)


def placed(
    resource: ResourceRecord | None = None, replaces: UUID | None = None, check: Check | None = None
) -> tuple[Place, UUID]:
    """What puts the file that is sent as SENT into a record, and the id that it has there.

    `resource` says what else is known of it; `replaces` is the file whose bytes it takes the place of. NotFound where
    the record has no such file.
    """
    new = replace(resource or ResourceRecord(), id=uuid4())
    key = replaces or new.id
    assert key is not None  # it was given one

    def put(before: DatasetRecord, files: Mapping[str, ResourceRecord]) -> DatasetRecord:
        file = files[SENT]
        if check is not None:
            check(before)
        if replaces is None:
            return replace(before, resources=(*before.resources, with_bytes(new, file)))
        if all(one.id != replaces for one in before.resources):
            raise NotFound(f"The dataset {before.slug!r} has no file {replaces}.")
        changed = (
            with_bytes(replace(resource or one, id=one.id, key=one.key), file) if one.id == replaces else one
            for one in before.resources
        )
        return replace(before, resources=tuple(changed))

    return put, key


def current(catalogue: Catalogue, actor: Actor, dataset: str) -> DatasetRecord:
    """The dataset as it stands, for one who may write to it. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        return readable(session, actor, dataset)


def attach_by(
    catalogue: Catalogue,
    actor: Actor,
    dataset: str,
    files: Files,
    place: Place,
    *,
    groups: Collection[UUID] | None = None,
    drops: Collection[UUID] = (),
    why: str = "",
    propose: bool = False,
) -> Outcome:
    """Store all that is sent and write the dataset that `place` makes of it.

    As `attach`; `groups` as in writing.replace; `drops` are files whose bytes are to be let go. With `propose` a change
    that the actor may not write is kept for a reviewer (services.changing), and one that lets bytes go is refused.
    """
    current(catalogue, actor, dataset)  # nobody sends a file to the end to be told that they may not
    stored: dict[str, ResourceRecord] = {}
    try:
        for name, (stream, filename) in files.items():
            stored[name] = put_away(catalogue, stream, filename)
        with catalogue.sessions.write.begin() as session:
            change = writing.opened(catalogue, session, actor, dataset)
            change.why = why
            if not all(catalogue.files.exists(one.checksum) for one in stored.values()):
                # Whoever had the same bytes was purged meanwhile.
                raise Conflict("The file was removed at the same moment. Send it again.")
            fresh = {one.checksum for one in stored.values()}
            if propose and not drops:
                begun = changing.begun(session, actor, change.before)
                return changing.write(change, place(begun, stored), fresh, groups)
            wanted = place(change.before, stored)
            if propose and proposing.needs_review(actor, change.before, wanted):
                raise NotAllowed(NO_DROPS)
            kept = with_fresh_bytes(change.before, wanted, fresh)
            return Outcome(change.write(_without_bytes(kept, drops) if drops else kept, groups))
    except BaseException:
        with catalogue.sessions.write.begin() as session:
            forgetting.drop(catalogue, session, *(one.checksum for one in stored.values()))
        raise


def put_away(catalogue: Catalogue, stream: BinaryIO, filename: str) -> ResourceRecord:
    """The file that `stream` becomes, put away with its type; in no record yet. Invalid where empty; TooLarge."""
    most = catalogue.config.upload.max_bytes
    try:
        stored = catalogue.files.put(stream, max_bytes=most)
    except TooLarge as error:
        raise TooLarge(f"The file is larger than {most // 1024**2} MB.") from error
    if not stored.byte_size:
        catalogue.files.delete(stored.checksum)
        raise Invalid("The file is empty.", [Problem("empty_file", "The file is empty.", "upload")])
    name = bare_filename(filename) or "file"
    file = ResourceRecord(filename=name, stored=True, checksum=stored.checksum, byte_size=stored.byte_size)
    return with_type(catalogue, file)


def _without_bytes(wanted: DatasetRecord, drops: Collection[UUID]) -> DatasetRecord:
    gone = {"stored": False, "checksum": "", "byte_size": None, "filename": "", "media_type": "", "text": TextInfo()}
    files = (replace(one, **gone) if one.id in drops else one for one in wanted.resources)  # type: ignore[arg-type]
    return replace(wanted, resources=tuple(files))
