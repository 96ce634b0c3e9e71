"""Short addresses of searches: the same search has the same code for ever, and no code ever leads elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from opendata.errors import Invalid, NotFound, Unavailable
from opendata.search.query import SearchQuery
from opendata.services.catalogue import Catalogue
from opendata.store.searches import CODE_CHARACTERS, ShortLink

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is read or heard as something else: 0 and o, 1, i and l."""
SHORTEST = 8
"""Characters of a code; where two searches would share one, the later one's is longer."""
MAX_CHARACTERS = 8_000
"""The longest search that gets a link, as URL arguments."""
MAX_LINKS = 1_000_000
"""More than this are not kept: anybody may make one, and none is ever thrown away."""


def make(catalogue: Catalogue, query: SearchQuery) -> str:
    """The code of `query`, without its page. Only a search that has none yet is written.

    Invalid for a search that is too long, Unavailable when there are too many links.
    """
    arguments = canonical(query)
    if len(arguments) > MAX_CHARACTERS:
        raise Invalid(
            f"The search is too long for a short link: {len(arguments)} characters, {MAX_CHARACTERS} at most."
        )
    with catalogue.sessions.read() as session:
        code, is_new = _place(session, arguments)
    if not is_new:
        return code
    with catalogue.sessions.write.begin() as session:
        code, is_new = _place(session, arguments)
        while is_new:
            _insert(session, code, arguments, catalogue)
            code, is_new = _place(session, arguments)
    return code


def find(catalogue: Catalogue, code: str) -> SearchQuery:
    """The search of that code; letter case and punctuation around it do not count. NotFound."""
    wanted = "".join(letter for letter in code.lower() if letter in ALPHABET)[:CODE_CHARACTERS]
    with catalogue.sessions.read() as session:
        row = session.get(ShortLink, wanted) if wanted else None
    if row is None:
        raise NotFound("There is no short link of that code.")
    return SearchQuery.from_args(parse_qsl(row.arguments))


def belongs(catalogue: Catalogue, code: str, query: SearchQuery) -> bool:
    """Whether `code` is the code of `query`, as `make` gave it."""
    with catalogue.sessions.read() as session:
        row = session.get(ShortLink, code[:CODE_CHARACTERS])
    return row is not None and row.arguments == canonical(query)


def canonical(query: SearchQuery) -> str:
    """One spelling for each search: values of a filter in one order, defaults and the page left out."""
    filters = {name: tuple(sorted(values)) for name, values in query.filters.items()}
    return urlencode(replace(query, q=" ".join(query.q.split()), filters=filters, page=1).to_pairs())


def _place(session: Session, arguments: str) -> tuple[str, bool]:
    """The code of the search, and whether nobody has it yet."""
    candidates = _codes(arguments)
    rows = session.execute(select(ShortLink.code, ShortLink.arguments).where(ShortLink.code.in_(candidates)))
    taken = {row.code: row.arguments for row in rows}
    for code in candidates:
        if taken.get(code, arguments) == arguments:
            return code, code not in taken
    raise Unavailable("No code is left for this search.")


def _codes(arguments: str) -> tuple[str, ...]:
    number = int.from_bytes(hashlib.sha256(arguments.encode()).digest(), "big")
    letters = ""
    while len(letters) < CODE_CHARACTERS:
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return tuple(letters[:length] for length in range(SHORTEST, CODE_CHARACTERS + 1))


def _insert(session: Session, code: str, arguments: str, catalogue: Catalogue) -> None:
    """Take the code; where somebody else has just taken it, nothing happens."""
    if (session.scalar(select(func.count()).select_from(ShortLink)) or 0) >= MAX_LINKS:
        raise Unavailable(f"There are {MAX_LINKS} short links already; no more are kept.")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"code": code, "arguments": arguments, "created": catalogue.now()}
    session.execute(insert(ShortLink).values(row).on_conflict_do_nothing(index_elements=["code"]))
