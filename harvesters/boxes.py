"""Where data are from, as a box: of GeoJSON, WKT, GML, DCMI limits and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from harvesters.ckan_values import unpack
from opendata.catalog.values import BoundingBox

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_WKT = re.compile(
    r"\b(POINT|POLYGON|MULTIPOLYGON|LINESTRING|MULTIPOINT|MULTILINESTRING|ENVELOPE|GEOMETRYCOLLECTION)\s*Z?\s*\(",
    re.IGNORECASE,
)
_LATITUDE_FIRST = re.compile(r"EPSG/0/4326|EPSG:{1,2}4326|EPSG/4326", re.IGNORECASE)
_LIMITS = re.compile(r"(northlimit|southlimit|eastlimit|westlimit)\s*=\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_MAX_SHAPE = 5_000_000


def bounding_box(value: Any) -> BoundingBox | None:
    """The box around a GeoJSON object, or of [west, south, east, north]; None for what is neither."""
    value = unpack(value)
    if isinstance(value, list) and len(value) == 4 and all(isinstance(part, (int, float)) for part in value):
        return _box([(value[0], value[1]), (value[2], value[3])])
    return _box(list(_positions(value, 0))) if isinstance(value, dict) else None


def _box(positions: list[tuple[float, float]]) -> BoundingBox | None:
    if not positions or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in positions):
        return None
    xs, ys = [x for x, _ in positions], [y for _, y in positions]
    east, west = [x for x in xs if -180 < x < 0], [x for x in xs if 0 < x < 180]
    if 180 in xs and -180 in xs and east and west and {*xs} == {180, -180, *east, *west} and max(east) < min(west):
        # Two halves that touch the 180th meridian (RFC 7946 §3.1.9) are one place across it.
        return BoundingBox(min(west), min(ys), max(east), max(ys))
    return BoundingBox(min(xs), min(ys), max(xs), max(ys))


def _positions(value: Any, depth: int) -> Iterator[tuple[float, float]]:
    """Every coordinate pair in a geometry, a feature or a collection of either."""
    if depth > 12:
        return
    if isinstance(value, dict):
        for name in ("coordinates", "geometries", "geometry", "features"):
            yield from _positions(value.get(name), depth + 1)
    elif isinstance(value, list):
        if len(value) >= 2 and all(isinstance(part, (int, float)) and part == part for part in value[:2]):
            yield float(value[0]), float(value[1])
        else:
            for part in value:
                yield from _positions(part, depth + 1)


def within_limits(text: str) -> BoundingBox | None:
    """The box of a text in the DCMI Box encoding (northlimit=…; southlimit=…), None for any other."""
    limits = {name.lower(): float(number) for name, number in _LIMITS.findall(text[:500])}
    if len(limits) < 4:
        return None
    return BoundingBox(limits["westlimit"], limits["southlimit"], limits["eastlimit"], limits["northlimit"])


def shape(text: str) -> BoundingBox | None:
    """The box of WKT, GeoJSON, four numbers (west, south, east, north), GML corners or DCMI limits; None for a name."""
    bare = text.strip()
    if not bare or len(bare) > _MAX_SHAPE:
        return None
    if bare[0] in "{[":
        return bounding_box(bare)
    if box := within_limits(bare):
        return box
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
    return _box(list(zip(xs, ys, strict=True)))
