"""/api/v1/search: the search of the pages, with the same words, filters and order."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Text
from opendata.errors import NotFound, Problem
from opendata.export.site import Site
from opendata.search.arguments import MAX_OFFSET, MAX_QUERY_CHARACTERS, MAX_VALUE_CHARACTERS, SORTS
from opendata.search.filters import FILTERS, FilterDefinition, FilterKind, years
from opendata.search.query import BY_ID, MAX_PAGE_SIZE, SearchQuery
from opendata.services import discovery, facets
from opendata.services.results import Card, FacetValue, Mark, SearchPage
from opendata.web.api import components, cursors
from opendata.web.api.contract import Answer, Call, Parameter, fields_of, operation
from opendata.web.api.dataset_shapes import OrganizationLine
from opendata.web.api.shapes import Schema, json_of
from opendata.web.this_site import the_site

_YEAR = "[0-9]{0,3}[1-9]|[0-9]{0,2}[1-9]0|[0-9]?[1-9]00|[1-9]000"
"""1 to 9999, also with zeros before."""
YEARS = rf"^(({_YEAR})(\.\.({_YEAR})?)?|\.\.({_YEAR}))$"


@dataclass(frozen=True, slots=True)
class SearchPassage:
    """Where words stand in a file: `resource` is its id, `page` counts from 1 (0: it has no pages)."""

    resource: UUID
    page: int
    text: str


@dataclass(frozen=True, slots=True)
class SearchItem:
    """A record that was found. `missing` are the words that it lacks, where no record has all of them."""

    id: UUID
    kind: str
    slug: str
    title: Text
    url: str
    score: float
    type: str
    organization: OrganizationLine | None
    license_id: str
    open: str
    disclosure: str
    missing: tuple[str, ...]
    passages: tuple[SearchPassage, ...]


@dataclass(frozen=True, slots=True)
class SearchFacetValue:
    """One choice of a filter with its count under all other filters; `children` are the choices within it."""

    value: str
    label: Text
    count: int
    chosen: bool
    children: tuple[SearchFacetValue, ...]


@dataclass(frozen=True, slots=True)
class SearchFacet:
    """A filter with its first choices. `more`: there are others, at /api/v1/search/facets/NAME."""

    name: str
    values: tuple[SearchFacetValue, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class SearchNote:
    """What of the query was not understood, or otherwise than it was typed."""

    code: str
    piece: str
    name: str
    reading: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of what was found. `complete` of the `total` hold everything that was asked for, and come first; 0 where
    that was not counted. `checked` records were looked through for a phrase, where there were more; 0 for all.
    """

    total: int
    complete: int
    checked: int
    items: tuple[SearchItem, ...]
    facets: tuple[SearchFacet, ...]
    notes: tuple[SearchNote, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FacetPage:
    """All values of one filter, a page of them."""

    name: str
    total: int
    values: tuple[SearchFacetValue, ...]
    next: str | None


def _filter(one: FilterDefinition) -> Parameter:
    schema: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_VALUE_CHARACTERS}
    told = f"Only records with this {one.label.lower()}; several values are any of them."
    if one.kind is FilterKind.CHOICE:
        schema = {"type": "string", "enum": list(one.values)}
    elif one.kind is FilterKind.YEARS:
        schema = {"type": "string", "pattern": YEARS, "x-expected": "a year or a range as 2019..2021"}
        told = "A year, or a range: 2019..2021, 2019.., ..2021."
    return Parameter(one.parameter, told, schema, many=True)


FILTERING = tuple(map(_filter, FILTERS.values()))
Q = Parameter("q", "Words; see /search/help.", {"type": "string", "maxLength": MAX_QUERY_CHARACTERS}, default="")
ALSO = Parameter(
    "also",
    "What says the same in other words.",
    {"type": "string", "minLength": 1, "maxLength": MAX_VALUE_CHARACTERS},
    many=True,
)
SIZE = Parameter(
    "size", "Most items of one page.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE}, default=20
)
WORDS = (Q, ALSO, *FILTERING)


def _result_with_chosen_fields() -> Schema:
    """What a search gives, of each item the fields that were asked for."""
    found = components.ref(SearchResult)
    components.MADE[SearchResult.__name__]["properties"]["items"]["items"] = components.part(SearchItem)
    return found


MOST_PAGE = MAX_OFFSET // MAX_PAGE_SIZE + 1
CURSOR_SCHEMA: Schema = {"type": "string", "maxLength": 4000}
PAGE = Parameter("page", "Which page.", {"type": "integer", "minimum": 1, "maximum": MOST_PAGE}, default=1)


@operation(
    "GET",
    "/search",
    tag="search",
    rate="searches",
    parameters=(
        *WORDS,
        Parameter("sort", "The order.", {"type": "string", "enum": [*SORTS, BY_ID]}, default=""),
        PAGE,
        Parameter("cursor", "Where sort=id goes on; `next` has it.", CURSOR_SCHEMA, default=""),
        SIZE,
        Parameter("exact", "Words as they are typed only.", {"type": "boolean"}, default=False),
        Parameter("facets", "Whether to count the choices of each filter.", {"type": "boolean"}, default=True),
        fields_of(SearchItem),
    ),
    gives=_result_with_chosen_fields(),
)
def search(call: Call) -> Answer:
    """Search datasets and studies. What stands in titles, descriptions and inside files, as on the pages; `next` is the
    address of the next page. What fits best changes with every change: with sort=id everything that holds all words
    comes exactly once, whatever changes meanwhile, and a page may be empty before the end.
    """
    by_id = call["sort"] == BY_ID
    if (call["cursor"] and not by_id) or (call["page"] > 1 and by_id):
        raise _mixed("page" if by_id else "cursor", "sort=id has cursors, all others have pages")
    query = _query(call)
    found = discovery.find(call.catalogue, call.actor, query, facets=call["facets"])
    following = _next_url(query.page, found.pages)
    if by_id:
        at = cursors.encode(str(found.following or ""), call.given)
        following = _address("cursor", at) if at else None
    return Answer(json_of(_result(found, the_site(), following)), headers=_link(following))


