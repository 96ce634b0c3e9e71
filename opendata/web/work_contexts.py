"""What the pages of what waits for somebody may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.values import Text
from opendata.web.contexts import Pagination


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One thing that waits, with the address that mends it. `told` are words that say more, the last one the time."""

    title: Text
    words: str
    url: str
    told: tuple[str, ...]
    organization: Text


@dataclass(frozen=True, slots=True)
class GroupView:
    """What waits of one kind; `url` lists all of it."""

    name: str
    title: str
    count: int
    more: bool
    rows: tuple[WorkRow, ...]
    url: str


@dataclass(frozen=True, slots=True)
class ScopeView:
    """The form that narrows what is shown: `organizations` are (slug, title), none where there is no choice."""

    organizations: tuple[tuple[str, str], ...]
    chosen: str
    mine: bool

    @property
    def narrowed(self) -> bool:
        """Whether not all is asked for."""
        return bool(self.chosen) or self.mine


@dataclass(frozen=True, slots=True)
class WorkContext:
    """desk/work.html."""

    group: GroupView
    scope: ScopeView
    pagination: Pagination
