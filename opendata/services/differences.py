"""What is another one in one state of a record than in another, field by field. Pure rules, no store.

Fields are named as edits are: title.ru, keywords, file.KEY.name.ru, contract.NUMBER.signed.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from opendata.catalog.records import Contract, DatasetRecord, ResourceRecord, StudyRecord, StudyRef
from opendata.catalog.values import LANGUAGES, Keyword, Localized, OrganizationRef, PartialDate, Period, Text

PASSING = (
    "id", "demo", "source", "sources", "edited", "metadata_created", "metadata_modified", "views", "downloads",
    "published_at", "creator_id", "datasets", "read_from_file",
)  # fmt: skip
"""Fields of a record that no change of it is about."""

PASSING_OF_FILES = (
    "id",
    "key",
    "position",
    "text",
    "fetch_problem",
    "link",
    "downloads",
    "created",
    "metadata_modified",
)

MOST_WORDS = 4_000
"""Words and spaces of a text up to which it is compared word by word; a longer one is by sentences."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field with its two values; None: it is not there. `language` of a text that stands in several."""

    field: str
    before: Any
    after: Any
    language: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text in which two states of it differ, or not: `kind` is same, removed or added."""

    kind: str
    text: str


def differences(before: DatasetRecord | StudyRecord, after: DatasetRecord | StudyRecord) -> tuple[Difference, ...]:
    """All fields that differ, in the order of the record."""
    had, has = dict(_fields(before)), dict(_fields(after))
    places = {name: place for place, name in enumerate(_order(before))}
    names = sorted([*has, *(one for one in had if one not in has)], key=lambda name: places[name.partition(".")[0]])
    lone = tuple(
        f"{name}." for name in names if (name in had) != (name in has) and _is_row(had.get(name, has.get(name)))
    )
    found = []
    for name in names:
        one, other = had.get(name), has.get(name)
        told = name.startswith(lone) or (_is_row(one) and _is_row(other))  # by another line
        if not told and _plain(one) != _plain(other):
            language = name.rpartition(".")[2]
            found.append(Difference(name, one, other, language if language in LANGUAGES else ""))
    order = _other_order(before, after)
    return (*found, order) if order else tuple(found)


def _other_order(before: DatasetRecord | StudyRecord, after: DatasetRecord | StudyRecord) -> Difference | None:
    """That the files which both have stand in another order, by their names; None where they do not."""
    if not (isinstance(before, DatasetRecord) and isinstance(after, DatasetRecord)):
        return None
    had, has = ([one.id or one.key for one in record.resources] for record in (before, after))
    stood, stands = ([key for key in keys if key in had and key in has] for keys in (had, has))
    if stood == stands:
        return None
    names = {one.id or one.key: one.filename or one.download_url or one.key for one in after.resources}
    return Difference("resources", tuple(names[key] for key in stood), tuple(names[key] for key in stands))


def _is_row(value: Any) -> bool:
    return isinstance(value, ResourceRecord | Contract)


def _order(record: DatasetRecord | StudyRecord) -> Iterator[str]:
    """Names of fields as the record has them; files and contracts stand in the place of their lists."""
    for one in dataclasses.fields(record):
        yield {"resources": "file", "contracts": "contract"}.get(one.name, one.name)


def _fields(record: DatasetRecord | StudyRecord) -> Iterator[tuple[str, Any]]:
    """Every field by its name; of a file or contract also the whole of it, under its bare name."""
    for one in dataclasses.fields(record):
        value = getattr(record, one.name)
        if one.name in PASSING:
            continue
        if one.name == "resources":
            for file in value:
                yield from _row(f"file.{file.key}", file, PASSING_OF_FILES)
        elif one.name == "contracts":
            for contract in value:
                yield from _row(f"contract.{contract.contract_number}", contract, ("contract_number",))
        else:
            yield from _parts(one.name, value)


def _row(name: str, row: ResourceRecord | Contract, passing: Sequence[str]) -> Iterator[tuple[str, Any]]:
    yield name, row
    for one in dataclasses.fields(row):
        if one.name not in passing:
            yield from _parts(f"{name}.{one.name}", getattr(row, one.name))


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Text):
        for language in (*LANGUAGES, "other"):
            yield f"{name}.{language}", getattr(value, language)
    else:
        yield name, value


def _plain(value: Any) -> Any:
    """What is compared: of an organisation or study its id, of a value that says nothing None."""
    if isinstance(value, OrganizationRef | StudyRef):
        return value.id or value.slug
    return value or None if not isinstance(value, bool) else value


def shown(value: Any) -> str:
    """The value as a person reads it, one line each for a list. Names of lists stand as their codes."""
    match value:
        case None | False:
            return ""
        case str():
            return value
        case Enum():
            return str(value.value)
        case Text() | Localized():
            return str(value.show("ru")) if isinstance(value, Text) else str(value)
        case Keyword():
            return value.text
        case PartialDate():
            return str(value)
        case Period():
            return f"{value.start or '…'} – {value.end or '…'}" if value else ""
        case OrganizationRef():
            return str(value.title.show("ru")) or value.slug
        case ResourceRecord():
            return value.filename or value.download_url or value.access_url or str(value.name.show("ru")) or value.key
        case tuple() | list():
            return "\n".join(filter(None, map(shown, value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ", ".join(filter(None, (_named(one, value) for one in dataclasses.fields(value))))
    return str(value)


def _named(one: dataclasses.Field[Any], value: Any) -> str:
    """A field of a value inside a record, "" where it says nothing beyond its default."""
    held = getattr(value, one.name)
    if isinstance(held, UUID) or held in (one.default, None, "", ()):
        return ""
    return one.name.replace("_", " ") if held is True else shown(held)


def parts(before: str, after: str) -> tuple[Part, ...]:
    """Two states of a text, told as one: what stayed, what went, what came. Word by word where it is not too long."""
    old, new = _words(before), _words(after)
    if max(len(old), len(new)) > MOST_WORDS:
        old, new = _sentences(before), _sentences(after)
    found = []
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Part("same", "".join(old[first:last])))
            continue
        if last > first:
            found.append(Part("removed", "".join(old[first:last])))
        if end > start:
            found.append(Part("added", "".join(new[start:end])))
    return tuple(found)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _sentences(text: str) -> list[str]:
    found = re.findall(r"[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+$", text)
    return [*found[:MOST_WORDS], *filter(None, ["".join(found[MOST_WORDS:])])]
