"""Files that people and programs attach to a dataset: put away as they come, then written into the record.

The bytes are in the file store before the transaction begins, so no writer waits for a slow sender. The public has them
once they were looked through, as every stored file (services.content).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO
from uuid import UUID, uuid4

from opendata.catalog.cleaner import filename as bare_filename
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo
from opendata.errors import Conflict, Invalid, NotFound, Problem, TooLarge
from opendata.services import writing
from opendata.services.accepting import with_ours
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.locking import readable
from opendata.services.preparing import with_type
from opendata.services.uploads import forgetting

Place = Callable[[DatasetRecord, ResourceRecord], DatasetRecord]
"""Puts a stored file into the record; the file comes without key, name or place."""


def attach(
    catalogue: Catalogue,
    actor: Actor,
    dataset: str,
    stream: BinaryIO,
    filename: str,
    *,
    resource: ResourceRecord | None = None,
    replaces: UUID | None = None,
    if_version: str | None = None,
) -> ResourceRecord:
    """Store all of `stream` as a file of the dataset, and give it as it is stored. Its reading is queued.

    `resource` says what else is known of it; `replaces` is the file whose bytes it takes the place of. Its type is what
    the bytes show. NotFound, NotAllowed, Invalid, Changed; TooLarge over [upload] max_bytes. After any error nothing is
    kept of it.
    """

    new = replace(resource or ResourceRecord(), id=uuid4())

    def put(before: DatasetRecord, file: ResourceRecord) -> DatasetRecord:
        if replaces is None:
            return replace(before, resources=(*before.resources, with_bytes(new, file)))
        if all(one.id != replaces for one in before.resources):
            raise NotFound(f"The dataset {before.slug!r} has no file {replaces}.")
        changed = (
            with_bytes(replace(resource or one, id=one.id, key=one.key), file) if one.id == replaces else one
            for one in before.resources
        )
        return replace(before, resources=tuple(changed))

    after = attach_by(catalogue, actor, dataset, stream, filename, put, if_version=if_version)
    return next(one for one in after.resources if one.id == (replaces or new.id))


def current(catalogue: Catalogue, actor: Actor, dataset: str) -> DatasetRecord:
    """The dataset as it stands, for one who may write to it. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        return readable(session, actor, dataset)


def attach_by(
    catalogue: Catalogue,
    actor: Actor,
    dataset: str,
    stream: BinaryIO,
    filename: str,
    place: Place,
    *,
    if_version: str | None = None,
) -> DatasetRecord:
    """Store all of `stream` and write the dataset that `place` makes of it; the dataset as it is stored then.

    As `attach`.
    """
    current(catalogue, actor, dataset)  # nobody sends a file to the end to be told that they may not
    file = _stored(catalogue, stream, filename)
    try:
        with catalogue.sessions.write.begin() as session:
            change = writing.opened(catalogue, session, actor, dataset, if_version)
            if not catalogue.files.exists(file.checksum):  # whoever had the same bytes was purged meanwhile
                raise Conflict("The file was removed at the same moment. Send it again.")
            wanted = place(change.before, file)
            return change.write(_with_bytes_kept(change.before, wanted, file.checksum))
    except BaseException:
        with catalogue.sessions.write.begin() as session:
            forgetting.drop(catalogue, session, file.checksum)
        raise


def _stored(catalogue: Catalogue, stream: BinaryIO, filename: str) -> ResourceRecord:
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


def with_bytes(given: ResourceRecord, file: ResourceRecord) -> ResourceRecord:
    """What is said of a file, with the bytes of `file`."""
    return replace(
        given,
        filename=file.filename,
        format=file.format or given.format,
        media_type=file.media_type,
        byte_size=file.byte_size,
        checksum=file.checksum,
        stored=True,
        download_url="",
        text=TextInfo(),
        fetch_problem="",
    )


def _with_bytes_kept(before: DatasetRecord, wanted: DatasetRecord, checksum: str) -> DatasetRecord:
    """`wanted` with what is ours as in `before`, but for the file whose bytes have just come."""
    held = {one.id: one.checksum for one in before.resources if one.stored}
    had = {one.id for one in before.resources}
    kept = with_ours(before, wanted)
    files = []
    for one, asked in zip(kept.resources, wanted.resources, strict=True):
        if asked.stored and asked.checksum == checksum != held.get(one.id):
            # By its name it could be taken for another file of that name, which a source brings.
            key = one.key if one.id in had else str(one.id)
            one = replace(with_bytes(one, asked), key=key)
        files.append(one)
    return replace(kept, resources=tuple(files))
