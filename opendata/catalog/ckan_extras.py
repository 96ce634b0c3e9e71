"""What CKAN's schema has no field for, as extras: one key for each field of a record or file, written and read here.

Texts are texts, lists and texts in several languages are JSON in a string, as CKAN's extensions keep them. Harvesting
our own packages and writing through the action API read them back by the same table, so nothing is lost between.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from opendata.catalog.codec import dump, load
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    PartialDate,
    Subject,
    Text,
)

_json = json.JSONEncoder(ensure_ascii=False).encode
"""As json.dumps, which would make an encoder for each value."""

PROFILE_KEY = "metadata_profile"
PROFILE = "opendata-kz/1"
"""The extra by which a package says that its extras are these."""

R = TypeVar("R", DatasetRecord, ResourceRecord)


@dataclass(frozen=True, slots=True)
class Extension(Generic[R]):
    """A field as an extra. `write` gives "" where there is nothing to say, `read` raises ValueError for nonsense."""

    key: str
    write: Callable[[R], str]
    read: Callable[[R, str], R]


def text_out(value: Text) -> str:
    """A text in its languages as JSON, the original first; one whose language nobody knows as it is."""
    shown = value.values()
    if len(shown) == 1 and not shown[0].language:
        return shown[0].value if shown[0].value[:1] not in "{[" else json.dumps({"und": shown[0].value})
    said = {one.language or "und": one.value for one in shown}
    if said and not value.original:
        said = {"und": said.pop("und", ""), **said}
    return _json(said) if said else ""


def text_in(value: str) -> Text:
    """What `text_out` wrote, or a plain text. The first language is the original; "und" stands for none."""
    if not value.startswith("{"):
        return Text(other=value)
    said = json.loads(value)
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise ValueError("no texts by language")
    return text_of(said)


def text_of(said: Mapping[str, str]) -> Text:
    """Texts by language as a Text. The first language is the original; "und" stands for none."""
    original = next(iter(said), "und")
    slots = {code: text for code, text in said.items() if code in ("kk", "ru", "en")}
    other = next((text for code, text in said.items() if code not in slots and text), "")
    return Text(**slots, other=other, original="" if original == "und" else original)


def _simple(key: str, field: str = "") -> Extension[Any]:
    name = field or key
    return Extension(key, lambda of: getattr(of, name), lambda of, said: replace(of, **{name: said}))


def _text(key: str, field: str = "") -> Extension[Any]:
    name = field or key
    return Extension(key, lambda of: text_out(getattr(of, name)), lambda of, said: replace(of, **{name: text_in(said)}))


def _date(key: str) -> Extension[Any]:
    return Extension(
        key,
        lambda of: str(getattr(of, key) or ""),
        lambda of, said: replace(of, **{key: PartialDate.parse(said)}),
    )


def _list(key: str, kind: Any, field: str = "") -> Extension[Any]:
    name = field or key

    def write(of: Any) -> str:
        values = getattr(of, name)
        return _json(dump(values)) if values else ""

    return Extension(key, write, lambda of, said: replace(of, **{name: load(tuple[kind, ...], _listed(said))}))


def _listed(said: str) -> list[Any]:
    """A JSON list of texts or of flat objects; ValueError for all else."""
    found = json.loads(said)
    if not isinstance(found, list) or not all(_is_sound(one) for one in found):
        raise ValueError("no list of values")
    return found


def _is_sound(value: Any) -> bool:
    """Text, a yes or no, or an object of such."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_sound(one) for key, one in value.items())
    return isinstance(value, str | bool)


def _keywords_out(of: DatasetRecord) -> str:
    """Only where their languages are known: CKAN's tags have the words."""
    known = any(keyword.language for keyword in of.keywords)
    return _json(dump(of.keywords)) if known else ""


def _period_in(of: DatasetRecord, said: str, end: str) -> DatasetRecord:
    return replace(of, temporal=replace(of.temporal, **{end: PartialDate.parse(said)}))


def _box_out(of: DatasetRecord) -> str:
    return json.dumps([of.bbox.west, of.bbox.south, of.bbox.east, of.bbox.north]) if of.bbox else ""


def _box_in(of: DatasetRecord, said: str) -> DatasetRecord:
    sides = json.loads(said)
    if not isinstance(sides, list) or len(sides) != 4 or not all(type(one) in (int, float) for one in sides):
        raise ValueError("no four numbers")
    return replace(of, bbox=BoundingBox(*(float(one) for one in sides)))


def _doi(of: DatasetRecord) -> str:
    return next((one.value for one in of.identifiers if one.scheme == "doi"), "")


def _with_doi(of: DatasetRecord, said: str) -> DatasetRecord:
    """Where the list of identifiers does not say it."""
    known = any(one.scheme == "doi" for one in of.identifiers)
    return of if known else replace(of, identifiers=(*of.identifiers, Identifier("doi", said)))


