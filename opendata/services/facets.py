"""Facets: from counted values to what a reader chooses from, with names, trees and years.

Only what a page shows gets a name, and all agencies of a page come by one SELECT.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from opendata.catalog import vocabularies
from opendata.catalog.licenses import get as license_of
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.search.collation import title_key
from opendata.search.filters import FILTERS
from opendata.search.index import FacetCount
from opendata.search.query import SearchQuery
from opendata.services import phrases
from opendata.services.catalogue import Catalogue
from opendata.services.histogram import bars
from opendata.services.results import ActiveFilter, Facet, FacetList, FacetValue, Mark
from opendata.store import queries

SHOWN = 8
"""Values of a facet on a page of results, without the chosen ones and what stands above those."""
TREES = ("organization", "subject")
TREE_COUNTED = 400
"""Values of a tree that are counted: those above and below the ones shown need their counts too."""
YEARS_COUNTED = 10_000
SUBJECT_LEVELS = 2

LISTED = 10_000
"""Values of one facet that its own page looks through, the most frequent first."""
PAGE = 100
"""Values on a page of that list."""
ORDERS = ("count", "name")
KEY = 200
"""Characters of a name by which values are put in order; those that begin so alike go by their values."""

WANTED: Mapping[str, int] = {
    name: {"year": YEARS_COUNTED, "organization": TREE_COUNTED, "subject": TREE_COUNTED}.get(name, SHOWN + 1)
    for name in FILTERS
}
"""What a page of results asks of the index: one value more than it shows, to know whether there is one."""

Counts = Sequence[FacetCount]
Counted = Mapping[str, Counts]


def facets(session: Session, query: SearchQuery, counted: Counted) -> tuple[tuple[Facet, ...], Names]:
    """The facets of a page of results in the order of `counted`, and the names that they were made with."""
    chosen = query.filters.get("organization", ())
    names = Names(session, [*chosen, *_first(counted, SHOWN)], chosen)
    return tuple(_facet(name, counts, query.filters.get(name, ()), names) for name, counts in counted.items()), names


def active(query: SearchQuery, names: Names) -> tuple[ActiveFilter, ...]:
    """The filters that are on, each with what people call it."""
    return tuple(
        ActiveFilter(name, value, names.label(name, value))
        for name, values in query.filters.items()
        for value in values
    )


def values(
    catalogue: Catalogue,
    query: SearchQuery,
    name: str,
    *,
    find: str = "",
    order: str = "count",
    language: str = "en",
    after: Mark | None = None,
) -> FacetList:
    """A page (`query.page`) of all values of the facet `name`; of those whose name holds `find`, where it is given.

    By count, or by name in `language`; then `after` may be the `following` of an earlier page, which goes on there
    whatever has come or gone since. A tree keeps its form unless something is looked for. NotFound for no facet.
    """
    if name not in FILTERS:
        raise NotFound(f"There is no filter {name!r}.")
    with catalogue.searches:
        results, _checked = phrases.search(catalogue, query.at_page(1), {name: LISTED})
    counts = [count for count in results.facets[name] if _is_listed(name, count, query.filters.get(name, ()))]
    with catalogue.sessions.read() as session:
        names = Names(session, [*query.filters.get("organization", ()), *_first({name: counts}, LISTED)])
    every = _choices(name, counts, query.filters.get(name, ()), names)
    if find:
        every = [one for one in every if _folded(find) in _folded(_words(one.label, language, one.value))]
    by_name = _by_name(name, language)
    key: Callable[[FacetValue], Mark] = by_name if order == "name" else lambda one: (-one.count, "", "")
    shown = _sorted(_tree(name, every, names) if name in TREES and not find else every, key)
    first = (query.page - 1) * PAGE if after is None else bisect_right(shown, after, key=by_name)
    last = first + PAGE
    return FacetList(
        name=name,
        query=query,
        values=tuple(shown[first:last]),
        total=len(every),
        page=query.page,
        pages=max(1, -(-len(shown) // PAGE)),
        find=find,
        order=order,
        cut=len(results.facets[name]) >= LISTED,
        records=results.total,
        active=active(query, names),
        following=by_name(shown[last - 1]) if order == "name" and last < len(shown) else None,
    )


def _first(counted: Counted, limit: int) -> list[str]:
    """The agencies with the most records."""
    return [count.value for count in counted.get("organization", ())[:limit]]


class Names:
    """What people call the values of filters: from the vocabularies, or from the store for agencies."""

    def __init__(self, session: Session, agencies: Sequence[str], parents: Sequence[str] = ()) -> None:
        """Those of `agencies`, of all above them, and of those right below `parents`."""
        self._agencies = queries.organization_places(session, {*agencies}, parents) if agencies else {}

    def above(self, name: str, value: str) -> str:
        """The value that holds this one in a tree, "" for none."""
        if name == "organization":
            return self._agencies[value][1] if value in self._agencies else ""
        return value.rpartition(".")[0]

    def label(self, name: str, value: str) -> Text:
        """What people call the value."""
        if name == "organization":
            return self._agencies[value][0] if value in self._agencies else Text.of(value)
        if name == "license_id":
            found = license_of(value)
            return found.title if found else Text.of(value)
        if name == "type" and value == "study":
            return vocabularies.text_of("kind", value)
        if name == "subject":
            return vocabularies.subject_label("grnti", value) or Text.of(value)
        if name == "year":
            return Text.of(_span(value))
        vocabulary = VOCABULARY_OF.get(name)
        return vocabularies.text_of(vocabulary, value) if vocabulary else Text.of(value)


VOCABULARY_OF = {
    "type": "dataset_type",
    "kind": "kind",
    "open": "openness",
    "language": "language",
    "theme": "theme",
    "disclosure": "disclosure",
    "text": "text_status",
}
"""Filters whose values are codes of a vocabulary."""


def _span(value: str) -> str:
    """A year, or a range of years as people write it: 2019–2021, …–1999."""
    first, dots, last = value.partition("..")
    return f"{first or '…'}–{last or '…'}" if dots else value


def _facet(name: str, counts: Counts, chosen: Sequence[str], names: Names) -> Facet:
    if name == "year":
        return _years(counts, chosen)
    if name in TREES:
        return _tree_facet(name, counts, chosen, names)
    kept = counts[:SHOWN]
    kept = [*kept, *(count for count in counts[SHOWN:] if _is_chosen(count.value, chosen))]
    return Facet(name, tuple(_choices(name, kept, chosen, names)), more=len(counts) > len(kept))


def _years(counts: Counts, chosen: Sequence[str]) -> Facet:
    by_year = {int(count.value): count.count for count in counts}
    years = (FacetValue(str(year), Text.of(str(year)), by_year[year], str(year) in chosen) for year in sorted(by_year))
    return Facet("year", tuple(years), bars=bars(by_year))


def _is_listed(name: str, count: FacetCount, chosen: Sequence[str]) -> bool:
    """Subjects have names to their second level only; deeper ones are there when they are chosen."""
    return name != "subject" or _depth(count.value) <= SUBJECT_LEVELS or _is_chosen(count.value, chosen)


def _tree_facet(name: str, counts: Counts, chosen: Sequence[str], names: Names) -> Facet:
    """The most frequent at the top with their branches, and whatever is chosen with all that stands above it."""
    subjects = name == "subject"
    level = [count for count in counts if _depth(count.value) <= SUBJECT_LEVELS] if subjects else list(counts)
    tops = [count.value for count in level if not subjects or _depth(count.value) == 1]
    kept = {value for value in tops[:SHOWN] for value in _line(name, value, names)}
    kept |= {value for one in chosen for value in _line(name, one, names)}
    if subjects:
        kept |= {count.value for count in level if _line(name, count.value, names)[-1] in kept}
    else:
        below = [count.value for count in counts if names.above(name, count.value) in chosen]
        kept |= set(below[:SHOWN])
    choices = _choices(name, [count for count in counts if count.value in kept], chosen, names)
    return Facet(
        name,
        tuple(_sorted(_tree(name, choices, names), _by_count)),
        more=len(tops) > SHOWN or len(counts) >= TREE_COUNTED,
    )


def _depth(code: str) -> int:
    return code.count(".") + 1


def _line(name: str, value: str, names: Names) -> list[str]:
    """The value and all that stand above it, to the top."""
    line = [value]
    while (above := names.above(name, line[-1])) and above not in line:
        line.append(above)
    return line


def _choices(name: str, counts: Iterable[FacetCount], chosen: Sequence[str], names: Names) -> list[FacetValue]:
    """With names. A chosen value stands as the address has it, so that it can be taken off again."""
    as_chosen = {value.casefold(): value for value in chosen}
    return [
        FacetValue(
            as_chosen.get(count.value.casefold(), count.value),
            names.label(name, count.value),
            count.count,
            count.value.casefold() in as_chosen,
        )
        for count in counts
    ]


def _is_chosen(value: str, chosen: Sequence[str]) -> bool:
    return any(value.casefold() == one.casefold() for one in chosen)


def _tree(name: str, choices: Sequence[FacetValue], names: Names) -> list[FacetValue]:
    """Each choice within the nearest one above it that is there."""
    known = {choice.value: choice for choice in choices}
    below: dict[str, list[FacetValue]] = {}
    for choice in choices:
        line = _line(name, choice.value, names)[1:]
        # Of agencies that stand above each other in a ring, none is within another.
        above = next((one for one in line if one in known and choice.value not in _line(name, one, names)), "")
        below.setdefault(above, []).append(choice)

    def grown(choice: FacetValue) -> FacetValue:
        children = tuple(grown(child) for child in below.get(choice.value, ()))
        return FacetValue(choice.value, choice.label, choice.count, choice.chosen, children)

    return [grown(choice) for choice in below.get("", ())]


def _sorted(choices: Iterable[FacetValue], key: Callable[[FacetValue], tuple[Any, ...]]) -> list[FacetValue]:
    return [
        FacetValue(one.value, one.label, one.count, one.chosen, tuple(_sorted(one.children, key)))
        for one in sorted(choices, key=key)
    ]


def _by_count(choice: FacetValue) -> tuple[int, str]:
    return -choice.count, choice.value


def _by_name(name: str, language: str) -> Callable[[FacetValue], Mark]:
    """By name; years and subject codes by what they are. No two values are equal."""
    if name == "year":
        return lambda choice: (int(choice.value) if choice.value.isdigit() else 0, "", choice.value)
    if name == "subject":
        return lambda choice: (0, "", choice.value)
    return lambda choice: (0, title_key(_words(choice.label, language, choice.value))[:KEY], choice.value)


def _words(label: Text, language: str, value: str) -> str:
    return label.show(language).value or value


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split())
