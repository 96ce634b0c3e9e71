"""What only the folder has: temporaries, permissions, disks that fail."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from opendata.errors import TooLarge, Unavailable
from opendata.files.local import LocalStore

DAY = 24 * 3600


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_lies_two_folders_deep_by_its_checksum(tmp_path: Path) -> None:
    key = LocalStore(tmp_path).put(io.BytesIO(b"report"), max_bytes=100).checksum
    assert key == hashlib.sha256(b"report").hexdigest()
    assert files_below(tmp_path) == [tmp_path / key[:2] / key[2:4] / key]


def test_no_temporary_is_left_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        LocalStore(tmp_path).put(io.BytesIO(b"report"), max_bytes=2)
    assert files_below(tmp_path) == []


def test_temporary_older_than_a_day_is_removed_at_start_and_a_younger_one_is_not(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    old, young = incoming / "old", incoming / "young"
    for path, age in ((old, DAY + 60), (young, DAY - 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    LocalStore(tmp_path)
    assert not old.exists()
    assert young.exists()


def test_what_lies_beside_the_files_is_no_key(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    (tmp_path / "ab" / "cd").mkdir(parents=True)
    (tmp_path / "ab" / "cd" / "notes.txt").write_text("not ours")
    assert list(store.keys()) == []


def test_damaged_file_of_another_size_is_mended_by_putting_it_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    key = store.put(io.BytesIO(b"report"), max_bytes=100).checksum
    with store.local_path(key) as path:
        path.write_bytes(b"rep")
    store.put(io.BytesIO(b"report"), max_bytes=100)
    with store.open(key) as reader:
        assert reader.read() == b"report"


def test_others_on_the_machine_may_not_read(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "files")
    with store.local_path(store.put(io.BytesIO(b"withheld"), max_bytes=100).checksum) as path:
        assert path.stat().st_mode & 0o007 == 0
        assert path.parent.stat().st_mode & 0o007 == 0


def test_missing_folder_is_unavailable_and_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "files")
    (tmp_path / "files" / "incoming").rmdir()
    with pytest.raises(Unavailable, match="files") as caught:
        store.check()
    assert caught.value.part == "files"
    with pytest.raises(Unavailable):
        store.put(io.BytesIO(b"report"), max_bytes=100)


def test_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        LocalStore(tmp_path / "file" / "files")


@pytest.mark.usefixtures("small_disk")
def test_full_disk_is_unavailable_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="File too large"):
        LocalStore(tmp_path).put(io.BytesIO(b"x" * 100_000), max_bytes=1_000_000)
    assert files_below(tmp_path) == []
