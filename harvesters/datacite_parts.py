"""Parts of DataCite metadata as values of ours: people, relations, dates, places, grants, rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from harvesters.datacite_values import Values, items, language, number, side_by_side, text
from harvesters.dublincore_files import Access, access_of
from harvesters.links import is_address
from harvesters.terms import date_range, localized, subjects_in, when
from opendata.catalog import identifiers, licenses
from opendata.catalog.people import contributor
from opendata.catalog.subjects import ford, subject
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.catalog.vocabularies import theme_of
from opendata.errors import Problem

# DataCite contributorType (https://datacite-metadata-schema.readthedocs.io, Appendix 1); all others contributed.
_ROLES = {
    "ProjectLeader": ContributorRole.LEADER,
    "Supervisor": ContributorRole.LEADER,
    "Editor": ContributorRole.EDITOR,
    "Distributor": ContributorRole.PUBLISHER,
    "Sponsor": ContributorRole.FUNDER,
    "Producer": ContributorRole.PERFORMER,
}


def people(values: Values, *, agency: str = "") -> tuple[Contributor, ...]:
    """Creators, contributors, publisher and funders, each once in a role; not the `agency` that the record is of."""
    found = [_person(one, "creatorName", ContributorRole.CREATOR) for one in items(values, "creators", "name")]
    for one in items(values, "contributors", "name"):
        kind = text(one, "contributorType")
        if kind != "ContactPerson" and not _is_performer(one):
            found.append(_person(one, "contributorName", _ROLES.get(kind, ContributorRole.CONTRIBUTOR)))
    bodies = []
    for one in items(values, "publisher", "name"):
        ror = identifiers.ror(text(one, "publisherIdentifier"))
        bodies.append(Contributor(text(one, "name"), ContributorRole.PUBLISHER, is_organization=True, ror=ror))
    for one in items(values, "fundingReferences"):
        ror = identifiers.ror(text(one, "funderIdentifier"))
        bodies.append(Contributor(text(one, "funderName"), ContributorRole.FUNDER, is_organization=True, ror=ror))
    found += [one for one in bodies if one.name != agency]
    return tuple(dict.fromkeys(one for one in found if one.name and not is_unavailable(one.name)))


def _is_performer(one: Values) -> bool:
    """A producer whose name is in a language is a body that is named in several."""
    return text(one, "contributorType") == "Producer" and bool(text(one, "lang"))


def performer(values: Values) -> Text:
    """The body that carried the work out, in its languages."""
    named = [one for one in items(values, "contributors") if _is_performer(one)]
    return side_by_side([(text(one, "name", "contributorName"), language(one)) for one in named])


def _person(values: Values, name_field: str, role: ContributorRole) -> Contributor:
    family, given = text(values, "familyName"), text(values, "givenName")
    name = text(values, "name", name_field) or ", ".join(part for part in (family, given) if part)
    marks = [text(one, "nameIdentifier") for one in items(values, "nameIdentifiers", "nameIdentifier")]
    made = contributor(name, role, hint=next((mark for mark in marks if identifiers.orcid(mark)), ""))
    affiliations = [text(one, "name", "affiliation") for one in items(values, "affiliation", "name")]
    kind = text(values, "nameType")
    return Contributor(
        name=made.name,
        role=role,
        orcid=made.orcid,
        affiliation="; ".join(dict.fromkeys(filter(None, affiliations))),
        is_organization=kind == "Organizational" or (made.is_organization and kind != "Personal"),
        ror=next(filter(None, (identifiers.ror(mark) for mark in (*marks, *_bodies(values)))), ""),
        bin=next(filter(None, (identifiers.bin_number(mark) for mark in _marked(values, "BIN"))), ""),
    )


def _bodies(values: Values) -> list[str]:
    return [text(one, "affiliationIdentifier") for one in items(values, "affiliation", "name")]


def _marked(values: Values, scheme: str) -> list[str]:
    marks = items(values, "nameIdentifiers", "nameIdentifier")
    return [text(one, "nameIdentifier") for one in marks if text(one, "nameIdentifierScheme") == scheme]


def contacts(values: Values) -> tuple[ContactPoint, ...]:
    """Those whom DataCite calls contact persons."""
    persons = (one for one in items(values, "contributors") if text(one, "contributorType") == "ContactPerson")
    return tuple(ContactPoint(name) for one in persons if (name := text(one, "name", "contributorName")))


def subjects(values: Values) -> tuple[tuple[Subject, ...], tuple[Keyword, ...]]:
    """Codes of classifications that we know, and all other subjects as keywords in their languages."""
    codes: list[Subject] = []
    words: list[Keyword] = []
    for one in items(values, "subjects", "subject"):
        said, scheme = text(one, "subject"), text(one, "subjectScheme").lower()
        if is_theme(text(one, "valueUri", "valueURI")):
            continue
        code = text(one, "classificationCode")
        known = _scheme(scheme)
        found = subjects_in(said) or subjects_in(f"{scheme} {said}")
        if found:
            codes += found
        elif scheme == "other" and code:
            codes.append(Subject("other", code, localized(said, language(one)) if said != code else Text()))
        elif known and (code or any(letter.isdigit() for letter in said)):
            codes.append(subject(known, code or said))
        elif known == "ford" and (code := _ford_codes().get(said.removeprefix("FOS: ").casefold(), "")):
            codes.append(subject("ford", code))
        elif said:
            words.append(Keyword(said.removeprefix("FOS: "), language(one)))
    return tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(words))


@cache
def _ford_codes() -> dict[str, str]:
    """Codes by their English names, which is how DataCite gives them."""
    return {name.en.casefold(): code for code, name in ford().items()}


def _scheme(name: str) -> str:
    if "grnti" in name or "рнти" in name or "ғтамр" in name:
        return "grnti"
    if "udc" in name.split() or "удк" in name:
        return "udc"
    return "ford" if "ford" in name or "fields of science" in name else ""


_ADDRESSES = {"doi": "https://doi.org/", "handle": "https://hdl.handle.net/", "arxiv": "https://arxiv.org/abs/"}


def relations(values: Values) -> tuple[Relation, ...]:
    """relatedIdentifiers and relatedItems, with the source's own relation types."""
    works = []
    for one in items(values, "relatedItems"):
        marks = items(one, "relatedItemIdentifier", "relatedItemIdentifier")
        mark = marks[0] if marks else {}
        target = _target(text(mark, "relatedItemIdentifier"), text(mark, "relatedItemIdentifierType"))
        title = side_by_side([(text(name, "title"), language(name)) for name in items(one, "titles", "title")])
        if target or title:
            works.append(Relation(_kind(one), target, title=title))
    told = {(one.kind, one.target) for one in works}
    found = []
    for one in items(values, "relatedIdentifiers"):
        target = _target(text(one, "relatedIdentifier"), text(one, "relatedIdentifierType"))
        if target and (_kind(one), target) not in told and not _is_file(one):
            found.append(Relation(_kind(one), target))
    return tuple(dict.fromkeys([*found, *works]))


