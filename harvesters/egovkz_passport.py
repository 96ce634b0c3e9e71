"""Maps a passport of data.egov.kz to a record. Names end in Kk, Ru and En for the three languages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from harvesters.terms import plain, when
from opendata.catalog import normalise, vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Keyword,
    OrganizationRef,
    PartialDate,
    Text,
)
from opendata.errors import Invalid, Problem

_ENDINGS = {"kk": ("Kk", "Kz", "_kk", "_kz"), "ru": ("Ru", "_ru"), "en": ("En", "_en")}
_KNOWN = frozenset(
    ("apiUri", "version", "name", "description", "keywords", "keyword", "createdDate", "modifiedDate", "updatedDate",
     "responsible", "responsiblePerson", "phone", "email", "fields", "fullname", "govAgency", "categories", "owner",
     "status", "updatePeriod", "frequency", "period", "id")
)  # fmt: skip
_MAX_EXTRA = 5_000


def passport_record(
    index: str, said: Mapping[str, Any], portal: str, by_agency: bool
) -> tuple[DatasetRecord, list[Problem]]:
    """The record of a dataset; `said` holds what the list and what the passport say. Invalid without any name."""
    warnings: list[Problem] = []
    values = {**_dict(said.get("listed")), **_dict(said.get("passport"))}
    version = str(said.get("version") or "")
    title = _texts(values, "name") or _texts(values, "title")
    if not title:
        raise Invalid("", [Problem("empty", "neither the list nor the passport names the dataset", "title")])
    agency = _agency(values)
    keywords = _keywords(values)
    categories = [_texts(one, "name") for one in _dicts(values.get("categories"))]
    themes = [vocabularies.theme_of(one.value) for text in categories for one in text.values()]
    page = f"{portal}/datasets/view?index={index}"
    record = DatasetRecord(
        title=title,
        type=DatasetType.DATASET,
        identifier=index,
        description=_texts(values, "description", markup=True),
        keywords=keywords or tuple(Keyword(str(one.show("ru"))) for one in categories if one),
        themes=tuple(dict.fromkeys(filter(None, themes))),
        organization=agency if by_agency else None,
        contributors=_contributors(agency),
        contacts=_contacts(values),
        issued=_date(values.get("createdDate"), "issued", warnings),
        modified=_date(values.get("modifiedDate") or values.get("updatedDate"), "modified", warnings),
        languages=tuple(code for code in ("kk", "ru", "en") if getattr(title, code)),
        frequency=next(
            filter(
                None, (vocabularies.frequency_of(_line(values.get(name))) for name in ("updatePeriod", "frequency"))
            ),
            "",
        ),
        landing_page=page,
        version=version,
        resources=_resources(index, version, portal, page),
        extras=_extras(values, categories),
    )
    return record, warnings


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _line(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _texts(values: Mapping[str, Any], name: str, *, markup: bool = False) -> Text:
    """A text in its three languages; one without a language goes to the one that it seems to be in."""
    found = {}
    for code, endings in _ENDINGS.items():
        given = next((values[name + ending] for ending in endings if values.get(name + ending)), "")
        found[code] = plain(str(given)).strip() if markup else _line(given)
    if any(found.values()):
        return Text(**found, original=next((code for code in ("ru", "kk", "en") if found[code]), ""))
    alone = values.get(name)
    if isinstance(alone, dict):
        return _texts({f"name{code.capitalize()}": alone.get(code) for code in _ENDINGS}, "name")
    text = _line(alone)
    return Text.of(text, normalise.detect_language(text)) if text else Text()


def _agency(values: Mapping[str, Any]) -> OrganizationRef | None:
    for name in ("govAgency", "owner", "organization"):
        given = values.get(name)
        if isinstance(given, dict) and (title := _texts(given, "name") or _texts(given, "fullname")):
            return OrganizationRef(title=title, identifier=_line(given.get("id")))
    title = _texts(values, "fullname") or _texts(values, "govAgency") or _texts(values, "owner")
    return OrganizationRef(title=title) if title else None


def _contributors(agency: OrganizationRef | None) -> tuple[Contributor, ...]:
    if agency is None:
        return ()
    return (Contributor(str(agency.title.show("ru")), ContributorRole.PUBLISHER, is_organization=True),)


def _keywords(values: Mapping[str, Any]) -> tuple[Keyword, ...]:
    found: list[Keyword] = []
    for name in ("keywords", "keyword"):
        for code, endings in _ENDINGS.items():
            for ending in endings:
                found += _words(values.get(name + ending), code)
        found += _words(values.get(name), "")
    return tuple({one.text.casefold(): one for one in reversed(found)}.values())[::-1]


def _words(value: Any, language: str) -> list[Keyword]:
    if isinstance(value, list):
        return list(normalise.keywords([_line(one) for one in value if _line(one)], language))
    return list(normalise.keywords(_line(value), language)) if _line(value) else []


def _contacts(values: Mapping[str, Any]) -> tuple[ContactPoint, ...]:
    person = values.get("responsible") if isinstance(values.get("responsible"), dict) else values
    name = next(
        (str(text.show("ru")) for key in ("responsible", "responsiblePerson", "responsibleName", "name")
         if (key != "name" or person is not values) and (text := _texts(_dict(person), key))),
        "",
    )  # fmt: skip
    phone = _line(_dict(person).get("phone")) or _line(values.get("responsiblePhone")) or _line(values.get("phone"))
    email = _line(_dict(person).get("email")) or _line(values.get("responsibleEmail")) or _line(values.get("email"))
    contact = ContactPoint(name, email.removeprefix("mailto:"), phone)
    return (contact,) if contact != ContactPoint() else ()


def _date(value: Any, field: str, warnings: list[Problem]) -> PartialDate | None:
    """A date in any writing, or milliseconds since 1970, as the portal's Java writes some."""
    if isinstance(value, int) and not isinstance(value, bool) and 10**11 < value < 10**13:
        day = dt.datetime.fromtimestamp(value / 1000, dt.UTC).date()
        return PartialDate(day.year, day.month, day.day)
    return when(_line(value), field, warnings) if _line(value) else None


