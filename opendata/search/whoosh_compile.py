"""Turns the tree of a query into Whoosh's queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from whoosh import matching, query

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.filters import FILTERS, FilterKind, years
from opendata.search.parser import MAX_TERMS, Either, Is, Leaf, Phrase, Prefix, Tree, Word
from opendata.search.whoosh_schema import POSITIONED, WEIGHTS, value_term

MAX_EXPANSIONS = 200
"""Words of a field that one prefix stands for at most, in alphabetical order."""
NO_SCORE = 1e-9
"""What a filter inside a query adds to scores; Whoosh takes a plain zero for "no constant"."""
MAX_YEARS = 300
"""Years of a range that are asked for one by one."""


class _Best(matching.DisjunctionMaxMatcher):  # type: ignore[misc]
    """Documents of either, scored by the better of those that are at the document.

    Whoosh 2.7.4 compares the scores of both sides even where one is already at a later document, and drops a side
    while replacing itself.
    """

    def score(self) -> float:
        a, b = self.a, self.b
        if not a.is_active():
            return float(b.score())
        if not b.is_active() or a.id() < b.id():
            return float(a.score())
        return float(b.score() if b.id() < a.id() else max(a.score(), b.score()))

    def replace(self, minquality: float = 0) -> Any:  # noqa: ARG002
        return self


class Best(query.DisjunctionMax):  # type: ignore[misc]
    """The alternatives of one word: the best of them counts, not their sum."""

    def _matcher(self, subs: list[Any], searcher: Any, context: Any) -> Any:
        reader = searcher.reader()
        return self._tree_matcher(subs, _Best, searcher, context, lambda q: q.estimate_size(reader))


class Beginning(query.Prefix):  # type: ignore[misc]
    """A prefix that expands to a bounded number of words."""

    def _btexts(self, ixreader: Any) -> Iterator[bytes]:
        return islice(ixreader.expand_prefix(self.fieldname, self.text), MAX_EXPANSIONS)


class Compiler:
    """Compiles one tree; counts the words it has used, so that no query grows beyond bounds."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._left = MAX_TERMS

    def compile(self, tree: Tree) -> tuple[query.Query | None, query.Query | None]:
        """What must match (None: every document) and what must not (None: nothing).

        They are two queries, for Whoosh 2.7.4's own "and not" lets some of the unwanted documents through. Common
        words count only where there is nothing else.
        """
        wanted = self._all(tree.wanted, common=False)
        asks_words = any(not isinstance(leaf, Is) for leaf in tree.leaves())
        if asks_words and not any(not isinstance(part, query.ConstantScoreQuery) for part in wanted):
            self._left = MAX_TERMS
            wanted = self._all(tree.wanted, common=True)
        unwanted = [found for leaf in tree.unwanted if (found := self._leaf(leaf, common=True)) is not None]
        return _and(wanted) if wanted else None, _or(unwanted) if unwanted else None

    def _all(self, nodes: Iterable[Leaf | Either], *, common: bool) -> list[query.Query]:
        return [found for node in dict.fromkeys(nodes) if (found := self._node(node, common=common)) is not None]

    def _node(self, node: Leaf | Either, *, common: bool) -> query.Query | None:
        if not isinstance(node, Either):
            return self._leaf(node, common=common)
        found = [one for leaf in node.nodes if (one := self._leaf(leaf, common=common)) is not None]
        return _or(found) if found else None

    def _leaf(self, leaf: Leaf, *, common: bool) -> query.Query | None:
        if isinstance(leaf, Is):
            return _is(leaf)
        if isinstance(leaf, Prefix):
            key = self._analyser.prefix_key(leaf.text)
            return _or([Beginning(field, key, boost=weight) for field, weight in WEIGHTS.items()])
        tokens = self._tokens(leaf)
        if isinstance(leaf, Phrase):
            return _phrase(tokens) if tokens else None
        words = [_word(token) for token in tokens if common or not token.common]
        return _and(words) if words else None

    def _tokens(self, leaf: Word | Phrase) -> tuple[QueryToken, ...]:
        meant = leaf.meant if isinstance(leaf, Word) else ""
        tokens = self._analyser.query_tokens(leaf.text, meant=meant)[: self._left]
        self._left -= len(tokens)
        return tokens


def _and(parts: list[query.Query]) -> query.Query:
    return parts[0] if len(parts) == 1 else query.And(parts)


def _or(parts: list[query.Query]) -> query.Query:
    return parts[0] if len(parts) == 1 else query.Or(parts)


def _is(leaf: Is) -> query.Query:
    values = [leaf.value]
    if FILTERS[leaf.name].kind is FilterKind.YEARS:
        first, last = years(leaf.value) or (0, 0)
        # An open range has no use for years that no catalogue can hold.
        first, last = (max(first, last - MAX_YEARS), last) if last < 9999 else (first, min(last, first + MAX_YEARS))
        values = [str(year) for year in range(first, last + 1)]
    return query.ConstantScoreQuery(
        _or([query.Term("values", value_term(leaf.name, value)) for value in values]), NO_SCORE
    )


def _terms(token: QueryToken) -> query.Query:
    fields = []
    for field, weight in WEIGHTS.items():
        terms = [query.Term(field, key, boost=weight) for key in token.keys]
        fields.append(terms[0] if len(terms) == 1 else Best(terms))
    return _or(fields)


def _word(token: QueryToken) -> query.Query:
    whole = _terms(token)
    # A code may stand in the text with blanks between its parts.
    return Best([whole, _adjacent([part.surface for part in token.parts])]) if token.parts else whole


def _phrase(tokens: Iterable[QueryToken]) -> query.Query:
    surfaces = [part.surface for token in tokens for part in (token.parts or (token,))]
    return _or([_adjacent(surfaces), _together("body", surfaces)])


def _adjacent(surfaces: list[str]) -> query.Query:
    if len(surfaces) == 1:
        return _or([query.Term(field, surfaces[0], boost=WEIGHTS[field]) for field in sorted(POSITIONED)])
    return _or([query.Phrase(field, surfaces, boost=WEIGHTS[field]) for field in sorted(POSITIONED)])


def _together(field: str, surfaces: list[str]) -> query.Query:
    """All the words somewhere in a field without positions; which page has them as a phrase is seen with passages."""
    return _and([query.Term(field, surface, boost=WEIGHTS[field]) for surface in dict.fromkeys(surfaces)])
