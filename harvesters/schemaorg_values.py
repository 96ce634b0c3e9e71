"""Values of schema.org in their many shapes: texts in languages, people and bodies, places, periods, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from harvesters.schemaorg_graph import Graph, Node, type_names
from harvesters.terms import date_range, identifiers_of, localized, merged, plain
from opendata.catalog import dates, identifiers
from opendata.catalog.people import contributor, split_list
from opendata.catalog.values import (
    BoundingBox,
    Contributor,
    ContributorRole,
    Identifier,
    Period,
    Text,
)
from opendata.catalog.vocabularies import language_code

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE]-?\d{1,2})?")
_POINT = re.compile(r"(?:MULTI)?(?:POINT|POLYGON|LINESTRING)\s*\(", re.IGNORECASE)
_BODIES = ("Organization", "GovernmentOrganization", "Corporation", "CollegeOrUniversity", "ResearchOrganization",
           "EducationalOrganization", "NGO", "Consortium", "FundingAgency", "LibrarySystem", "NewsMediaOrganization",
           "MedicalOrganization", "Project", "ResearchProject")  # fmt: skip
_MAX_VALUES = 500
_ROLE_NAMES = {role.value: role for role in ContributorRole}
"""What a schema.org Role may call a role that we know."""
_HTTP = ("http://", "https://")


def plain_text(value: Any) -> str:
    """A value as one text without markup: a string, a number, a language-tagged text, a node's name."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str | int | float):
        text = plain(str(value)).strip()
        # Markup that was escaped twice comes out as markup.
        return plain(text).strip() if "&lt;" in str(value) and "<" in text else text
    if isinstance(value, dict):
        inner = next((value[name] for name in ("@value", "name", "headline", "value") if value.get(name)), None)
        return plain_text(inner) if not isinstance(inner, dict | list) else plain_text(next(iter(_listed(inner)), ""))
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text_of(graph: Graph, values: Iterable[Any], likely: str = "") -> Text:
    """Texts side by side, each in the language of its tag, its letters or the record; the first is the original."""
    return merged(_texts_of(list(values)[:_MAX_VALUES], likely or language_code(graph.language)))


def _texts_of(values: Iterable[Any], likely: str) -> Iterator[Text]:
    for value in values:
        tagged = language_code(str(value.get("@language") or "")) if isinstance(value, dict) else ""
        for part in _listed(value.get("name")) if isinstance(value, dict) and "@value" not in value else [value]:
            own = tagged or (language_code(str(part.get("@language") or "")) if isinstance(part, dict) else "")
            yield localized(plain_text(part), own, likely)


def texts(values: Iterable[Any]) -> list[str]:
    """Every value as plain text, each once, without empty ones."""
    return list(dict.fromkeys(filter(None, map(plain_text, list(values)[:_MAX_VALUES]))))


def address_of(value: Any) -> str:
    """The http address that a value is or has: of a node its url, its @id or its sameAs."""
    if isinstance(value, str):
        return value.strip() if value.strip().startswith(_HTTP) else ""
    if isinstance(value, dict):
        for name in ("url", "@id", "sameAs", "contentUrl", "@value"):
            for one in _listed(value.get(name)):
                inner = one.get("@id") if isinstance(one, dict) else one
                if isinstance(inner, str) and inner.strip().startswith(_HTTP):
                    return inner.strip()
    return ""


def people(graph: Graph, values: Iterable[Any], role: ContributorRole) -> Iterator[Contributor]:
    """The people and bodies of a property. A Role is opened; a text may list several."""
    for value in list(values)[:_MAX_VALUES]:
        if isinstance(value, str):
            if not value.startswith(_HTTP):
                yield from (contributor(name, role) for name in split_list(plain(value), people=True))
        elif isinstance(value, dict):
            inner = [one for name in ("creator", "author", "contributor", "editor", "funder", "member")
                     for one in graph.all(value, name) if "Role" in " ".join(type_names(value))]  # fmt: skip
            if inner:
                yield from people(graph, inner, _ROLE_NAMES.get(plain_text(value.get("roleName")).lower(), role))
            elif person := _person(graph, value, role):
                yield person


def _person(graph: Graph, node: Node, role: ContributorRole) -> Contributor | None:
    given, family = plain_text(node.get("givenName")), plain_text(node.get("familyName"))
    names = texts(_listed(node.get("name"))) or texts(_listed(node.get("legalName")))
    name = names[0] if names else f"{family}, {given}".strip(", ")
    if not name:
        return None
    known = " ".join(_identifying(graph, node))
    made = contributor(name, role, hint=known)
    kinds = type_names(node)
    is_body = any(kind in _BODIES for kind in kinds) or (made.is_organization and "Person" not in kinds)
    affiliation = "; ".join(
        dict.fromkeys(filter(None, (plain_text(one) for one in graph.all(node, "affiliation", "worksFor", "memberOf"))))
    )
    return replace(
        made,
        is_organization=is_body and not made.orcid,
        affiliation="" if is_body else affiliation,
        ror=identifiers.ror(known) if is_body else "",
        bin=identifiers.bin_number(known) if is_body else "",
    )