def _kind(one: Values) -> str:
    """The type of a relation; a type that DataCite does not know is in other words (schema 4.7)."""
    kind = text(one, "relationType") or "Other"
    return text(one, "relationTypeInformation") or kind if kind == "Other" else kind


def _is_file(one: Values) -> bool:
    """A part that is said to be a file of the record itself."""
    return text(one, "relationType") == "HasPart" and text(one, "relationTypeInformation") == "File"


def files(values: Values) -> list[str]:
    """The addresses of its own files."""
    return [text(one, "relatedIdentifier") for one in items(values, "relatedIdentifiers") if _is_file(one)]


def report_number(values: Values) -> str:
    """The number that the report itself bears."""
    for one in items(values, "alternateIdentifiers", "alternateIdentifier"):
        if text(one, "alternateIdentifierType").casefold() == "report number":
            return text(one, "alternateIdentifier")
    return ""


_THEMES = "http://publications.europa.eu/resource/authority/data-theme"


def themes(values: Values) -> tuple[str, ...]:
    """The themes that are given by the EU's addresses of them."""
    given = (text(one, "valueUri", "valueURI") for one in items(values, "subjects"))
    return tuple(dict.fromkeys(code for uri in given if is_theme(uri) and (code := theme_of(uri))))


def is_theme(uri: str) -> bool:
    """Whether a subject is one of the EU's themes, and no keyword."""
    return uri.startswith(_THEMES)


def _target(value: str, kind: str) -> str:
    """An address where the kind has one, else "ISBN:978…"."""
    if not value or is_address(value) or value.lower().startswith("urn:"):
        return value
    kind = kind.strip()
    if kind.lower() == "doi":
        return f"https://doi.org/{identifiers.doi(value) or value}"
    bare = value.removeprefix("arXiv:") if kind.lower() == "arxiv" else value
    if prefix := _ADDRESSES.get(kind.lower()):
        return prefix + bare
    return value if not kind or value.lower().startswith(kind.lower() + ":") else f"{kind}:{value}"


_ISSUED = ("Issued", "Available", "Accepted", "Submitted", "Created")


def issued(values: Values, warnings: list[Problem]) -> PartialDate | None:
    """When it was published: the date for it, the year, or the next best date."""
    dates = _dates(values)
    year = text(values, "publicationYear")
    for kind in _ISSUED:
        if kind == "Available" and year:
            break  # an embargo's end is "available" too: the year is the surer word
        if said := dates.get(kind):
            return when(said, "issued", warnings)
    return when(year, "issued", warnings) if year[:4].isdigit() and year != "0000" else None


def modified(values: Values, warnings: list[Problem]) -> PartialDate | None:
    """When its content changed last, as its publisher says."""
    said = _dates(values).get("Updated", "")
    return when(said, "modified", warnings) if said else None


