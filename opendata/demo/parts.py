"""Turns the small tables of the content files into values: texts, days, keywords, people, subjects."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from opendata.catalog.subjects import subject
from opendata.catalog.values import (
    LANGUAGES,
    BoundingBox,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Keyword,
    PartialDate,
    Period,
    Subject,
    Text,
)

Table = Mapping[str, Any]
"""A table as tomllib gives it."""

_RELATIVE = re.compile(r"today([+-]\d+)\Z")


def text(table: Table | None, original: str = "") -> Text:
    """The text of a `{kk, ru, en}` table; empty where there is none."""
    return Text(**{code: str(table[code]).strip() for code in LANGUAGES}, original=original) if table else Text()


def day(value: str, today: dt.date) -> dt.date:
    """An ISO day, or "today-45" and "today+90", counted in days from `today`."""
    relative = _RELATIVE.match(value)
    return today + dt.timedelta(days=int(relative[1])) if relative else dt.date.fromisoformat(value)


def optional_day(value: str | None, today: dt.date) -> dt.date | None:
    """As `day`, and None for an absent value."""
    return day(value, today) if value else None


def partial(value: str | None) -> PartialDate | None:
    """A date with its precision ("2023", "2023-04", "2023-04-30"); None where absent."""
    return PartialDate.parse(value) if value else None


def period(table: Table) -> Period:
    """The period between the keys `start` and `end`, either of which may be absent."""
    return Period(partial(table.get("start")), partial(table.get("end")))


def keywords(table: Table | None) -> tuple[Keyword, ...]:
    """Keywords listed by language."""
    return tuple(Keyword(word, code) for code in LANGUAGES for word in (table or {}).get(code, ()))


def people(lines: Sequence[str], affiliation: str = "") -> tuple[Contributor, ...]:
    """People written as "Name" or "Name <orcid>". The first leads the work, the others carried it out with them."""
    return tuple(_person(line, not position, affiliation) for position, line in enumerate(lines))


def _person(line: str, leads: bool, affiliation: str) -> Contributor:
    name, _, orcid = line.partition(" <")
    role = ContributorRole.LEADER if leads else ContributorRole.PERFORMER
    return Contributor(name, role, orcid.rstrip(">"), affiliation)


def subjects(table: Table) -> tuple[Subject, ...]:
    """The codes under the keys `grnti`, `ford` and `udc`."""
    return tuple(subject(scheme, code) for scheme in ("grnti", "ford", "udc") for code in table.get(scheme, ()))


def bbox(corners: Sequence[float] | None) -> BoundingBox | None:
    """West, south, east, north."""
    return BoundingBox(*corners) if corners else None


def disclosure(table: Table | None, today: dt.date) -> Disclosure:
    """Open where `table` is absent."""
    if table is None:
        return Disclosure()
    until = optional_day(table.get("until"), today)
    return Disclosure(
        DisclosureStatus(table["status"]), until, str(table.get("legal_ground", "")), text(table.get("reason"))
    )
