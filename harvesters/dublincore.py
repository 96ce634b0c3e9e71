"""Maps Dublin Core, as repositories really send it, to a record: every element finds its place, or is kept as an extra.

Other metadata formats are read by the names of their elements as far as those mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from harvesters.boxes import within_limits
from harvesters.datacite_parts import is_theme
from harvesters.dublincore_files import Access, access_of, resources_of
from harvesters.links import leads_to_file, urls_in
from harvesters.terms import (
    date_range,
    first_sentence,
    identifiers_of,
    localized,
    merged,
    only_register_number,
    plain,
    subjects_in,
    when,
)
from opendata.catalog import licenses, normalise, vocabularies
from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import (
    BoundingBox,
    Contributor,
    ContributorRole,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.errors import Invalid, Problem
from opendata.harvesting.contract import Found
from opendata.harvesting.xml import children, local_name, prose_of, text_of

RAW_TYPE = "application/xml"
_ELEMENTS = frozenset(
    [
        "title",
        "creator",
        "contributor",
        "publisher",
        "subject",
        "description",
        "date",
        "type",
        "format",
        "identifier",
        "source",
        "relation",
        "coverage",
        "rights",
        "language",
    ]
)
# Elements of qualified Dublin Core, OLAC, CMDI (META-SHARE) and arXiv that mean one of the fifteen.
_ALIASES = {
    "resourceName": "title", "resourceTitle": "title", "alternative": "title", "abstract": "description",
    "tableOfContents": "description", "licence": "rights", "license": "rights", "accessRights": "rights",
    "author": "creator", "issued": "date", "dateIssued": "date", "created": "date", "spatial": "coverage",
    "temporal": "coverage", "doi": "identifier", "url": "identifier", "languageId": "language", "keywords": "subject",
    "categories": "subject", "keyword": "subject", "extent": "format", "medium": "format", "isPartOf": "relation",
    "resourceType": "type", "journal-ref": "source",
}  # fmt: skip
_LANGUAGE_ATTRIBUTE = "{http://www.w3.org/XML/1998/namespace}lang"
_EU_REPO = "info:eu-repo/"
_TIMESTAMP = re.compile(r"T\d\d:\d\d")
_MAX_IDENTIFIER = 100
"""Characters. Longer ones are citations, which some repositories keep in dc:identifier: they become extras."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapping needs to know of the whole source: names of its sets, and whose the records are."""

    source: str
    sets: Mapping[str, str] = field(default_factory=dict)
    publisher_is_organization: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """The text of one element and the language that xml:lang gives it, "" for none."""

    text: str
    language: str = ""


Fields = Mapping[str, Sequence[Value]]


def found_record(
    identifier: str,
    element: etree._Element,
    sets: Sequence[str],
    raw: bytes,
    repairs: Sequence[Problem],
    context: Context,
) -> Found:
    """The record element as Found. Invalid where it has no metadata, or nothing by which a reader could know it."""
    warnings = list(repairs)
    record = map_record(identifier, fields_of(element), sets, context, warnings)
    return Found(identifier, record, raw, RAW_TYPE, warnings=tuple(warnings))


def fields_of(record: etree._Element) -> Fields:
    """The values by Dublin Core element, in the document's order."""
    metadata = next(iter(children(record, "metadata")), None)
    if metadata is None or not len(metadata):
        raise Invalid("", [Problem("metadata-missing", "the record has no metadata and is not marked as deleted")])
    root = metadata[0]
    found: dict[str, list[tuple[int, Value]]] = {}
    for element, depth in _with_depth(root):
        name = local_name(element)
        name = name if name in _ELEMENTS else _ALIASES.get(name, "")
        text = _READ.get(name, text_of)(element)
        if name and text and (len(element) == 0 or name == "creator"):
            language = vocabularies.language_code(element.get(_LANGUAGE_ATTRIBUTE) or element.get("lang") or "")
            found.setdefault(name, []).append((depth, Value(text, language)))
    return {name: _highest(name, values) for name, values in found.items()}


def _name_of(element: etree._Element) -> str:
    """The name of a person, of whose parts some formats make elements of their own."""
    parts = [text_of(child) for child in element if local_name(child).lower() not in ("affiliation", "email")]
    return ", ".join(filter(None, parts)) if parts else text_of(element)


_READ = {"creator": _name_of, "description": prose_of}
"""How elements are read of which more is wanted than their words."""


