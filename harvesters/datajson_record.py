"""Maps a dataset of data.json to a record: every field of DCAT-US 1.1, those of 1.0 that differ, all else as extras."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harvesters.access_rights import disclosure
from harvesters.boxes import bounding_box, shape
from harvesters.ckan_values import Fields
from harvesters.datajson_own import OURS, agent, coded, other_identifiers, pairs, stated_access, told, told_relations
from harvesters.datajson_resource import resources
from harvesters.links import is_address
from harvesters.terms import date_range, first_sentence, identifiers_of, localized, plain, subjects_in, when
from opendata.catalog import licenses, normalise, vocabularies
from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import (
    LANGUAGES,
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    Extra,
    Keyword,
    OrganizationRef,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.errors import Invalid, Problem

_MAPPED = frozenset([
    "@type", "@id", "@context", "title", "description", "keyword", "modified", "publisher", "contactPoint", "mbox",
    "identifier", "accessLevel", "accessLevelComment", "license", "rights", "spatial", "temporal", "distribution",
    "accrualPeriodicity", "isPartOf", "issued", "language", "landingPage", "references", "theme", "describedBy",
    "dataDictionary", "accessURL", "webService", "format", "accessRights", "creator", "contributor", "version",
    "inSeries", "source", "hasVersion", "isVersionOf", "previousVersion", "relation", "isReferencedBy", "category",
    *(f"{name}_{code}" for name in ("title", "description") for code in LANGUAGES), *OURS,
])  # fmt: skip
_RELATIONS = {
    "references": "References", "describedBy": "IsDocumentedBy", "dataDictionary": "IsDocumentedBy",
    "isPartOf": "IsPartOf", "inSeries": "IsPartOf", "source": "IsDerivedFrom", "isVersionOf": "IsVersionOf",
    "hasVersion": "HasVersion", "previousVersion": "IsNewVersionOf", "relation": "Other",
    "isReferencedBy": "IsReferencedBy",
}  # fmt: skip
_NAMES = {
    "bureauCode": "bureau_code", "programCode": "program_code", "dataQuality": "data_quality",
    "conformsTo": "conforms_to", "systemOfRecords": "system_of_records", "describedByType": "described_by_type",
    "primaryITInvestmentUII": "primary_it_investment_uii",
}  # fmt: skip
_REPEATING = re.compile(r"R\d*/P[\dTYMWDHS.]+\Z", re.IGNORECASE)
_DURATION = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T.*)?\Z")
_MAX_ABOVE = 10
_MAX_EXTRA = 20_000


def dataset_record(identifier: str, values: Mapping[str, Any]) -> tuple[DatasetRecord, tuple[Problem, ...]]:
    """The record of a dataset, and what could not be read of it. Invalid where nothing tells what it is."""
    fields = Fields(values)
    warnings: list[Problem] = []
    access = stated_access(fields) or _access(fields)
    license_id, license_text = license_of(fields)
    keywords, subjects, themes = _topics(fields)
    modified, renewed = _modified(fields, warnings)
    spatial, bbox = _place(fields)
    record = DatasetRecord(
        title=_title(identifier, fields, warnings),
        type=next(filter(None, map(vocabularies.type_of, fields.words("type", "dcat_type"))), DatasetType.DATASET),
        identifier=fields.text("sourceIdentifier") or identifier,
        description=told(fields, "description"),
        table_of_contents=told(fields, "tableOfContents"),
        keywords=keywords,
        themes=themes,
        subjects=subjects,
        organization=_organization(fields),
        performer=told(fields, "performer"),
        contributors=_people(fields),
        contacts=_contacts(fields),
        license_id=license_id,
        license_text=license_text,
        identifiers=tuple(dict.fromkeys((*other_identifiers(fields), *identifiers_of(identifier)))),
        issued=when(fields.text("issued"), "issued", warnings),
        modified=modified,
        languages=tuple(dict.fromkeys(filter(None, map(vocabularies.language_code, fields.words("language"))))),
        frequency=vocabularies.frequency_of(fields.text("frequency", "accrualPeriodicity")) or renewed,
        temporal=_temporal(fields),
        spatial=spatial,
        bbox=bbox,
        landing_page=_page(fields),
        version=fields.text("version"),
        relations=_relations(fields),
        resources=resources(values, access, warnings) or _closed(access, _page(fields)),
        extras=(*_extras(values), *pairs(fields)),
        register_number=fields.text("registerNumber"),
        report_number=fields.text("reportNumber"),
    )
    return record, tuple(warnings)


def _title(identifier: str, fields: Fields, warnings: list[Problem]) -> Text:
    """The title; else the description's first sentence, with a warning. A number is a title as well."""
    title = fields.localized("title")
    if title:
        return title
    described = plain(fields.text("description"))
    if not described and not fields.first("distribution"):
        raise Invalid("", [Problem("title-missing", "the dataset has neither title, description nor files", "title")])
    warnings.append(Problem("title-missing", "the dataset has no title", "title", severity="warning"))
    return localized(first_sentence(described)) if described else Text.of(f"(untitled) {identifier}")


