"""A search as one value: words, filters, order, page. It is read from URL arguments and can write them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_QUERY_CHARACTERS = 1_000
MAX_OFFSET = 100_000
MAX_VALUES = 50
"""The most values that one filter takes in one query."""

SORTS = ("relevance", "-issued", "issued", "title", "-title", "-modified", "-downloads")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`filters` maps the name of a filter to the chosen values (any of them; different filters must all hold)."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    size: int = PAGE_SIZE

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
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs


def pairs_of(args: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Flat pairs of a multi-valued mapping."""
    return [(name, value) for name, values in args.items() for value in values]
