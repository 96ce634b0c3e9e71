"""What the demonstration content consists of, ready to be stored through the same path as any other record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import OrganizationRef, Text


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """One dataset with its files.

    `files` holds the bytes by `ResourceRecord.key`; a resource without an entry is a link. A dataset with a
    `withdrawn_reason` is to be published first and then withdrawn. `fulfils` names what it delivers: pairs of
    contract number and position of the deliverable in that contract, counted from 0. A relation to another
    demonstration dataset has its `identifier` ("demo:…") as `target`.
    """

    record: DatasetRecord
    study_register_number: str = ""
    files: Mapping[str, Traversable] = field(default_factory=dict)
    withdrawn_reason: Text = field(default_factory=Text)
    fulfils: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DemoContent:
    """All of it. Parents stand before their children in `organizations`; `parent` there is a slug of this list."""

    organizations: tuple[OrganizationRef, ...]
    studies: tuple[StudyRecord, ...]
    datasets: tuple[DemoDataset, ...]