def map_record(
    identifier: str, fields: Fields, sets: Sequence[str], context: Context, warnings: list[Problem]
) -> DatasetRecord:
    """The record that `fields` describe; what could not be read is added to `warnings`."""
    access = access_of(_texts(fields, "rights"), _texts(fields, "date"), warnings)
    landing_page, resources = resources_of(
        [*_texts(fields, "identifier"), *_file_relations(fields)], _texts(fields, "format"), access
    )
    rights = [text for text in _texts(fields, "rights") if not text.startswith(_EU_REPO)]
    matched = licenses.match_all(rights) if rights else None
    subjects, keywords = _subjects(fields)
    temporal, spatial, bbox = _coverage(fields)
    owner = _owner(fields) if context.publisher_is_organization else Text()
    identifiers = _identifiers(identifier, fields)
    return DatasetRecord(
        title=_title(identifier, fields, warnings),
        type=_type(fields, [name for spec in sets for name in (spec, context.sets.get(spec, ""))]),
        identifier=identifier,
        description=_description(fields),
        keywords=keywords,
        themes=_themes(fields, keywords, sets, context),
        subjects=subjects,
        organization=OrganizationRef(title=owner) if owner else None,
        contributors=_people(fields, owner),
        license_id=matched.id if matched else "",
        license_text="\n".join(one for one in rights if matched is None or one != matched.url),
        identifiers=identifiers,
        issued=_issued(fields, access, warnings),
        languages=tuple(dict.fromkeys(filter(None, map(vocabularies.language_code, _texts(fields, "language"))))),
        temporal=temporal,
        spatial=spatial,
        bbox=bbox,
        landing_page=landing_page,
        relations=_relations(fields),
        resources=resources,
        extras=_extras(fields, sets, context),
        register_number=only_register_number(identifiers),
    )


def _owner(fields: Fields) -> Text:
    """The publisher; one that is named in several languages by all its names."""
    named = fields.get("publisher", ())
    first = [value for value in named if value.language] if named and named[0].language else named[:1]
    return _side_by_side(first)


