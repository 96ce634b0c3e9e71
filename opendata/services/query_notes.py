"""What to tell about a query: what the parser noted, and filters in it that no record meets."""

from __future__ import annotations

from collections.abc import Iterator

from opendata.search.filters import FILTERS, FilterKind
from opendata.search.index import SearchIndex
from opendata.search.notes import Note, NoteCode
from opendata.search.parser import MAX_SHOWN, Is, Tree
from opendata.search.query import SearchQuery


def notes_of(query: SearchQuery, tree: Tree, index: SearchIndex, total: int) -> tuple[Note, ...]:
    """The notes of `tree`, and why nothing was found where that is for a value that no record has."""
    found = [*tree.notes]
    if query.cut:
        found.append(Note(NoteCode.TOO_LONG, query.q[-MAX_SHOWN:]))
    if total == 0:
        found.extend(_unmet(tree, index))
    return tuple(found)


def _unmet(tree: Tree, index: SearchIndex) -> Iterator[Note]:
    asked = dict.fromkeys(leaf for leaf in tree.leaves() if isinstance(leaf, Is))
    for leaf in asked:
        if FILTERS[leaf.name].kind is not FilterKind.VALUE:
            continue
        wanted = leaf.value.casefold()
        if not any(count.value.casefold() == wanted for count in index.values(leaf.name)):
            yield Note(NoteCode.NO_RECORD, leaf.value[:MAX_SHOWN], leaf.name)
