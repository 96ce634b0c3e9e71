from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from opendata.search.arrays import Strings, Watched, load, pack_strings, save


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    strings = ["", "су", "вода\0", "water"]
    save(
        tmp_path / "a" / "file", {"n": np.arange(5, dtype=np.uint32), "none": np.zeros(0), **pack_strings("s", strings)}
    )
    found = load(tmp_path / "a" / "file")
    assert found is not None
    assert found["n"].tolist() == [0, 1, 2, 3, 4]
    assert len(found["none"]) == 0
    read = Strings(found, "s")
    assert [read[place] for place in range(len(read))] == strings
    with pytest.raises(ValueError, match="read-only"):
        found["n"][0] = 1


@pytest.mark.parametrize("content", [b"", b"opendata", b"opendata" + b"\xff" * 100, b"x" * 100])
def test_a_file_that_cannot_be_read_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert load(tmp_path / "file") is None
    assert load(tmp_path / "missing") is None


def test_a_replaced_file_is_seen_and_the_former_stays_readable(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "file", lambda arrays: arrays["n"])
    assert watched.get() is None
    seen = []
    for number in (1, 2):
        save(tmp_path / "file", {"n": np.full(3, number)})
        watched.forget()
        found = watched.get()
        assert found is not None
        seen.append(found)
    assert [array.tolist() for array in seen] == [[1, 1, 1], [2, 2, 2]]
    save(tmp_path / "file", {"other": np.zeros(1)})
    watched.forget()
    assert watched.get() is None, "a file of another version is not read"


def test_several_may_save_the_same_file_at_once(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(10):
                save(tmp_path / "file", {"n": np.full(1_000, number)})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = load(tmp_path / "file")
    assert found is not None
    assert len(set(found["n"].tolist())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_writer_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    left, written, other = (tmp_path / name for name in ("file.ab.new", "file.cd.new", "other.ab.new"))
    for path in (left, written, other):
        path.write_bytes(b"half")
    for path in (left, other):
        os.utime(path, (0, time.time() - 7_200))
    save(tmp_path / "file", {"n": np.zeros(1)})
    assert not left.exists()
    assert written.exists()
    assert other.exists()
