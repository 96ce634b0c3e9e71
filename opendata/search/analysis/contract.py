"""What an analyser is: text in, keys of words out, the same on the side of the index and on that of the query.

A key is a kind, a colon and a normalised word: "X:" the word as it stands, "S:" a Kazakh stem in the skeleton of all
scripts, "R:" a Russian dictionary form, "E:" an English stem, so that kinds never collide. Engines store keys as they
are and know nothing of languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Token(NamedTuple):
    """A word of a text: its `position` (counted in words), where it stands (`start`, `end` in characters), its keys.

    A code such as 03.29.00 comes as a token of its own at the position of its first part, then part by part.
    """

    position: int
    start: int
    end: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryToken:
    """A word of a query. A document holds it when it holds any of `keys`, or all of `parts` next to each other.

    `surface` is the key of exactly this word, for phrases. `common` words (and, и, мен) say nothing alone. `probes`
    are beginnings, lower case with ё as е, one of which every form of the word has; empty when nobody can say.
    """

    text: str
    keys: tuple[str, ...]
    surface: str
    common: bool = False
    parts: tuple[QueryToken, ...] = ()
    probes: tuple[str, ...] = ()


class Analyser(Protocol):
    """Safe to share between threads. `version` changes whenever keys change, which asks for a rebuild."""

    version: str

    def __hash__(self) -> int:
        """What was worked out with an analyser is remembered by it."""
        ...

    def index_keys(self, text: str, language: str = "") -> Iterator[Token]:
        """The words of `text` in order. `language` (kk, ru, en) is a hint and may be unknown."""
        ...

    def keys_within(self, text: str, spans: Sequence[tuple[int, int]], language: str = "") -> Iterator[Token]:
        """Those of the words that stand in `spans` (in order, apart), with the keys that they have in `text`.

        Positions run on within a span, and never from one span into the next.
        """
        ...

    def query_tokens(self, text: str, *, meant: str | None = None) -> tuple[QueryToken, ...]:
        """The words of a piece of a query, in order.

        `meant` is the one word that `text` says on another keyboard layout, and has the keys of both; "" to take it
        as it is typed, None to find out.
        """
        ...

    def prefix_key(self, text: str) -> str:
        """What the keys of words that begin with `text` begin with."""
        ...


@dataclass(frozen=True, slots=True)
class Explained:
    """A word as typed and the keys that the index stores for it."""

    token: str
    keys: tuple[str, ...]


def explain(analyser: Analyser, text: str, language: str = "") -> list[Explained]:
    """What the index stores for each word of `text`: why something is found, or not."""
    return [Explained(text[t.start : t.end], t.keys) for t in analyser.index_keys(text, language)]
