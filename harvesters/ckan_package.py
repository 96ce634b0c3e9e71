"""Maps a CKAN package to a record: the standard schema, the fields of well-known extensions, and all else as extras."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from harvesters.access_rights import disclosure
from harvesters.boxes import bounding_box
from harvesters.ckan_own import is_ours, own_record
from harvesters.ckan_resource import resource_record
from harvesters.ckan_values import Fields
from harvesters.links import is_address
from harvesters.terms import date_range, first_sentence, identifiers_of, localized, plain, subjects_in, when
from opendata.catalog import licenses, vocabularies
from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.errors import Invalid, Problem

# The default schema of CKAN 2.12, and the links and figures that it computes.
_CORE = frozenset(
    [
        "author",
        "author_email",
        "creator_user_id",
        "extras",
        "groups",
        "id",
        "isopen",
        "license_id",
        "license_title",
        "license_url",
        "maintainer",
        "maintainer_email",
        "metadata_created",
        "metadata_modified",
        "name",
        "notes",
        "notes_translated",
        "num_resources",
        "num_tags",
        "organization",
        "owner_org",
        "private",
        "relationships_as_object",
        "relationships_as_subject",
        "resources",
        "state",
        "tags",
        "tags_translated",
        "title",
        "title_translated",
        "type",
        "url",
        "version",
        "tracking_summary",
        "individual_resources",
        "archiver",
        "qa",
        "revision_id",
        "revision_timestamp",
        "plugin_data",
    ]
)
_ISSUED = (
    "issued",
    "date_released",
    "dateFirstPublished",
    "release_date",
    "publication_date",
    "dcat_issued",
    "data_issued",
)
_MODIFIED = ("modified", "date_updated", "dateLastUpdated", "dcat_modified", "data_modified", "metadata-date")
_MAX_EXTRA = 20_000


_NO_PARENTS: Mapping[str, str] = MappingProxyType({})


def package_record(
    identifier: str, package: Mapping[str, Any], portal: str, parents: Mapping[str, str] = _NO_PARENTS
) -> tuple[DatasetRecord, list[Problem]]:
    """The record of a package, and what could not be read of it. Invalid where nothing tells what it is.

    `parents` names the organisation above each organisation that has one.
    """
    fields = Fields(package)
    warnings: list[Problem] = []
    license_id, license_text = _license(fields)
    keywords, subjects = _keywords(package, fields)
    record = DatasetRecord(
        title=_title(identifier, fields, warnings),
        type=_type(fields),
        identifier=fields.text("identifier", "guid", "uri") or identifier,
        description=fields.localized("notes_translated", "description_translated", "notes", "description", markup=True),
        keywords=keywords,
        themes=_themes(package, fields),
        subjects=subjects,
        organization=_organization(package, parents),
        contributors=_people(fields),
        contacts=_contacts(fields),
        license_id=license_id,
        license_text=license_text,
        identifiers=_identifiers(fields),
        issued=when(fields.text(*_ISSUED) or _published_year(fields), "issued", warnings),
        modified=when(fields.text(*_MODIFIED, "metadata_modified"), "modified", warnings),
        languages=tuple(dict.fromkeys(filter(None, map(vocabularies.language_code, _languages(fields))))),
        frequency=vocabularies.frequency_of(fields.text(*_FREQUENCY)),
        temporal=_temporal(fields),
        spatial=_place(fields),
        bbox=_box(fields),
        landing_page=_landing_page(package, fields, portal),
        version=fields.text("version"),
        relations=_relations(fields),
        resources=_resources(package, fields, portal, warnings),
        extras=_extras(package, fields),
        register_number=fields.text("register_number"),
    )
    if is_ours(package):
        warnings.clear()
        record = own_record(record, package, warnings)
    return record, warnings


_FREQUENCY = (
    "frequency", "accrual_periodicity", "accrualPeriodicity", "frequency-of-update", "update_frequency",
    "UpdateFrequency", "updateInterval", "updateFrequency",
)  # fmt: skip


def _title(identifier: str, fields: Fields, warnings: list[Problem]) -> Text:
    """The title; else the first sentence of the notes, the name in the URL, or the identifier, with a warning."""
    title = fields.localized("title_translated", "title")
    if title:
        return title
    notes, name = plain(fields.text("notes", "description")), fields.text("name")
    if not notes and not name:
        raise Invalid("", [Problem("title-missing", "the package has neither title, name nor notes", "title")])
    warnings.append(Problem("title-missing", "the package has no title", "title", severity="warning"))
    if notes:
        return localized(first_sentence(notes))
    return Text.of(name.replace("-", " ").replace("_", " ").strip() or f"(untitled) {identifier}")


def _type(fields: Fields) -> DatasetType:
    for name in ("dcat_type", "resource_type_general", "type", "resource-type"):
        if known := vocabularies.type_of(fields.text(name)):
            return known
    return DatasetType.DATASET


def _license(fields: Fields) -> tuple[str, str]:
    """The licence that id, title and address mean, each alone or all together; and the source's words."""
    stated = [fields.text(name) for name in ("license_url", "license_id", "license_title", "license")]
    stated = [text for text in stated if text]
    for text in stated:
        if (matched := licenses.match(text)) and matched.id != licenses.NOT_SPECIFIED:
            break
    else:
        matched = None
    # CKAN's "notspecified" is a statement that there is none.
    words = next((t for t in (fields.text("license_title"), *stated) if t and t != licenses.NOT_SPECIFIED), "")
    return (matched.id if matched else ""), words


