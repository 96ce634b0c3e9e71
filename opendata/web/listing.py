"""Lists of records as pages show them: cards with their addresses, facets as links, chips, leafing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import urlencode

from flask import url_for

from opendata.catalog.records import DatasetRecord, OrganizationRecord, StudyRecord
from opendata.search.query import NO_WORDS, SearchQuery
from opendata.services.results import Card, SearchPage
from opendata.web.contexts import (
    CardView,
    Chip,
    Link,
    OrganizationNode,
    Pagination,
    SearchContext,
)
from opendata.web.facets import facet_views
from opendata.web.i18n import page_language
from opendata.web.labels import label
from opendata.web.passages import inside_view

OFFERED_SORTS = ("relevance", "-issued", "-modified", "title", "-downloads")
"""Orders that the page offers; any other that the address names is shown as long as it is in force."""

_AROUND = 2


def query_url(endpoint: str, query: SearchQuery, base: str = "") -> str:
    """The address of `query` at that search page; `base` is the page's own where the caller has it already."""
    fixed = FIXED_KIND.get(endpoint)
    pairs = [(name, value) for name, value in query.to_pairs() if not (fixed and name == "kind")]
    return (base or url_for(endpoint)) + (f"?{urlencode(pairs)}" if pairs else "")


FIXED_KIND = {"discovery.datasets": "dataset", "discovery.studies": "study"}
"""Search pages whose path says the kind of record."""


def pagination(page: int, pages: int, url: Callable[[int], str]) -> Pagination:
    """Links to the first, the last, and the pages around the present one."""
    near = {1, pages, *range(max(1, page - _AROUND), min(pages, page + _AROUND) + 1)}
    links: list[Link | None] = []
    before = 0
    for number in sorted(n for n in near if 1 <= n <= pages):
        if number == before + 2:
            links.append(Link(str(before + 1), url(before + 1)))
        elif number > before + 2:
            links.append(None)
        links.append(Link(str(number), url(number), number == page))
        before = number
    return Pagination(
        page=page,
        pages=pages,
        previous=url(min(page - 1, pages)) if page > 1 else "",
        next=url(page + 1) if page < pages else "",
        links=tuple(links),
    )


def card_view(card: Card, words: SearchQuery = NO_WORDS) -> CardView:
    """A card with its addresses. A marked title in another language than the page's is dropped for the right one."""
    record = card.record
    title = "".join(piece.text for piece in card.title)
    best = record.title.show(page_language())
    endpoint = "studies.page" if isinstance(record, StudyRecord) else "datasets.page"
    view = CardView(
        card=card if title == best.value else replace(card, title=()),
        url=url_for(endpoint, slug=record.slug),
        title_language=best.language,
        organization_url=organization_url(record.organization.slug) if record.organization else "",
        formats=_formats(record),
    )
    if card.inside is None or isinstance(record, StudyRecord):
        return view
    return replace(view, inside=inside_view(record.slug, card.inside, record.resources, words))


def _formats(record: DatasetRecord | StudyRecord) -> tuple[str, ...]:
    """The formats of its files, each once, in their order."""
    files = () if isinstance(record, StudyRecord) else record.resources
    return tuple(dict.fromkeys(file.format for file in files if file.format))


def organization_url(slug: str) -> str:
    """The page of an agency, "" for one that has none."""
    return url_for("organizations.page", slug=slug) if slug else ""


def search_context(endpoint: str, heading: str, found: SearchPage) -> SearchContext:
    """The search page of `endpoint` for what was found."""
    query = found.query
    fixed = FIXED_KIND.get(endpoint)
    active = [a for a in found.active if not (fixed and a.name == "kind")]
    chips = (
        Chip(label("facet", a.name), a.label, query_url(endpoint, query.without_filter(a.name, a.value)))
        for a in active
    )
    kept = [(name, value) for name, value in query.to_pairs() if name not in ("q", "page", "also", "exact")]
    return SearchContext(
        heading=heading,
        page=found,
        cards=tuple(card_view(card, query) for card in found.cards),
        facets=facet_views(url_for(endpoint), query, found.facets, "kind" if fixed else ""),
        chips=tuple(chips),
        clear_url=query_url(endpoint, SearchQuery(q=query.q, sort=query.sort, exact=query.exact)),
        sorts=_sorts(endpoint, query),
        tabs=_tabs(endpoint, query),
        pagination=pagination(query.page, found.pages, lambda n: query_url(endpoint, query.at_page(n))),
        first=query.offset + 1 if found.cards else 0,
        last=query.offset + len(found.cards),
        hidden=tuple(pair for pair in kept if not (fixed and pair[0] == "kind")),
        action=url_for(endpoint),
    )


def _sorts(endpoint: str, query: SearchQuery) -> tuple[Link, ...]:
    names = [name for name in OFFERED_SORTS if query.q or name != "relevance"]
    names += [query.order] if query.order not in OFFERED_SORTS else []
    return tuple(Link(label("sort", n), query_url(endpoint, query.sorted_by(n)), n == query.order) for n in names)


def _tabs(endpoint: str, query: SearchQuery) -> tuple[Link, ...]:
    words = SearchQuery(q=query.q, exact=query.exact)
    names = {"discovery.everything": "everything", "discovery.datasets": "datasets", "discovery.studies": "studies"}
    return tuple(Link(label("tab", name), query_url(e, words), e == endpoint) for e, name in names.items())


def _node(record: OrganizationRecord, children: tuple[OrganizationNode, ...]) -> OrganizationNode:
    return OrganizationNode(
        record,
        organization_url(record.slug),
        datasets=record.dataset_count + sum(child.datasets for child in children),
        studies=record.study_count + sum(child.studies for child in children),
        children=children,
    )


def organization_tree(records: Iterable[OrganizationRecord]) -> tuple[OrganizationNode, ...]:
    """The agencies under those they belong to; one whose parent is not among them stands at the top."""
    by_parent: dict[str, list[OrganizationRecord]] = {}
    known = {record.slug: record for record in records}
    for record in known.values():
        parent = record.parent.slug if record.parent and record.parent.slug in known else ""
        by_parent.setdefault(parent, []).append(record)

    def nodes(parent: str) -> tuple[OrganizationNode, ...]:
        return tuple(_node(record, nodes(record.slug)) for record in by_parent.get(parent, ()))

    return nodes("")
