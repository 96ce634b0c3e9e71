"""Puts into words how a query was read, and where to have it read otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flask import url_for
from flask_babel import gettext as _

from opendata.search.notes import Note, NoteCode
from opendata.search.parser import MAX_TERMS, parse
from opendata.search.query import MAX_QUERY_CHARACTERS, SearchQuery
from opendata.services.results import SearchPage
from opendata.web import rendering
from opendata.web.labels import label
from opendata.web.listing import FIXED_KIND, query_url
from opendata.web.understood import Understood


def understood(endpoint: str, found: SearchPage) -> Understood:
    """How the words of `found` were read, for the lines above its results."""
    query = found.query
    layout = layout_notes(query) if query.exact else found.notes
    reading = in_other_layout(query.q, layout)
    switched = replace(query, exact=not query.exact, page=1)
    return Understood(
        lines=note_texts(found.notes),
        typed=query.q,
        reading=reading,
        exact=query.exact,
        switch_url=query_url(endpoint, switched) if reading else "",
        total=found.total,
        complete=found.complete,
        advanced_url=_advanced_url(endpoint, query),
        help_url=url_for("advanced.help_page"),
    )


def _advanced_url(endpoint: str, query: SearchQuery) -> str:
    kind = FIXED_KIND.get(endpoint)
    filters = {**query.filters, "kind": (kind,)} if kind else query.filters
    return query_url("advanced.form", replace(query, filters=filters, page=1))


def layout_notes(query: SearchQuery) -> tuple[Note, ...]:
    """What the query would say in another keyboard layout."""
    return parse(query.q).notes


def in_other_layout(q: str, notes: Iterable[Note]) -> str:
    """The query with its pieces as the other keyboard layout reads them; "" where there are none."""
    found = {note.piece: note.reading for note in notes if note.code is NoteCode.LAYOUT}
    return " ".join(_as_typed(piece, found[piece]) if piece in found else piece for piece in _split(q, found))


def _split(q: str, found: Mapping[str, str]) -> list[str]:
    """The pieces of the query, those of `found` as they stand there, which may have blanks; nothing without any."""
    pieces: list[str] = []
    rest = q if found else ""
    while rest := rest.strip():
        chunk = rest.split(maxsplit=1)[0]
        piece = next((one for one in found if rest.startswith(one) and len(one) >= len(chunk)), chunk)
        pieces.append(piece)
        rest = rest[len(piece) :]
    return pieces


def _as_typed(piece: str, reading: str) -> str:
    """The reading with the signs around the piece: quotation marks, an asterisk, a minus."""
    minus = piece[0] if piece[0] in "-−" and not reading.startswith("ө") else ""
    quote = '"' if piece.removeprefix(minus)[:1] in '"“”„‟«»″' else ""
    return f"{minus}{quote}{reading}{quote}{'*' if piece.endswith('*') else ''}"


def note_texts(notes: Iterable[Note]) -> tuple[str, ...]:
    """What each note says to people, each once; the other keyboard layout has a line of its own."""
    return tuple(dict.fromkeys(_TEXTS[note.code](note) for note in notes if note.code in _TEXTS))


_TEXTS: Mapping[NoteCode, Callable[[Note], str]] = {
    NoteCode.UNKNOWN_VALUE: lambda note: _(
        "“%(piece)s”: the filter “%(filter)s” has no such value, so these were searched as words.",
        piece=note.piece,
        filter=label("facet", note.name),
    ),
    NoteCode.UNKNOWN_PREFIX: lambda note: _(
        "“%(piece)s”: there is no filter “%(name)s”, so these were searched as words.", piece=note.piece, name=note.name
    ),
    NoteCode.NO_VALUE: lambda note: _(
        "“%(piece)s”: nothing stands behind the colon, so it was left out.", piece=note.piece
    ),
    NoteCode.OPEN_QUOTE: lambda note: _(
        "The quotation mark is not closed, so all that follows was searched as one phrase: %(piece)s", piece=note.piece
    ),
    NoteCode.SHORT_BEGINNING: lambda note: _(
        "“%(piece)s”: an asterisk needs three letters before it, so this was searched as a word.", piece=note.piece
    ),
    NoteCode.LONE_OR: lambda note: _("“%(piece)s” needs a word on either side, so it was left out.", piece=note.piece),
    NoteCode.LONE_MINUS: lambda note: _(
        "“%(piece)s”: no word stands behind the minus, so it was left out.", piece=note.piece
    ),
    NoteCode.TOO_MANY: lambda note: _(
        "A search takes %(number)s words at most. “%(piece)s” and all that follows were left out.",
        number=rendering.number(MAX_TERMS),
        piece=note.piece,
    ),
    NoteCode.TOO_LONG: lambda note: _(
        "A search takes %(number)s characters at most. Only the beginning was used, up to “%(piece)s”.",
        number=rendering.number(MAX_QUERY_CHARACTERS),
        piece=note.piece,
    ),
    NoteCode.NO_RECORD: lambda note: _(
        "Filter “%(filter)s”: no record has the value “%(piece)s”.", piece=note.piece, filter=label("facet", note.name)
    ),
    NoteCode.NO_WORDS: lambda note: _("There is no word to search for in “%(piece)s”.", piece=note.piece),
}
