"""Legal grounds by which a file may not be public: the country's list, offered beside one's own words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from opendata.catalog.tables import table, text
from opendata.catalog.values import Text


@dataclass(frozen=True, slots=True)
class Ground:
    """An act, with the address where it was published."""

    id: str
    country: str
    title: Text
    url: str


@cache
def grounds() -> tuple[Ground, ...]:
    """Every ground of data/legal_grounds.toml, in its order."""
    listed = table("legal_grounds")["ground"]
    return tuple(Ground(one["id"], one["country"], text(one), one["url"]) for one in listed)


def ground(key: str) -> Ground | None:
    """The ground of that id."""
    return next((one for one in grounds() if one.id == key), None)


def known(words: str) -> Ground | None:
    """The ground that is meant where `words` are its title in any language: so it can be told in each."""
    return _by_title().get(words) if words else None


@cache
def _by_title() -> dict[str, Ground]:
    return {title.value: one for one in grounds() for title in one.title.values()}
