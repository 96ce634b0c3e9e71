"""Bounds and clean-up for the parts of a record, with a problem noted for whatever had to be changed or left out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from opendata.catalog import identifiers, licenses, normalise, subjects, vocabularies
from opendata.catalog.languages import detect_language, language_code
from opendata.catalog.values import (
    LANGUAGES,
    BoundingBox,
    ContactPoint,
    Contributor,
    Disclosure,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.errors import Problem

NAME, LINE, LONG, VALUE = 500, 1_000, 100_000, 20_000
"""Characters: of a name, of one line, of a description, of a free value."""

CODE = 100
"""Characters of a subject's code."""

SHOWN = 80
"""Characters of a value that a problem repeats."""

_Item = TypeVar("_Item")
_EMAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,190}\.[^@\s<>\"',;.]{2,63}\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}\Z")


def _plain(text: str, bound: int, lines: bool) -> tuple[str, bool]:
    return normalise.clean_text(
        normalise.html_to_text(text) if "<" in text or "&" in text else text, bound, lines=lines
    )


class Cleaner:
    """Cleans values one by one and collects what a person should know. One for each record."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def warn(self, code: str, field: str, message: str, hint: str = "", value: object = "") -> None:
        """Note something that was mended or left out; the record can still be taken. `value` is what was given."""
        shown = str(value)[:SHOWN]
        self.problems.append(Problem(code, message, field, hint=hint, severity="warning", value=shown))

    def line(self, value: str, field: str, bound: int = LINE) -> str:
        """One line of text within `bound` characters."""
        if not value:
            return ""
        text, cut = normalise.clean_text(value, bound)
        if cut:
            self.warn("cut", field, f"{field} was longer than {bound} characters and was cut", value=text)
        return text

    def prose(self, value: str, field: str, bound: int, *, lines: bool) -> str:
        """Text that may hold markup, as plain text; paragraphs are kept with `lines`."""
        if not value:
            return ""
        text, cut = _plain(value, bound, lines)
        if cut:
            self.warn("cut", field, f"{field} was longer than {bound} characters and was cut", value=text)
        return text

    def text(self, value: Text, field: str, bound: int = NAME, *, lines: bool = False) -> Text:
        """A Text, cleaned; what nobody stated the language of goes to kk, ru or en where its letters tell."""
        if not value:
            return Text()
        kk, ru, en, other = (
            self.prose(one, field, bound, lines=lines) for one in (value.kk, value.ru, value.en, value.other)
        )
        original = value.original if value.original in LANGUAGES else language_code(value.original)
        if other and original in ("", *LANGUAGES):
            guess = original or detect_language(other)
            if guess and not {"kk": kk, "ru": ru, "en": en}[guess]:
                return replace(Text(kk, ru, en, "", guess), **{guess: other})
        return Text(kk, ru, en, other, original)

    def some(self, values: tuple[_Item, ...], field: str, most: int) -> tuple[_Item, ...]:
        """At most `most` of `values`."""
        if len(values) > most:
            self.warn(
                "capped", field, f"{len(values)} {field} were given; the first {most} were kept", value=len(values)
            )
        return values[:most]

    def each(
        self, values: tuple[_Item, ...], field: str, most: int, one: Callable[[_Item], _Item | None]
    ) -> tuple[_Item, ...]:
        """At most `most` of `values`, each made clean by `one` (None leaves it out), without repetitions."""
        if not values:
            return ()
        kept = (one(value) for value in self.some(values, field, most))
        return tuple(dict.fromkeys(value for value in kept if value is not None))

    def url(self, value: str, field: str) -> str:
        """An address that may be linked to; a warning where one was given and is none."""
        if not value:
            return ""
        found = normalise.url(value)
        if not found and value.strip():
            shown = normalise.clean_text(value, SHOWN)[0]
            self.warn(
                "bad_url", field, f"{shown!r} is not an address of http, https or ftp and was left out", value=shown
            )
        return found

    def language_codes(self, values: Iterable[str]) -> tuple[str, ...]:
        """Language codes, each once, at most 20."""
        return tuple(dict.fromkeys(code for one in values if (code := language_code(one))))[:20]

    def license(self, license_id: str, words: str, field: str) -> tuple[str, str]:
        """The id of a known licence ("" for none) and the source's own words, each read from the other if need be."""
        words = self.line(words, "license_text", VALUE)
        if not license_id:
            found = licenses.match(words) if words else None
            return (found.id if found and found.id != licenses.NOT_SPECIFIED else ""), words
        known = licenses.get(license_id) or licenses.match(license_id)
        if known:
            return ("" if known.id == licenses.NOT_SPECIFIED else known.id), words
        stated = self.line(license_id, field, LINE)
        found = licenses.match(words) if words else None
        if found is None:
            said = f"the licence {stated[:SHOWN]!r} is not known"
            self.warn("unknown_license", field, said, "Choose one of the list", stated)
        return (found.id if found else ""), words or stated

    def period(self, value: Period, field: str) -> Period:
        """A period, empty where it ends before it begins."""
        if value.start and value.end and value.start.first_day() > value.end.first_day():
            whole_year = value.end.year == value.start.year and not (value.end.month and value.start.month)
            if not whole_year:
                said = f"{value.start} to {value.end}"
                self.warn("bad_period", field, f"the period {said} ends before it begins", value=said)
                return Period()
        return value

    def bbox(self, box: BoundingBox | None) -> BoundingBox | None:
        """A box inside the world, None where it is not."""
        if box is None:
            return None
        numbers = (box.west, box.south, box.east, box.north)
        inside = all(map(math.isfinite, numbers)) and max(abs(box.west), abs(box.east)) <= 180
        if not inside or not -90 <= box.south <= box.north <= 90:
            self.warn("bad_bbox", "bbox", f"the box {numbers} is not inside the world and was left out", value=numbers)
            return None
        return box

    def keyword(self, value: Keyword) -> Keyword | None:
        """A keyword in one line with its language as far as it can be told."""
        word = self.line(value.text, "keywords", normalise.MAX_KEYWORD)
        language = language_code(value.language) if value.language else detect_language(word)
        return Keyword(word, language) if word else None

    def keywords(self, values: tuple[Keyword, ...]) -> tuple[Keyword, ...]:
        """At most 100 keywords, case ignored in telling them apart."""
        found = self.each(values, "keywords", normalise.MAX_KEYWORDS, self.keyword)
        kept: dict[str, Keyword] = {}
        for word in found:
            kept.setdefault(word.text.casefold(), word)
        return tuple(kept.values())

    def theme(self, value: str) -> str | None:
        """One of our themes, None with a warning where it is none."""
        found = vocabularies.theme_of(value)
        if found is None:
            self.warn(
                "unknown_theme", "themes", f"the theme {value[:SHOWN]!r} is not known and was left out", value=value
            )
        return found

    def subject(self, value: Subject) -> Subject | None:
        """A subject with its code in one form; our name of the code where the source gave none."""
        code = self.line(value.code, "subjects", CODE)
        known = subjects.subject(value.scheme, code)
        label = self.text(value.label, "subjects") or known.label
        return Subject(known.scheme, known.code, label) if code else None

    def contributor(self, value: Contributor) -> Contributor | None:
        """A named person or body; identifiers with a wrong check digit are left out."""
        name = self.line(value.name, "contributors", NAME)
        if not name:
            return None
        return replace(
            value,
            name=name,
            affiliation=self.line(value.affiliation, "contributors", LINE),
            orcid=self.checked("orcid", value.orcid, identifiers.orcid, name),
            ror=self.checked("ror", value.ror, identifiers.ror, name),
            bin=self.checked("bin", value.bin, identifiers.bin_number, name),
        )

    def checked(self, kind: str, value: str, read: Callable[[str], str], whose: str) -> str:
        """An identifier in its one form; "" with a warning where its check digit is wrong."""
        found = read(value) if value else ""
        if value and not found:
            said = f"{whose}: {value[:40]!r} is not a valid {kind.upper()}"
            self.warn(f"bad_{kind}", "contributors", said, value=value)
        return found

    def contact(self, value: ContactPoint) -> ContactPoint | None:
        """A contact with at least one way to reach it or a name."""
        email = self.line(value.email, "contacts", 300).removeprefix("mailto:")
        if email and not is_email(email):
            self.warn(
                "bad_email", "contacts", f"{email[:SHOWN]!r} is not an e-mail address and was left out", value=email
            )
            email = ""
        found = ContactPoint(
            self.line(value.name, "contacts", NAME),
            email,
            self.line(value.phone, "contacts", 100),
            self.url(value.url, "contacts"),
        )
        return found if found != ContactPoint() else None

    def identifier(self, value: Identifier) -> Identifier | None:
        """An identifier; a DOI, ISBN or ISSN in its one form, and as "other" where it is none."""
        text = self.line(value.value, "identifiers", LINE)
        readers = {"doi": identifiers.doi, "isbn": identifiers.isbn, "issn": identifiers.issn}
        if not text or value.scheme not in readers:
            return Identifier(self.line(value.scheme, "identifiers", 50) or "other", text) if text else None
        found = readers[value.scheme](text)
        if not found:
            said = f"{text[:SHOWN]!r} is not a valid {value.scheme.upper()}"
            self.warn(f"bad_{value.scheme}", "identifiers", said, value=text)
        return Identifier(value.scheme if found else "other", found or text)

    def relation(self, value: Relation) -> Relation | None:
        """A relation that leads somewhere."""
        target = self.line(value.target, "relations", 2_000)
        if not target and value.target_id is None:
            return None
        kind = self.line(value.kind, "relations", 100)
        return replace(value, kind=kind, target=target, title=self.text(value.title, "relations"))

    def extra(self, value: Extra) -> Extra | None:
        """A free key and value."""
        key = self.line(value.key, "extras", 200)
        text, cut = normalise.clean_text(value.value, VALUE, lines=True)
        if cut:
            self.warn(
                "cut", "extras", f"the value of {key!r} was longer than {VALUE} characters and was cut", value=key
            )
        return Extra(key, text) if key else None

    def organization(self, value: OrganizationRef | None) -> OrganizationRef | None:
        """An organisation that has a name, an identifier or a slug."""
        if value is None or not (value.title or value.slug or value.identifier or value.id):
            return None
        return replace(
            value,
            slug=self.line(value.slug, "organization", NAME),
            title=self.text(value.title, "organization"),
            identifier=self.line(value.identifier, "organization"),
            description=self.text(value.description, "organization", LONG, lines=True),
            homepage=self.url(value.homepage, "organization"),
        )

    def disclosure(self, value: Disclosure) -> Disclosure:
        """A disclosure with its ground and reason in clean text; status and date as they are."""
        if value == Disclosure(value.status, value.until):
            return value
        ground = self.line(value.legal_ground, "disclosure", LINE)
        return replace(value, legal_ground=ground, reason=self.text(value.reason, "disclosure", LINE))


def is_email(value: str) -> bool:
    """Whether the text is one e-mail address and nothing else."""
    return bool(_EMAIL.match(value))


def media_type(value: str) -> str:
    """A media type without parameters in lower case, "" where it has not the form of one."""
    bare = value.split(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.match(bare) else ""


def filename(value: str) -> str:
    """The last part of a path, at most 255 characters with its extension kept; "" for what is none ("..", "")."""
    name = normalise.clean_text(value.replace("\\", "/").rsplit("/", 1)[-1])[0]
    if name in (".", ".."):
        return ""
    if len(name) <= 255:
        return name
    stem, point, extension = name.rpartition(".")
    return stem[: 254 - len(extension)] + point + extension if point and len(extension) <= 10 else name[:255]
