"""What a document becomes in Whoosh: its id, its keys, and its facts; the index holds no analyser.

Whoosh pickles its schema into the index; a field that pickled an analyser would tie old indexes to its code.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any

from whoosh import columns, fields, formats

from opendata.search import named
from opendata.search.analysis import Analyser
from opendata.search.columns import Facts, facts_of
from opendata.search.document import SearchDocument
from opendata.search.document_keys import document_keys
from opendata.search.index import Keep

FORMAT_VERSION = 6
"""Raised whenever fields or their contents change: an index of another version must be rebuilt."""

KEYS, ID, FACTS, NAMED = "keys", "id", "facts", "named"
COLUMN_FIELDS = (FACTS, NAMED)
"""Fields of one value a document, packed; no search looks for them."""


class OwnField(fields.FieldType):  # type: ignore[misc]
    """A field whose postings `whoosh_postings` writes and `whoosh_segments` reads, in a layout of their own."""

    def __init__(self) -> None:
        self.analyzer, self.format = None, formats.Existence()
        self.scorable, self.stored, self.unique, self.indexed = False, False, False, True
        self.vector, self.column_type, self.spelling = None, None, False

    def index(self, value: Any, **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:  # noqa: ARG002
        """Whoosh's own writer cannot write such a field."""
        raise TypeError("only BulkWriter writes this index")


def schema() -> fields.Schema:
    """The fields of an index: `id`, the searched `keys`, and the columns `facts` and `named` without postings."""
    bytes_of = {name: fields.COLUMN(columns.VarBytesColumn()) for name in COLUMN_FIELDS}
    return fields.Schema(**{ID: OwnField(), KEYS: OwnField(), **bytes_of})


def whoosh_fields(
    document: SearchDocument, analyser: Analyser, lengths: Mapping[str, float], keep: Keep | None = None
) -> dict[str, object]:
    """The arguments of BulkWriter.add_document. `keep` is given the keys of the pages of each file on the way."""
    keys = document_keys(document, analyser, lengths, keep)
    return {
        ID: document.id.hex,
        FACTS: packed_facts(facts_of(document)),
        NAMED: named.packed(document, keys.ends),
        KEYS: keys,
    }


def packed_facts(facts: Facts) -> bytes:
    """The facts as they stand in their column."""
    return marshal.dumps(tuple(facts))


def unpacked_facts(packed: bytes) -> Facts:
    """What `packed_facts` gave."""
    return Facts(*marshal.loads(packed))  # noqa: S302 - our own column, like all of the index
