"""What the front page is told: the newest, the agencies, the themes, the figures."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import Text
from opendata.services.results import Card


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """A theme and how many public datasets carry it."""

    code: str
    label: Text
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers on the home page; every rate names its denominator. `open_datasets` is None where none can count."""

    datasets: int
    studies: int
    organizations: int
    files: int
    pages: int
    open_datasets: int | None
    overdue_studies: int


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the home page shows."""

    newest: tuple[Card, ...]
    organizations: tuple[OrganizationRecord, ...]
    themes: tuple[ThemeCount, ...]
    figures: Figures