def _identifying(graph: Graph, node: Node) -> Iterator[str]:
    for name in ("@id", "identifier", "sameAs", "url", "taxID", "vatID", "orcid"):
        for one in graph.all(node, name):
            if isinstance(one, dict):
                yield from (str(one[key]) for key in ("value", "url", "@id", "@value") if isinstance(one.get(key), str))
            else:
                yield str(one)


def identifiers_in(graph: Graph, values: Iterable[Any]) -> Iterator[Identifier]:
    """What identifies: texts, PropertyValues, addresses of resolvers. Addresses that resolve nothing are left out."""
    for value in list(values)[:_MAX_VALUES]:
        if isinstance(value, dict):
            found = [one for name in ("value", "@value", "url", "@id") for one in graph.all(value, name)
                     if isinstance(one, str | int)]  # fmt: skip
            kind = plain_text(value.get("propertyID")).lower()
            hint = "doi:" if "doi" in kind and not identifiers.doi(str(next(iter(found), ""))) else ""
            yield from next(filter(None, (identifiers_of(hint + str(one)) for one in found)), ())
        else:
            yield from identifiers_of(str(value))


def period_of(graph: Graph, values: Iterable[Any]) -> Period:
    """The first period or date that can be read; of a node by its startDate and endDate."""
    for value in list(values)[:_MAX_VALUES]:
        if isinstance(value, dict) and (value.get("startDate") or value.get("endDate")):
            start, end = (
                next((dates.parse(one).date for one in texts(graph.all(value, name))), None)
                for name in ("startDate", "endDate")
            )
            found = Period(start, end)
        else:
            found = date_range(plain_text(value))
        if found:
            return found
    return Period()


def places(graph: Graph, values: Sequence[Any]) -> tuple[str, BoundingBox | None]:
    """The names of places, and the box around all that have coordinates."""
    names: list[str] = []
    points: list[tuple[float, float]] = []
    for value in list(values)[:_MAX_VALUES]:
        if not isinstance(value, dict):
            text = plain_text(value)
            numbers = _numbers(text)
            is_box = len(numbers) == 4 and not any(letter.isalpha() for letter in text)
            points += _pairs(numbers) if is_box else []
            names += [] if is_box else [text]
            continue
        names.append(plain_text(value.get("name")) or _postal(graph, value))
        shapes = graph.all(value, "geo") or [value]
        for shape in shapes:
            points += list(_coordinates(shape)) if isinstance(shape, dict) else _pairs(_numbers(str(shape)))
    return "; ".join(dict.fromkeys(filter(None, names))), _around(points)


def _postal(graph: Graph, place: Node) -> str:
    for address in graph.all(place, "address"):
        if isinstance(address, dict):
            parts = (plain_text(address.get(name)) for name in ("addressLocality", "addressRegion", "addressCountry"))
            return ", ".join(filter(None, parts))
        return plain_text(address)
    return ""


def _coordinates(shape: Node) -> Iterator[tuple[float, float]]:
    """(latitude, longitude) of a point or shape. schema.org writes latitude first; WKT and GeoJSON write it last."""
    if shape.get("latitude") is not None and shape.get("longitude") is not None:
        yield from _pairs(_numbers(f"{plain_text(shape['latitude'])} {plain_text(shape['longitude'])}"))
    for name in ("box", "polygon", "line"):
        for text in _listed(shape.get(name)):
            numbers = _numbers(plain_text(text))
            is_wkt = bool(_POINT.search(plain_text(text)))
            yield from ((b, a) for a, b in _pairs(numbers)) if is_wkt else _pairs(numbers)
    for text in _listed(shape.get("circle")):
        yield from _pairs(_numbers(plain_text(text))[:2])


def _numbers(text: str) -> list[float]:
    return [float(one) for one in _NUMBER.findall(text[:20_000])]


def _pairs(numbers: Sequence[float]) -> list[tuple[float, float]]:
    """Latitudes with longitudes, turned round where only that is possible."""
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    if any(abs(first) > 90 for first, _ in pairs) and all(abs(second) <= 90 for _, second in pairs):
        pairs = [(second, first) for first, second in pairs]
    return pairs


def _around(points: Sequence[tuple[float, float]]) -> BoundingBox | None:
    if not points or not all(abs(latitude) <= 90 and abs(longitude) <= 180 for latitude, longitude in points):
        return None
    latitudes, longitudes = [one for one, _ in points], [one for _, one in points]
    return BoundingBox(min(longitudes), min(latitudes), max(longitudes), max(latitudes))
