"""JSON-LD as triples: contexts from our own table only, large documents in pieces, bad entries alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph

from harvesters import json_entries, jsonld_contexts
from harvesters.rdf_troubles import Triple, Troubles, Unreadable, triple
from opendata.errors import SourceError

MAX_WHOLE = 8 * 1024 * 1024
"""Bytes of a document that is read into memory as a whole. Larger ones are read entry by entry."""
MAX_LEVELS = 100
_LISTS = ("@graph", "dataset", "dcat:dataset", "http://www.w3.org/ns/dcat#dataset", "datasets")
"""Members in which documents keep their many entries."""
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|@none)\Z")
_FORMAT = pyoxigraph.RdfFormat.JSON_LD


def triples(path: Path, base: str, troubles: Troubles) -> Iterator[Triple]:
    """Every triple of the document. Unknown contexts and entries that cannot be read are named in `troubles`."""
    json_entries.refuse_other(path, base)
    contexts = _Contexts(troubles)
    document = fault = None
    try:
        if path.stat().st_size <= MAX_WHOLE:
            document = contexts.inlined(json_entries.mended(path.read_bytes(), of=base))
    except SourceError as error:
        fault = error.message  # the entries may be sound by themselves
    if document is not None and (found := _read(document, base)) is not None:
        yield from found
        return
    if document is not None:
        around, entries = _taken_apart(document)
    else:
        around = contexts.inlined(_parsed(json_entries.shell(path, _LISTS), base))
        entries = _around(around, _streamed(path, base, contexts, troubles))
    before = troubles.count
    yield from _read(around or {}, base) or ()
    for number, entry in enumerate(entries, start=1):
        found = _read(entry, base)
        if found is None:
            troubles.add(0, f"entry {number} is no JSON-LD that can be read", value=json.dumps(entry)[:300])
        else:
            yield from found
        if troubles.is_full:
            return
    if fault and troubles.count == before:
        troubles.add(0, fault)


def _parsed(content: bytes, base: str) -> Any:
    """What the JSON says, None where it is none."""
    try:
        return json_entries.mended(content, of=base)
    except SourceError:
        return None


def _read(document: Any, base: str) -> list[Triple] | None:
    """The triples of a piece, None where it cannot be read."""
    content = json.dumps(document).encode()
    for lenient in (False, True):
        try:
            return [triple(quad) for quad in pyoxigraph.parse(content, _FORMAT, base_iri=base, lenient=lenient)]
        except Unreadable:
            continue
    return None


class _Contexts:
    """Puts our own table where a document names a context by its address."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._told: set[str] = set()
        self._is_ours = False

    def inlined(self, value: Any, level: int = 0) -> Any:
        """`value` without a context that would have to be fetched."""
        if level > MAX_LEVELS:
            return None
        if isinstance(value, list):
            return [self.inlined(one, level + 1) for one in value]
        if not isinstance(value, dict):
            return value
        made = {}
        if "@context" in value:  # first, since it says how the rest is to be understood
            made["@context"] = self._context(value["@context"])
        for name, member in value.items():
            if name != "@context":
                made[name] = self._texts(name, member) or self.inlined(member, level + 1)
        return made

    def _context(self, given: Any) -> Any:
        if isinstance(given, list):
            kept = [made for one in given if (made := self._context(one)) is not None]
            return kept or None
        if isinstance(given, str):
            return self._named(given)
        if isinstance(given, dict):
            return {
                name: self._scoped(member) for name, member in given.items() if name not in ("@import", "@propagate")
            }
        return None

    def _scoped(self, member: Any) -> Any:
        if isinstance(member, dict) and "@context" in member:
            return {**member, "@context": self._context(member["@context"])}
        return member

    def _named(self, address: str) -> dict[str, Any] | None:
        if jsonld_contexts.is_known(address):
            self._is_ours = True
            return jsonld_contexts.context()
        if address not in self._told and len(self._told) < 10:
            self._told.add(address)
            self._troubles.add(
                0, f"the JSON-LD context {address[:200]} is not one that this catalogue knows, and none is fetched",
                "jsonld-context", address,
            )  # fmt: skip
        return None

    def _texts(self, name: str, member: Any) -> list[dict[str, str]] | None:
        """{"en": "…"} as texts with their languages, where our own table is in force and cannot say so."""
        if not self._is_ours or name.rpartition(".")[2] not in jsonld_contexts.TEXT_NAMES:
            return None
        if not isinstance(member, dict) or not member or not all(map(_LANGUAGE.match, member)):
            return None
        return [
            {"@value": text} if language == "@none" else {"@value": text, "@language": language}
            for language, texts in member.items()
            for text in (texts if isinstance(texts, list) else [texts])
            if isinstance(text, str)
        ]


def _taken_apart(document: Any) -> tuple[Any, Iterator[Any]]:
    """What is not an entry of a list, and every entry with the context that it needs."""
    if isinstance(document, list):
        return [], iter(document)
    if not isinstance(document, dict):
        return {}, iter(())
    around = {name: value for name, value in document.items() if name not in _LISTS}
    return around, _around(around, ((name, entry) for name in _LISTS for entry in _listed(document.get(name))))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _around(shell: Any, found: Iterator[tuple[str, Any]]) -> Iterator[Any]:
    """Each entry in what it needs of the document around it: the context, and what it is a part of."""
    needed = {name: shell[name] for name in ("@context", "@id") if name in shell} if isinstance(shell, dict) else {}
    for name, entry in found:
        yield {**needed, name: [entry]} if name else entry


def _streamed(path: Path, base: str, contexts: _Contexts, troubles: Troubles) -> Iterator[tuple[str, Any]]:
    """The entries of a document that is never in memory as a whole, or that is broken."""
    try:
        for entry in json_entries.entries(path, _LISTS):
            value = _parsed(entry.content, base)
            if value is None:
                troubles.add(entry.line, "an entry is not JSON that can be read", value=entry.content[:300].decode())
            else:
                yield entry.name, contexts.inlined(value)
    except json_entries.BrokenJson as error:
        troubles.add(error.line, error.reason)
