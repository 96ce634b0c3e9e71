"""tantivy over the very keys that our index holds: what a search engine written for speed makes of the same work."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.columns import facts_of
from opendata.search.document import SearchDocument
from opendata.search.filters import years
from opendata.search.parser import Either, Is, Leaf, Phrase, Prefix, parse
from opendata.search.query import SearchQuery

HITS = 20


class Tantivy:
    """One field of keys, and a field of each filter; hits and facet counts are asked for as our engine is."""

    def __init__(self, analyser: Analyser, folder: Path, facets: Sequence[str]) -> None:
        import tantivy

        self._tantivy, self._analyser, self._facets = tantivy, analyser, facets
        folder.mkdir(exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("keys", tokenizer_name="whitespace")
        for name in facets:
            builder.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        tokenizer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("whitespace", tokenizer)
        self._counts = {name: {"terms": {"field": name, "size": 300}} for name in facets}

    def build(self, documents: Iterable[SearchDocument]) -> float:
        """Analyse and write all of them, in one commit, unless that was done before. How many seconds it took."""
        begun = time.monotonic()
        if self._index.searcher().num_docs:
            self._searcher = self._index.searcher()
            return 0.0
        writer = self._index.writer(heap_size=256_000_000, num_threads=1)
        for document in documents:
            given: dict[str, Any] = {"keys": " ".join(self._keys(document))}
            facts = facts_of(document)
            given |= {name: list(facts.values.get(name, ())) for name in self._facets}
            writer.add_document(self._tantivy.Document.from_dict(given, self._schema))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        return time.monotonic() - begun

    def _keys(self, document: SearchDocument) -> Iterator[str]:
        texts = (
            *document.titles,
            *document.descriptions,
            *document.table_of_contents,
            *document.keywords,
            *document.people,
            *document.identifiers,
            *document.other_text,
            *(page for file in document.files for page in file.pages),
        )
        for text in texts:
            for token in self._analyser.index_keys(text):
                yield from token.keys

    def search(self, query: SearchQuery) -> int:
        """Hits and counts of `query`; how many hits are given. Order by another thing than relevance is left out."""
        asked = self._compiled(query)
        found = self._searcher.search(asked, HITS, offset=query.offset)
        self._searcher.aggregate(asked, self._counts)
        return len(found.hits)

    def _compiled(self, query: SearchQuery) -> Any:
        must, all_of = self._tantivy.Occur.Must, self._tantivy.Query.boolean_query
        wanted = [self._node(node) for node in parse(query.q).wanted]
        wanted += [self._values(name, values) for name, values in query.filters.items()]
        return all_of([(must, one) for one in wanted]) if wanted else self._tantivy.Query.all_query()

    def _node(self, node: Leaf | Either) -> Any:
        if isinstance(node, Either):
            return self._any([self._node(one) for one in node.nodes])
        if isinstance(node, Is):
            return self._values(node.name, (node.value,))
        if isinstance(node, Prefix):
            return self._tantivy.Query.regex_query(self._schema, "keys", f"{self._analyser.prefix_key(node.text)}.*")
        tokens = self._analyser.query_tokens(node.text)
        if isinstance(node, Phrase):
            return self._all([self._term(token.surface) for token in tokens])
        return self._all([self._word(token) for token in tokens if not token.common])

    def _word(self, token: QueryToken) -> Any:
        return self._tantivy.Query.disjunction_max_query([self._term(key) for key in token.keys])

    def _values(self, name: str, values: Sequence[str]) -> Any:
        if name not in self._facets:
            return self._tantivy.Query.all_query()
        if name == "year":
            spans = [span for value in values if (span := years(value))]
            values = [str(year) for first, last in spans for year in range(max(first, 1900), min(last, 2100) + 1)]
        return self._any([self._term(value, name) for value in values])

    def _term(self, key: str, field: str = "keys") -> Any:
        return self._tantivy.Query.term_query(self._schema, field, key, "position" if field == "keys" else "basic")

    def _any(self, queries: Sequence[Any]) -> Any:
        return self._tantivy.Query.boolean_query([(self._tantivy.Occur.Should, one) for one in queries])

    def _all(self, queries: Sequence[Any]) -> Any:
        return self._tantivy.Query.boolean_query([(self._tantivy.Occur.Must, one) for one in queries])
