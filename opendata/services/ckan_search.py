"""`package_search`: what CKAN's clients ask, answered from our own index, for whoever asks.

The public area is always read; the desk's only for those who asked for what is not public, and then as far as their
rights go: hits of both are merged in order, counts added. Nothing of a query reaches an engine as text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cmp_to_key, partial
from typing import Any
from uuid import UUID

from opendata.catalog.base64url import decoded, encoded
from opendata.search.boolean import EVERYTHING, AnyOf, Node, SearchQueryError, Term, both
from opendata.search.index import FacetCount
from opendata.search.lucene import parse
from opendata.search.selection import ALL_VALUES, FacetWanted, Key, Order, Selected, Selection
from opendata.services import index_wait
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.hidden import one_answer
from opendata.services.rights import Right, organizations_where

__all__ = ["Found", "SearchQueryError", "SearchRequest", "find"]

MAX_ROWS = 1_000
MAX_FACETS = 30
MAX_FACET_VALUES = 10_000
MAX_SORTS = 5
MAX_CURSOR = 4_000
DEFAULT_SORT = "score desc, metadata_modified desc"
ALL_QUERIES = frozenset(["", '""', "''", "*", "*:*"])
_SORT = re.compile(r"\s*(?P<field>[^\s,]+)\s+(?P<way>asc|desc)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What `package_search` was asked for. `after` is the `next` of an earlier answer to the same search."""

    q: str = ""
    fq: str = ""
    fq_list: Sequence[str] = ()
    rows: int = 10
    start: int = 0
    sort: str = ""
    facets: Sequence[str] = ()
    facet_limit: int = 50
    facet_mincount: int = 1
    include_private: bool = False
    include_drafts: bool = False
    include_deleted: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. `ids` are in order; whoever shows them loads them (and leaves out what was hidden since).

    `next` is "" at the end. `capped` names the bounds that applied: "rows", "facet.limit".
    """

    count: int
    ids: tuple[UUID, ...]
    sort: str
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    next: str = ""
    capped: tuple[str, ...] = ()


def find(catalogue: Catalogue, actor: Actor, request: SearchRequest, *, settled: bool = False) -> Found:
    """The datasets that are asked for, as far as `actor` may see them. SearchQueryError for what cannot be asked.

    What people and programs wrote before is found; for what harvests bring nobody waits.
    `settled`: the caller has waited already.
    """
    rows, start = min(request.rows, MAX_ROWS), request.start
    if rows < 0 or start < 0:
        raise SearchQueryError("rows and start are numbers from 0 on.", "rows" if rows < 0 else "start")
    end = start + rows
    selection, sort = _selection(request, last=end + 1 if rows else 0)
    if not settled:
        index_wait.settle(catalogue)
    with one_answer(), catalogue.searches:
        desk = _of_desk(catalogue, actor, request, selection)
        # Where two areas are counted together, the rarest values of one may be frequent with the other.
        mine = selection if desk is None else replace(selection, facets=_all_values(request))
        public = catalogue.index.select(mine, catalogue.now())
        places = _page(public, desk, selection.order, start, end)
        ids = tuple(part.id(place) for part, place in places)
        more = bool(places) and len(public) + (len(desk) if desk else 0) > end
        cursor = _cursor(sort, places[-1][0].key(places[-1][1])) if more else ""
    parts = [public] if desk is None else [public, desk]
    least = max(1, request.facet_mincount)
    return Found(
        count=sum(part.total for part in parts),
        ids=ids,
        sort=sort,
        facets={name: _facet([part.facets[name] for part in parts], _limit(request), least) for name in mine.facets},
        next=cursor,
        capped=(("rows",) if request.rows > MAX_ROWS else ()) + (("facet.limit",) if _is_cut(request) else ()),
    )


def _selection(request: SearchRequest, last: int) -> tuple[Selection, str]:
    """What the index is asked, and the order in force as it is told."""
    words = EVERYTHING if request.q.strip() in ALL_QUERIES else parse(request.q, "q")
    where = both(*(parse(one, "fq") for one in (request.fq, *request.fq_list)))
    sort, order = _order(request.sort)
    if len(request.facets) > MAX_FACETS:
        raise SearchQueryError(f"At most {MAX_FACETS} facets are counted at once.", "facet.field")
    facets = dict.fromkeys(request.facets, FacetWanted(_limit(request), request.facet_mincount))
    after = _place(request.after, sort) if request.after else None
    return Selection(words, where, order, last, facets, after), sort


def _all_values(request: SearchRequest) -> dict[str, FacetWanted]:
    return dict.fromkeys(request.facets, FacetWanted(ALL_VALUES))


def _limit(request: SearchRequest) -> int:
    return MAX_FACET_VALUES if request.facet_limit < 0 else min(request.facet_limit, MAX_FACET_VALUES)


def _is_cut(request: SearchRequest) -> bool:
    return bool(request.facets) and request.facet_limit > MAX_FACET_VALUES


def _order(sort: str) -> tuple[str, tuple[Order, ...]]:
    """The order as it is told, and as the index takes it: keys that are equal go by id."""
    if not sort.strip() or sort.strip() in ("rank", "none", "score desc"):
        sort = DEFAULT_SORT
    parts = [_SORT.fullmatch(part) for part in sort.split(",")]
    if len(parts) > MAX_SORTS:
        raise SearchQueryError(f"At most {MAX_SORTS} keys sort at once.", "sort")
    order = []
    for match, given in zip(parts, sort.split(","), strict=True):
        if match is None:
            raise SearchQueryError(f"Cannot sort by {given.strip()!r}: write a field, then asc or desc.", "sort")
        order.append(Order(match["field"], match["way"].lower() == "desc"))
    return ", ".join(f"{one.field} {'desc' if one.descending else 'asc'}" for one in order), tuple(order)


def _of_desk(catalogue: Catalogue, actor: Actor, request: SearchRequest, selection: Selection) -> Selected | None:
    """What is not public, as far as it is asked for and `actor` may see it; None for nothing."""
    if not (request.include_private or request.include_drafts or request.include_deleted) or not actor.signed_in:
        return None
    organizations = organizations_where(actor, Right.SEE_UNPUBLISHED)
    if organizations is not None and not organizations:
        return None
    states = ["active"]
    states += ["draft"] if request.include_drafts else []
    states += ["deleted"] if request.include_deleted else []
    rules: list[Node] = [AnyOf(tuple(Term("state", state) for state in states))]
    if not request.include_private:
        rules.append(Term("capacity", "public"))
    if organizations is not None:
        rules.append(AnyOf(tuple(Term("owner_org", str(one)) for one in sorted(organizations))))
    mine = replace(selection, where=both(selection.where, *rules), facets=_all_values(request))
    return catalogue.index.select(mine, catalogue.now(), area="desk")


def _page(
    public: Selected, desk: Selected | None, order: Sequence[Order], start: int, end: int
) -> list[tuple[Selected, int]]:
    """The hits of both from `start` to `end` in one order: each as where it is and at what place there."""
    at = _places(public, desk, order) if desk else {}
    before = sum(1 for place in at if place < start)
    found: list[tuple[Selected, int]] = []
    for place in range(start, min(end, len(public) + len(at))):
        if desk is not None and place in at:
            found.append((desk, at[place]))
            before += 1
        else:
            found.append((public, place - before))
    return found


def _places(public: Selected, desk: Selected, order: Sequence[Order]) -> dict[int, int]:
    """Where the hits of the desk stand among those of the public area."""
    rank = cmp_to_key(partial(_compare, order))
    others = range(len(public))

    def key(place: int) -> Any:
        return rank(public.key(place))

    return {bisect_left(others, rank(desk.key(place)), key=key) + place: place for place in range(len(desk))}


def _compare(order: Sequence[Order], one: Key, other: Key) -> int:
    """Below 0 where `one` comes first, above 0 where `other` does. What has no value comes last."""
    ways = [*(way.descending for way in order), False]
    for descending, left, right in zip(ways, one, other, strict=True):
        if left == right:
            continue
        if left is None or right is None:
            return 1 if left is None else -1
        less = left < right  # type: ignore[operator]
        return -1 if less != descending else 1
    return 0


def _facet(parts: Sequence[tuple[FacetCount, ...]], limit: int, mincount: int) -> tuple[FacetCount, ...]:
    """The counts of both areas added, most frequent first."""
    if len(parts) == 1:
        return parts[0]
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for one in (one for part in parts for one in part):
        folded = one.value.casefold()
        counts[shown.setdefault(folded, one.value)] += one.count
    found = sorted((-count, value) for value, count in counts.items() if count >= mincount)
    return tuple(FacetCount(value, -count) for count, value in found[:limit])


def _cursor(sort: str, key: Key) -> str:
    """A place in an order as one word: later the list goes on behind it, whatever was changed before it."""
    said = json.dumps([sort, *key], ensure_ascii=False, separators=(",", ":"))
    return encoded(said.encode("utf-8", "surrogatepass"))


def _place(cursor: str, sort: str) -> Key:
    """What `_cursor` gave."""
    try:
        said = json.loads(decoded(cursor))
    except (ValueError, RecursionError):
        said = None
    is_sound = isinstance(said, list) and all(one is None or isinstance(one, int | str) for one in said)
    if not is_sound or not said or said[0] != sort or len(cursor) > MAX_CURSOR:
        raise SearchQueryError("The cursor is none of this search: ask for its first page again.", "after")
    return tuple(said[1:])
