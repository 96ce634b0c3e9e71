"""One dataset that several sources have: what it becomes of the words of all of them. Pure rules, no store.

The word of the source that leads stands; the others fill only what it leaves empty. Files of all are kept, and one that
two of them name (same bytes or same link) is kept once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo
from opendata.catalog.validation import TITLE_FROM_FILE_NAME
from opendata.catalog.values import LANGUAGES, Text
from opendata.services.edits import IN_LANGUAGES, unedited

FILLED = (
    "table_of_contents", "keywords", "themes", "subjects", "organization", "performer", "contributors", "contacts",
    "issued", "modified", "languages", "frequency", "temporal", "spatial", "bbox", "landing_page", "version", "extras",
    "register_number", "report_number", "study",
)  # fmt: skip
"""Fields that another source fills where the first leaves them empty. A licence comes with its words or not at all."""

FILE_FILLED = ("name", "description", "filename", "format", "media_type", "byte_size", "language", "issued", "modified")
"""The same of a file that two sources name."""

OURS = (
    "id", "slug", "state", "private", "demo", "read_from_file", "source", "sources", "edited", "tombstone",
    "metadata_created", "metadata_modified", "views", "downloads", "published_at", "creator_id",
)  # fmt: skip
"""Fields of a record that no source says."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one source says of a dataset."""

    source: str
    record: DatasetRecord


def said(stored: DatasetRecord) -> DatasetRecord:
    """What its only source says of a stored dataset: without what we know ourselves, and what people wrote over it."""
    bare = {name: default for name, default in _defaults().items() if name in OURS}
    bare |= {name: _defaults()[name] for name in stored.read_from_file if name != "title"}
    return replace(unedited(stored), resources=tuple(_bare_file(one) for one in stored.resources), **bare)


def _bare_file(one: ResourceRecord) -> ResourceRecord:
    """The file as its source named it: the bytes behind a link are ours, and the text of any."""
    one = replace(one, id=None, downloads=0, text=TextInfo(), fetch_problem="")
    return replace(one, stored=False, checksum="") if one.download_url else one


def _defaults() -> Mapping[str, Any]:
    return {one.name: one.default for one in fields(DatasetRecord)}


def combined(words: Sequence[Word], stored: DatasetRecord | None = None) -> DatasetRecord:
    """The dataset of these words, the one that leads first. `stored` tells which links lead to the same bytes."""
    first = words[0].record
    if len(words) == 1:
        return replace(first, resources=_resources(words, stored)) if stored else first
    others = [word.record for word in words[1:]]
    filled: dict[str, Any] = {name: _first(name, first, others) for name in FILLED}
    for name in IN_LANGUAGES:
        filled[name] = _text(_own_title(first) if name == "title" else getattr(first, name), name, others)
    if not (first.license_id or first.license_text):
        licensed = next((one for one in others if one.license_id or one.license_text), first)
        filled |= {"license_id": licensed.license_id, "license_text": licensed.license_text}
    schemes = {one.scheme for one in first.identifiers}
    more = (one for other in others for one in other.identifiers if one.scheme not in schemes)
    relations = (one for other in others for one in other.relations)
    return replace(
        first,
        identifiers=tuple(dict.fromkeys((*first.identifiers, *more))),
        relations=tuple({(r.kind, r.target, r.target_id): r for r in (*relations, *first.relations)}.values()),
        resources=_resources(words, stored),
        **filled,
    )


def _first(name: str, first: DatasetRecord, others: Iterable[DatasetRecord]) -> Any:
    return next((value for one in (first, *others) if (value := getattr(one, name))), getattr(first, name))


def _own_title(record: DatasetRecord) -> Text:
    """The title, unless it is nothing but the name of a file."""
    return Text() if any(extra.key == TITLE_FROM_FILE_NAME for extra in record.extras) else record.title


def _text(first: Text, name: str, others: Iterable[DatasetRecord]) -> Text:
    """The text, with the languages that it lacks from the others; wholly theirs where there is none."""
    text = first
    for other in others:
        more = getattr(other, name) if name != "title" else _own_title(other)
        if not text:
            text = more
        else:
            lacking = [one for one in LANGUAGES if not text.inside(one) and more.inside(one)]
            text = replace(text, **{one: more.inside(one) for one in lacking})
    return text or (next(iter(others)).title if name == "title" else text)


def _resources(words: Sequence[Word], stored: DatasetRecord | None) -> tuple[ResourceRecord, ...]:
    """The files of all, each once, under the keys that the dataset has for them already."""
    bytes_of = {
        link: one.checksum for one in (stored.resources if stored else ()) if one.stored for link in _links(one)
    }
    kept: list[ResourceRecord] = []
    marks: dict[str, int] = {}
    for number, word in enumerate(words):
        for one in word.record.resources:
            mine = {*_links(one), *({one.checksum} - {""}), *(bytes_of.get(link, "") for link in _links(one))} - {""}
            same = next((marks[mark] for mark in mine if mark in marks), None)
            # Within one source two entries are two, whatever they lead to.
            if same is not None and number and same < len(kept):
                kept[same] = _with_more(kept[same], one)
            else:
                kept.append(one if number == 0 else replace(one, key=f"{word.source}:{one.key}"))
                same = len(kept) - 1
            for mark in mine:
                marks.setdefault(mark, same)
    return _under_known_keys(kept, stored)


def _links(one: ResourceRecord) -> tuple[str, ...]:
    """Where the file is, as far as two sources may name the same place."""
    return tuple(link.rstrip("/") for link in (one.download_url or one.access_url,) if link)


def _with_more(first: ResourceRecord, other: ResourceRecord) -> ResourceRecord:
    """The file as both have it: the first one's words, and the stricter disclosure."""
    more = {name: getattr(other, name) for name in FILE_FILLED if not getattr(first, name)}
    if not (first.license_id or first.license_text):
        more |= {"license_id": other.license_id, "license_text": other.license_text}
    if other.stored and not first.stored:
        more |= {"stored": True, "checksum": other.checksum, "byte_size": other.byte_size}
    # What one of them closes is not opened because another does not know of it.
    if other.disclosure.is_stricter_than(first.disclosure):
        more["disclosure"] = other.disclosure
    return replace(first, **more)


def _under_known_keys(resources: Sequence[ResourceRecord], stored: DatasetRecord | None) -> tuple[ResourceRecord, ...]:
    """A file that the dataset has already keeps its key, and with it its address, whoever leads.

    With the key come the bytes that are stored. So nobody gets that of a file which was more closed: what one source
    withheld, and has no more, must not be opened by another that names its link, its checksum or its key.
    """
    had = unedited(stored).resources if stored else ()
    known = {mark: one for one in had for mark in _marks(one)}
    closed = {one.key: one.disclosure for one in had}
    given: dict[str, ResourceRecord] = {}
    later = []
    for one in resources:
        same = next((known[mark] for mark in _marks(one) if mark in known), None)
        if same is None or same.key in given or same.disclosure.is_stricter_than(one.disclosure):
            later.append(one)
        else:
            given[same.key] = one
    keys = {id(one): key for key, one in given.items()}
    taken = set(given)
    for one in later:
        key, copy = one.key, 1
        while key in taken or (key in closed and closed[key].is_stricter_than(one.disclosure)):
            copy += 1
            key = f"{one.key}~{copy}"
        taken.add(key)
        keys[id(one)] = key
    return tuple(replace(one, key=keys[id(one)], position=n) for n, one in enumerate(resources))


def _marks(one: ResourceRecord) -> tuple[str, ...]:
    return (*_links(one), *((one.checksum,) if one.checksum else ()))
