"""Large files that arrive in pieces, over as many connections as it takes; each belongs to who began it."""

from __future__ import annotations

import datetime as dt
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID, uuid4

from opendata.errors import Conflict, Gone, Invalid, Locked, NoSpace, NotAllowed, NotFound, Problem, TooLarge, TooMany
from opendata.reading.filenames import shown
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.services.uploads import receiving
from opendata.services.uploads.piece_infos import Info
from opendata.services.uploads.piece_writing import Checksum, Source, Writer
from opendata.services.uploads.pieces import Pieces

logger = logging.getLogger(__name__)

KEEP = dt.timedelta(hours=24)
"""How long a file waits for its next byte, and a whole one for being used."""

MOST_FILES = 10
"""Files that one account may have here at a time."""

MOST_PACKAGES = 2
"""What all of them may come to, in packages of the largest size."""

SPARE_BYTES = 64 * 1024**2
"""Room that is left on the disk for everything else."""

LAST_BYTES_SECONDS = 5
"""Who stops sending and removes the file at once need not be told that its last bytes are just being written."""

FILENAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Partial:
    """How far a file has come: `offset` of `length` bytes (None: not said yet). `upload_id`: the upload made of it."""

    id: UUID
    filename: str
    offset: int
    length: int | None
    metadata: str
    expires: dt.datetime
    upload_id: UUID | None = None

    @property
    def complete(self) -> bool:
        """Whether every byte is here."""
        return self.offset == self.length


def create(catalogue: Catalogue, actor: Actor, length: int | None, filename: str = "", metadata: str = "") -> Partial:
    """Begin a file. `metadata` is kept as it is given. TooLarge, TooMany over the bounds of an account, NoSpace."""
    user_id = _person(actor)
    most = catalogue.config.upload.package_bytes
    if length is not None and length > most:
        raise TooLarge(f"A bulk upload may have {most} bytes, and this file has {length}.")
    pieces = _pieces(catalogue)
    with pieces.alone():
        _refuse_more(catalogue, pieces, user_id, most if length is None else length)
        info = Info(uuid4(), user_id, clean_filename(filename), metadata, length)
        pieces.create(info, catalogue.now())
    return _partial(pieces, info)


def find(catalogue: Catalogue, actor: Actor, id_: UUID) -> Partial:
    """How far the file has come. NotFound, also for somebody else's; Gone when its time is over or it was used."""
    pieces = _pieces(catalogue)
    partial = _partial(pieces, _own(pieces, actor, id_))
    _refuse_old(catalogue, partial)
    return partial


def append(
    catalogue: Catalogue,
    actor: Actor,
    id_: UUID,
    offset: int,
    source: Source,
    *,
    checksum: Checksum | None = None,
    length: int | None = None,
) -> Partial:
    """Add a piece, which must begin where the file ends. `length` says now how long a file of unknown length is.

    Conflict for another offset, Locked while another piece is written; else as Writer.append.
    """
    pieces = _pieces(catalogue)
    _own(pieces, actor, id_)
    with pieces.held(id_) as writer:
        _refuse_old(catalogue, _partial(pieces, writer.info))
        if offset != writer.offset:
            raise Conflict(f"The file has {writer.offset} bytes, and this piece begins at {offset}.")
        if length is not None:
            _say_length(catalogue, writer, length)
        most = (catalogue.config.upload.package_bytes if writer.info.length is None else writer.info.length) - offset
        if source.size is not None and source.size > most:
            raise TooLarge(f"{source.size} bytes were announced, and the file lacks {most}.")
        try:
            writer.append(source, most, checksum)
        finally:
            writer.touch(catalogue.now())
        return _partial(pieces, writer.info)


def remove(catalogue: Catalogue, actor: Actor, id_: UUID) -> None:
    """Throw the file away. NotFound; Locked while a piece is written and goes on."""
    pieces = _pieces(catalogue)
    _own(pieces, actor, id_)
    with pieces.held(id_, LAST_BYTES_SECONDS):
        pieces.remove(id_)


def hand_over(catalogue: Catalogue, actor: Actor, id_: UUID, organization: str, language: str = "ru") -> UUID:
    """Make the whole file a bulk upload; its id. The same file twice is one upload.

    NotFound; Conflict while bytes are missing; else as receiving.receive.
    """
    pieces = _pieces(catalogue)
    _own(pieces, actor, id_)
    with pieces.held(id_) as writer:
        if writer.info.upload_id is not None:
            return writer.info.upload_id
        partial = _partial(pieces, writer.info)
        _refuse_old(catalogue, partial)
        if not partial.complete:
            raise Conflict(
                f"Only {partial.offset} of {partial.length or 'all'} bytes of the file are here. Go on first."
            )
        upload_id = receiving.receive(catalogue, actor, organization, partial.filename, pieces.path(id_), language)
        writer.say(upload_id=upload_id)
        writer.empty()
        writer.touch(catalogue.now())
        return upload_id


