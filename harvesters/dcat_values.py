"""Values of DCAT descriptions: texts in their languages, periods in every form, places, boxes, licences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harvesters.ckan_values import bounding_box
from harvesters.links import is_address
from harvesters.rdf_graph import Graph, Value
from harvesters.rdf_terms import Term
from harvesters.terms import date_range, localized, plain, when
from opendata.catalog import licenses
from opendata.catalog.values import BoundingBox, PartialDate, Period, Text
from opendata.errors import Problem

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_WKT = re.compile(
    r"\b(POINT|POLYGON|MULTIPOLYGON|LINESTRING|MULTIPOINT|MULTILINESTRING|ENVELOPE|GEOMETRYCOLLECTION)\s*Z?\s*\(",
    re.IGNORECASE,
)
_LATITUDE_FIRST = re.compile(r"EPSG/0/4326|EPSG:{1,2}4326|EPSG/4326", re.IGNORECASE)
_LIMITS = re.compile(r"(northlimit|southlimit|eastlimit|westlimit)\s*=\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_MAX_SHAPE = 5_000_000
_SIDES = ("westBoundingLongitude", "southBoundingLatitude", "eastBoundingLongitude", "northBoundingLatitude")


def side_by_side(values: Iterable[Value], likely: str = "", *, join: bool = False) -> Text:
    """The first text of each language, or all of them as paragraphs (`join`). `likely`, where there, is the original.

    A description has no order, so the original is otherwise the first of ours that there is.
    """
    slots: dict[str, list[str]] = {"kk": [], "ru": [], "en": [], "other": []}
    foreign = ""
    for value in values:
        text = localized(plain(value.text), value.language, likely)
        for slot, kept in slots.items():
            if (part := getattr(text, slot)) and part not in kept and (join or not kept):
                kept.append(part)
                foreign = foreign or (text.original if slot == "other" else "")
    made = {slot: "\n\n".join(parts) for slot, parts in slots.items()}
    if likely == foreign and made["other"]:
        original = foreign
    elif made.get(likely):
        original = likely
    else:
        original = next((code for code in ("kk", "ru", "en") if made[code]), foreign)
    return Text(**made, original=original)


def date_of(
    graph: Graph, node: Term, name: str, field: str, warnings: list[Problem], row: str = ""
) -> PartialDate | None:
    """The latest of the dates given as `name` ("modified" may be repeated), with the precision that they have."""
    found = [date for value in graph.values(node, name) if (date := when(value.text, field, warnings, row))]
    return max(found, default=None, key=lambda date: (date.year, date.month, date.day))


def period(graph: Graph, node: Term) -> Period:
    """dct:temporal: dates of its own, of time:Interval, or a text such as "2019/2020"; the outermost of several."""
    found = [one for value in graph.objects(node, "dct:temporal") if (one := _period(graph, value))]
    starts = [one.start for one in found if one.start]
    ends = [one.end for one in found if one.end]
    # A period that is open at one end stays open, however many others there are.
    return Period(
        min(starts) if starts and len(starts) == len(found) else None,
        max(ends) if ends and len(ends) == len(found) else None,
    )


def _period(graph: Graph, value: Term) -> Period:
    if value.kind == "literal":
        return date_range(value.value)
    start = _moment(graph, value, "dcat:startDate", "time:hasBeginning")
    end = _moment(graph, value, "dcat:endDate", "time:hasEnd")
    if start or end:
        return date_range(f"{start}/{end}")
    labels = graph.labels(value) or [Value(value.value) if value.kind == "iri" else Value("")]
    return date_range(_year_of(labels[0].text))


def _moment(graph: Graph, node: Term, name: str, interval: str) -> str:
    texts = [value.text for value in graph.values(node, name)]
    for instant in graph.objects(node, interval):
        texts += [
            value.text
            for name in ("Date", "DateTimeStamp", "DateTime", "gYearMonth", "gYear")
            for value in graph.values(instant, f"time:inXSD{name}")
        ]
    return texts[0].partition("T")[0] if texts else ""


def _year_of(text: str) -> str:
    """The period that an address ends with (http://reference.data.gov.uk/id/year/2019), else the text."""
    return text.rstrip("/").rpartition("/")[2] if is_address(text) else text


def places(graph: Graph, node: Term) -> tuple[str, BoundingBox | None]:
    """The names of dct:spatial, and the box around the first geometry that can be read."""
    names: list[str] = []
    box: BoundingBox | None = None
    for value in graph.objects(node, "dct:spatial"):
        if value.kind == "literal":
            box = box or shape(value.value)
            names += [value.value.strip()] if shape(value.value) is None else []
            continue
        label = graph.text(value)
        names += [_place_name(label)] if label and shape(label) is None else []
        for corners in graph.objects(value, "dcatus:geographicBoundingBox"):
            sides = [graph.first(corners, f"dcatus:{side}") for side in _SIDES]
            box = box or (shape(",".join(sides)) if all(sides) else None)
        for name in ("dcat:bbox", "locn:geometry", "dcat:centroid", "gsp:asWKT", "schema:geo", "schema:box"):
            for geometry in graph.objects(value, name):
                inside = [
                    v.text for v in graph.values(geometry, "gsp:asWKT", "gsp:asGeoJSON", "rdf:value", "schema:box")
                ]
                texts = [geometry.value] if geometry.kind == "literal" else inside
                box = box or next((found for text in texts if (found := shape(text))), None)
    return "; ".join(dict.fromkeys(filter(None, names))), box


def _place_name(text: str) -> str:
    """An authority's code for its address (…/country/KAZ), anything else as it is."""
    return text.rstrip("/#").rpartition("/")[2] if "/authority/" in text else text


def shape(text: str) -> BoundingBox | None:
    """The box of WKT, GeoJSON, four numbers (west, south, east, north), GML corners or DCMI limits; None for a name."""
    bare = text.strip()
    if not bare or len(bare) > _MAX_SHAPE:
        return None
    if bare[0] in "{[":
        return bounding_box(bare)
    limits = {name.lower(): float(number) for name, number in _LIMITS.findall(bare[:500])}
    if len(limits) == 4:
        return BoundingBox(limits["westlimit"], limits["southlimit"], limits["eastlimit"], limits["northlimit"])
    if found := _WKT.search(bare):
        numbers = [float(one) for one in _NUMBER.findall(bare[found.end() :])]
        if found[1].upper() == "ENVELOPE" and len(numbers) == 4:
            return bounding_box([numbers[0], numbers[3], numbers[1], numbers[2]])
        return _around(numbers, is_swapped=bool(_LATITUDE_FIRST.search(bare[: found.start()])))
    if bare.startswith("<") and "gml" in bare[:200]:
        inside = re.sub(r"<[^>]*>", " ", bare)
        return _around(
            [float(one) for one in _NUMBER.findall(inside)], is_swapped=bool(_LATITUDE_FIRST.search(bare[:400]))
        )
    parts = [part for part in re.split(r"[\s,;]+", bare) if part]
    if len(parts) == 4 and all(_NUMBER.fullmatch(part) for part in parts):
        return bounding_box([float(part) for part in parts])
    if len(parts) == 2 and all(_NUMBER.fullmatch(part) for part in parts) and "." in bare:
        return _around([float(parts[1]), float(parts[0])])
    return None


def _around(numbers: Sequence[float], *, is_swapped: bool = False) -> BoundingBox | None:
    if len(numbers) < 2 or len(numbers) % 2:
        return None
    first, second = numbers[0::2], numbers[1::2]
    xs, ys = (second, first) if is_swapped else (first, second)
    return bounding_box([min(xs), min(ys), max(xs), max(ys)])


def license_of(graph: Graph, node: Term) -> tuple[str, str]:
    """The licence that dct:license (address, label, text), or else dct:rights, means, and the source's words for it."""
    stated = _license_words(graph, node, "dct:license")
    matched = _matched(stated)
    if matched is None and (found := _matched(rights := _license_words(graph, node, "dct:rights"))):
        stated, matched = rights, found
    words = [text for text in stated if not is_address(text)] or stated
    return (matched.id if matched else ""), "\n".join(dict.fromkeys(map(plain, words)))


def _matched(words: Sequence[str]) -> licenses.License | None:
    known = (licenses.match(text) for text in words)
    return next((one for one in known if one and one.id != licenses.NOT_SPECIFIED), None)


def _license_words(graph: Graph, node: Term, name: str) -> list[str]:
    words: list[str] = []
    for one in graph.objects(node, name):
        words += [one.value.strip()] if one.kind != "blank" and "/.well-known/genid/" not in one.value else []
        words += [value.text for value in graph.labels(one)]
        for detail in ("dct:identifier", "dct:description", "foaf:page"):
            words += graph.words(one, detail)
    return list(dict.fromkeys(filter(None, words)))
