"""A catalogue's triples on disk while it is harvested, so that memory does not grow with the catalogue.

Triples come in the order of the document; a dataset needs its own, and those of what it points to. They wait in an
SQLite file of their own without a journal: it is gone after the run.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from harvesters.rdf_terms import TYPE, spellings

Row = tuple[str, str]
"""Predicate and object in N-Triples."""
MAX_DEPTH = 6
"""Steps from a dataset to what still belongs to its description (distribution, service, publisher, its address)."""
MAX_TRIPLES = 20_000
"""Triples of one dataset's description; the rest is left out."""
_MAX_ROWS = 5_000
_MAX_SHARED = 500
"""Of a node that is not the dataset itself: vocabularies and bodies have thousands of links, of which none is ours."""
_CACHED = 500
_FOLLOWED = frozenset(
    address
    for name in (
        "dcat:accessService", "org:subOrganizationOf", "org:unitOf", "org:memberOf", "dct:license",
        "dct:rights", "dct:accessRights", "dct:format", "dcat:mediaType", "spdx:checksum",
        "dct:conformsTo", "foaf:page", "dct:language", "schema:affiliation", "prov:agent",
        "vcard:hasEmail", "vcard:hasTelephone", "wdrs:describedby", "dct:publisher",
        "dcat:contactPoint", "dct:type", "dct:relation", "dcatus:accessRestriction", "dcatus:cuiRestriction",
        "dcatus:restrictionStatus", "dcatap:availability",
    )
    for address in spellings(name)
)  # fmt: skip
"""Links that are followed from what belongs to a dataset; from the dataset itself all are."""


class Spool:
    """Triples in a file in `folder`, to be asked by subject. Use `with`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name
        self._base = sqlite3.connect(self._path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("PRAGMA cache_size = -8000")
        self._base.execute("CREATE TABLE triples (s TEXT NOT NULL, p TEXT NOT NULL, o TEXT NOT NULL)")
        self._indexed = False
        self._cache: OrderedDict[str, list[Row]] = OrderedDict()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self._base.close()
        self._path.unlink(missing_ok=True)

    def add(self, triples: Iterable[tuple[str, str, str]]) -> None:
        """Take `triples`; if taking them from the source fails, those before are kept."""
        self._base.execute("BEGIN")
        try:
            self._base.executemany("INSERT INTO triples VALUES (?, ?, ?)", triples)
        finally:
            self._base.execute("COMMIT")
            self._indexed = False
            self._cache = OrderedDict()

    def is_empty(self) -> bool:
        """Whether there is no triple."""
        return self._base.execute("SELECT 1 FROM triples LIMIT 1").fetchone() is None

    def typed(self, types: Sequence[str]) -> Iterator[str]:
        """The subjects of any of `types`, in the order of the document."""
        marks = ", ".join("?" * len(types))
        rows = self._base.execute(
            f"SELECT s, min(rowid) FROM triples WHERE p = ? AND o IN ({marks}) GROUP BY s ORDER BY 2",  # noqa: S608
            (TYPE, *types),
        )
        for subject, _ in rows:
            yield subject

    def objects(self, predicates: Sequence[str]) -> Iterator[str]:
        """The objects of any of `predicates`, each once, in the order of the document."""
        marks = ", ".join("?" * len(predicates))
        rows = self._base.execute(
            f"SELECT o, min(rowid) FROM triples WHERE p IN ({marks}) GROUP BY o ORDER BY 2",  # noqa: S608
            tuple(predicates),
        )
        for found, _ in rows:
            yield found

    def rows(self, subject: str) -> list[Row]:
        """What is said of `subject`, each once, at most 5,000."""
        if not self._indexed:
            self._base.execute("CREATE INDEX IF NOT EXISTS by_subject ON triples (s)")
            self._indexed = True
        if subject in self._cache:
            self._cache.move_to_end(subject)
            return self._cache[subject]
        found = self._base.execute(
            "SELECT DISTINCT p, o FROM triples WHERE s = ? ORDER BY p, o LIMIT ?", (subject, _MAX_ROWS)
        ).fetchall()
        self._cache[subject] = found
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found

    def description(self, subject: str, boundaries: frozenset[str]) -> tuple[str, bytes]:
        """The name of `subject` and what is said of it, in N-Triples that are the same as long as the facts are.

        Followed are its objects and theirs, but not those of type `boundaries`: of another dataset only what it is
        called. Blank nodes get names made of what is said of them.
        """
        gathered = self._gathered(subject, boundaries)
        names = _names(gathered)
        lines = {
            f"{names.get(node, node)} {predicate} {names.get(value, '_:b0' if value[:2] == '_:' else value)} .\n"
            for node, rows in gathered.items()
            for predicate, value in rows
        }
        return names.get(subject, subject), "".join(sorted(lines)).encode()

    def _gathered(self, root: str, boundaries: frozenset[str]) -> dict[str, list[Row]]:
        gathered: dict[str, list[Row]] = {root: self.rows(root)[:_MAX_ROWS]}
        count, level = len(gathered[root]), [root]
        for _ in range(MAX_DEPTH):
            following = []
            for node in level:
                for predicate, value in gathered[node]:
                    if value[:1] == '"' or value in gathered or count > MAX_TRIPLES:
                        continue
                    if node != root and value[:2] != "_:" and predicate not in _FOLLOWED:
                        continue
                    rows = self.rows(value)[:_MAX_SHARED]
                    if any(p == TYPE and o in boundaries for p, o in rows):
                        rows = [(p, o) for p, o in rows if o[:1] == '"' and p.endswith(("/title>", "/identifier>"))]
                    if rows:
                        gathered[value] = rows
                        count += len(rows)
                        following.append(value)
            level = following
        return gathered


class Seen:
    """Which identifiers have come already, on disk, so that a million of them cost no memory. Use `with`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "seen.sqlite"
        self._base = sqlite3.connect(self._path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Seen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()
        self._path.unlink(missing_ok=True)

    def add(self, name: str) -> bool:
        """Whether `name` is new; it is no longer from now on."""
        return self._base.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount > 0

    def __contains__(self, name: str) -> bool:
        return self._base.execute("SELECT 1 FROM seen WHERE name = ?", (name,)).fetchone() is not None

    def __len__(self) -> int:
        return int(self._base.execute("SELECT count(*) FROM seen").fetchone()[0])


def _names(gathered: dict[str, list[Row]]) -> dict[str, str]:
    """Names for blank nodes, made of their triples and, step by step, of those of the nodes that they point to.

    Rounds instead of recursion: rings end, and nodes that many others share cost no more than others.
    """
    blank = [node for node in gathered if node.startswith("_:")]
    marks = dict.fromkeys(blank, "")
    for _ in range(MAX_DEPTH + 1):
        marks = {
            node: _mark(sorted(f"{p} {marks.get(o, '_:' if o[:2] == '_:' else o)}" for p, o in gathered[node]))
            for node in blank
        }
    return {node: f"_:b{mark}" for node, mark in marks.items()}


def _mark(lines: list[str]) -> str:
    mark = hashlib.blake2b(digest_size=10)
    for line in lines:
        mark.update(line.encode())
    return mark.hexdigest()