def _resources(index: str, version: str, portal: str, page: str) -> tuple[ResourceRecord, ...]:
    """The rows as the API gives them. Their address needs a key, so readers are led to the page."""
    return (
        ResourceRecord(
            key=f"api/v4/{index}/{version}" if version else f"api/v4/{index}",
            name=Text(kk="Деректер (JSON)", ru="Данные (JSON)", en="Data (JSON)", original="ru"),
            filename=f"{index}.json",
            format="JSON",
            media_type="application/json",
            access_url=page,
            extras=(Extra("api", f"{portal}/api/v4/{index}/{version}"),) if version else (),
        ),
    )


def _extras(values: Mapping[str, Any], categories: list[Text]) -> tuple[Extra, ...]:
    found = [Extra("category", str(one.show("ru"))) for one in categories if one]
    fields = values.get("fields")
    if isinstance(fields, dict) and fields:
        labels = {name: _label(_dict(field)) for name, field in fields.items()}
        found.append(Extra("fields", json.dumps(labels, ensure_ascii=False)[:_MAX_EXTRA]))
    endings = tuple(ending for each in _ENDINGS.values() for ending in each)
    for key, value in sorted(values.items()):
        base = next((key.removesuffix(ending) for ending in endings if key.endswith(ending)), key)
        if base not in _KNOWN and not base.startswith("responsible") and (text := _line(value)):
            found.append(Extra(key[:100], text[:_MAX_EXTRA]))
    return tuple(found)


def _label(field: Mapping[str, Any]) -> str:
    label, kind = str(_texts(field, "label").show("ru")), _line(field.get("type"))
    return f"{label} ({kind})" if label and kind else label or kind
