"""Values of DCAT descriptions: texts in their languages, periods in every form, places, boxes, licences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harvesters.boxes import shape
from harvesters.links import is_address
from harvesters.rdf_graph import Graph, Value
from harvesters.rdf_terms import Term
from harvesters.terms import date_range, localized, merged, plain, when
from opendata.catalog import licenses
from opendata.catalog.values import LANGUAGES, BoundingBox, PartialDate, Period, Text
from opendata.errors import Problem

_SIDES = ("westBoundingLongitude", "southBoundingLatitude", "eastBoundingLongitude", "northBoundingLatitude")


def side_by_side(values: Iterable[Value], likely: str = "", *, join: bool = False) -> Text:
    """The first text of each language, or all of them as paragraphs (`join`). `likely`, where there, is the original.

    A description has no order, so the original is otherwise the first of ours that there is.
    """
    order = [likely] * bool(likely) + [code for code in LANGUAGES if code != likely]
    texts = [localized(plain(value.text), value.language, likely) for value in values]
    texts.sort(key=lambda text: order.index(text.original) if text.original in order else len(order))
    return merged(texts, join=join)


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
    if start and end:
        return date_range(f"{start}/{end}")
    if start or end:
        return Period(date_range(start).start, date_range(end).end)
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


def license_of(graph: Graph, node: Term) -> tuple[str, str]:
    """The licence that dct:license (address, label, text), or else dct:rights, means, and the source's words for it."""
    stated = _license_words(graph, node, "dct:license")
    matched = _matched(stated)
    if matched is None and (found := _matched(rights := _license_words(graph, node, "dct:rights"))):
        stated, matched = rights, found
    if matched and all(text in (matched.id, matched.url) for text in stated):
        return matched.id, ""  # no words of their own
    words = [text for text in stated if not is_address(text) and not (matched and text == matched.id)] or stated
    return (matched.id if matched else ""), "\n".join(dict.fromkeys(map(plain, words)))


def _matched(words: Sequence[str]) -> licenses.License | None:
    known = (licenses.match(text) for text in sorted(words, key=lambda text: not is_address(text)))
    return next((one for one in known if one and one.id != licenses.NOT_SPECIFIED), None)


def _license_words(graph: Graph, node: Term, name: str) -> list[str]:
    words: list[str] = []
    for one in graph.objects(node, name):
        words += [one.value.strip()] if one.kind != "blank" and "/.well-known/genid/" not in one.value else []
        words += [value.text for value in graph.labels(one)]
        for detail in ("dct:identifier", "dct:description", "foaf:page"):
            words += graph.words(one, detail)
    return list(dict.fromkeys(filter(None, words)))