def _mixed(name: str, rule: str) -> cursors.WrongCursor:
    message = f"“{name}” does not go with this order: {rule}."
    return cursors.WrongCursor(message, [Problem("wrong_value", message, name)])


def _query(call: Call) -> SearchQuery:
    pairs = [("q", call["q"]), *(("also", one) for one in call["also"])]
    pairs += [(one.name, _ordered(one.name, value)) for one in FILTERING for value in call[one.name]]
    by_id = call.given.get("sort") == BY_ID
    pairs += [(name, str(call[name])) for name in ("sort", "page") if call.given.get(name) and not by_id]
    if call.given.get("exact"):
        pairs.append(("exact", "1"))
    query = SearchQuery.from_args(pairs, size=call.given.get("size", facets.PAGE))
    return replace(query, sort=BY_ID, after=cursors.id_of(call)) if by_id else query


def _ordered(name: str, value: str) -> str:
    """A range of years with its ends in their order."""
    first, dots, last = value.partition("..")
    if name == "year" and dots and first and last and not years(value):
        return f"{last}..{first}"
    return value


def _next_url(page: int, pages: int) -> str | None:
    if page >= min(pages, MOST_PAGE):
        return None
    return _address("page", str(page + 1))


def _address(name: str, value: str) -> str:
    """The address that was asked for, with another value of that parameter."""
    pairs = [(one, value) for one, values in request.args.lists() if one != name for value in values]
    return f"{request.script_root}{request.path}?{urlencode([*pairs, (name, value)])}"


def _link(following: str | None) -> dict[str, str]:
    return {"Link": f'<{following}>; rel="next"'} if following else {}


def _result(found: SearchPage, site: Site, following: str | None) -> SearchResult:
    return SearchResult(
        total=found.total,
        complete=found.complete,
        checked=found.checked,
        items=tuple(_item(card, site) for card in found.cards),
        facets=tuple(SearchFacet(one.name, tuple(map(_value, one.values)), one.more) for one in found.facets),
        notes=tuple(SearchNote(one.code.value, one.piece, one.name, one.reading) for one in found.notes),
        next=following,
    )


def _item(card: Card, site: Site) -> SearchItem:
    record: DatasetRecord | StudyRecord = card.record
    is_study = isinstance(record, StudyRecord)
    assert record.id is not None  # it is stored
    agency = record.organization
    inside = card.inside.passages if card.inside else ()
    return SearchItem(
        id=record.id,
        kind=card.kind,
        slug=record.slug,
        title=record.title,
        url=f"{site.url}/{card.kind}/{record.slug}",
        score=round(card.score, 4),
        type="" if isinstance(record, StudyRecord) else record.type.value,
        organization=OrganizationLine(agency.id, agency.slug, agency.title) if agency and agency.id else None,
        license_id="" if isinstance(record, StudyRecord) else record.license_id,
        open="" if is_study or card.verdict is None else card.verdict.open,
        disclosure=card.disclosure.value,
        missing=card.missing,
        passages=tuple(SearchPassage(one.resource_id, one.page, one.text) for one in inside),
    )


def _value(one: FacetValue) -> SearchFacetValue:
    return SearchFacetValue(one.value, one.label, one.count, one.chosen, tuple(map(_value, one.children)))


@operation(
    "GET",
    "/search/facets/{name}",
    tag="search",
    rate="searches",
    parameters=(
        Parameter("name", "A filter.", {"type": "string", "enum": list(FILTERS)}, place="path", required=True),
        *WORDS,
        Parameter("find", "Only values whose name holds this.", {"type": "string", "maxLength": 100}, default=""),
        Parameter("order", "By count or by name.", {"type": "string", "enum": list(facets.ORDERS)}, default="count"),
        PAGE,
        Parameter("cursor", "Where order=name goes on; `next` has it.", CURSOR_SCHEMA, default=""),
    ),
    gives=components.ref(FacetPage),
)
def list_facet_values(call: Call) -> Answer:
    """List all values of a filter. Counted with the other filters of the search. With order=name each comes once,
    whatever changes meanwhile: `next` has a cursor then.
    """
    name = str(call["name"])
    if name not in FILTERS:
        raise NotFound(f"There is no filter {name!r}.")
    if call["cursor"] and (call["order"] != "name" or call["page"] > 1):
        raise _mixed("cursor", "order=name has them, without pages")
    found = facets.values(call.catalogue, _query(call), name, find=call["find"], order=call["order"], after=_mark(call))
    following = _next_url(found.page, found.pages)
    if call["order"] == "name" and call["page"] == 1:
        following = _address("cursor", _place(call, found.following)) if found.following else None
    page = FacetPage(found.name, found.total, tuple(map(_value, found.values)), following)
    return Answer(json_of(page), headers=_link(following))


def _place(call: Call, mark: Mark) -> str:
    return cursors.encode(json.dumps(mark, ensure_ascii=False, separators=(",", ":")), call.given)


def _mark(call: Call) -> Mark | None:
    """What `_place` gave; None for the beginning. WrongCursor."""
    place = cursors.decode(call["cursor"], call.given)
    try:
        number, name, value = json.loads(place) if place else (0, "", "")
    except (ValueError, TypeError, RecursionError):
        raise cursors.strange() from None
    if not (isinstance(number, int) and isinstance(name, str) and isinstance(value, str)):
        raise cursors.strange()
    return (number, name, value) if place else None
