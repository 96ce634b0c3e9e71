"""Maps DataCite metadata (schema 2 to 4.7), in the shape of its REST API, to a record. XML is brought into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harvesters import datacite_parts as parts
from harvesters.datacite_values import Values, items, language, prose, side_by_side, text, texts
from harvesters.dublincore_files import BYTES, Access, access_of, resources_of
from harvesters.links import file_name, is_address
from harvesters.terms import first_sentence, identifiers_of, localized, only_register_number, plain, sha256_in
from opendata.catalog import identifiers, vocabularies
from opendata.catalog.recognising import UNREGISTERED
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import Extra, Identifier, OrganizationRef, Text
from opendata.errors import Invalid, Problem

_TITLE_EXTRAS = {"Subtitle": "subtitle", "AlternativeTitle": "alternative_title", "Other": "alternative_title"}
_SCHEMES = {
    "Handle": "handle",
    "Register number": "register_number",
    "Registration number": "registration_number",
    "Contract number": "contract_number",
    "Local accession number": "other",
}
"""Types of alternate identifiers that say what they are better than their look does."""
_RUNNING = ("", "Abstract", "Methods", "TechnicalInfo", "Other")
"""Descriptions that are read one after another; the rest has places of its own."""


def datacite_record(
    identifier: str, values: Values, *, publisher_is_organization: bool = False
) -> tuple[DatasetRecord, list[Problem]]:
    """The record of `values`, and what could not be read of it. Invalid where nothing tells what it is."""
    warnings: list[Problem] = []
    license_id, license_text, access = parts.rights(values, warnings)
    codes, words = parts.subjects(values)
    numbers, grants = parts.grants(values)
    own = _identifiers(identifier, values)
    owner = parts.organisation_title(values) if publisher_is_organization else Text()
    landing_page = _landing_page(values, own)
    record = DatasetRecord(
        title=_title(identifier, values, warnings),
        type=_type(values),
        identifier=identifier,
        description=_description(values, _RUNNING),
        table_of_contents=_description(values, ("TableOfContents",)),
        keywords=words,
        themes=parts.themes(values)
        or tuple(dict.fromkeys(theme for word in words if (theme := vocabularies.theme_of(word.text)))),
        subjects=codes,
        organization=OrganizationRef(title=owner) if owner else None,
        performer=parts.performer(values),
        contributors=parts.people(values, agency=str(owner.show("")) if owner else ""),
        contacts=parts.contacts(values),
        license_id=license_id,
        license_text=license_text,
        identifiers=tuple(dict.fromkeys((*own, *numbers))),
        issued=parts.issued(values, warnings),
        modified=parts.modified(values, warnings),
        languages=tuple(filter(None, [vocabularies.language_code(text(values, "language"))])),
        temporal=parts.temporal(values),
        spatial=parts.place(values),
        bbox=parts.box(values),
        landing_page=landing_page,
        version=text(values, "version"),
        relations=parts.relations(values),
        resources=_resources(values, landing_page, access),
        extras=tuple(dict.fromkeys((*_extras(values), *grants))),
        register_number=only_register_number(numbers),
        report_number=parts.report_number(values),
    )
    return record, warnings


def _likely(values: Values) -> str:
    return vocabularies.language_code(text(values, "language"))


def _title(identifier: str, values: Values, warnings: list[Problem]) -> Text:
    """Main and translated titles side by side; without any, the first sentence of the abstract, with a warning."""
    titles = items(values, "titles", "title")
    main = parts.typed(titles, "title", "titleType")
    main += [(text(one, "title"), language(one)) for one in titles if text(one, "titleType") == "TranslatedTitle"]
    main = [(said, code) for said, code in main if said and not parts.is_unavailable(said)]
    if not main:
        main = [(text(one, "title"), language(one)) for one in titles if text(one, "title")][:1]
    if main:
        return side_by_side(main, _likely(values))
    described = _description(values, _RUNNING)
    if not described and not text(values, "doi") and not items(values, "creators"):
        raise Invalid("", [Problem("empty", "the record has neither a title nor anything else that tells what it is")])
    warnings.append(Problem("title-missing", "the record has no title", "title", severity="warning"))
    return localized(first_sentence(str(described.show("en")))) if described else localized(f"(untitled) {identifier}")


def _description(values: Values, kinds: Sequence[str]) -> Text:
    found = [
        (plain(prose(one, "description")), language(one))
        for kind in kinds
        for one in items(values, "descriptions", "description")
        if text(one, "descriptionType") == kind and text(one, "description")
    ]
    return side_by_side(found, _likely(values), join=True)


def _type(values: Values) -> DatasetType:
    """The exact type if it says something, since "Text" says little; else the general one."""
    types = next(iter(items(values, "types")), {})
    general, exact = text(types, "resourceTypeGeneral"), text(types, "resourceType")
    known = vocabularies.type_of(general)
    if known in (None, DatasetType.OTHER) and (precise := vocabularies.type_of(exact.rpartition("/")[2])):
        return precise
    return known or vocabularies.type_of(text(types, "schemaOrg")) or DatasetType.OTHER


def _identifiers(identifier: str, values: Values) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    if doi := identifiers.doi(text(values, "doi")):
        found.append(Identifier("doi", doi))
    for name, main in (("identifiers", "identifier"), ("alternateIdentifiers", "alternateIdentifier")):
        for one in items(values, name, main):
            said = text(one, main)
            if said == parts.report_number(values):
                continue
            scheme = _SCHEMES.get(text(one, "alternateIdentifierType"))
            named = (Identifier(scheme, said),) if scheme and said else identifiers_of(said)
            found += [two for two in named if two.value != identifier]
    return tuple(one for one in dict.fromkeys(found) if len(one.value) <= 200 and not one.value.startswith("oai:"))


def _landing_page(values: Values, own: Sequence[Identifier]) -> str:
    """Its DOI as an address, since that lasts; else the address given."""
    for one in own:
        if one.scheme == "doi" or (one.scheme == "handle" and not one.value.startswith(UNREGISTERED)):
            return f"https://{'doi.org' if one.scheme == 'doi' else 'hdl.handle.net'}/{one.value}"
    stated = [text(values, "url")]
    stated += [text(one, "alternateIdentifier") for one in items(values, "alternateIdentifiers", "alternateIdentifier")]
    stated += [text(one, "identifier") for one in items(values, "identifiers", "identifier")]
    return next((one for one in stated if is_address(one)), "")


def _resources(values: Values, landing_page: str, access: Access) -> tuple[ResourceRecord, ...]:
    """Files that are named as such; where only a closed record is known, one entry that says so."""
    declared = [*items(values, "files"), *({"url": one} for one in parts.files(values))]
    files = [_file(one, n, access) for n, one in enumerate(declared)]
    if files:
        return tuple(one for one in files if one.download_url)
    links = texts(values, "contentUrl")
    _, found = resources_of(links, [*texts(values, "formats"), *texts(values, "sizes")], access)
    if not found and access.disclosure.strictness:
        return (ResourceRecord(key="closed", access_url=landing_page, disclosure=access.disclosure),)
    return found


def _file(values: Values, position: int, access: Access) -> ResourceRecord:
    """A file as OpenAIRE's format or a repository's own API describes it, with access rights of its own."""
    url, media_type = text(values, "url"), text(values, "mimeType")
    name = text(values, "name") or file_name(url)
    levels = [level] if (level := text(values, "accessRights")) else []
    own = access_of(levels, [], []) if levels else access
    size, checksum = values.get("size"), text(values, "checksum")
    sha256 = sha256_in(checksum)
    return ResourceRecord(
        key=text(values, "key") or url,
        position=position,
        name=Text.of(name),
        filename=name,
        format=vocabularies.format_of("", media_type, name),
        media_type=media_type,
        byte_size=size if type(size) is int and size >= 0 else None,
        checksum=sha256,
        download_url=url if is_address(url) else "",
        disclosure=own.disclosure,
        extras=(Extra("hash", checksum),) if checksum and not sha256 else (),
    )


def _extras(values: Values) -> Iterator[Extra]:
    """What has no place of its own."""
    types = next(iter(items(values, "types")), {})
    for name in ("resourceTypeGeneral", "resourceType"):
        if said := text(types, name):
            yield Extra("type", said)
    for one in items(values, "titles", "title"):
        if (key := _TITLE_EXTRAS.get(text(one, "titleType"))) and text(one, "title"):
            yield Extra(key, text(one, "title"))
    for one in items(values, "descriptions", "description"):
        if text(one, "descriptionType") == "SeriesInformation":
            yield Extra("series", plain(text(one, "description")))
    for said in texts(values, "sizes"):
        yield Extra("bytes" if BYTES.match(said) else "size", said)
    for said in texts(values, "formats"):
        yield Extra("format", said)
    for one in items(values, "subjects"):
        if (uri := text(one, "valueUri", "valueURI")) and not parts.is_theme(uri):
            yield Extra("subject_uri", uri)
    yield from parts.date_extras(values)