def _keywords(package: Mapping[str, Any], fields: Fields) -> tuple[tuple[Keyword, ...], tuple[Subject, ...]]:
    found: list[Keyword] = []
    translated = fields.first("tags_translated", "keywords")
    if isinstance(translated, dict):
        for language, words in translated.items():
            code = vocabularies.language_code(str(language))
            found += [Keyword(str(word), code) for word in (words if isinstance(words, list) else [words]) if word]
    tags = package.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        name = (tag.get("display_name") or tag.get("name")) if isinstance(tag, dict) else tag
        if isinstance(name, str) and name.strip() and name not in {word.text for word in found}:
            found.append(Keyword(name.strip()))
    subjects = [code for word in found for code in subjects_in(word.text)]
    return tuple(found), tuple(dict.fromkeys(subjects))


_THEMES = ("theme", "themes", "theme-primary", "theme-secondary", "category")


def _themes(package: Mapping[str, Any], fields: Fields) -> tuple[str, ...]:
    groups = package.get("groups")
    names = [
        str(group.get(key) or "").replace("\u00ad", "")
        for group in (groups if isinstance(groups, list) else [])
        if isinstance(group, dict)
        for key in ("title", "display_name", "name")
    ]
    names += [word for name in _THEMES for word in fields.words(name)]
    return tuple(dict.fromkeys(theme for name in names if name and (theme := vocabularies.theme_of(name))))


def _organization(package: Mapping[str, Any], parents: Mapping[str, str]) -> OrganizationRef | None:
    value = package.get("organization")
    if isinstance(value, str) and (name := value.strip()):
        return OrganizationRef(slug=name, title=Text.of(name), parent=parents.get(name, ""))
    if not isinstance(value, dict):
        return None
    fields = Fields(value)
    name = fields.text("name")
    title = fields.localized("title_translated", "title", "display_name") or Text.of(name)
    description = fields.localized("description_translated", "description", markup=True)
    if not title:
        return None
    homepage = fields.text("homepage", "url", "website")
    return OrganizationRef(
        slug=name,
        title=title,
        identifier=fields.text("id"),
        description=description,
        parent=parents.get(name, ""),
        homepage=homepage if is_address(homepage) else "",
    )


def _people(fields: Fields) -> tuple[Contributor, ...]:
    found: list[Contributor] = []
    for names, role in (
        (("author", "creator", "authors", "creators"), ContributorRole.CREATOR),
        (("contributor", "contributors"), ContributorRole.CONTRIBUTOR),
        (("publisher", "publisher_name"), ContributorRole.PUBLISHER),
    ):
        people = fields.dicts(*names)
        texts = [] if people else fields.words(*names)
        found += [_person(person, role) for person in people]
        found += [contributor(text.strip(" ,"), role) for text in texts]
    found += [
        Contributor(name, ContributorRole.FUNDER, is_organization=True)
        for grant in fields.dicts("funding")
        if (name := str(grant.get("institution") or "").strip())
    ]
    return tuple(dict.fromkeys(person for person in found if person.name))


def _person(values: Mapping[str, Any], role: ContributorRole) -> Contributor:
    person = Fields(values)
    given, name = person.text("given_name", "firstname"), person.text("name", "family_name", "fullname", "title")
    made = contributor(", ".join(part for part in (name, given) if part), role, hint=person.text("identifier", "orcid"))
    is_body = role is ContributorRole.PUBLISHER or "body" in person.text("type").lower()
    return Contributor(
        name=made.name,
        role=role,
        orcid=made.orcid,
        affiliation=person.text("affiliation"),
        is_organization=is_body or made.is_organization,
    )


def _contacts(fields: Fields) -> tuple[ContactPoint, ...]:
    found = []
    for values in fields.dicts("contact", "contact_point", "contact_points", "maintainer"):
        one = Fields(values)
        name = " ".join(part for part in (one.text("given_name"), one.text("name", "fn")) if part)
        found.append(ContactPoint(name, one.text("email", "hasEmail").removeprefix("mailto:"), url=one.text("url")))
    maintained = fields.first("maintainer", "contact_name", "contact-name")
    email = fields.text("maintainer_email", "contact_email", "contact-email", "author_email")
    if isinstance(maintained, str) or (email and not found):
        found.append(ContactPoint(maintained if isinstance(maintained, str) else "", email.removeprefix("mailto:")))
    return tuple(dict.fromkeys(one for one in found if one.name or one.email or one.url))


