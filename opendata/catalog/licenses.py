"""Licences: what a licence is, which ones we know, and whether they are open by the Open Definition 2.1.

The list itself is data/licenses.toml. How the spellings of harvested records are recognised: license_spelling.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

from opendata.catalog import license_spelling
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.tables import table, text
from opendata.catalog.values import Text

NOT_SPECIFIED = "notspecified"
"""CKAN's id for "the publisher did not say"; records of ours keep "" for it."""

Openness = Literal["yes", "no", "unstated"]


@dataclass(frozen=True, slots=True)
class License:
    """A licence; `open` is its verdict, None where nobody can say, and `reason` says why in one sentence."""

    id: str
    title: Text
    url: str
    family: str
    open: bool | None
    reason: Text
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the licence tag says. `license` is None where the id is empty or unknown."""

    open: Openness
    license: License | None
    reason: Text


_PORTED = re.compile(r"(CC-BY(?:-NC)?(?:-SA|-ND)?-(?:1\.0|2\.0|2\.5|3\.0))-([A-Z]+)\Z", re.IGNORECASE)


@cache
def _table() -> dict[str, Any]:
    return table("licenses")


@cache
def _reasons() -> dict[str, Text]:
    return {key: text(value) for key, value in _table()["reasons"].items()}


@cache
def licenses() -> dict[str, License]:
    """Every licence of the table by id, in its order. Ports of Creative Commons are not listed: `get` makes them."""
    return {entry["id"]: _license(entry) for entry in _table()["license"]}


def offered() -> tuple[License, ...]:
    """What a publisher may choose from: the recommended ones first, then all others whose verdict is known."""
    first = [licenses()[key] for key in _table()["recommended"]]
    return (*first, *(one for one in licenses().values() if one.open is not None and one not in first))


def _license(entry: dict[str, Any]) -> License:
    return License(
        id=entry["id"],
        title=text(entry["title"]),
        url=entry.get("url", ""),
        family=entry["family"],
        open=entry.get("open"),
        reason=_reasons()[entry["reason"]],
        aliases=tuple(entry.get("aliases", ())),
    )


@lru_cache(maxsize=1024)
def get(license_id: str) -> License | None:
    """The licence of exactly this id (CC-BY-2.5-DK and other ports too), or None. Spellings are for `match`."""
    found = licenses().get(license_id)
    ported = None if found else _PORTED.match(license_id)
    if ported and ported[2].lower() in _table()["ports"]:
        base = licenses()[ported[1].upper()]
        return _port(base, ported[2].lower())
    return found


def _port(base: License, place: str) -> License:
    name = f" ({place.upper() if len(place) <= 3 else place.title()})"
    title = replace(base.title, kk=base.title.kk + name, ru=base.title.ru + name, en=base.title.en + name)
    return replace(base, id=f"{base.id}-{place.upper()}", title=title, url=f"{base.url}{place}/", aliases=())


@cache
def _spellings() -> license_spelling.Spellings:
    entries = [
        (one.id, one.url, (one.id, one.title.kk, one.title.ru, one.title.en, *one.aliases))
        for one in licenses().values()
    ]
    return license_spelling.Spellings(entries, _table()["registries"], _table()["ports"])


def match(text_or_url: str) -> License | None:
    """The one licence that this address, id, title or sentence means; None where there is none, or more than one."""
    return match_all((text_or_url,))


def match_all(values: Iterable[str]) -> License | None:
    """The one licence that all of `values` together mean (several dc:rights of a record), or None."""
    given = tuple(one[: license_spelling.MAX_TEXT] for one in values)
    # Long statements are rare and would fill the memory if they were kept.
    return _match(given) if sum(map(len, given)) < 1000 else _read(given)


@lru_cache(maxsize=8192)
def _match(values: tuple[str, ...]) -> License | None:
    return _read(values)


def _read(values: tuple[str, ...]) -> License | None:
    found: set[str] = set()
    for value in values:
        found |= _spellings().candidates(value)
    narrowed = license_spelling.most_exact(found)
    return get(narrowed.pop()) if len(narrowed) == 1 else None


def verdict(license_id: str) -> Verdict:
    """Open or not, with the reason. Nothing stated, and an id that nobody knows, are both "unstated", never open."""
    if license_id in ("", NOT_SPECIFIED):
        return Verdict("unstated", get(NOT_SPECIFIED), _reasons()["not-stated"])
    found = get(license_id)
    if found is None:
        return Verdict("unstated", None, _reasons()["unknown"])
    openness: dict[bool | None, Openness] = {True: "yes", False: "no", None: "unstated"}
    return Verdict(openness[found.open], found, found.reason)


def resource_license_id(resource: ResourceRecord, dataset: DatasetRecord) -> str:
    """The licence of a file: its own, or the dataset's where it states none (neither an id nor words of its own)."""
    return resource.license_id if resource.license_id or resource.license_text else dataset.license_id
