"""What is written a term at a time is what Whoosh itself would have written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from whoosh.index import FileIndex, create_in

from opendata.search import whoosh_postings
from opendata.search.analysis import default_analyser
from opendata.search.document import SearchDocument
from opendata.search.whoosh_postings import BulkWriter
from opendata.search.whoosh_schema import schema, whoosh_fields
from tests.search.conftest import corpus, document


def documents() -> list[SearchDocument]:
    """The corpus, and enough records of one word for several of Whoosh's blocks of 128 postings."""
    return [*corpus(), *(document(100 + n, "вода " * (n % 5 + 1), year=2000 + n % 7) for n in range(300))]


def filled(folder: Path, writer_of: Any) -> FileIndex:
    folder.mkdir()
    index = create_in(str(folder), schema())
    for part in (documents()[:200], documents()[200:]):
        writer = writer_of(index)
        for one in part:
            writer.add_document(**whoosh_fields(one, default_analyser()))
        writer.commit()
    return index


def content(index: FileIndex) -> Iterator[object]:
    """Every term with its statistics and every posting, of all segments."""
    with index.reader() as reader:
        for leaf, _base in reader.leaf_readers():
            for field, key in leaf.all_terms():
                info = leaf.term_info(field, key)
                yield field, key, info.weight(), info.doc_frequency(), info.min_length(), info.max_length()
                yield info.max_weight(), info.min_id(), info.max_id()
                matcher = leaf.postings(field, key)
                while matcher.is_active():
                    yield matcher.id(), matcher.weight(), matcher.value()
                    matcher.next()


def test_segments_hold_what_whoosh_itself_writes(tmp_path: Path) -> None:
    ours, theirs = filled(tmp_path / "ours", BulkWriter), filled(tmp_path / "theirs", FileIndex.writer)
    assert list(content(ours)) == list(content(theirs))


def test_postings_that_were_put_away_come_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = filled(tmp_path / "whole", BulkWriter)
    monkeypatch.setattr(whoosh_postings, "MOST_POSTINGS", 500)
    assert list(content(filled(tmp_path / "parts", BulkWriter))) == list(content(whole))
    assert not list((tmp_path / "parts").glob("*.run")), "no run is left behind"
