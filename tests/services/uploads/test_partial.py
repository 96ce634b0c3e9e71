"""Files in pieces against a model: whatever is asked in whatever order, the bytes are those that were accepted."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from uuid import UUID

import pytest

from opendata.errors import CatalogueError, Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge
from opendata.services import access, accounts
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import partial
from opendata.services.uploads.piece_infos import Info, write_info
from opendata.services.uploads.piece_writing import CHUNK, Checksum, Interrupted, WrongChecksum
from opendata.services.uploads.pieces import Pieces
from tests.conftest import Clock


class Coming:
    """Bytes that come in bits, and may break off."""

    def __init__(self, content: bytes, chance: random.Random, *, breaks_at: int | None = None, chunked: bool = False):
        self.size = None if chunked else len(content)
        self._left, self._chance = content if breaks_at is None else content[:breaks_at], chance
        self._breaks = breaks_at is not None and breaks_at < len(content)

    def read(self, most: int) -> bytes:
        if not self._left and self._breaks:
            raise ConnectionResetError
        taken = self._chance.randrange(1, most + 1)
        piece, self._left = self._left[:taken], self._left[taken:]
        return piece


@pytest.fixture
def editor(catalogue: Catalogue, agency: str) -> Actor:
    """Somebody who may upload for the agency."""
    new = accounts.NewUser(
        "Editor", "editor@example.kz", "correct horse battery", organization=agency, role=Role.EDITOR
    )
    accounts.add_user(catalogue, SYSTEM, new)
    return access.actor_for_token(catalogue, accounts.create_token(catalogue, "editor@example.kz"))


def bytes_of(catalogue: Catalogue, id_: UUID) -> bytes:
    return (catalogue.config.home / "partial" / str(id_)).read_bytes()


@pytest.mark.parametrize("seed", range(20))
def test_file_holds_what_was_accepted_and_nothing_else(catalogue: Catalogue, editor: Actor, seed: int) -> None:
    chance = random.Random(seed)
    whole = chance.randbytes(chance.choice([1, 1000, CHUNK, 3 * CHUNK + 17]))
    file, model = partial.create(catalogue, editor, len(whole)), b""
    for _ in range(200):
        offset = chance.choice([len(model)] * 5 + [0, len(model) + 1])
        piece = whole[offset : offset + chance.randrange(0, len(whole) + 1)]
        breaks_at = chance.randrange(len(piece) + 1) if chance.random() < 0.3 else None
        digest = hashlib.sha1(piece if chance.random() < 0.8 else b"other").digest()
        checksum = Checksum("sha1", digest) if chance.random() < 0.5 else None
        source = Coming(piece, chance, breaks_at=breaks_at, chunked=chance.random() < 0.3)
        try:
            file = partial.append(catalogue, editor, file.id, offset, source, checksum=checksum)
            model += piece
            assert (offset, file.offset) == (len(model) - len(piece), len(model))
        except Conflict:
            assert offset != len(model)
        except WrongChecksum:
            assert checksum is not None
        except Interrupted:
            assert breaks_at is not None
            model += b"" if checksum else piece[:breaks_at]
        assert partial.find(catalogue, editor, file.id).offset == len(model)
        assert bytes_of(catalogue, file.id) == model == whole[: len(model)]
        if model == whole:
            break
    assert not [path for path in (catalogue.config.home / "partial").iterdir() if path.suffix == ".new"]


def test_killed_piece_with_a_checksum_counts_for_nothing(catalogue: Catalogue, editor: Actor) -> None:
    """What a killed process leaves: bytes behind the mark that says they are not verified."""
    file = partial.create(catalogue, editor, 10)
    partial.append(catalogue, editor, file.id, 0, Coming(b"1234", random.Random(1)))
    pieces = Pieces(catalogue.config.home / "partial")
    write_info(pieces.folder, replace(pieces.info(file.id), unverified_from=4))
    with pieces.path(file.id).open("ab") as left:
        left.write(b"xx")
    assert partial.find(catalogue, editor, file.id).offset == 4
    done = partial.append(catalogue, editor, file.id, 4, Coming(b"567890", random.Random(1)))
    assert done.complete
    assert bytes_of(catalogue, file.id) == b"1234567890"


def test_endless_body_ends_at_the_length_of_the_file(catalogue: Catalogue, editor: Actor) -> None:
    file = partial.create(catalogue, editor, 5)
    with pytest.raises(TooLarge):
        partial.append(catalogue, editor, file.id, 0, Coming(b"x" * 10 * CHUNK, random.Random(1), chunked=True))
    assert bytes_of(catalogue, file.id) == b""


@pytest.mark.parametrize("actor", [PUBLIC, SYSTEM], ids=["the public", "the command line"])
def test_files_belong_to_accounts(catalogue: Catalogue, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        partial.create(catalogue, actor, 5)


def test_damaged_description_is_no_file(catalogue: Catalogue, editor: Actor) -> None:
    partial.create(catalogue, editor, 5)
    pieces = Pieces(catalogue.config.home / "partial")
    strange = Info(UUID(int=7), UUID(int=8), "x", "", 5)
    pieces.create(strange, catalogue.now())
    (pieces.folder / f"{UUID(int=7)}.json").write_bytes(b"{")
    assert len(list(pieces.all())) == 1
    partial.create(catalogue, editor, 5)
    assert partial.sweep(catalogue) == 0


def test_file_becomes_one_upload_and_its_bytes_go(
    catalogue: Catalogue, editor: Actor, agency: str, clock: Clock
) -> None:
    content = "Название\nОтчёт\n".encode()
    file = partial.create(catalogue, editor, len(content), "C:\\papers\\Есеп.csv")
    refused: list[type[CatalogueError]] = []
    for slug, ready in ((agency, False), ("nobody", True)):
        if ready:
            partial.append(catalogue, editor, file.id, 0, Coming(content, random.Random(1)))
        with pytest.raises((Conflict, NotFound)) as error:
            partial.hand_over(catalogue, editor, file.id, slug)
        refused.append(error.type)
    assert refused == [Conflict, NotFound]
    with pytest.raises(Invalid):
        partial.hand_over(catalogue, editor, file.id, agency, "de")
    first = partial.hand_over(catalogue, editor, file.id, agency)
    assert partial.hand_over(catalogue, editor, file.id, agency) == first
    assert bytes_of(catalogue, file.id) == b""
    with pytest.raises(Gone):
        partial.find(catalogue, editor, file.id)
    clock.advance(hours=25)
    assert partial.sweep(catalogue) == 1
