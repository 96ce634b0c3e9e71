"""Facets as links: what each choice leads to, the bars of years, the form of a range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from opendata.catalog.subjects import GRNTI_LANGUAGE
from opendata.catalog.values import Text
from opendata.search.arguments import refuse
from opendata.search.filters import FILTERS, years
from opendata.search.query import SearchQuery
from opendata.services.facets import TREES
from opendata.services.results import Bar, Facet, FacetValue
from opendata.web.facet_contexts import FacetChoice, FacetView, YearForm
from opendata.web.i18n import page_language
from opendata.web.labels import label

EXPANDED = ("type", "organization", "open", "format", "year")
"""Facets that are open from the start; any with a chosen value is too."""

SIDEBAR_ORDER = (
    "type",
    "organization",
    "year",
    "open",
    "license_id",
    "format",
    "language",
    "theme",
    "subject",
    "keyword",
    "performer",
    "disclosure",
    "text",
    "kind",
)

NOT_OF_STUDIES = frozenset({"type", "open"})
"""Facets that say nothing of studies alone: all are of one type, and it is their reports that have licences."""

YEAR_FROM, YEAR_TO = "year_from", "year_to"
"""Parameters of the form of a range, which leads to the address with year=2019..2021."""


class Choosing:
    """Addresses of a search that differ in the values of one filter: the rest of them is written once."""

    def __init__(self, base: str, query: SearchQuery, name: str, fixed: str = "") -> None:
        """`fixed` is the filter that the path says."""
        self.name = name
        self.chosen = query.filters.get(name, ())
        pairs = query.without_filter(name).to_pairs()
        self.rest = tuple(pair for pair in pairs if pair[0] != fixed)
        before = list(takewhile(lambda pair: pair[0] == "q" or (pair[0] in FILTERS and pair[0] < name), self.rest))
        self._before, self._after = urlencode(before), urlencode(self.rest[len(before) :])
        self._base = base

    def url(self, values: Iterable[str]) -> str:
        """The search with these values alone."""
        parts = (self._before, urlencode([(self.name, value) for value in values]), self._after)
        arguments = "&".join(part for part in parts if part)
        return self._base + (f"?{arguments}" if arguments else "")

    def switched(self, value: FacetValue, related: Sequence[str] = ()) -> str:
        """The search without a chosen value; with another one, which takes the place of those `related` to it."""
        if value.chosen:
            return self.url(one for one in self.chosen if one != value.value)
        return self.url([*(one for one in self.chosen if one not in related), value.value])


def facet_views(base: str, query: SearchQuery, facets: Iterable[Facet], fixed: str = "") -> tuple[FacetView, ...]:
    """The facets that have values and tell records apart, in the order of the sidebar."""
    idle = NOT_OF_STUDIES - query.filters.keys() if query.filters.get("kind") == ("study",) else frozenset()
    rank = {name: place for place, name in enumerate(SIDEBAR_ORDER)}
    there = [facet for facet in facets if facet.values and facet.name != fixed and facet.name not in idle]
    return tuple(_view(base, query, facet, fixed) for facet in sorted(there, key=lambda facet: rank[facet.name]))


def _view(base: str, query: SearchQuery, facet: Facet, fixed: str) -> FacetView:
    choosing = Choosing(base, query, facet.name, fixed)
    years = facet.name == "year"
    return FacetView(
        name=facet.name,
        title=label("facet", facet.name),
        choices=_bars(choosing, facet.bars) if years else choices(choosing, facet.values),
        expanded=facet.name in EXPANDED or bool(choosing.chosen),
        more_url=list_url(facet.name, query) if facet.more else "",
        note=note(facet.name),
        branches=facet.name == "subject",
        bars=years,
        years=_year_form(base, choosing) if years else None,
    )


def list_url(name: str, query: SearchQuery, **more: str) -> str:
    """The page of all values of a facet, counted with the filters of `query` on."""
    pairs = [*query.to_pairs(), *more.items()]
    return url_for("discovery.facet", name=name) + (f"?{urlencode(pairs)}" if pairs else "")


def note(name: str) -> str:
    """What a reader has to know of the names in a facet, "" for nothing."""
    if name == "subject" and page_language() != GRNTI_LANGUAGE:
        return str(_("GRNTI has official names in Russian only. Those in other languages are our translation."))
    return ""


def choices(choosing: Choosing, values: Iterable[FacetValue], above: tuple[str, ...] = ()) -> tuple[FacetChoice, ...]:
    """The choices with their addresses. In a tree, one takes the place of those around it and of those within it."""
    made = []
    for value in values:
        related = (*above, *_within(value)) if choosing.name in TREES else ()
        made.append(
            FacetChoice(
                label=value.label,
                count=value.count,
                url=choosing.switched(value, related),
                chosen=value.chosen,
                code=value.value if choosing.name == "subject" and value.value != value.label.other else "",
                children=choices(choosing, value.children, (*above, value.value)),
                open=value.open,
            )
        )
    return tuple(made)


def _within(value: FacetValue) -> tuple[str, ...]:
    return tuple(one for child in value.children for one in (child.value, *_within(child)))


def _bars(choosing: Choosing, bars: Sequence[Bar]) -> tuple[FacetChoice, ...]:
    """The bars, newest first. One within a chosen range takes the place of all that is chosen: it narrows."""
    greatest = max((bar.count for bar in bars), default=0) or 1
    ranges = [span for value in choosing.chosen if (span := years(value))]
    made = []
    for bar in reversed(bars):
        chosen = bar.value in choosing.chosen
        first, last = bar.first or 1, bar.last or 9999
        inside = any(start <= first and last <= end for start, end in ranges)
        value = FacetValue(bar.value, Text.of(_span(bar)), bar.count, chosen)
        url = choosing.url([bar.value]) if inside and not chosen else choosing.switched(value)
        share = max(2, round(100 * bar.count / greatest)) if bar.count else 0
        made.append(FacetChoice(value.label, bar.count, url, inside, share=share))
    return tuple(made)


def _span(bar: Bar) -> str:
    if not bar.first:
        return str(_("to %(year)s", year=bar.last))
    if not bar.last:
        return str(_("from %(year)s", year=bar.first))
    return str(bar.first) if bar.first == bar.last else f"{bar.first}–{bar.last}"


def _year_form(base: str, choosing: Choosing) -> YearForm:
    ranges = [span for value in choosing.chosen if (span := years(value))]
    first, last = (min(one[0] for one in ranges), max(one[1] for one in ranges)) if ranges else (1, 9999)
    return YearForm(base, choosing.rest, str(first) if first > 1 else "", str(last) if last < 9999 else "")


def with_years(query: SearchQuery, args: Mapping[str, str]) -> SearchQuery | None:
    """`query` with the range that the form of years asks for; None where it does not ask. Invalid for no year."""
    if YEAR_FROM not in args and YEAR_TO not in args:
        return None
    ends = [_year(args, YEAR_FROM), _year(args, YEAR_TO)]
    if all(ends) and int(ends[0]) > int(ends[1]):
        ends.reverse()
    first, last = ends
    rest = replace(query.without_filter("year"), page=1)
    if not first and not last:
        return rest
    return rest.with_filter("year", first if first == last else f"{first}..{last}")


def _year(args: Mapping[str, str], name: str) -> str:
    value = args.get(name, "").strip()
    if not value:
        return ""
    span = years(value) if value.isascii() and value.isdigit() else None
    if span is None:
        raise refuse(name, value, "a year such as 2019")
    return str(span[0])
