"""What templates may use of a facet."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.values import Text


@dataclass(frozen=True, slots=True)
class FacetChoice:
    """One counted choice; `url` switches it on, or off where it is chosen.

    `code` stands beside the name where people know it. `share` is the count in hundredths of the greatest, for a bar.
    """

    label: Text
    count: int
    url: str
    chosen: bool
    code: str = ""
    children: tuple[FacetChoice, ...] = ()
    open: bool = False
    """Whether it or anything within it is chosen."""
    share: int = 0


@dataclass(frozen=True, slots=True)
class YearForm:
    """From which year to which: `hidden` are name and value of the rest of the search."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet of the sidebar; `expanded` when it is open from the start. `more_url` lists all values, "" for no more.

    `branches` of its choices fold; else those within another choice are simply there. `bars` are drawn for counts.
    """

    name: str
    title: str
    choices: tuple[FacetChoice, ...]
    expanded: bool
    more_url: str = ""
    note: str = ""
    branches: bool = False
    bars: bool = False
    years: YearForm | None = None
