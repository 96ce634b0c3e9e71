"""Editable fields as people type them, and back: one line each, or the JSON of the value for what a line cannot say."""

from __future__ import annotations

import json
from typing import Any

from opendata.catalog import dates
from opendata.catalog.normalise import keywords
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    Disclosure,
    DisclosureStatus,
    PartialDate,
    Period,
    Subject,
)
from opendata.services.edits import kind_of
from opendata.store.codec import dump, load


def parse(name: str, text: str) -> Any:
    """The value of the field that `text` says. ValueError with the reason for what it cannot be."""
    text = text.strip()
    if text.startswith(("[", "{")):
        return _from_json(name, text)
    match name.rpartition(".")[2] if name.startswith("file.") else name:
        case "keywords":
            return keywords(text)
        case "themes" | "languages":
            return tuple(_parts(text.replace(",", ";")))
        case "subjects":
            return tuple(_subject(part) for part in _parts(text))
        case "issued" | "modified":
            return _date(text) if text else None
        case "temporal":
            start, _, end = text.partition("/")
            return Period(_date(start) if start.strip() else None, _date(end) if end.strip() else None)
        case "contributors":
            return tuple(Contributor(part) for part in _parts(text))
        case "contacts":
            return tuple(_contact(part) for part in _parts(text))
        case "disclosure":
            return _disclosure(text)
        case "type" | "role":
            return kind_of(name)(text)
        case _:
            return text


def shown(name: str, value: Any) -> str:
    """The value as `parse` takes it."""
    if value is None:
        return ""
    match name.rpartition(".")[2] if name.startswith("file.") else name:
        case "keywords":
            return "; ".join(one.text for one in value)
        case "themes" | "languages":
            return "; ".join(value)
        case "subjects":
            return "; ".join(f"{one.scheme} {one.code}" for one in value)
        case "temporal":
            return f"{value.start or ''}/{value.end or ''}" if value else ""
        case "contributors":
            plain = all(one == Contributor(one.name) for one in value)
            return "; ".join(one.name for one in value) if plain else _json(value)
        case "contacts":
            plain = all(one == ContactPoint(one.name, one.email) for one in value)
            return "; ".join(_named(one) for one in value) if plain else _json(value)
        case "disclosure":
            return " ".join(filter(None, (value.status.value, str(value.until or ""), value.legal_ground)))
        case "own" | "gone":
            return str(value.filename or value.download_url or value.access_url or value.name.show("ru"))
        case "organization":
            return str(value.title.show("ru"))
        case "identifiers" | "extras" | "relations" | "bbox" | "table_of_contents" | "performer":
            return _json(value) if value else ""
    return value.strip() if isinstance(value, str) else str(getattr(value, "value", value))


def _json(value: Any) -> str:
    return json.dumps(dump(value), ensure_ascii=False)


def _from_json(name: str, text: str) -> Any:
    try:
        return load(kind_of(name), json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"{text[:60]!r} is no JSON of this field.") from error


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _date(text: str) -> PartialDate:
    found = dates.parse(text).date
    if found is None:
        raise ValueError(f"{text[:60]!r} is no date. Write it as 2026-11-01, 2026-11 or 2026.")
    return found


def _subject(text: str) -> Subject:
    scheme, _, code = text.partition(" ")
    if not code.strip():
        raise ValueError(f"{text[:60]!r} is no subject. Write the scheme and the code: grnti 06.81.12.")
    return Subject(scheme.lower(), code.strip())


def _contact(text: str) -> ContactPoint:
    name, _, email = text.partition("<")
    return ContactPoint(name.strip(), email.rstrip("> ").strip())


def _named(one: ContactPoint) -> str:
    return f"{one.name} <{one.email}>" if one.email else one.name


def _disclosure(text: str) -> Disclosure:
    status, _, rest = text.partition(" ")
    until, _, ground = rest.strip().partition(" ")
    try:
        day = PartialDate.parse(until).first_day() if until[:4].isdigit() else None
        return Disclosure(DisclosureStatus(status), day, ground.strip() if day else rest.strip())
    except ValueError as error:
        allowed = ", ".join(DisclosureStatus)
        message = f"{text[:60]!r} is none. Write {allowed}, then the day until when, then the legal ground."
        raise ValueError(message) from error