def temporal(values: Values) -> Period:
    """What time it is about; else when it was collected."""
    dates = _dates(values)
    return next((found for kind in ("Coverage", "Collected") if (found := date_range(dates.get(kind, "")))), Period())


def date_extras(values: Values) -> Iterator[Extra]:
    """Dates that have no place of their own."""
    for kind, said in _dates(values).items():
        if kind not in ("Issued", "Updated", "Coverage"):
            yield Extra(f"date_{kind.lower()}", said)


def _dates(values: Values) -> dict[str, str]:
    """The first date of each type."""
    found: dict[str, str] = {}
    for one in items(values, "dates", "date"):
        if said := text(one, "date"):
            found.setdefault(text(one, "dateType") or "Other", said)
    return found


def rights(values: Values, warnings: list[Problem]) -> tuple[str, str, Access]:
    """Licence id, the source's words, and who may have the files."""
    stated, words = [], []
    for one in items(values, "rightsList", "rights"):
        uri, code, said = text(one, "rightsUri", "rightsURI"), text(one, "rightsIdentifier"), text(one, "rights")
        stated += [part for part in (uri, code, said) if part]
        words.append(said or code or uri)
    levels = [
        part for part in stated if "info:eu-repo" in part or "/coar/access_right/" in part or part.endswith("ccess")
    ]
    given = [part for part in stated if part not in levels]
    matched = licenses.match_all(given) if given else None
    names = {name.value for name in matched.title.values()} if matched else set()
    shown = [word for word in dict.fromkeys(words) if word and word not in levels and word not in names]
    access = access_of(levels, [], warnings)
    if access.disclosure.status is DisclosureStatus.EMBARGOED and (end := _dates(values).get("Available")):
        day = when(end, "access", warnings)
        access = Access(Disclosure(DisclosureStatus.EMBARGOED, until=day.first_day() if day else None))
    return (matched.id if matched else ""), "\n".join(shown), access


def grants(values: Values) -> tuple[tuple[Identifier, ...], tuple[Extra, ...]]:
    """Numbers of studies and contracts among the awards, and each grant in the source's words."""
    numbers, extras = [], []
    for one in items(values, "fundingReferences"):
        award, title, uri = text(one, "awardNumber"), text(one, "awardTitle"), text(one, "awardUri", "awardURI")
        if award:
            register, state = identifiers.register_number(award), identifiers.registration_number(award)
            if register:
                numbers.append(Identifier("register_number", register))
            elif state:
                numbers.append(Identifier("registration_number", state))
            else:
                numbers.append(Identifier("contract_number", identifiers.contract_form(award)))
        if words := [part for part in (text(one, "funderName"), award, title, uri) if part]:
            extras.append(Extra("funding", "; ".join(words)))
    return tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(extras))


def place(values: Values) -> str:
    """The names of its places."""
    names = [text(one, "geoLocationPlace") for one in items(values, "geoLocations", "geoLocationPlace")]
    return "; ".join(dict.fromkeys(filter(None, names)))


def box(values: Values) -> BoundingBox | None:
    """The one box that is given; else the smallest around all boxes, points and polygons."""
    corners: list[tuple[float, float, float, float]] = []
    for one in items(values, "geoLocations"):
        corners += [c for part in items(one, "geoLocationBox") if (c := _corners(part))]
        points = list(items(one, "geoLocationPoint"))
        for polygon in items(one, "geoLocationPolygon"):
            points += items(polygon, "polygonPoint") or [polygon]
        corners += [c for point in points if (c := _point(point))]
    if len(corners) == 1:
        return BoundingBox(*corners[0])
    if not corners:
        return None
    wests, souths, easts, norths = zip(*corners, strict=True)
    return BoundingBox(min(wests), min(souths), max(easts), max(norths))


def _corners(values: Values) -> tuple[float, float, float, float] | None:
    names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    west, south, east, north = (number(values, name) for name in names)
    if west is None or south is None or east is None or north is None:
        return None
    return (west, south, east, north) if _on_earth(west, south) and _on_earth(east, north) else None


def _point(values: Values) -> tuple[float, float, float, float] | None:
    x, y = number(values, "pointLongitude"), number(values, "pointLatitude")
    return (x, y, x, y) if x is not None and y is not None and _on_earth(x, y) else None


def _on_earth(x: float, y: float) -> bool:
    return -180 <= x <= 180 and -90 <= y <= 90


def organisation_title(values: Values) -> Text:
    """The publisher's name in its language."""
    one = next(iter(items(values, "publisher", "name")), {})
    name = text(one, "name")
    return Text() if is_unavailable(name) else localized(name, language(one))


def is_unavailable(said: str) -> bool:
    """Whether it is one of DataCite's words for what is not known ("(:unav)", ":unav")."""
    return said.startswith(("(:", ":un"))


def typed(parts: Sequence[Values], field: str, kind: str) -> list[tuple[str, str]]:
    """Text and language of the parts whose type, in `kind`, is none."""
    return [(text(one, field), language(one)) for one in parts if text(one, field) and not text(one, kind)]
