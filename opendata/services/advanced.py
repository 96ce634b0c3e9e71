"""What the advanced search form offers to choose from: the values that records have now, with names for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opendata.catalog import vocabularies
from opendata.catalog.licenses import get as license_of
from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import Text
from opendata.search.index import FacetCount
from opendata.services import organizations
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.facets import VOCABULARY_OF

OFFERED = ("kind", "type", "organization", "subject", "theme", "license_id", "open", "format", "language", "text")
"""The filters of the form that are chosen from a list, in its order."""
SUBJECT_LEVELS = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter and how many public records have it. `level` counts from 0 in a tree of values."""

    value: str
    label: Text
    count: int
    level: int = 0


def choices(catalogue: Catalogue, actor: Actor) -> Mapping[str, tuple[Choice, ...]]:
    """By filter, the values that public records have: trees in the order of their parts, lists by frequency."""
    with catalogue.searches:
        counted = {name: catalogue.index.values(name) for name in OFFERED}
    found = {name: _listed(name, counts) for name, counts in counted.items()}
    found["organization"] = _agencies(organizations.tree(catalogue, actor), counted["organization"])
    found["subject"] = _subjects(counted["subject"])
    return found


def _listed(name: str, counts: tuple[FacetCount, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(one.value, label_of(name, one.value), one.count) for one in counts)


def label_of(name: str, value: str) -> Text:
    """What people call a value of a filter that has no store behind it."""
    if name == "license_id":
        known = license_of(value)
        return known.title if known else Text.of(value)
    if name == "type" and value == "study":
        return vocabularies.text_of("kind", value)
    return vocabularies.text_of(VOCABULARY_OF[name], value) if name in VOCABULARY_OF else Text.of(value)


def _subjects(counts: tuple[FacetCount, ...]) -> tuple[Choice, ...]:
    kept = sorted((one for one in counts if one.value.count(".") < SUBJECT_LEVELS), key=lambda one: one.value)
    return tuple(
        Choice(one.value, vocabularies.subject_label("grnti", one.value), one.count, one.value.count("."))
        for one in kept
    )


def _agencies(records: tuple[OrganizationRecord, ...], counts: tuple[FacetCount, ...]) -> tuple[Choice, ...]:
    """The agencies that have records, each below the one that it belongs to."""
    counted = {one.value: one.count for one in counts}
    below: dict[str, list[OrganizationRecord]] = {}
    known = {record.slug for record in records if record.slug in counted}
    for record in records:
        if record.slug in known:
            parent = record.parent.slug if record.parent and record.parent.slug in known else ""
            below.setdefault(parent, []).append(record)

    def walk(parent: str, level: int) -> list[Choice]:
        found = []
        for record in below.get(parent, ()):
            found.append(Choice(record.slug, record.title, counted[record.slug], level))
            found.extend(walk(record.slug, level + 1))
        return found

    return tuple(walk("", 0))
