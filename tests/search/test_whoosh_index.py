"""What is particular to the embedded engine: its folders, its lock, its format."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from opendata.errors import SearchUnavailable, Unavailable
from opendata.search import whoosh_area, whoosh_writer
from opendata.search.analysis import TrilingualAnalyser
from opendata.search.open import open_index
from opendata.search.query import SearchQuery
from opendata.search.whoosh_area import Area
from tests.search.conftest import corpus, document


class NewerAnalyser(TrilingualAnalyser):
    def __init__(self) -> None:
        super().__init__({})


def builds(home: Path) -> set[str]:
    return {folder.name for folder in (home / "public").glob("build-*")}


def test_an_index_of_another_analysis_asks_for_a_rebuild(tmp_path: Path) -> None:
    open_index(tmp_path, create=True).update(corpus())
    newer = open_index(tmp_path, create=True, analyser=NewerAnalyser())
    with pytest.raises(SearchUnavailable, match=r"another version.*rebuild"):
        newer.search(SearchQuery("вода"))
    with pytest.raises(SearchUnavailable, match="rebuild"):
        newer.update([document(9, "x")])
    newer.rebuild(corpus())
    assert newer.search(SearchQuery("вода")).total == 2


def test_an_index_of_another_format_asks_for_a_rebuild(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    (folder,) = (tmp_path / "public").glob("build-*")
    stated = json.loads((folder / "format.json").read_text())
    (folder / "format.json").write_text(json.dumps({**stated, "format_version": 0}))
    with pytest.raises(SearchUnavailable, match="rebuild"):
        index.check()


@pytest.mark.parametrize("content", [b"", b"nowhere", b"../../etc", b"\xff\xfe", b"."])
def test_a_damaged_pointer_is_unavailable(tmp_path: Path, content: bytes) -> None:
    index = open_index(tmp_path, create=True)
    (tmp_path / "public" / "CURRENT").write_bytes(content)
    with pytest.raises(SearchUnavailable, match="rebuild"):
        index.search(SearchQuery())
    index.rebuild(corpus())
    assert index.search(SearchQuery()).total == 5


def test_a_writer_that_waits_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_writer, "LOCK_SECONDS", 0.2)
    index = open_index(tmp_path, create=True)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with Area(tmp_path / "public").locked(1):
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(Unavailable, match="Another process"):
        index.update([document(1, "x")])
    done.set()
    holder.join()
    assert index.update([document(1, "x")]) == 1


def test_the_replaced_build_stays_for_a_while_and_goes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = open_index(tmp_path, create=True)
    first = builds(tmp_path)
    index.rebuild(corpus())
    assert first < builds(tmp_path)
    monkeypatch.setattr(whoosh_area, "OLD_BUILD_SECONDS", 0)
    index.update([document(8, "x")])
    assert len(builds(tmp_path)) == 1
    assert not first & builds(tmp_path)


def test_an_unfinished_build_is_swept_away(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    stray = tmp_path / "public" / "build-0000000001-dead"
    stray.mkdir()
    (stray / "part").write_text("x")
    current = tmp_path / "public" / "CURRENT"
    os.utime(current, (1, 1))
    index.update([document(1, "x")])
    assert not stray.exists()
    assert index.search(SearchQuery("x")).total == 1


def test_an_index_that_lost_a_file_while_in_use_is_unavailable_to_newcomers(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update(corpus())
    for segment in (tmp_path / "public").rglob("*.seg"):
        segment.unlink()
    with pytest.raises(SearchUnavailable, match="rebuild"):
        open_index(tmp_path).search(SearchQuery("вода"))
