"""What a query asks of an index, in keys: the tree of what was typed after analysis. It knows no engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.parser import MAX_TERMS, Either, Is, Leaf, Phrase, Prefix, Tree, Wanted, Word

MOST_CHARACTERS = 500
"""Of a phrase or of a word, which may be anything without a blank, that are looked at."""
_EDGES = " .,;:!?'()[]{}<>«»…"


@dataclass(frozen=True, slots=True)
class OneWord:
    """Documents that hold any of `keys`, or all of `parts` next to each other. `surface` is the word as typed."""

    text: str
    keys: tuple[str, ...]
    surface: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InARow:
    """Documents that hold these keys next to each other."""

    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Documents that hold any key that begins so."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Documents that satisfy all of at least one of the alternatives."""

    text: str
    alternatives: tuple[tuple[Part, ...], ...]


Part = OneWord | InARow | Beginning | Is | AnyOf


@dataclass(frozen=True, slots=True)
class Plan:
    """All of `words` and `values`, or all of one of `also` instead of the words; and nothing of `unwanted`, each of
    which is unwanted where all of it holds. Without anything wanted, everything is."""

    words: tuple[Part, ...] = ()
    values: tuple[Is, ...] = ()
    unwanted: tuple[tuple[Part, ...], ...] = ()
    also: tuple[tuple[Part, ...], ...] = ()


def plan(tree: Tree, analyser: Analyser, also: Iterable[str] = ()) -> Plan:
    """The plan for a tree. Common words count only where there is nothing else."""
    planner = Planner(analyser)
    words = planner.all(tree.wanted, common=False) or planner.all(tree.wanted, common=True)
    unwanted = (planner.leaf(leaf, common=True) for leaf in tree.unwanted)
    others = (planner.words(Word(text), common=False) for text in also)
    return Plan(
        words,
        tuple(dict.fromkeys(node for node in tree.wanted if isinstance(node, Is))),
        tuple(parts for parts in unwanted if parts),
        tuple(parts for parts in others if parts) if words else (),
    )


class Planner:
    """Counts the words that it has used, so that no query grows beyond bounds."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self.left = MAX_TERMS

    def all(self, nodes: Iterable[Wanted], *, common: bool) -> tuple[Part, ...]:
        """Everything in `nodes` but values of filters."""
        if common:
            self.left = MAX_TERMS
        return tuple(dict.fromkeys(part for node in nodes for part in self._node(node, common=common)))

    def _node(self, node: Wanted, *, common: bool) -> Iterator[Part]:
        if isinstance(node, Is):
            return
        if not isinstance(node, Either):
            yield from self.leaf(node, common=common)
            return
        found = tuple(parts for leaf in node.nodes if (parts := self.leaf(leaf, common=common)))
        if found:
            yield AnyOf(" OR ".join(map(_shown, node.nodes)), found)

    def leaf(self, leaf: Leaf, *, common: bool) -> tuple[Part, ...]:
        """The parts of a leaf, all of which must hold; none where nothing is left of it."""
        if isinstance(leaf, Is):
            return (leaf,)
        if isinstance(leaf, Prefix):
            return (Beginning(_shown(leaf), self._analyser.prefix_key(leaf.text)),)
        if isinstance(leaf, Phrase):
            keys = tuple(key for token in self._tokens(leaf) for key in _surfaces(token))
            return (InARow(_shown(leaf), keys),) if keys else ()
        return self.words(leaf, common=common)

    def words(self, word: Word, *, common: bool) -> tuple[Part, ...]:
        """The words that analysis finds in one, each a part."""
        tokens = self._tokens(word)
        typed = word.text.strip(_EDGES) if len(tokens) == 1 else ""
        return tuple(
            OneWord(typed or token.text, token.keys, token.surface, _surfaces(token) if token.parts else ())
            for token in tokens
            if common or not token.common
        )

    def _tokens(self, leaf: Word | Phrase) -> tuple[QueryToken, ...]:
        if not self.left:
            return ()
        meant = leaf.meant if isinstance(leaf, Word) else ""
        tokens = self._analyser.query_tokens(leaf.text[:MOST_CHARACTERS], meant=meant)[: self.left]
        self.left -= len(tokens)
        return tokens


def _surfaces(token: QueryToken) -> tuple[str, ...]:
    return tuple(part.surface for part in token.parts) if token.parts else (token.surface,)


def _shown(leaf: Leaf) -> str:
    """A leaf as it is typed."""
    if isinstance(leaf, Is):
        return f"{leaf.name}:{leaf.value}"
    return {Phrase: f'"{leaf.text}"', Prefix: f"{leaf.text}*"}.get(type(leaf), leaf.text)
