"""What else a search could be: with a word spelt right, in another language, without a filter, with fewer words.

Every suggestion is tried before it is shown: it names how many public records it finds at this moment, and what finds
nothing is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.arguments import MAX_ALSO
from opendata.search.completion import other_layout, words_of
from opendata.search.parser import Phrase, Word, parse
from opendata.search.query import SearchQuery
from opendata.services.catalogue import Catalogue

FEW = 3
"""With fewer results than this, other spellings are looked for."""
MUCH_MORE = 20
"""A word that is somewhere is taken as mistyped only when one like it is in so many times as many records."""
MOST_WORDS = 8
"""Words that are tried alone, and filters that are tried without."""

_TRIED = 3
_CHUNK = re.compile(r'"[^"]*"?|\S+')
_LETTERS = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a corrected search; `changed` for a word that was spelt otherwise."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A search with how many records it finds. `name`: the filter it leaves out, or the word that it is."""

    query: SearchQuery
    total: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """The search with words spelt as the catalogue spells them."""

    suggestion: Suggestion
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class OtherWords:
    """What says the same in another language (kk, ru or en), and the search that looks for it too."""

    text: str
    language: str
    query: SearchQuery


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All there is to suggest. `words` and `without` are looked for only where a search finds nothing."""

    correction: Correction | None = None
    also: tuple[OtherWords, ...] = ()
    words: tuple[Suggestion, ...] = ()
    without: tuple[Suggestion, ...] = ()
    other_layout: Suggestion | None = None


def suggest(catalogue: Catalogue, query: SearchQuery, total: int, complete: int) -> Suggestions:
    """What to suggest beside a search that found `total` records, `complete` of which hold all of its words."""
    if not query.q.strip() and not query.filters:
        return Suggestions()
    also = tuple(_other_words(catalogue, query))
    if query.page > 1 or complete >= FEW:
        return Suggestions(also=also)
    with catalogue.searches:
        correction = _correction(catalogue, query, complete, partly=not total)
        if total:
            return Suggestions(correction, also)
        return Suggestions(
            correction,
            also,
            words=tuple(_each_word(catalogue, query)),
            without=tuple(_without_filters(catalogue, query)),
            other_layout=None if correction else _other_layout(catalogue, query),
        )


def found_by(catalogue: Catalogue, query: SearchQuery) -> int:
    """How many records hold all that is asked for."""
    results = catalogue.index.search(replace(query, page=1, size=1))
    return results.complete


def _correction(catalogue: Catalogue, query: SearchQuery, complete: int, *, partly: bool) -> Correction | None:
    """The first way to spell the mistyped words otherwise with which more than `complete` records hold all words.

    `partly`: where nothing was found, finding some of the words is better too.
    """
    words = list(_plain_words(query.q))[:MOST_WORDS]
    better = {span: found for span, word in words if (found := _better(catalogue, word))}
    if not better:
        return None
    ways = [{span: found[0] for span, found in better.items()}]
    ways += [{**ways[0], span: other} for span, found in better.items() for other in found[1:]]
    closest: Correction | None = None
    for way in ways[:_TRIED]:
        pieces = _respelt(query.q, way)
        corrected = replace(query, q="".join(piece.text for piece in pieces), page=1, also=())
        results = catalogue.index.search(replace(corrected, size=1))
        if results.complete > complete:
            return Correction(Suggestion(corrected, results.complete), pieces)
        if partly and results.total and not closest:
            closest = Correction(Suggestion(corrected, results.total), pieces)
    return closest


def _plain_words(q: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Where the words stand that may be mistyped: not phrases, filters, codes, beginnings or what is not wanted."""
    for match in _CHUNK.finditer(q):
        chunk = match.group()
        if chunk[0] in '"-−' or ":" in chunk or "*" in chunk:
            continue
        found = list(_LETTERS.finditer(chunk))
        if len(found) == 1 and not any(map(str.isdigit, chunk)):
            start, end = found[0].span()
            yield (match.start() + start, match.start() + end), found[0].group()


