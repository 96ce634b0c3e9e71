"""What the pages of comparing show: the form, and records beside the text that was given."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.errors import Problem
from opendata.search.marking import Piece
from opendata.services.similar_results import Similarity
from opendata.web.contexts import CardView


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a match: where it stands, in words ("" for a text without pages) and as an address ("" for none)."""

    pieces: tuple[Piece, ...]
    place: str
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class MatchView:
    """A passage that stands in both texts."""

    given: SideView
    found: SideView


@dataclass(frozen=True, slots=True)
class SimilarView:
    """A record with its figures. `share` and `reverse` are in whole percent, in words; `telling` too."""

    card: CardView
    close: bool
    share: str
    reverse: str
    telling: str
    common: tuple[str, ...]
    matches: tuple[MatchView, ...]


@dataclass(frozen=True, slots=True)
class SimilarFormContext:
    """The form. `most` is how many characters of a text are compared, `most_bytes` the largest file."""

    action: str
    most: int
    most_bytes: int
    close: str
    text: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SimilarContext:
    """The answer. `record_url` leads to the record that was asked for, "" for a text or a file (`filename`)."""

    found: Similarity
    same_words: tuple[SimilarView, ...]
    same_subject: tuple[SimilarView, ...]
    close: int
    threshold: str
    form_url: str
    record_url: str = ""
    filename: str = ""
