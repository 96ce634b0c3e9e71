"""What a run is to list: everything or what changed, from the begin or from where an earlier run broke off."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opendata.config import Config
from opendata.harvesting.contract import Harvester, Source, is_incremental, version_of
from opendata.store.harvests import HarvestSource

CLEANING = 1
"""Raised when the engine itself makes another record of the same mapped item, so that all are written anew."""

CONTINUED_WITHIN = dt.timedelta(days=2)
"""A listing that broke off longer ago is begun anew: too much of it has changed."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a listing stands: after `token`, begun by the job `first`, `clock` being the source's own time then."""

    token: str
    first: int
    mapping: str
    full: bool
    since: dt.datetime | None
    clock: dt.datetime | None
    at: dt.datetime

    def dump(self) -> str:
        """As the column `position` of a source holds it."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(plain, ensure_ascii=False, default=dt.datetime.isoformat)

    @classmethod
    def load(cls, text: str | None) -> Bookmark | None:
        """What `dump` gave; None for anything else."""
        try:
            plain: dict[str, Any] = json.loads(text or "")
            times = {name: _moment(plain.pop(name)) for name in ("since", "clock", "at")}
            return cls(**plain, **times)  # type: ignore[arg-type]
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before it begins. `mapping` is the mark of what maps items; `trusted`: marks kept of earlier runs hold;
    `incremental`: the harvester can list changes.
    """

    mapping: str
    full: bool
    since: dt.datetime | None
    bookmark: Bookmark | None
    validators: Mapping[str, str]
    trusted: bool
    incremental: bool = False


def plan(
    row: HarvestSource, source: Source, harvester: Harvester, config: Config, now: dt.datetime, *, full: bool | None
) -> Plan:
    """What the next run of the source lists. `full` None: what is due, and where an earlier run broke off.

    Everything is listed where the harvester cannot tell changes, where the mapping is another than at the last
    complete listing, and every `full_days`, since nothing else shows what has vanished.
    """
    mapping = mapping_mark(harvester, source)
    kept = row.validators or {}
    trusted = kept.get("mapping") == mapping
    bookmark = Bookmark.load(row.position) if full is None else None
    if bookmark and bookmark.mapping == mapping and now - bookmark.at < CONTINUED_WITHIN:
        return Plan(mapping, bookmark.full, bookmark.since, bookmark, {}, trusted, is_incremental(harvester))
    changes = full is not True and trusted and is_incremental(harvester) and row.since is not None
    if changes and full is None:
        days = config.harvest.full_days if row.full_days is None else row.full_days
        changes = row.last_full is not None and now - row.last_full < dt.timedelta(days=days)
    overlap = dt.timedelta(seconds=config.harvest.overlap_seconds)
    since = row.since - overlap if changes and row.since else None
    validators = kept.get("values", {}) if trusted and full is not True else {}
    return Plan(mapping, since is None, since, None, validators, trusted, is_incremental(harvester))


def mapping_mark(harvester: Harvester, source: Source) -> str:
    """A mark of everything that decides which record a raw item becomes."""
    parts = [CLEANING, harvester.name, version_of(harvester), sorted(source.options.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def raw_hash(mapping: str, raw_type: str, raw: bytes) -> str:
    """64 characters that are equal where the same bytes are mapped in the same way."""
    digest = hashlib.blake2b(f"{mapping}\0{raw_type}\0".encode("utf-8", "replace"), digest_size=32)
    digest.update(raw)
    return digest.hexdigest()


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
