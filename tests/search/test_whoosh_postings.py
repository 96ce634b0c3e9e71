"""Segments hold the same whether their postings were put away meanwhile, or came from other segments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from whoosh.index import FileIndex, create_in
from whoosh.reading import SegmentReader

from opendata.search import pool, whoosh_postings
from opendata.search.analysis import default_analyser
from opendata.search.document import SearchDocument
from opendata.search.whoosh_build import LENGTHS
from opendata.search.whoosh_postings import BulkWriter, to_merge
from opendata.search.whoosh_schema import FACTS, ID, KEYS, schema, unpacked_facts, whoosh_fields
from opendata.search.whoosh_segments import Terms
from tests.search.conftest import corpus, document, uid


def documents() -> list[SearchDocument]:
    return [*corpus(), *(document(100 + n, "вода " * (n % 5 + 1), year=2000 + n % 7) for n in range(300))]


def filled(folder: Path, *parts: list[SearchDocument]) -> FileIndex:
    folder.mkdir()
    index = create_in(str(folder), schema())
    for part in parts:
        writer = BulkWriter(index)
        for one in part:
            writer.add_document(**whoosh_fields(one, default_analyser(), LENGTHS))
        writer.commit()
    return index


def content(index: FileIndex) -> Iterator[object]:
    """Every key with every posting, and every document's facts and id, of one segment."""
    (segment,) = index._read_toc().segments
    reader = SegmentReader(index.storage, index.schema, segment)
    facts = reader._perdoc.column_reader(FACTS, index.schema[FACTS].column_type)
    ids = [unpacked_facts(facts[doc]).id for doc in range(reader.doc_count_all())]
    for key, term in Terms(reader, ID).beginning():
        yield key, ids[term.first].hex()
    terms = Terms(reader, KEYS)
    for key, term in terms.beginning():
        found = terms.postings(term)
        places = iter(found.places.tolist())
        rows = [
            (ids[doc], weight, count, [next(places) for _ in range(count & 127)])
            for doc, weight, count in zip(
                found.docs.tolist(), found.weights.tolist(), found.counts.tolist(), strict=True
            )
        ]
        yield key, sorted(rows)


def test_postings_that_were_put_away_come_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(content(filled(tmp_path / "whole", documents())))
    monkeypatch.setattr(pool, "MOST_POSTINGS", 500)
    assert list(content(filled(tmp_path / "parts", documents()))) == whole
    assert not list((tmp_path / "parts").glob("**/run-*")), "no run is left behind"


def test_merged_segments_hold_what_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(content(filled(tmp_path / "whole", documents())))
    monkeypatch.setattr(whoosh_postings, "to_merge", lambda segments, _added: ([], list(segments)))
    parts = (documents()[:3], documents()[3:150], documents()[150:])
    assert list(content(filled(tmp_path / "parts", *parts))) == whole


def test_deleted_documents_are_left_behind_by_a_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_postings, "to_merge", lambda segments, _added: ([], list(segments)))
    gone = {uid(1), uid(4), uid(130)}
    left = filled(tmp_path / "left", [one for one in documents() if one.id not in gone])
    index = filled(tmp_path / "all", documents()[:100], documents()[100:])
    writer = BulkWriter(index)
    writer.delete_ids([*gone, uid(9_999)])
    writer.add_document(**whoosh_fields(document(500, "новое"), default_analyser(), LENGTHS))
    writer.commit()
    new = BulkWriter(left)
    new.add_document(**whoosh_fields(document(500, "новое"), default_analyser(), LENGTHS))
    new.commit()
    assert list(content(index)) == list(content(left))


def test_segments_stay_few_and_documents_are_seldom_written_anew() -> None:
    rng = random.Random(8)
    sizes: list[int] = [100_000]
    written = added = most = 0
    for _ in range(3_000):
        size = rng.choice((1, 1, 1, 20, 200))
        segments = [SimpleNamespace(doc_count=lambda n=n: n, doc_count_all=lambda n=n: n) for n in sizes]
        kept, merged = to_merge(segments, size)
        new = size + sum(one.doc_count() for one in merged)
        written += new
        added += size
        sizes = [*(one.doc_count() for one in kept), new]
        most = max(most, len(sizes))
    assert most <= 15
    assert written < 8 * added


def test_a_segment_that_is_mostly_deleted_is_written_anew() -> None:
    sparse = SimpleNamespace(doc_count=lambda: 40, doc_count_all=lambda: 100)
    full = SimpleNamespace(doc_count=lambda: 90_000, doc_count_all=lambda: 100_000)
    assert to_merge([full, sparse], 1) == ([full], [sparse])