def _identifiers(fields: Fields) -> tuple[Identifier, ...]:
    texts = [*fields.words("doi"), *fields.words("identifier"), *fields.words("alternate_identifier"),
             *fields.words("uri")]  # fmt: skip
    return tuple(dict.fromkeys(one for text in texts for one in identifiers_of(text)))


def _published_year(fields: Fields) -> str:
    return next((str(one.get("publication_year") or "") for one in fields.dicts("publication")), "")


def _languages(fields: Fields) -> list[str]:
    words = fields.words("language", "languages", "metadata-language")
    return [part for word in words for part in word.split(",")]


def _temporal(fields: Fields) -> Period:
    for one in [*fields.dicts("temporal_coverage", "temporals", "temporal"), *fields.dicts("date")]:
        start, end = (str(one.get(a) or one.get(b) or "") for a, b in (("start", "date"), ("end", "end_date")))
        if found := date_range(f"{start}/{end}"):
            return found
    start, end = (
        fields.text("temporal_start", "temporal_coverage-from"),
        fields.text("temporal_end", "temporal_coverage-to"),
    )
    return date_range(f"{start}/{end}" if start or end else fields.text("temporal", "timeRange"))


def _place(fields: Fields) -> str:
    for one in fields.dicts("spatial_coverage"):
        if isinstance(one.get("text"), str) and one["text"]:
            return str(one["text"])
    text = fields.text("spatial_text", "spatial_info", "spatialRelationship", "geographic_coverage")
    plain_spatial = fields.first("spatial")
    return text or (plain_spatial if isinstance(plain_spatial, str) else "")


def _box(fields: Fields) -> Any:
    shapes = [fields.first("spatial")]
    shapes += [one.get(name) for one in fields.dicts("spatial_coverage") for name in ("bbox", "geom")]
    found = next((box for shape in shapes if shape and (box := bounding_box(shape))), None)
    if found is not None:
        return found
    sides = [fields.text(f"bbox-{side}") for side in ("west-long", "south-lat", "east-long", "north-lat")]
    try:
        return bounding_box([float(side) for side in sides])
    except ValueError:
        return None


def _landing_page(package: Mapping[str, Any], fields: Fields, portal: str) -> str:
    stated = fields.text("landing_page", "url")
    if is_address(stated):
        return stated
    name = package.get("name") or package.get("id")
    return f"{portal}/dataset/{name}" if isinstance(name, str) else ""


# Fields of DCAT-AP in CKAN's dcat extension, and what they mean as DataCite relations.
_RELATED = (
    (("has_version",), "HasVersion"),
    (("is_version_of",), "IsVersionOf"),
    (("in_series",), "IsPartOf"),
    (("source", "was_derived_from"), "IsDerivedFrom"),
    (("related_resource", "relation", "related"), "Other"),
)


def _relations(fields: Fields) -> tuple[Relation, ...]:
    found = [Relation("IsDocumentedBy", target) for target in fields.words("documentation") if is_address(target)]
    found += [
        Relation("IsReferencedBy", text) if is_address(text) else Relation("IsReferencedBy", title=localized(text))
        for text in fields.words("is_referenced_by")
    ]
    for names, kind in _RELATED:
        for target in fields.words(*names):
            is_link = is_address(target) or target.startswith(("10.", "doi:", "urn:"))
            found.append(Relation(kind, target) if is_link else Relation(kind, title=localized(plain(target))))
    others = [plain(fields.text(name)) for name in ("related_publications", "related_datasets")]
    found += [Relation("Other", title=localized(text)) for text in others if text]
    return tuple(found)


def _resources(
    package: Mapping[str, Any], fields: Fields, portal: str, warnings: list[Problem]
) -> tuple[ResourceRecord, ...]:
    """The files and links, none of them more open than the package says of itself."""
    stated = disclosure(fields.words("access_rights", "accessRights"))
    listed = package.get("resources")
    found: dict[str, ResourceRecord] = {}
    for position, values in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(values, dict):
            warnings.append(
                Problem("resource-unreadable", "not an object", "resources", str(position), severity="warning")
            )
        elif str(values.get("state", "active")).lower() != "deleted":
            record = resource_record(values, position, portal, warnings)
            if stated is not None and stated.strictness > record.disclosure.strictness:
                record = replace(record, disclosure=stated)
            found.setdefault(record.key, record)
    return tuple(found.values())


def _extras(package: Mapping[str, Any], fields: Fields) -> tuple[Extra, ...]:
    """The portal's extras as given, and the fields that its extensions added beside the standard ones."""
    own = {key: value for key, value in package.items() if key not in _CORE}
    if not is_address(str(package.get("url") or "")):
        own["url"] = package.get("url")  # some portals name the origin of the data in it
    found = []
    for key, value in {**own, **fields.extras}.items():
        if value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        found.append(Extra(key[:100], text[:_MAX_EXTRA]))
    return tuple(found)
