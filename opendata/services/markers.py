"""What the words of a search are found and marked with in titles, pages and passages."""

from __future__ import annotations

from itertools import islice

from opendata.search.marking import Marker
from opendata.search.parser import Tree, parse
from opendata.search.query import SearchQuery
from opendata.services.catalogue import Catalogue

MOST_WORDS = 5_000
"""Words with one beginning that are looked up page by page; of more, texts are read for the beginning itself."""


def marker_of(catalogue: Catalogue, query: SearchQuery, tree: Tree | None = None) -> Marker:
    """The marker for a query; `tree` is what was parsed of it already."""

    def beginning(key: str) -> frozenset[str]:
        found = [word for word, _records in islice(catalogue.index.vocabulary(key), MOST_WORDS + 1)]
        # Where no word begins so, the beginning itself is a word that no page has.
        return frozenset(found or (key,)) if len(found) <= MOST_WORDS else frozenset()

    asked = parse(query.q, exact=query.exact) if tree is None else tree
    return Marker(asked, catalogue.index.analyser(), query.also, beginning)
