"""Where a record comes from: the sources that have it, and what people wrote over their word."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where a harvested record came from: the source, its identifier there, and when we last saw it (UTC).

    `harvested` is when its word last changed something. `leads`: the record follows the word of this source, `priority`
    (lower first) being why. `original` is the address of the record there, as far as it is known. `lost` where the
    source has it no more.
    """

    name: str
    title: str
    url: str
    type: str
    identifier: str
    last_seen: dt.datetime | None = None
    harvested: dt.datetime | None = None
    first_seen: dt.datetime | None = None
    leads: bool = True
    priority: int = 100
    original: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A field that a person wrote by hand: who (None: the site itself) and when (UTC).

    `field` is a field of the record, with its language where it has several (title.ru), or one of a file
    (file.KEY.license_id). `said` is what the sources say of it at present, as JSON of that value.
    """

    field: str
    at: dt.datetime
    user: UUID | None = None
    said: Any = None
