"""The small values that records are made of: texts in several languages, dates with their precision, people, places."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

LANGUAGES = ("kk", "ru", "en")
"""The languages that stand side by side in every title, name and abstract, in the order of the interface's switch."""


@dataclass(frozen=True, slots=True)
class Localized:
    """A text as a page shows it, and the language it is in ("" where nobody knows), for the `lang` attribute."""

    value: str
    language: str

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Kazakh, Russian and English, as far as it exists.

    `original` is the code (ISO 639-1) of the language that the publisher wrote in, "" where unknown. A text in any
    other language, or in an unknown one, stands in `other`.
    """

    kk: str = ""
    ru: str = ""
    en: str = ""
    other: str = ""
    original: str = ""

    @classmethod
    def of(cls, value: str, language: str = "") -> Text:
        """`value` in `language` (an ISO 639-1 code; anything but kk, ru, en goes to `other`), as the original."""
        slot = language if language in LANGUAGES else "other"
        return cls(**{slot: value}, original=language) if value else cls()

    def inside(self, language: str) -> str:
        """The text in exactly that language, "" where there is none."""
        if language in LANGUAGES:
            return str(getattr(self, language))
        return self.other if language in (self.original, "other") else ""

    def show(self, language: str) -> Localized:
        """The best text for a reader of `language`: that language, the original, then ru, kk, en, other."""
        for candidate in (language, self.original, "ru", "kk", "en"):
            if candidate and (value := self.inside(candidate)):
                return Localized(value, candidate)
        return Localized(self.other, self.original if self.original not in LANGUAGES else "")

    def values(self) -> tuple[Localized, ...]:
        """Every text there is, the original first, each with its language."""
        codes = sorted(LANGUAGES, key=lambda code: code != self.original)
        found = [Localized(self.inside(code), code) for code in codes if self.inside(code)]
        if self.other:
            foreign = Localized(self.other, self.original if self.original not in LANGUAGES else "")
            found.insert(0 if self.original not in LANGUAGES else len(found), foreign)
        return tuple(found)

    def __bool__(self) -> bool:
        return bool(self.kk or self.ru or self.en or self.other)


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A civil date with its precision: a year, a month of a year, or a day. Zero means "not given"."""

    year: int
    month: int = 0
    day: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError(f"year {self.year} is outside 1..9999")
        if self.day and not self.month:
            raise ValueError("a day needs a month")
        dt.date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def parse(cls, iso: str) -> PartialDate:
        """Read "2019", "2019-03" or "2019-03-01". ValueError for anything else; normalise.dates reads the rest."""
        parts = iso.split("-")
        if not 1 <= len(parts) <= 3 or len(parts[0]) != 4 or not all(p.isascii() and p.isdigit() for p in parts):
            raise ValueError(f"{iso!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
        if any(len(part) != 2 for part in parts[1:]):
            raise ValueError(f"{iso!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
        return cls(*(int(part) for part in parts))

    def first_day(self) -> dt.date:
        """The earliest day it can mean."""
        return dt.date(self.year, self.month or 1, self.day or 1)

    def last_day(self) -> dt.date:
        """The latest day it can mean."""
        month = self.month or 12
        return dt.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        text = f"{self.year:04}"
        if self.month:
            text += f"-{self.month:02}"
        if self.day:
            text += f"-{self.day:02}"
        return text


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, both included; either may be open."""

    start: PartialDate | None = None
    end: PartialDate | None = None

    def __bool__(self) -> bool:
        return self.start is not None or self.end is not None


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """Degrees WGS84. west > east means that it crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


class DisclosureStatus(StrEnum):
    """Whether the public may have it. `partly`: what is here is public, and parts of the original were left out."""

    OPEN = "open"
    EMBARGOED = "embargoed"
    PARTLY = "partly"
    WITHHELD = "withheld"


_STRICTNESS = {
    DisclosureStatus.OPEN: 0,
    DisclosureStatus.PARTLY: 1,
    DisclosureStatus.EMBARGOED: 2,
    DisclosureStatus.WITHHELD: 3,
}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Open or not, with the legal ground, the reason, and the first day (site's time zone) on which it is open."""

    status: DisclosureStatus = DisclosureStatus.OPEN
    until: dt.date | None = None
    legal_ground: str = ""
    reason: Text = Text()

    def is_open(self, today: dt.date) -> bool:
        """Whether the public may read it on `today`. An embargo without an end date is not open."""
        if self.status in (DisclosureStatus.OPEN, DisclosureStatus.PARTLY):
            return True
        return self.until is not None and self.until <= today

    def on(self, today: dt.date) -> Disclosure:
        """As it stands on `today`: one that has ended is open, and still says until when and why it was not."""
        closed = self.status in (DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD)
        return replace(self, status=DisclosureStatus.OPEN) if closed and self.is_open(today) else self

    @property
    def strictness(self) -> int:
        """0 open … 3 withheld."""
        return _STRICTNESS[self.status]

    def is_stricter_than(self, other: Disclosure) -> bool:
        """Whether it keeps closed for longer, or for as long by a stricter word."""
        return (self._closed_until(), self.strictness) > (other._closed_until(), other.strictness)

    def _closed_until(self) -> dt.date:
        if self.status in (DisclosureStatus.OPEN, DisclosureStatus.PARTLY):
            return dt.date.min
        return self.until or dt.date.max


def together(disclosures: Iterable[Disclosure]) -> Disclosure:
    """What files with these disclosures come to as one record: open where there is none.

    Where some may be had and others not, the record is partly open, with the ground and reason of a file that is partly
    open itself (each closed file gives its own). Where none may be had, it is what the strictest of them is.
    """
    files = list(disclosures)
    strictest = max(files, key=lambda one: one.strictness, default=Disclosure())
    closed = (DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD)
    if strictest.status not in closed or all(one.status in closed for one in files):
        return strictest
    partly = (one for one in files if one.status is DisclosureStatus.PARTLY)
    return next(partly, Disclosure(DisclosureStatus.PARTLY))


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a known kind: doi, handle, isbn, issn, uri, register_number, contract_number, urn, other."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A code of a classification: scheme grnti, ford, udc or other; `label` as the source gave it."""

    scheme: str
    code: str
    label: Text = Text()


@dataclass(frozen=True, slots=True)
class Keyword:
    """A free keyword as its publisher wrote it; `language` "" where unknown."""

    text: str
    language: str = ""


class ContributorRole(StrEnum):
    """What a person or organisation did (DataCite contributorType, and creator)."""

    CREATOR = "creator"
    LEADER = "leader"
    CONTRIBUTOR = "contributor"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    PERFORMER = "performer"
    FUNDER = "funder"


@dataclass(frozen=True, slots=True)
class Contributor:
    """A person or body with a role. `orcid` bare (0000-0002-…), `ror` as URL, `bin` the 12-digit number of a body."""

    name: str
    role: ContributorRole = ContributorRole.CREATOR
    orcid: str = ""
    affiliation: str = ""
    is_organization: bool = False
    ror: str = ""
    bin: str = ""

    @property
    def orcid_url(self) -> str:
        """The ORCID as a link, "" without one."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else ""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """Whom to ask about a record."""

    name: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """This record `kind` (DataCite relationType, e.g. IsSupplementTo) another: one of ours (`target_id`) or a link."""

    kind: str
    target: str = ""
    target_id: UUID | None = None
    title: Text = Text()
    target_slug: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationRef:
    """An organisation as far as a record needs it. A harvester fills what the source gives and leaves `id` empty."""

    slug: str = ""
    title: Text = Text()
    id: UUID | None = None
    identifier: str = ""
    description: Text = Text()
    parent: str = ""
    homepage: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A free key and value as the source gave them; the value is text, JSON where it was structured."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """What is known of the address that a file came from.

    `status` is what the last look at it found ("": none yet; ok, broken, gone, refused, unknown), `checked` when that
    was, `problem` why it is not ok. `fetched` is when the bytes that we hold were last known to be those at the source.
    """

    status: str = ""
    checked: dt.datetime | None = None
    problem: str = ""
    fetched: dt.datetime | None = None
