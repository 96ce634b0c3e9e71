"""Any string is a query: bounded work, a clear answer, never an exception."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings

from opendata.search.index import SearchIndex
from opendata.search.notes import MAX_NOTES, NoteCode
from opendata.search.open import open_index
from opendata.search.parser import MAX_SHOWN, MAX_TERMS, parse
from opendata.search.query import MAX_QUERY_CHARACTERS, SearchQuery
from tests.search.any_string import LONGEST, any_string
from tests.search.conftest import corpus

SECONDS = 5.0
"""A search takes milliseconds; this is for a machine that does something else meanwhile."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """A small real one."""
    made = open_index(tmp_path_factory.mktemp("index"), create=True)
    made.update(corpus())
    return made


@settings(deadline=None, max_examples=300)
@given(any_string)
@example("a " * (LONGEST // 2))
@example("-" * LONGEST)
@example('"' * LONGEST)
@example("x" * LONGEST)
@example("pfrjy " * (LONGEST // 6))
@example("год:" * (LONGEST // 4))
@example("\tИРН:-" * (LONGEST // 6))
def test_any_string_gives_a_small_tree(text: str) -> None:
    started = time.monotonic()
    for exact in (False, True):
        tree = parse(text, exact=exact)
        # A term has two spellings at most.
        assert len(list(tree.leaves())) + len(tree.unwanted) <= 2 * MAX_TERMS
        assert all(len(note.piece) <= MAX_SHOWN and len(note.reading) <= MAX_SHOWN for note in tree.notes)
        assert len(tree.notes) <= len(NoteCode) * MAX_NOTES
        if not (tree.wanted or tree.unwanted or tree.notes):
            assert not text.strip() or text.isspace() or not text.isprintable()
    assert time.monotonic() - started < SECONDS


@settings(deadline=None, max_examples=150)
@given(any_string)
@example("эко* " * 20_000)
@example("a* аб* абв* wat* вод* " * 4_000)
@example("0123456789-" * 9_000)
def test_any_string_is_answered_by_the_index(index: SearchIndex, text: str) -> None:
    started = time.monotonic()
    found = index.search(SearchQuery(text), facets=("type", "year"))
    assert 0 <= found.total <= 5
    assert len(found.hits) == found.total
    assert time.monotonic() - started < SECONDS


@settings(deadline=None, max_examples=100)
@given(any_string)
def test_a_query_from_an_address_is_short_and_comes_back_the_same(text: str) -> None:
    query = SearchQuery.from_args([("q", text)])
    assert len(query.q) <= MAX_QUERY_CHARACTERS
    again = SearchQuery.from_args(query.to_pairs())
    assert (again.q, again.cut) == (query.q, False)
