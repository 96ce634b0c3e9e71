"""The readings that the harvesters share: dates with warnings, people, identifiers, subject codes, languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from opendata.catalog import dates, identifiers, normalise
from opendata.catalog.subjects import grnti_codes, subject
from opendata.catalog.values import Identifier, PartialDate, Period, Subject, Text
from opendata.errors import Problem

# ГРНТИ is the old name of the rubricator, МРНТИ the present one, ҒТАМР and ХҒТАР their Kazakh forms.
_GRNTI = re.compile(r"(?:Г|М)?РНТИ|[GM]RNTI|ҒТАМР|ХҒТАР|FTAMP", re.IGNORECASE)
_GRNTI_ALONE = re.compile(r"\d\d\.\d\d\.\d\d\Z")
_UDC = re.compile(r"(?:УДК|UDC|ӘОЖ)\s*:?\s*(\d[\d./:()+\-\"=«» ]{0,60})", re.IGNORECASE)
_CLASSIFIED = re.compile(r"info:eu-repo/classification/(\w+)/(.+)", re.IGNORECASE)
_SCHEMES = {"udc": "udc", "grnti": "grnti", "ford": "ford", "fos": "ford"}
_SHA256 = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{64})\Z", re.IGNORECASE)
_SENTENCE = re.compile(r"(.{20,200}?[.!?…])(?=\s|\Z)", re.DOTALL)


def plain(text: str) -> str:
    """The text without HTML."""
    return normalise.html_to_text(text)


def localized(value: str, language: str = "", likely: str = "") -> Text:
    """`value` in its language; where the source does not say which, as letters and words suggest, else `likely`."""
    return Text.of(value, language or normalise.detect_language(value) or likely) if value else Text()


def merged(texts: Iterable[Text], *, join: bool = False) -> Text:
    """One text of several: the first of each language, or all of a language as paragraphs (`join`).

    The first of all is the original.
    """
    slots: dict[str, list[str]] = {"kk": [], "ru": [], "en": [], "other": []}
    original = ""
    for text in texts:
        original = original or text.original
        for slot, kept in slots.items():
            if (part := getattr(text, slot)) and part not in kept and (join or not kept):
                kept.append(part)
    return Text(**{slot: "\n\n".join(parts) for slot, parts in slots.items()}, original=original)


def instant(text: str) -> dt.datetime | None:
    """A moment as the harvesters themselves wrote it (ISO 8601 with its offset), None for anything else."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def sha256_in(text: str) -> str:
    """The SHA-256 that a field for checksums holds, in lower-case hex; "" where it holds none."""
    found = _SHA256.match(text)
    return found[1].lower() if found else ""


def when(text: str, field: str, warnings: list[Problem], row: str = "") -> PartialDate | None:
    """The date in `text`, the beginning of a period. What cannot be read is added to `warnings`; None without date."""
    parsed = dates.parse(text)
    if parsed.problem:
        warnings.append(Problem("date-unreadable", parsed.problem, field, row, severity="warning"))
    if parsed.period:
        return parsed.period.start or parsed.period.end
    return parsed.date


def date_range(text: str) -> Period:
    """The period in `text`, a single date as both its ends; the empty Period where it is neither."""
    parsed = dates.parse(text.strip().removesuffix("/") if text.strip() != "/" else "")
    if parsed.date:
        return Period(parsed.date, parsed.date)
    return parsed.period or Period()


def identifiers_of(text: str) -> tuple[Identifier, ...]:
    """What a field for identifiers holds: those of known kinds, else the text itself unless it is an address."""
    bare = text.strip()
    if found := identifiers.identifiers_in(bare):
        return found
    return () if not bare or bare.lower().startswith(("http://", "https://")) else (identifiers.identifier(bare),)


def only_register_number(numbers: Iterable[Identifier]) -> str:
    """The number under which the research is registered, by its project's number if there is one; "" where there are
    several.
    """
    listed = list(numbers)
    for scheme in ("register_number", "registration_number"):
        if found := {one.value for one in listed if one.scheme == scheme}:
            return found.pop() if len(found) == 1 else ""
    return ""


def subjects_in(text: str) -> tuple[Subject, ...]:
    """The codes in a subject: named as GRNTI or UDC, a full GRNTI code alone, or an info:eu-repo classification."""
    if classified := _CLASSIFIED.match(text):
        return (subject(_SCHEMES.get(classified[1].lower(), "other"), classified[2].strip()),)
    if _GRNTI.search(text) or _GRNTI_ALONE.match(text.strip()):
        return tuple(subject("grnti", code) for code in grnti_codes(text))
    if udc := _UDC.search(text):
        return (subject("udc", udc[1].strip()),)
    return ()


def first_sentence(text: str) -> str:
    """The first sentence, or the first 200 characters: what stands in for a missing title."""
    flat = " ".join(text.split())
    match = _SENTENCE.match(flat)
    if match:
        return match[1]
    return flat if len(flat) <= 200 else flat[:199].rstrip() + "…"