def _flag(key: str) -> Extension[Any]:
    return Extension(
        key,
        lambda of: "true" if getattr(of, key) else "",
        lambda of, said: replace(of, **{key: said.lower() == "true"}),
    )


def _type_in(of: DatasetRecord, said: str) -> DatasetRecord:
    return replace(of, type=DatasetType(said))


def _closed(of: ResourceRecord, **changes: Any) -> ResourceRecord:
    return replace(of, disclosure=replace(of.disclosure, **changes))


@cache
def dataset_extensions() -> dict[str, Extension[DatasetRecord]]:
    """The fields of a dataset that CKAN has none for, by key. What is read later may rely on what stands before."""
    listed: tuple[Extension[DatasetRecord], ...] = (
        _simple("identifier"),
        Extension("resource_type_general", lambda of: of.type.value, _type_in),
        _text("table_of_contents"),
        _list("keywords", Keyword),
        _list("subjects", Subject),
        _text("performer"),
        _list("contributors", Contributor),
        _list("contact_points", ContactPoint, "contacts"),
        _simple("license_text"),
        _list("identifiers", Identifier),
        Extension("doi", _doi, _with_doi),
        _date("issued"),
        _date("modified"),
        _list("language", str, "languages"),
        _simple("frequency"),
        Extension(
            "temporal_start", lambda of: str(of.temporal.start or ""), lambda of, said: _period_in(of, said, "start")
        ),
        Extension("temporal_end", lambda of: str(of.temporal.end or ""), lambda of, said: _period_in(of, said, "end")),
        _simple("spatial_text", "spatial"),
        Extension("bbox", _box_out, _box_in),
        _simple("register_number"),
        _simple("report_number"),
        _flag("demo"),
        _list("read_from_file", str),
    )
    found = {one.key: one for one in listed}
    found["keywords"] = replace(found["keywords"], write=_keywords_out)
    return found


@cache
def resource_extensions() -> dict[str, Extension[ResourceRecord]]:
    """The same for a file."""
    listed: tuple[Extension[ResourceRecord], ...] = (
        Extension("role", lambda of: of.role.value, lambda of, said: replace(of, role=ResourceRole(said))),
        _simple("filename"),
        _simple("language"),
        _simple("license_id"),
        _simple("license_text"),
        _date("issued"),
        _date("modified"),
        _simple("access_url"),
        Extension(
            "access_rights",
            lambda of: "" if of.disclosure == Disclosure() else of.disclosure.status.value,
            lambda of, said: _closed(of, status=DisclosureStatus(said)),
        ),
        Extension(
            "available",
            lambda of: of.disclosure.until.isoformat() if of.disclosure.until else "",
            lambda of, said: _closed(of, until=dt.date.fromisoformat(said)),
        ),
        Extension(
            "legal_ground", lambda of: of.disclosure.legal_ground, lambda of, said: _closed(of, legal_ground=said)
        ),
        Extension(
            "access_reason",
            lambda of: text_out(of.disclosure.reason),
            lambda of, said: _closed(of, reason=text_in(said)),
        ),
    )
    return {one.key: one for one in listed}


ONLY_TOLD = frozenset({PROFILE_KEY, "study_url", "study_title", "contract_number", "harvest_source_title",
                       "harvest_source_url", "relations", "spatial"})  # fmt: skip
"""Extras of a package that say what other records or fields hold: read back they are no extras."""


AS_WRITTEN = "ckan:"
"""Stands before the key of an extra that keeps what a CKAN client wrote where the record holds it otherwise, or has no
field for it: an author's address, the CKAN id of a licence, an address that is none.
"""


def as_written(extras: Iterable[Extra]) -> dict[str, str]:
    """What was written so, by its key in CKAN's dictionary."""
    return {one.key.removeprefix(AS_WRITTEN): one.value for one in extras if one.key.startswith(AS_WRITTEN)}


def free(extras: Iterable[Extra]) -> dict[str, str]:
    """All other extras, by key."""
    return {one.key: one.value for one in extras if not one.key.startswith(AS_WRITTEN)}


def written(of: R, extensions: Mapping[str, Extension[R]]) -> dict[str, str]:
    """What there is to say, by key."""
    return {key: said for key, one in extensions.items() if (said := one.write(of))}


def read(of: R, said: Mapping[str, str], extensions: Mapping[str, Extension[R]]) -> tuple[R, dict[str, str]]:
    """`of` with the fields that `said` holds, and for each that could not be read its key and what is wrong."""
    wrong = {}
    for key, one in extensions.items():
        if not (value := said.get(key, "")):
            continue
        try:
            of = one.read(of, value)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            wrong[key] = str(error)[:200]
    return of, wrong