def _better(catalogue: Catalogue, word: str) -> list[str]:
    """How the word may be meant: what public records hold now, and hold far more often than the word itself."""
    speller, analyser = catalogue.words.speller(), catalogue.index.analyser()
    tokens = analyser.query_tokens(word)
    if speller is None or len(tokens) != 1 or tokens[0].common or tokens[0].parts:
        return []
    near = [f"X:{one.word}" for folded in words_of(word)[:1] for one in speller.near(folded)]
    own_keys = {*tokens[0].keys, tokens[0].surface}
    counts = catalogue.index.frequencies({*near, *own_keys})
    least = max(1, MUCH_MORE * max(counts[key] for key in own_keys))
    return [key[2:] for key in near if counts[key] >= least and own_keys.isdisjoint(_keys(analyser, key[2:]))]


def _keys(analyser: Analyser, word: str) -> Iterable[str]:
    return chain.from_iterable(token.keys for token in analyser.query_tokens(word))


def _respelt(q: str, way: Mapping[tuple[int, int], str]) -> tuple[Piece, ...]:
    ends = [0, *(end for span in sorted(way) for end in span), len(q)]
    pieces = [Piece(q[start:end], changed=False) for start, end in pairwise(ends)]
    for number, span in enumerate(sorted(way)):
        pieces[2 * number + 1] = Piece(way[span], changed=True)
    return tuple(piece for piece in pieces if piece.text)


def _other_words(catalogue: Catalogue, query: SearchQuery) -> Iterator[OtherWords]:
    """Keywords that say the same, as far as public records have them now."""
    known, tree = catalogue.words.pairs(), parse(query.q, exact=query.exact)
    words = [node for node in tree.wanted if isinstance(node, Word | Phrase)]
    if not known or not words or len(words) < len(list(tree.leaves())) or len(query.also) >= MAX_ALSO:
        return
    analyser = catalogue.index.analyser()
    partners = known.partners([token for word in words[:MOST_WORDS] for token in _tokens(analyser, word)])
    used = {keyword for ways in partners.values() for way in ways for keyword in way}
    counts = catalogue.index.counts("keyword", used) if used else {}
    for language, ways in partners.items():
        for way in ways:
            text = " ".join(way)
            if all(counts[keyword] for keyword in way) and text not in query.also:
                yield OtherWords(text, language, query.with_also(text))


def _tokens(analyser: Analyser, word: Word | Phrase) -> tuple[QueryToken, ...]:
    return analyser.query_tokens(word.text, meant=word.meant if isinstance(word, Word) else "")


def _each_word(catalogue: Catalogue, query: SearchQuery) -> Iterator[Suggestion]:
    """The words of the search one by one, where there are several."""
    words = [
        f'"{leaf.text}"' if isinstance(leaf, Phrase) else leaf.text
        for leaf in parse(query.q, exact=query.exact).leaves()
        if isinstance(leaf, Word | Phrase)
    ]
    for word in list(dict.fromkeys(words))[:MOST_WORDS] if len(words) > 1 else ():
        alone = replace(query, q=word, page=1, also=())
        yield Suggestion(alone, found_by(catalogue, alone), word)


def _without_filters(catalogue: Catalogue, query: SearchQuery) -> Iterator[Suggestion]:
    """The search without each of its filters, as far as that finds something."""
    for name in list(query.filters)[:MOST_WORDS]:
        without = query.without_filter(name)
        if (without.q or without.filters) and (total := found_by(catalogue, without)):
            yield Suggestion(without, total, name)


def _other_layout(catalogue: Catalogue, query: SearchQuery) -> Suggestion | None:
    """The search as another keyboard layout has it, where that finds something."""
    meant = " ".join(other_layout(chunk) or chunk for chunk in query.q.split())
    if meant == query.q:
        return None
    other = replace(query, q=meant, page=1, also=())
    return Suggestion(other, total) if (total := found_by(catalogue, other)) else None
