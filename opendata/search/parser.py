"""Reads what a person typed into a small tree. Whatever was typed gives a tree, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from opendata.search.arguments import clean
from opendata.search.prefixes import PREFIXES, read_prefixed

MAX_TERMS = 64
MIN_PREFIX_LETTERS = 3
OR_WORDS = frozenset(("OR", "ИЛИ", "НЕМЕСЕ", "|"))

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_PIECE = re.compile(
    r'(?P<minus>[-−](?=[^\s\-−]))?(?:(?P<name>[^\W\d][\w-]{0,30}):)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<chunk>[^\s"]+))'
)
_SAYS_SOMETHING = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any of its forms; analysis may find several words in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand next to each other exactly as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class Is:
    """Documents with this value of the filter `name`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of `nodes`."""

    nodes: tuple[Word | Phrase | Prefix | Is, ...]


Leaf = Word | Phrase | Prefix | Is
Wanted = Leaf | Either


@dataclass(frozen=True, slots=True)
class Tree:
    """All of `wanted` and none of `unwanted`; with neither, everything. `cut`: terms over MAX_TERMS were left out."""

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Leaf, ...] = ()
    cut: bool = False

    def leaves(self) -> Iterator[Leaf]:
        """What is wanted, one by one, alternatives included."""
        for node in self.wanted:
            yield from node.nodes if isinstance(node, Either) else (node,)


@dataclass(slots=True)
class _Building:
    wanted: list[list[Leaf]]
    unwanted: list[Leaf]
    joins: bool = False

    def add(self, leaf: Leaf, *, minus: bool) -> None:
        if minus:
            self.unwanted.append(leaf)
        elif self.joins and self.wanted:
            self.wanted[-1].append(leaf)
        else:
            self.wanted.append([leaf])
        self.joins = False


def parse(text: str) -> Tree:
    """The tree of `text`: words (all wanted), "phrases", OR, -not, begin*, filter:value. OR joins its neighbours."""
    building, count = _Building([], []), 0
    for match in _PIECE.finditer(clean(text).translate(_QUOTES)):
        if match["chunk"] in OR_WORDS and not match["minus"] and not match["name"]:
            building.joins = True
            continue
        leaf = _leaf(match["name"] or "", match["phrase"], match["chunk"] or "")
        if leaf is None:
            continue
        count += 1
        if count <= MAX_TERMS:
            building.add(leaf, minus=bool(match["minus"]))
    wanted = tuple(nodes[0] if len(nodes) == 1 else Either(tuple(nodes)) for nodes in building.wanted)
    return Tree(wanted, tuple(building.unwanted), cut=count > MAX_TERMS)


def _leaf(name: str, phrase: str | None, chunk: str) -> Leaf | None:
    value = chunk if phrase is None else phrase
    if name:
        found = read_prefixed(name, value.strip())
        if found:
            return Is(*found)
        # A filter's word with nothing usable after it, and any other word with a colon, are words like all others.
        value = value if name.lower() in PREFIXES and not value else f"{name}:{value}"
    if not _SAYS_SOMETHING.search(value):
        return None
    if phrase is not None and not name:
        return Phrase(value.strip())
    return _word(value)


def _word(chunk: str) -> Leaf:
    stem = chunk.rstrip("*")
    if stem != chunk and sum(map(str.isalnum, stem)) >= MIN_PREFIX_LETTERS and stem[-1].isalnum():
        return Prefix(stem)
    return Word(chunk.replace("*", " ").strip())