def _with_depth(root: etree._Element) -> list[tuple[etree._Element, int]]:
    found, waiting = [], [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        found.append((element, depth))
        waiting += [(child, depth + 1) for child in reversed(element)]
    return found


def _highest(name: str, values: list[tuple[int, Value]]) -> list[Value]:
    """All values; of titles and descriptions only the outermost, for deep formats name their parts too."""
    top = min(depth for depth, _ in values)
    return [value for depth, value in values if depth == top or name not in ("title", "description", "identifier")]


def _texts(fields: Fields, name: str) -> list[str]:
    return [value.text for value in fields.get(name, ())]


def _title(identifier: str, fields: Fields, warnings: list[Problem]) -> Text:
    """The title in its languages; without one the description's first sentence or the identifier, with a warning."""
    titles = fields.get("title", ())
    if titles:
        return _side_by_side(titles, _only_language(fields))
    described = next(iter(_texts(fields, "description")), "")
    if not described and not fields:
        raise Invalid("", [Problem("empty", "the record has neither a title nor any other element")])
    warnings.append(Problem("title-missing", "the record has no title", "title", severity="warning"))
    return localized(first_sentence(described) if described else f"(untitled) {identifier}")


def _only_language(fields: Fields) -> str:
    """The record's language where it states just one: the likeliest for texts whose own is unknown."""
    stated = {code for text in _texts(fields, "language") if (code := vocabularies.language_code(text))}
    return stated.pop() if len(stated) == 1 else ""


def _side_by_side(values: Sequence[Value], likely: str = "") -> Text:
    """The first text of each language; the first of all is the original."""
    return merged(localized(value.text, value.language, likely) for value in values)


def _description(fields: Fields) -> Text:
    """All descriptions, those of one language as paragraphs below each other."""
    likely = _only_language(fields)
    texts = (localized(plain(value.text), value.language, likely) for value in fields.get("description", ()))
    return merged(texts, join=True)


def _type(fields: Fields, set_names: Sequence[str]) -> DatasetType:
    """The first type that says something, else what a set's name or code says; "other" rather than a guess."""
    for text in [*_texts(fields, "type"), *set_names]:
        known = vocabularies.type_of(text)
        if known not in (None, DatasetType.OTHER):
            return known
    return DatasetType.OTHER


def _subjects(fields: Fields) -> tuple[tuple[Subject, ...], tuple[Keyword, ...]]:
    subjects: list[Subject] = []
    words: dict[str, list[str]] = {}
    for value in fields.get("subject", ()):
        codes = subjects_in(value.text)
        subjects += [code for code in codes if code not in subjects]
        if not codes and not is_theme(value.text):
            words.setdefault(value.language, []).append(value.text)
    # A lone subject may be a list in one: the catalogue's own rule parts it at commas then, and only then.
    keywords = [
        keyword
        for language, texts in words.items()
        for keyword in normalise.keywords(texts if len(texts) > 1 else texts[0], language)
    ]
    return tuple(subjects), tuple(dict.fromkeys(keywords))


def _themes(fields: Fields, keywords: Sequence[Keyword], sets: Sequence[str], context: Context) -> tuple[str, ...]:
    names = [text for text in _texts(fields, "subject") if is_theme(text)]
    if not names:
        names = [*(context.sets.get(spec, "") for spec in sets), *(keyword.text for keyword in keywords)]
    return tuple(dict.fromkeys(theme for name in names if name and (theme := vocabularies.theme_of(name))))


def _people(fields: Fields, agency: Text) -> tuple[Contributor, ...]:
    """Everybody but the agency that the record is of, by whichever of its names."""
    creators = [contributor(name) for name in _texts(fields, "creator")]
    names = {person.name for person in creators}
    others = [contributor(name, ContributorRole.CONTRIBUTOR) for name in _texts(fields, "contributor")]
    publishers = [
        Contributor(name, ContributorRole.PUBLISHER, is_organization=True)
        for name in _texts(fields, "publisher")
        if name not in [one.value for one in agency.values()]
    ]
    everybody = [*creators, *(person for person in others if person.name not in names), *publishers]
    return tuple(dict.fromkeys(person for person in everybody if person.name))


def _identifiers(identifier: str, fields: Fields) -> tuple[Identifier, ...]:
    texts = [*_texts(fields, "identifier"), *(t for t in _texts(fields, "relation") if "altIdentifier/" in t)]
    found = [one for text in texts for one in identifiers_of(text)]
    if identifier.startswith("hdl:"):
        found.append(Identifier("handle", identifier.removeprefix("hdl:")))
    return tuple(dict.fromkeys(one for one in found if one.value != identifier and len(one.value) <= _MAX_IDENTIFIER))


def _issued(fields: Fields, access: Access, warnings: list[Problem]) -> PartialDate | None:
    """The earliest civil date; where there are only timestamps (of the deposit), the earliest of those."""
    texts = [text for text in _texts(fields, "date") if not text.startswith(_EU_REPO) and text not in access.dates]
    civil = [text for text in texts if not _TIMESTAMP.search(text)] or texts
    found = [date for text in dict.fromkeys(civil) if (date := when(text, "issued", warnings))]
    return min(found, default=None, key=lambda date: (date.year, date.month or 13, date.day or 32))


def _coverage(fields: Fields) -> tuple[Period, str, BoundingBox | None]:
    period, places, box = Period(), [], None
    for text in _texts(fields, "coverage"):
        if limits := within_limits(text):
            box = limits
        elif not period and (found := date_range(text)):
            period = found
        else:
            places.append(text)
    return period, "; ".join(dict.fromkeys(places)), box


def _file_relations(fields: Fields) -> list[str]:
    """Full-text links that some repositories put into format or relation; of relations those that are files."""
    related = [url for text in _texts(fields, "relation") for url in urls_in(text) if leads_to_file(url)]
    return [*(text for text in _texts(fields, "format") if "http" in text), *related]


def _relations(fields: Fields) -> tuple[Relation, ...]:
    found = [_relation("IsDerivedFrom", text) for text in _texts(fields, "source")]
    found += [_relation("Other", text) for text in _texts(fields, "relation") if not text.startswith(_EU_REPO)]
    return tuple(dict.fromkeys(found))


def _relation(kind: str, text: str) -> Relation:
    is_link = text.startswith(("http://", "https://", "doi:", "10.", "urn:", "hdl:"))
    return Relation(kind, target=text) if is_link else Relation(kind, title=localized(text))


def _extras(fields: Fields, sets: Sequence[str], context: Context) -> tuple[Extra, ...]:
    """What has no place of its own: sets with their names, types as given, sizes, grants, further titles."""
    main = _side_by_side(fields.get("title", ()))
    shown = {main.kk, main.ru, main.en, main.other}
    found = [Extra("set", f"{spec}: {context.sets[spec]}" if spec in context.sets else spec) for spec in sets]
    found += [Extra("type", text) for text in _texts(fields, "type")]
    found += [Extra("format", text) for text in _texts(fields, "format")]
    found += [Extra("alternative_title", text) for text in _texts(fields, "title") if text not in shown]
    found += [
        Extra("citation", text)
        for text in _texts(fields, "identifier")
        if len(text) > _MAX_IDENTIFIER and "://" not in text[:8]
    ]
    found += [Extra("relation", text) for text in _texts(fields, "relation") if text.startswith(_EU_REPO)]
    return tuple(dict.fromkeys(found))