def license_of(fields: Fields) -> tuple[str, str]:
    """The licence, else the one that the rights statement names, and the source's words."""
    for name in ("license", "rights"):
        words = fields.words(name) or [str(one["@id"]) for one in fields.dicts(name) if one.get("@id")]
        matched = next((found for text in words if (found := licenses.match(plain(text)))), None)
        if matched and matched.id != licenses.NOT_SPECIFIED:
            own = fields.text("licenseText")
            return matched.id, own or ("" if words == [matched.url] else plain("\n".join(words)))
    if own := fields.text("licenseText"):
        known = licenses.match(own)
        return (known.id if known and known.id != licenses.NOT_SPECIFIED else ""), own
    stated = [text for text in fields.words("license") if licenses.match(text) is None]
    return "", plain("\n".join(stated))


def _access(fields: Fields) -> Disclosure | None:
    """What accessLevel says, with the rights statement (1.0: accessLevelComment) as the reason."""
    reason = fields.localized("rights", "accessLevelComment", markup=True)
    return disclosure(fields.words("accessLevel", "accessRights"), reason)


def _topics(fields: Fields) -> tuple[tuple[Keyword, ...], tuple[Subject, ...], tuple[str, ...]]:
    tagged = {code: fields.words(f"keyword_{code}") for code in LANGUAGES}
    words = [word for word in fields.words("keyword") if not any(word in listed for listed in tagged.values())]
    themes: list[str] = []
    for name in [*fields.words("theme"), *fields.words("category")]:
        theme = vocabularies.theme_of(name)
        if theme:
            themes.append(theme)
        elif not is_address(name):
            words.append(name)
    subjects = tuple(dict.fromkeys((*coded(fields), *(code for word in words for code in subjects_in(word)))))
    # A lone keyword may be a list in one: the catalogue's own rule parts it at commas then, and only then.
    found = normalise.keywords(words if len(words) > 1 else "".join(words))
    known = tuple(Keyword(word, code) for code, listed in tagged.items() for word in listed)
    return tuple(dict.fromkeys((*known, *found))), subjects, tuple(dict.fromkeys(themes))


def _modified(fields: Fields, warnings: list[Problem]) -> tuple[PartialDate | None, str]:
    """The date; or, where it is a repeating interval ("R/P1D": renewed all the time), how often."""
    text = fields.text("modified")
    if _REPEATING.match(text):
        return None, vocabularies.frequency_of(text)
    return when(text, "modified", warnings), ""


def _organization(fields: Fields) -> OrganizationRef | None:
    names = _hierarchy(fields.first("publisher"))
    if not names:
        return None
    body = Fields(next(iter(fields.dicts("publisher")), {}))
    page = body.text("url", "homepage")
    return OrganizationRef(
        title=told(body, "name") if body.text("name") == names[0] else localized(names[0]),
        description=told(body, "description"),
        identifier=body.text("@id", "identifier"),
        parent=names[1] if len(names) > 1 else "",
        homepage=page if is_address(page) else "",
    )


def _hierarchy(publisher: Any) -> list[str]:
    """The names of the publisher and the bodies above it, the nearest first."""
    names: list[str] = []
    for _ in range(_MAX_ABOVE):
        if isinstance(publisher, list):
            publisher = publisher[0] if publisher else None
        if isinstance(publisher, str):
            return [*names, publisher.strip()] if publisher.strip() else names
        if not isinstance(publisher, dict):
            return names
        name = Fields(publisher).text("name", "prefLabel", "title", "fn")
        names += [name] if name and name not in names else []
        publisher = publisher.get("subOrganizationOf")
    return names


def _people(fields: Fields) -> tuple[Contributor, ...]:
    found: list[Contributor] = []
    for name, role in (("creator", ContributorRole.CREATOR), ("contributor", ContributorRole.CONTRIBUTOR)):
        found += [agent(Fields(one), role) for one in fields.dicts(name)]
        found += [contributor(text, role) for text in fields.words(name)]
    names = _hierarchy(fields.first("publisher"))[:1]
    found += [Contributor(name, ContributorRole.PUBLISHER, is_organization=True) for name in names]
    return tuple(dict.fromkeys(one for one in found if one.name))


