"""A search as one value: words, filters, order, page. It is read from URL arguments and can write them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from opendata.search.arguments import (
    MAX_OFFSET,
    MAX_QUERY_CHARACTERS,
    MAX_VALUES,
    SORTS,
    Arguments,
    pairs_of,
    read_also,
    read_exact,
    read_filters,
    read_page,
    read_sort,
    read_words,
)

__all__ = [
    "BY_ID",
    "MAX_OFFSET",
    "MAX_PAGE_SIZE",
    "MAX_QUERY_CHARACTERS",
    "MAX_VALUES",
    "NO_WORDS",
    "PAGE_SIZE",
    "SORTS",
    "SearchQuery",
]

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
BY_ID = "id"
"""The order in which programs read to the end: no change of a record moves it, or another one."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`filters` maps the name of a filter to the chosen values (any of them; different filters must all hold).

    `whole` leaves out the records that hold only some of the words, which come where hardly any holds all of them.
    `cut` says that `q` was longer than MAX_QUERY_CHARACTERS and only its beginning is searched. `also`: what says the
    same in other words; records that hold all words of one are found too, and count less. `exact`: words as they are
    typed only, not as another keyboard layout reads them. `after`: in the order BY_ID, the
    id behind which the page begins, and `whole` goes without saying.
    """

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    size: int = PAGE_SIZE
    cut: bool = False
    also: tuple[str, ...] = ()
    exact: bool = False
    whole: bool = False
    after: UUID | None = None

    @classmethod
    def from_args(cls, args: Arguments, size: int = PAGE_SIZE) -> SearchQuery:
        """The search that URL arguments ask for. Unknown parameters are ignored; a value that cannot be is Invalid."""
        pairs = pairs_of(args)
        q, cut = read_words(pairs)
        filters, sort, page = read_filters(pairs), read_sort(pairs), read_page(pairs, size)
        return cls(q, filters, sort, page, size, cut, read_also(pairs), read_exact(pairs))

    @property
    def offset(self) -> int:
        """How many hits come before this page."""
        return (self.page - 1) * self.size

    @property
    def order(self) -> str:
        """The sort in force: as asked, else relevance with words and newest without."""
        return self.sort or ("relevance" if self.q.strip() else "-issued")

    def with_filter(self, name: str, value: str) -> SearchQuery:
        """The same search with one more value chosen, on its first page."""
        values = self.filters.get(name, ())
        chosen = values if value in values else (*values, value)
        return replace(self, filters={**self.filters, name: chosen}, page=1)

    def without_filter(self, name: str, value: str | None = None) -> SearchQuery:
        """The same search without `value` of that filter (without all of them for None), on its first page."""
        left = tuple(v for v in self.filters.get(name, ()) if value is not None and v != value)
        rest = {key: values for key, values in self.filters.items() if key != name}
        return replace(self, filters={**rest, name: left} if left else rest, page=1)

    def with_also(self, words: str) -> SearchQuery:
        """The same search for what holds these words too, on its first page."""
        return self if words in self.also else replace(self, also=(*self.also, words), page=1)

    def without_also(self, words: str) -> SearchQuery:
        """The same search without these further words, on its first page."""
        return replace(self, also=tuple(one for one in self.also if one != words), page=1)

    def at_page(self, page: int) -> SearchQuery:
        """The same search at another page."""
        return replace(self, page=page)

    def sorted_by(self, sort: str) -> SearchQuery:
        """The same search in another order, on its first page."""
        return replace(self, sort=sort, page=1)

    def to_pairs(self) -> list[tuple[str, str]]:
        """The URL arguments that give this search again, in a stable order, defaults left out."""
        pairs = [("q", self.q)] if self.q else []
        pairs += [(name, value) for name in sorted(self.filters) for value in self.filters[name]]
        pairs += [("also", words) for words in self.also]
        if self.exact:
            pairs.append(("exact", "1"))
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs


NO_WORDS = SearchQuery()
"""Everything: neither words nor filters."""
