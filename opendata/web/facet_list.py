"""The page that lists all values of one facet, to look through and to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.search.query import SearchQuery
from opendata.services.facets import ORDERS
from opendata.services.results import FacetList
from opendata.web.contexts import Chip, Link, Pagination
from opendata.web.facet_contexts import FacetChoice
from opendata.web.facets import Choosing, choices, list_url, note
from opendata.web.labels import label
from opendata.web.listing import FIXED_KIND, pagination, query_url

MAX_FIND = 100
"""Characters of what is looked for among the values."""


@dataclass(frozen=True, slots=True)
class FacetListContext:
    """datasets/facet.html: all values of a facet. `back_url` is the search that they filter."""

    title: str
    choices: tuple[FacetChoice, ...]
    chips: tuple[Chip, ...]
    clear_url: str
    back_url: str
    records: int
    total: int
    find: str
    cut: bool
    action: str
    hidden: tuple[tuple[str, str], ...]
    orders: tuple[Link, ...]
    pagination: Pagination
    note: str = ""


def facet_list_context(found: FacetList) -> FacetListContext:
    """The page for what was found. Its choices lead to the results, of the kind that the search asks for."""
    query = found.query.at_page(1)
    kinds = query.filters.get("kind", ())
    endpoint = next((name for name, kind in FIXED_KIND.items() if kinds == (kind,)), "discovery.everything")
    fixed = "kind" if endpoint in FIXED_KIND and found.name != "kind" else ""
    endpoint = endpoint if fixed else "discovery.everything"
    asked = {key: value for key, value in (("find", found.find), ("order", found.order)) if value and value != "count"}
    return FacetListContext(
        title=label("facet", found.name),
        choices=choices(Choosing(query_url(endpoint, SearchQuery()), query, found.name, fixed), found.values),
        chips=tuple(
            Chip(label("facet", a.name), a.label, list_url(found.name, query.without_filter(a.name, a.value), **asked))
            for a in found.active
        ),
        clear_url=list_url(found.name, SearchQuery(q=query.q, sort=query.sort), **asked),
        back_url=query_url(endpoint, query),
        records=found.records,
        total=found.total,
        find=found.find,
        cut=found.cut,
        action=list_url(found.name, SearchQuery()),
        hidden=(*query.to_pairs(), *(pair for pair in asked.items() if pair[0] == "order")),
        orders=tuple(_order(found, query, order) for order in ORDERS),
        pagination=pagination(found.page, found.pages, lambda n: list_url(found.name, query.at_page(n), **asked)),
        note=note(found.name),
    )


def _order(found: FacetList, query: SearchQuery, order: str) -> Link:
    more = {key: value for key, value in (("find", found.find), ("order", order)) if value and value != "count"}
    return Link(label("value_order", order), list_url(found.name, query, **more), found.order == order)
