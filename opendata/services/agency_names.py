"""Agencies by what people call them: `agency:ecology` in a query becomes the slugs that filters and index know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select

from opendata.search.parser import parse
from opendata.search.pieces import Piece, pieces
from opendata.search.prefixes import PREFIXES
from opendata.search.query import SearchQuery
from opendata.services.catalogue import Catalogue
from opendata.store.organizations import Organization

MOST_MEANT = 10
"""Agencies that one name may mean. What fits more of them tells nothing, and is left as it was typed."""


def by_slug(catalogue: Catalogue, query: SearchQuery) -> SearchQuery:
    """`query` with the agencies that its words name by title instead of by slug; as it is where it names none.

    A name means every agency whose title, in one language, has a word that begins with each of its words.
    """
    named = [piece for piece in pieces(query.q, exact=True)[0] if _is_agency(piece)]
    if not named:
        return query
    known = {count.value.casefold() for count in catalogue.index.values("organization")}
    unknown = [piece for piece in named if piece.text.casefold() not in known]
    titles = list(_titles(catalogue)) if unknown else []
    q = query.q
    for piece in unknown:
        meant = dict.fromkeys(slug for slug, title in titles if _fits(piece.text, title))
        if 0 < len(meant) <= MOST_MEANT:
            q = q.replace(piece.typed, _spelt(piece, list(meant)), 1)
    # Longer words must not push others over the bound on what is read.
    return replace(query, q=q) if parse(q).cut == parse(query.q).cut else query


def _is_agency(piece: Piece) -> bool:
    return PREFIXES.get(piece.name.lower()) == "organization" and piece.says_something


def _titles(catalogue: Catalogue) -> Iterator[tuple[str, list[str]]]:
    """Slug and words of every title of every agency."""
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Organization).where(Organization.state == "active")).all()
    for row in rows:
        for text in row.title.values():
            yield row.slug, _words(text.value)


def _fits(name: str, title: Sequence[str]) -> bool:
    return all(any(word.startswith(wanted) for word in title) for wanted in _words(name))


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


def _spelt(piece: Piece, slugs: Sequence[str]) -> str:
    """The same wish with slugs: any of them, or none of them behind a minus."""
    if piece.minus:
        return " ".join(f"-organization:{slug}" for slug in slugs)
    return " OR ".join(f"organization:{slug}" for slug in slugs)
