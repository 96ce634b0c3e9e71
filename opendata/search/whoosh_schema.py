"""What a document becomes in Whoosh: keys by field, computed by our own analysis, so that the index holds no analyser.

Whoosh pickles its schema into the index; a field that pickled an analyser would tie old indexes to its code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from whoosh import fields, formats

from opendata.search.analysis import Analyser
from opendata.search.columns import facts_of, storable
from opendata.search.document import SearchDocument

FORMAT_VERSION = 2
"""Raised whenever fields or their contents change: an index of another version must be rebuilt."""

WEIGHTS: Mapping[str, float] = {"title": 4.0, "keywords": 3.0, "abstract": 1.5, "other": 1.5, "body": 1.0}
"""The searched fields and what a match in each is worth."""
POSITIONED = frozenset(("title", "keywords", "abstract", "other"))
"""Fields that know where words stand. Report text does not: that would more than double the index."""

GAP = 100
"""Positions between two texts of a field, so that no phrase runs from one into the next."""

Positions = Mapping[str, list[int]]


class KeyField(fields.FieldType):  # type: ignore[misc]
    """A field that is given keys with their positions and writes them as they are."""

    def __init__(self, *, positions: bool) -> None:
        self.positions = positions
        self.analyzer = None
        self.format = formats.Positions() if positions else formats.Frequency()
        self.scorable, self.stored, self.unique, self.indexed = True, False, False, True
        self.vector, self.column_type, self.spelling = None, None, False

    def index(self, value: Positions, **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # noqa: ARG002
        """Postings of one document: key, how often, weight, and what the format keeps."""
        encode = self.format.encode if self.positions else None
        for key, places in value.items():
            count = len(places)
            kept = encode(places) if encode else formats.pack_uint(count)
            yield key.encode("utf-8"), count, float(count), kept


class ValueField(fields.FieldType):  # type: ignore[misc]
    """A field that holds whole values, never scored."""

    def __init__(self) -> None:
        self.analyzer = None
        self.format = formats.Existence()
        self.scorable, self.stored, self.unique, self.indexed = False, False, False, True
        self.vector, self.column_type, self.spelling = None, None, False

    def index(self, value: Iterable[str], **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # noqa: ARG002
        """Postings of one document."""
        return ((one.encode("utf-8"), 1, 1.0, b"") for one in dict.fromkeys(value))


def schema() -> fields.Schema:
    """The fields of an index: `id`, the searched ones, `values` (name=value of filters) and the stored `facts`."""
    searched = {name: KeyField(positions=name in POSITIONED) for name in WEIGHTS}
    return fields.Schema(id=ValueField(), values=ValueField(), facts=fields.STORED(), **searched)


def value_term(name: str, value: str) -> str:
    """The term of a filter's value in the field `values`."""
    return f"{name}={value.casefold()}"


def whoosh_fields(document: SearchDocument, analyser: Analyser) -> dict[str, object]:
    """The arguments of Whoosh's add_document."""
    texts: dict[str, Iterable[str]] = {
        "title": document.titles or (document.title,),
        "keywords": document.keywords,
        "abstract": (*document.descriptions, *document.table_of_contents),
        "other": (*document.people, *document.identifiers, *document.other_text),
        "body": (page for file in document.files for page in file.pages),
    }
    facts = facts_of(document)
    found: dict[str, object] = {name: _positions(given, analyser) for name, given in texts.items()}
    values = [value_term(name, value) for name, given in facts.values.items() for value in given]
    return {"id": [document.id.hex], "values": values, "facts": tuple(facts), **found}


def _positions(texts: Iterable[str], analyser: Analyser) -> Positions:
    places: defaultdict[str, list[int]] = defaultdict(list)
    base = 0
    for text in texts:
        position = 0
        for position, _start, _end, keys in analyser.index_keys(storable(text)):
            for key in keys:
                places[key].append(base + position)
        base += position + GAP
    return places
