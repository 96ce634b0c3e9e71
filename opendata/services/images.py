"""Pictures of agencies, groups and people: kept in the file store, given out as long as one of them shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.formats import media_type_of
from opendata.errors import NotAllowed, NotFound, TooLarge
from opendata.reading import filetype
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.naming import wrong
from opendata.services.results import OpenedFile
from opendata.services.uploads import forgetting
from opendata.store.accounts import User
from opendata.store.organizations import Group, Organization
from opendata.store.states import UserState

MOST_BYTES = 4 * 1024**2
SUFFIXES = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
"""What a browser shows and cannot run."""
PATH = "/image/"
_NAME = re.compile(r"([0-9a-f]{64})\.(png|jpg|gif|webp)")


@contextmanager
def kept(catalogue: Catalogue, actor: Actor, stream: BinaryIO, field: str = "image_upload") -> Iterator[str]:
    """Store the picture; the path of its address here, to be written meanwhile. It goes again where that fails.

    Invalid for what is no PNG, JPEG, GIF or WebP of 4 MiB or less, told by its bytes; NotAllowed for the public.
    """
    if not actor.signed_in:
        raise NotAllowed("Sign in to send a picture.", signed_in=False)
    kind = filetype.detect_open(stream, "").format
    stream.seek(0)
    if kind not in SUFFIXES:
        raise wrong(field, "This is no PNG, JPEG, GIF or WebP picture.")
    try:
        stored = catalogue.files.put(stream, max_bytes=MOST_BYTES)
    except TooLarge:
        raise wrong(field, f"A picture has {MOST_BYTES // 1024**2} MiB at most.") from None
    path = f"{PATH}{stored.checksum}.{SUFFIXES[kind]}"
    try:
        yield path
    finally:
        drop(catalogue, path)


def demand_shown(catalogue: Catalogue, path: str, field: str = "image_url") -> None:
    """Invalid for a path of a picture here that nothing shows: by naming it, any stored file could be had."""
    if not path.startswith(PATH):
        return
    with catalogue.sessions.read() as session:
        if not _NAME.fullmatch(path.removeprefix(PATH)) or not _is_shown(session, path):
            raise wrong(field, "There is no such picture here: send the picture itself.")


def drop(catalogue: Catalogue, path: str) -> None:
    """Delete the bytes of a picture that nothing shows any longer; what is no path of a picture here is left alone."""
    found = _NAME.fullmatch(path.removeprefix(PATH))
    if not path.startswith(PATH) or found is None:
        return
    with catalogue.sessions.write.begin() as session:
        if not _is_shown(session, path):
            forgetting.drop(catalogue, session, found[1])


def opened(catalogue: Catalogue, name: str) -> OpenedFile:
    """The picture called `name` in its address. NotFound for whatever is not shown by anything that is there.

    The store holds files of records too, and none of them may be had by its checksum alone.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound("There is no such picture.")
    with catalogue.sessions.read() as session:
        if not _is_shown(session, PATH + name):
            raise NotFound("There is no such picture.")
    checksum, suffix = found.groups()
    kind = next(one for one, each in SUFFIXES.items() if each == suffix)
    size = catalogue.files.size(checksum)
    if size > MOST_BYTES:
        raise NotFound("There is no such picture.")
    with catalogue.files.open(checksum) as held:
        stream = BytesIO(held.read())
    if filetype.detect_open(stream, "").format != kind:
        raise NotFound("There is no such picture.")
    stream.seek(0)
    return OpenedFile(stream, name, media_type_of(kind), size, checksum, inline_allowed=True, public=True)


def _is_shown(session: Session, path: str) -> bool:
    shown = [exists().where(table.image_url == path, table.state == "active") for table in (Organization, Group)]
    shown.append(exists().where(User.image_url == path, User.state != UserState.BLOCKED))
    return bool(session.scalar(select(or_(*shown))))
