"""Reads what a person typed into a small tree. Whatever was typed gives a tree, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from opendata.search.arguments import clean
from opendata.search.notes import MAX_NOTES, Note, NoteCode
from opendata.search.numbers import spellings
from opendata.search.pieces import Piece, pieces
from opendata.search.prefixes import CLOSED, NO_PREFIXES, NUMBER_WORDS, PREFIXES, read_prefixed

MAX_TERMS = 64
MIN_PREFIX_LETTERS = 3
MAX_SHOWN = 60
"""Characters of a piece that a note repeats."""
_LOOKS_LIKE_PREFIX = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any of its forms; analysis may find several in it. `meant`: what it says on another layout, or ""."""

    text: str
    meant: str = ""


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
    """All of `wanted` and none of `unwanted`; with neither, everything. `notes` say what was not taken as typed."""

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Leaf, ...] = ()
    notes: tuple[Note, ...] = field(default=(), compare=False)

    def leaves(self) -> Iterator[Leaf]:
        """What is wanted, one by one, alternatives included."""
        for node in self.wanted:
            yield from node.nodes if isinstance(node, Either) else (node,)

    @property
    def cut(self) -> bool:
        """Whether terms over MAX_TERMS were left out."""
        return any(note.code is NoteCode.TOO_MANY for note in self.notes)


def parse(text: str, *, exact: bool = False) -> Tree:
    """The tree of `text`: words (all wanted), "phrases", OR, -not, begin*, filter:value. OR joins its neighbours.

    What makes sense only on another keyboard layout is looked for in both readings, unless `exact`.
    """
    return _Reading().read(clean(text), exact=exact)


class _Reading:
    """One query on its way from text to tree."""

    def __init__(self) -> None:
        self._wanted: list[list[Leaf]] = []
        self._unwanted: list[Leaf] = []
        self._notes: list[Note] = []
        self._joins = ""
        self._count = 0

    def read(self, text: str, *, exact: bool) -> Tree:
        found, left_out = pieces(text, exact=exact)
        for piece in _joined(found):
            if self._count == MAX_TERMS and (piece.says_something or piece.name):
                left_out = piece.typed
                break
            self._take(piece)
        self._finish(text.strip(), found, left_out)
        wanted = tuple(nodes[0] if len(nodes) == 1 else Either(tuple(nodes)) for nodes in self._wanted)
        return Tree(wanted, tuple(self._unwanted), tuple(self._notes))

    def _finish(self, text: str, found: list[Piece], left_out: str) -> None:
        if left_out:
            self._note(NoteCode.TOO_MANY, left_out)
        elif self._joins:
            self._note(NoteCode.LONE_OR, self._joins)
        elif len(found) > 1 and found[-1].text in ("-", "−"):
            self._note(NoteCode.LONE_MINUS, found[-1].typed)
        if text and not self._wanted and not self._unwanted:
            self._notes = []
            self._note(NoteCode.NO_WORDS, text)

    def _take(self, piece: Piece) -> None:
        if piece.is_or:
            if self._joins or not self._wanted:
                self._note(NoteCode.LONE_OR, piece.typed)
            self._joins = piece.typed if self._wanted else ""
        elif leaves := self._prefixed(piece) if piece.name else self._plain(piece):
            self._count += 1
            self._add(leaves, minus=piece.minus)
        elif piece.minus and not piece.name:
            self._note(NoteCode.LONE_MINUS, piece.typed)

    def _add(self, leaves: tuple[Leaf, ...], *, minus: bool) -> None:
        if minus:
            self._unwanted.extend(leaves)
            return
        if self._joins:
            self._wanted[-1].extend(leaves)
        else:
            self._wanted.append(list(leaves))
        self._joins = ""

    def _note(self, code: NoteCode, piece: str, name: str = "", reading: str = "") -> None:
        if sum(note.code is code for note in self._notes) < MAX_NOTES:
            self._notes.append(Note(code, _shown(piece), name, _shown(reading)))

    def _prefixed(self, piece: Piece) -> tuple[Leaf, ...]:
        """What a piece with a colon asks for; what is no filter is words like all others."""
        name, value = piece.name.lower(), piece.text
        if found := read_prefixed(name, value):
            return (Is(*found),)
        if name in PREFIXES and not piece.says_something:
            self._note(NoteCode.NO_VALUE, piece.typed, PREFIXES[name])
            return ()
        if name in NUMBER_WORDS and any(map(str.isdigit, value)):
            return _words(value.lstrip("-−"))
        if name in PREFIXES:
            self._note(NoteCode.UNKNOWN_VALUE, piece.typed, PREFIXES[name])
        elif _looks_like_prefix(name, value):
            self._note(NoteCode.UNKNOWN_PREFIX, piece.typed, piece.name)
        return _words(f"{piece.name}:{value}")

    def _plain(self, piece: Piece) -> tuple[Leaf, ...]:
        if not piece.says_something:
            return ()
        if not piece.closed:
            self._note(NoteCode.OPEN_QUOTE, piece.typed)
        if piece.meant:
            self._note(NoteCode.LAYOUT, piece.typed, reading=piece.meant)
        if piece.is_phrase:
            return (Phrase(piece.text), Phrase(piece.meant)) if piece.meant else (Phrase(piece.text),)
        return self._word(piece)

    def _word(self, piece: Piece) -> tuple[Leaf, ...]:
        stem = piece.text.rstrip("*")
        if stem != piece.text:
            if any(map(_is_beginning, (stem, piece.meant))):
                return tuple(Prefix(one) for one in (stem, piece.meant) if _is_beginning(one))
            self._note(NoteCode.SHORT_BEGINNING, piece.typed)
        if not piece.meant:
            return _words(piece.text)
        text = piece.text.replace("*", " ").strip()
        # Several words in the other reading are no reading of one word, but another thing to look for.
        return (Word(text), Word(piece.meant)) if "-" in piece.meant else (Word(text, piece.meant),)


def _joined(found: list[Piece]) -> Iterator[Piece]:
    """The pieces; a filter of years or choices and its value that a blank keeps apart ("год: 2020") come as one."""
    waiting = zip_longest(found, found[1:])
    for piece, following in waiting:
        name = piece.text[:-1] if piece.text.endswith(":") and not (piece.name or piece.is_phrase) else ""
        closed = PREFIXES.get(name.lower(), "") in CLOSED
        if closed and following and not following.name and read_prefixed(name, following.text):
            yield replace(piece, typed=f"{piece.typed} {following.typed}", name=name, text=following.text)
            next(waiting)
        else:
            yield piece


def _words(text: str) -> tuple[Leaf, ...]:
    return tuple(Word(one.replace("*", " ").strip()) for one in spellings(text))


def _is_beginning(stem: str) -> bool:
    return sum(map(str.isalnum, stem)) >= MIN_PREFIX_LETTERS and stem[-1].isalnum()


def _looks_like_prefix(name: str, value: str) -> bool:
    """Whether a person may have meant a filter: no address, identifier, standard, ratio or C++."""
    plain = bool(_LOOKS_LIKE_PREFIX.fullmatch(name)) and name not in NO_PREFIXES and name not in NUMBER_WORDS
    return plain and value[:1].isalnum()


def _shown(piece: str) -> str:
    return piece if len(piece) <= MAX_SHOWN else f"{piece[: MAX_SHOWN - 1]}…"
