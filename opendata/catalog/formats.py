"""File formats: one short name (PDF, XLSX, GeoJSON) for the many ways in which sources write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from opendata.catalog.tables import table

TABLES = frozenset(("CSV", "TSV", "XLSX", "XLS", "ODS"))
"""Formats whose rows are read: shown on the page of the file, and looked through cell by cell."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. The first media type is the one we send."""

    name: str
    media_types: tuple[str, ...]
    extensions: tuple[str, ...]
    aliases: tuple[str, ...]
    machine_readable: bool
    open: bool


_AUTHORITY = re.compile(r"^https?://[^\s]*/(?:file-type|media-types)/")
_TWO_FORMATS = frozenset(("excel", "microsoft excel", "ms excel", "word", "microsoft word", "ms word"))


@cache
def formats() -> dict[str, Format]:
    """Every known format by its short name."""
    return {
        entry["name"]: Format(
            name=entry["name"],
            media_types=tuple(entry["media_types"]),
            extensions=tuple(entry["extensions"]),
            aliases=tuple(entry.get("aliases", ())),
            machine_readable=entry["machine_readable"],
            open=entry["open"],
        )
        for entry in table("formats")["format"]
    }


@cache
def spellings() -> dict[str, str]:
    """Short names by folded spelling: name, alias, extension, media type. ValueError where two formats claim one."""
    known: dict[str, str] = {}
    for one in formats().values():
        for spelling in (one.name, *one.aliases, *one.extensions, *one.media_types):
            if known.setdefault(_fold(spelling), one.name) != one.name:
                raise ValueError(f"formats {known[_fold(spelling)]} and {one.name} both claim {spelling!r}")
    return known


def _fold(spelling: str) -> str:
    return spelling.strip().casefold().lstrip(".").replace("_", " ")


def format_of(format_text: str = "", media_type: str = "", filename: str = "") -> str:
    """The short name of a format from what is known, best first: its name, media type, file name; "" if unknown.

    "Excel" and "Word", which mean two formats each, give way to a more telling file name or media type, and so does
    text/plain, which servers send for anything, to the file name.
    """
    named, typed, extended = _spelt(format_text[:300]), _spelt(media_type[:300]), _by_extension(filename[-300:])
    if _fold(format_text[:300]) in _TWO_FORMATS:
        return extended or typed or named
    if typed == "TXT" and not named:
        return extended or typed
    return named or typed or extended


@lru_cache(maxsize=4096)
def _spelt(value: str) -> str:
    known = spellings()
    bare = _fold(_AUTHORITY.sub("", value.strip()))
    whole = known.get(bare) or known.get(bare.split(";")[0].strip())
    if whole or not bare:
        return whole or ""
    # "application/pdf https://…", "PDF (1.2 MB)", "CSV/XLSX" (the first counts), "Excel (.xlsx)"
    pieces = (_fold(piece) for piece in re.split(r"[\s,;/()\[\]]+", bare) if len(piece) > 1)
    return next((known[piece] for piece in pieces if piece in known), "")


def _by_extension(filename: str) -> str:
    name = filename.split("?")[0].split("#")[0].rsplit("/", 1)[-1]
    if "." not in name:
        return ""
    extension = name.rsplit(".", 1)[1].casefold()
    found = spellings().get(extension, "")
    return found if found and extension in formats()[found].extensions else ""


def media_type_of(name: str) -> str:
    """The media type that we send for a format's short name, application/octet-stream for an unknown one."""
    known = formats().get(name)
    return known.media_types[0] if known else "application/octet-stream"
