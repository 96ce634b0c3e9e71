"""What every file store owes, run over the local one and over S3."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from opendata.errors import NotFound, TooLarge
from opendata.files.storage import FileStore, Leftover, StoredFile

MB = 1024 * 1024
UNKNOWN = "0" * 64
NOT_KEYS = ["", "abc", "A" * 64, "../../../etc/passwd", "0" * 63 + "\n", "0" * 65, "٠" * 64, f"{'0' * 62}/0"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(store: FileStore, data: bytes) -> StoredFile:
    return store.put(io.BytesIO(data), max_bytes=64 * MB)


class BreaksOff(io.BytesIO):
    """A stream whose sender goes away after the first bytes."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError("the sender went away")
        return super().read(10)


class GivesLittle(io.BytesIO):
    """A stream that gives fewer bytes than asked for, as a socket does."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(7)


@pytest.mark.parametrize("size", [0, 1, MB, MB + 1, 9 * MB + 17], ids=str)
def test_what_is_put_comes_back(store: FileStore, size: int) -> None:
    data = random.Random(size).randbytes(size)
    stored = put(store, data)
    assert stored == StoredFile(checksum=sha256(data), byte_size=size)
    with store.open(stored.checksum) as reader:
        assert reader.read() == data
    assert store.size(stored.checksum) == size
    assert store.exists(stored.checksum)


def test_same_file_twice_is_one_object(store: FileStore) -> None:
    assert put(store, b"report") == put(store, b"report")
    assert list(store.keys()) == [sha256(b"report")]


def test_put_path_is_as_put(store: FileStore, tmp_path: Path) -> None:
    path = tmp_path / "отчёт № 1.pdf"
    path.write_bytes(b"report")
    assert store.put_path(path, max_bytes=100) == put(store, b"report")


def test_stream_that_gives_little_at_a_time_is_read_to_its_end(store: FileStore) -> None:
    data = bytes(range(256))
    assert store.put(GivesLittle(data), max_bytes=1000).checksum == sha256(data)


def test_largest_allowed_is_stored_and_one_byte_more_is_not(store: FileStore) -> None:
    store.put(io.BytesIO(b"1234"), max_bytes=4)
    with pytest.raises(TooLarge, match="4 bytes"):
        store.put(io.BytesIO(b"12345"), max_bytes=4)
    assert list(store.keys()) == [sha256(b"1234")]


def test_nothing_is_kept_when_the_stream_breaks_off(store: FileStore) -> None:
    with pytest.raises(ConnectionResetError):
        store.put(BreaksOff(b"x" * 100), max_bytes=1000)
    assert list(store.keys()) == []


def test_reader_seeks_from_start_here_and_end(store: FileStore) -> None:
    data = random.Random(1).randbytes(3 * MB)
    with store.open(put(store, data).checksum) as reader:
        assert reader.seekable()
        assert reader.seek(MB) == MB
        assert reader.read(10) == data[MB : MB + 10]
        reader.seek(-5, os.SEEK_CUR)
        assert reader.read(10) == data[MB + 5 : MB + 15]
        reader.seek(-7, os.SEEK_END)
        assert reader.read() == data[-7:]
        assert reader.read(1) == b""
        reader.seek(10 * MB)
        assert reader.read(1) == b""
        reader.seek(0)
        assert reader.read(3) == data[:3]


def test_many_jumps_read_the_right_bytes(store: FileStore) -> None:
    chance = random.Random(2)
    data = chance.randbytes(2 * MB)
    with store.open(put(store, data).checksum) as reader:
        for _ in range(60):
            start, length = chance.randrange(2 * MB), chance.choice([1, 100, 70_000, 600_000])
            reader.seek(start)
            assert reader.read(length) == data[start : start + length]


def test_local_path_is_readable_by_other_programs(store: FileStore) -> None:
    with store.local_path(put(store, b"report").checksum) as path:
        assert path.read_bytes() == b"report"


def test_unknown_key_is_not_found(store: FileStore) -> None:
    with pytest.raises(NotFound):
        store.open(UNKNOWN)
    with pytest.raises(NotFound):
        store.size(UNKNOWN)
    with pytest.raises(NotFound), store.local_path(UNKNOWN):
        pass
    assert not store.exists(UNKNOWN)


@pytest.mark.parametrize("key", NOT_KEYS)
def test_what_is_no_key_is_never_a_path(store: FileStore, key: str) -> None:
    with pytest.raises(NotFound):
        store.open(key)
    with pytest.raises(NotFound):
        store.size(key)
    assert not store.exists(key)
    store.delete(key)


def test_delete_removes_and_may_be_repeated(store: FileStore) -> None:
    stored = put(store, b"report")
    store.delete(stored.checksum)
    store.delete(stored.checksum)
    assert not store.exists(stored.checksum)
    assert list(store.keys()) == []
    assert put(store, b"report") == stored


def test_keys_lists_each_once(store: FileStore) -> None:
    stored = {put(store, str(number).encode()).checksum for number in range(25)}
    assert sorted(store.keys()) == sorted(stored)


def test_stored_says_the_size_of_each(store: FileStore) -> None:
    stored = {put(store, b"x" * number) for number in range(5)}
    assert set(store.stored()) == stored


def test_nothing_is_left_over_and_what_is_gone_may_be_discarded(store: FileStore) -> None:
    put(store, b"report")
    with pytest.raises(ConnectionResetError):
        store.put(BreaksOff(b"x" * 100), max_bytes=1000)
    assert list(store.leftovers()) == []
    store.discard(Leftover("incoming/gone", dt.datetime.now(dt.UTC)))
    assert list(store.keys()) == [sha256(b"report")]


def test_no_link_unless_it_is_allowed(store: FileStore) -> None:
    key = put(store, b"report").checksum
    assert store.link(key, disposition="attachment", media_type="text/plain") == ""


def test_same_bytes_put_at_once_by_many_are_one_object(store: FileStore) -> None:
    data = random.Random(3).randbytes(2 * MB)

    def put_one(_: int) -> StoredFile:
        return put(store, data)

    with ThreadPoolExecutor(8) as pool:
        results: Iterable[StoredFile] = set(pool.map(put_one, range(16)))
    assert results == {StoredFile(sha256(data), 2 * MB)}
    assert list(store.keys()) == [sha256(data)]
    with store.open(sha256(data)) as reader:
        assert reader.read() == data


def test_check_passes_and_leaves_nothing(store: FileStore) -> None:
    store.check()
    assert list(store.keys()) == []
