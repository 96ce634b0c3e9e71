"""Cuts a query into pieces at blanks, quotation marks and prefixes, and reads those of another keyboard layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from opendata.search.analysis.layout import letter_of_minus, retyped_all

MAX_PIECES = 256
"""Pieces of a query that are looked at; many of them may be signs that say nothing."""
OR_WORDS = frozenset(("OR", "ИЛИ", "НЕМЕСЕ", "|"))

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_PIECE = re.compile(
    r"(?P<minus>[-−](?=[^\s\-−]))?(?:(?P<name>[^\W\d][\w-]{0,30}):)?"
    r'(?:"(?P<phrase>[^"]*)(?P<closed>"|$)|(?P<chunk>[^\s"]+))'
)
_SAYS_SOMETHING = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a query. `typed` is all of it, `text` what stands behind minus and prefix and inside quotes.

    `meant` is what `text` says on another keyboard layout, "" where it is fine as it is.
    """

    typed: str
    text: str
    name: str = ""
    minus: bool = False
    is_phrase: bool = False
    closed: bool = True
    meant: str = ""

    @property
    def is_or(self) -> bool:
        """Whether it joins its neighbours."""
        return self.text in OR_WORDS and not (self.minus or self.name or self.is_phrase)

    @property
    def says_something(self) -> bool:
        """Whether there is a letter or digit in it."""
        return bool(_SAYS_SOMETHING.search(self.text) or self.meant)


def pieces(text: str, *, exact: bool) -> tuple[list[Piece], str]:
    """The pieces of `text`, and the first that is over MAX_PIECES, "" for none. `exact`: no other layout is tried."""
    found: list[Piece] = []
    left_out = ""
    for match in _PIECE.finditer(text.translate(_QUOTES)):
        if len(found) == MAX_PIECES:
            left_out = match.group()
            break
        phrase = match["phrase"]
        found.append(
            Piece(
                typed=text[match.start() : match.end()],
                text=match["chunk"] if phrase is None else phrase.strip(),
                name=match["name"] or "",
                minus=match["minus"] is not None,
                is_phrase=phrase is not None,
                closed=match["closed"] != "",
            )
        )
    return (found if exact else list(_retyped(found))), left_out


def _retyped(found: Sequence[Piece]) -> Iterator[Piece]:
    chunks = [[] if piece.name or piece.is_or else piece.text.rstrip("*").split()[:MAX_PIECES] for piece in found]
    alone = sum(piece.minus for piece in found) == 1
    readings = iter(retyped_all([chunk for several in chunks for chunk in several]))
    for place, (piece, several) in enumerate(zip(found, chunks, strict=True)):
        meant = [next(readings) for _chunk in several]
        letter = (
            piece.minus and several and not piece.is_phrase and letter_of_minus(several[0], first=alone and place == 0)
        )
        if letter:
            yield replace(piece, text=f"-{piece.text}", minus=False, meant=letter)
        elif any(meant):
            both = zip(meant, several, strict=True)
            yield replace(piece, meant=" ".join(one or chunk for one, chunk in both))
        else:
            yield piece