@contextmanager
def whole(catalogue: Catalogue, actor: Actor, id_: UUID) -> Iterator[tuple[BinaryIO, str]]:
    """The bytes of a file that came in pieces, and its name, for one who stores them elsewhere; removed when that ends
    well. NotFound; Gone; Conflict while bytes are missing.
    """
    pieces = _pieces(catalogue)
    _own(pieces, actor, id_)
    with pieces.held(id_) as writer:
        partial = _partial(pieces, writer.info)
        _refuse_old(catalogue, partial)
        if not partial.complete:
            raise Conflict(
                f"Only {partial.offset} of {partial.length or 'all'} bytes of the file are here. Go on first."
            )
        with pieces.path(id_).open("rb") as stream:
            yield stream, partial.filename
        pieces.remove(id_)


def sweep(catalogue: Catalogue) -> int:
    """Remove the files whose time is over, and what killed processes left. How many files."""
    pieces, now, swept = _pieces(catalogue), catalogue.now(), 0
    for info in pieces.all():
        with suppress(NotFound, Locked):  # somebody else sweeps, or writes after all
            if _partial(pieces, info).expires <= now:
                with pieces.held(info.id):
                    pieces.remove(info.id)
                swept += 1
                logger.info("unfinished file removed partial=%s", info.id)
    for stray in pieces.strays(now - KEEP):
        stray.unlink(missing_ok=True)
    return swept


def clean_filename(given: str) -> str:
    """The last part of `given` without anything that a disk, a terminal or a page would read as more than a name."""
    last = unicodedata.normalize("NFC", shown(given)).replace("\\", "/").rpartition("/")[2].strip(" .")
    stem, dot, extension = last.rpartition(".")
    if dot and len(extension) <= 10:
        return f"{stem[: FILENAME_LENGTH - len(extension) - 1]}.{extension}" if stem else extension
    return last[:FILENAME_LENGTH] or "upload"


def _pieces(catalogue: Catalogue) -> Pieces:
    return Pieces(catalogue.config.below_home("partial"))


def _person(actor: Actor) -> UUID:
    demand(actor, Right.EDIT_RECORDS)
    if actor.user_id is None:
        raise NotAllowed("Files in pieces belong to accounts.", signed_in=False)
    return actor.user_id


def _own(pieces: Pieces, actor: Actor, id_: UUID) -> Info:
    """What was said of the file, to its owner alone; for anybody else it is not there."""
    user_id = _person(actor)
    info = pieces.info(id_)
    if info.user_id != user_id:
        raise NotFound("There is no such file here. It may have been removed; begin it anew.")
    return info


def _partial(pieces: Pieces, info: Info) -> Partial:
    return Partial(
        id=info.id,
        filename=info.filename,
        offset=pieces.offset(info),
        length=info.length,
        metadata=info.metadata,
        expires=pieces.changed(info) + KEEP,
        upload_id=info.upload_id,
    )


def _refuse_old(catalogue: Catalogue, partial: Partial) -> None:
    if partial.upload_id is not None:
        raise Gone(f"This file has become the upload {partial.upload_id}.")
    if partial.expires <= catalogue.now():
        raise Gone("The time of this file is over. Begin it anew.")


def _refuse_more(catalogue: Catalogue, pieces: Pieces, user_id: UUID, length: int) -> None:
    """TooMany, or NoSpace, where one file more of `length` bytes is too much."""
    largest, now = catalogue.config.upload.package_bytes, catalogue.now()
    held = []
    for info in pieces.all():
        if info.user_id == user_id and info.upload_id is None:
            with suppress(NotFound):
                held.append((_partial(pieces, info).expires, largest if info.length is None else info.length))
    over = [expires for expires, _ in held if expires > now]
    if len(held) >= MOST_FILES or sum(size for _, size in held) + length > MOST_PACKAGES * largest:
        wait = int((min(over) - now).total_seconds()) if over else 60
        raise TooMany(
            f"You have {len(held)} files here that are not used yet. Finish them, or remove them by DELETE.",
            max(1, wait),
        )
    if pieces.free() < length + SPARE_BYTES:
        raise NoSpace("There is no room on the disk of this site for a file of this size.")


def _say_length(catalogue: Catalogue, writer: Writer, length: int) -> None:
    if writer.info.length not in (None, length) or length < writer.offset:
        said = f"The length of this file is {writer.info.length or 'at least what has come'}, and it stays so."
        raise Invalid(said, [Problem("wrong_length", said, "Upload-Length")])
    if length > catalogue.config.upload.package_bytes:
        raise TooLarge(f"A bulk upload may have {catalogue.config.upload.package_bytes} bytes.")
    if writer.info.length is None:
        writer.say(length=length)