def _contacts(fields: Fields) -> tuple[ContactPoint, ...]:
    """A vCard, or name and `mbox` side by side as in 1.0."""
    found = []
    for one in (*fields.dicts("contactPoint"), *fields.dicts("otherContactPoint")):
        card = Fields(one)
        page = card.text("hasURL", "url")
        found.append(
            ContactPoint(
                name=card.text("fn", "name", "organization-name"),
                email=card.text("hasEmail", "email").removeprefix("mailto:"),
                phone=card.text("hasTelephone", "tel").removeprefix("tel:"),
                url=page if is_address(page) else "",
            )
        )
    if not found and (fields.text("contactPoint") or fields.text("mbox")):
        found.append(ContactPoint(fields.text("contactPoint"), fields.text("mbox").removeprefix("mailto:")))
    return tuple(dict.fromkeys(one for one in found if one != ContactPoint()))


def _temporal(fields: Fields) -> Period:
    """Start and end, or start and duration ("2010-01-01/P1Y"), or an object with both."""
    for one in (*fields.dicts("temporalCoverage"), *fields.dicts("temporal")):
        part = Fields(one)
        start, end = part.text("startDate", "start"), part.text("endDate", "end")
        found = date_range(f"{start}/{end}") if start and end else Period(date_range(start).start, date_range(end).end)
        if found:
            return found
    text = next(iter(fields.words("temporal")), "")
    start, _, end = text.partition("/")
    if duration := _DURATION.match(end):
        begun = date_range(start).start
        return Period(begun, _after(begun, duration)) if begun else Period()
    return date_range(text)


def _after(start: PartialDate, duration: re.Match[str]) -> PartialDate | None:
    """The end of whole years from `start` on; None for other durations, whose last day nobody means exactly."""
    years, *others = (int(part or 0) for part in duration.groups())
    if not years or any(others) or start.year + years > 9999:
        return None
    if (start.month or 1, start.day or 1) == (1, 1):
        return PartialDate(start.year + years - 1, 12 if start.month else 0, 31 if start.day else 0)
    return PartialDate(start.year + years, start.month)


def _place(fields: Fields) -> tuple[str, BoundingBox | None]:
    """A name, or a shape: GeoJSON, four numbers, two corners with latitude first, or a location with either."""
    names: list[str] = fields.words("geographicName")
    box: BoundingBox | None = None
    value = fields.first("spatial")
    for one in value if isinstance(value, list) and not _is_corners(value) else [value]:
        if isinstance(one, str):
            found = shape(one)
            names += [] if found or not one.strip() else [one.strip()]
            box = box or found
        elif isinstance(one, dict):
            place = Fields(one)
            names += [name] if (name := place.text("prefLabel", "name", "title", "geographicName")) else []
            texts = [place.text(key) for key in ("bbox", "geometry", "centroid", "asWKT")]
            box = box or bounding_box(one) or next((found for text in texts if (found := shape(text))), None)
        elif isinstance(one, list):
            box = box or _corners(one) or bounding_box(one)
    return "; ".join(dict.fromkeys(names)), box


def _is_corners(value: list[Any]) -> bool:
    return all(isinstance(part, (list, int, float)) for part in value)


def _corners(value: list[Any]) -> BoundingBox | None:
    """[[south, west], [north, east]], where the numbers leave no doubt that latitude stands first."""
    flat = [number for corner in value if isinstance(corner, list) for number in corner]
    if len(flat) != 4 or not all(isinstance(number, (int, float)) for number in flat):
        return None
    south, west, north, east = flat
    return bounding_box([west, south, east, north]) if max(abs(west), abs(east)) > 90 else None


def _page(fields: Fields) -> str:
    return next((text for text in (fields.text("landingPage"), fields.text("@id")) if is_address(text)), "")


def _relations(fields: Fields) -> tuple[Relation, ...]:
    """Links as targets; isPartOf is the identifier of another dataset, be it an address or not."""
    if told := told_relations(fields):
        return told
    found = []
    for name, kind in _RELATIONS.items():
        texts = fields.words(name) + [str(one.get("@id") or one.get("identifier") or "") for one in fields.dicts(name)]
        for text in texts:
            if name == "isPartOf" or is_address(text):
                found.append(Relation(kind, target=text))
            elif text:
                found.append(Relation(kind, title=localized(text)))
    return tuple(dict.fromkeys(one for one in found if one.target or one.title))


def _closed(access: Disclosure | None, page: str) -> tuple[ResourceRecord, ...]:
    """Nothing to open, but a reader should learn that there is something, and that it is closed."""
    if access is None or not access.strictness:
        return ()
    return (ResourceRecord(key="closed", access_url=page, disclosure=access),)


def _extras(values: Mapping[str, Any]) -> tuple[Extra, ...]:
    """What has no place of its own, as given; and the bodies above the publisher where there are several."""
    found = []
    for key, value in values.items():
        if key in _MAPPED or value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            text = "; ".join(value)
        found.append(Extra(_NAMES.get(key, key)[:100], text[:_MAX_EXTRA]))
    names = _hierarchy(values.get("publisher"))
    if len(names) > 2:
        found.append(Extra("publisher_hierarchy", " > ".join(reversed(names))))
    return tuple(found)
