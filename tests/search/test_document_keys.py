"""What a document's words become: keys, weights, positions, and the keys of pages on the way."""

from __future__ import annotations

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.document import FileText, SearchDocument
from opendata.search.document_keys import GAP, MOST_POSITIONS, document_keys
from opendata.search.pagekeys import PageKeys
from tests.search.conftest import document, file_of

LENGTHS = {"title": 10.0, "keywords": 10.0, "abstract": 100.0, "toc": 100.0, "other": 20.0, "body": 1_000.0}


def keys_of(given: SearchDocument) -> dict[str, tuple[float, bool, list[int]]]:
    """Weight, whether it stands in report text, and positions, by key."""
    found = document_keys(given, default_analyser(), LENGTHS)
    ends = found.counts.cumsum().tolist()
    places = [
        found.positions[end - count : end].tolist() for end, count in zip(ends, found.counts.tolist(), strict=True)
    ]
    rows = zip(found.weights.tolist(), found.in_text.tolist(), places, strict=True)
    return dict(zip(found.keys, rows, strict=True))


def test_positions_run_through_all_own_texts_with_gaps_between() -> None:
    keys = keys_of(document(1, "чистая вода", titles=("чистая вода", "taza su"), keywords=("вода",)))
    assert keys["X:чистая"][2] == [0]
    assert keys["X:вода"][2] == [1, 2 + GAP + 2 + GAP]
    assert keys["X:su"][2] == [2 + GAP + 1]


def test_report_text_has_no_positions() -> None:
    keys = keys_of(document(1, "вода", files=(file_of(1, "вода и медь", "медь"),)))
    assert keys["X:медь"][1:] == (True, [])
    assert keys["X:вода"][1:] == (True, [0])
    assert keys_of(document(1, "вода"))["X:вода"][1:] == (False, [0])


def test_a_word_weighs_by_its_field_and_less_the_longer_that_is() -> None:
    filler = " ".join(f"w{n}x" for n in range(200))
    title = keys_of(document(1, "вода"))["X:вода"][0]
    abstract = keys_of(document(1, "x", descriptions=("вода",)))["X:вода"][0]
    long = keys_of(document(1, "x", descriptions=(f"вода {filler}",)))["X:вода"][0]
    body = keys_of(document(1, "x", files=(file_of(1, "вода"),)))["X:вода"][0]
    assert title > abstract > body > 0
    assert abstract > long


def test_weights_of_several_fields_add_up() -> None:
    parts = ({"titles": ("вода",)}, {"keywords": ("вода",)}, {"files": (file_of(1, "вода"),)})
    single = [keys_of(document(1, "x", **({"titles": ("x",)} | part)))["X:вода"][0] for part in parts]
    together = keys_of(document(1, "x", titles=("вода",), keywords=("вода",), files=(file_of(1, "вода"),)))
    assert together["X:вода"][0] == pytest.approx(sum(single), rel=0.01)


def test_positions_of_one_key_are_bounded() -> None:
    keys = keys_of(document(1, "вода " * 1_000))
    assert len(keys["X:вода"][2]) == MOST_POSITIONS
    assert keys["X:вода"][0] > keys_of(document(1, "вода " * 10))["X:вода"][0]


def test_a_document_without_words_has_no_keys() -> None:
    assert keys_of(document(1, "?", files=(file_of(1, "", "!"),))) == {}


def test_the_keys_of_each_page_are_kept_on_the_way() -> None:
    kept: list[tuple[FileText, bytes]] = []
    files = (file_of(1, "вода", "", "медь вода"), file_of(2, "рыба"))
    analyser = default_analyser()
    with_pages = document_keys(
        document(1, "x", files=files), analyser, LENGTHS, lambda file, packed: kept.append((file, packed))
    )
    assert [file for file, _packed in kept] == list(files)
    first = PageKeys.unpack(kept[0][1])
    assert first.zones(["X:вода"]).astype(bool).tolist() == [True, False, True]
    assert first.zones(["X:медь"]).astype(bool).tolist() == [False, False, True]
    assert with_pages.keys == document_keys(document(1, "x", files=files), analyser, LENGTHS).keys
