"""The nodes of a page's JSON-LD: found in lists and graphs, their names in one form, references followed.

Nothing is fetched: a context that lies elsewhere is taken for what it nearly always is, schema.org's own.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]

TYPES = {
    "Dataset": "dataset",
    "DataFeed": "dataset",
    "SpreadsheetDigitalDocument": "dataset",
    "ScholarlyArticle": "article",
    "MedicalScholarlyArticle": "article",
    "Report": "report",
    "TechArticle": "report",
    "DigitalDocument": "report",
    "TextDigitalDocument": "report",
    "Thesis": "thesis",
    "Book": "book",
    "Chapter": "book",
    "PresentationDigitalDocument": "presentation",
    "SoftwareSourceCode": "software",
    "SoftwareApplication": "software",
    "Map": "map",
    "Legislation": "legal_act",
    "CreativeWork": "",
}
"""Types that are records, and what each is among ours; a CreativeWork says what it is elsewhere, or nowhere."""

_HOLDERS = frozenset(("mainEntity", "mainEntityOfPage", "dataset", "hasPart", "itemListElement", "item", "about"))
"""Properties by which a page, a catalogue or a list leads to what it is about."""
_SCHEMA = re.compile(r"https?://(?:www\.)?schema\.org/?#?")
_PREFIXES = frozenset(("schema", "sdo", "sc", "so"))
"""What schema.org is abbreviated to; `sc` is Croissant's."""
_MAX_NODES = 20_000
_MAX_DEPTH = 12


class Graph:
    """Every node of a page, by its @id, with the bare names of schema.org."""

    def __init__(self, blocks: Sequence[Any]) -> None:
        self.language = ""
        """What the contexts say that texts are in, where nothing else does."""
        self._roots: list[Node] = []
        self._by_id: dict[str, Node] = {}
        for block in blocks:
            made = self._bare(block, 0)
            self._roots += [one for one in _flat(made) if isinstance(one, dict)]
        self._index()

    def records(self) -> list[Node]:
        """The nodes that are records of their own, in the page's order.

        One that another only mentions (what it cites, is based on, or is part of) is none.
        """
        found = list(self._candidates())
        mentions = Counter(name for node in found for name in set(_mentioned(node)))
        kept = [node for node in found if not mentions[_id(node)]]
        return kept or found

    def types(self) -> tuple[str, ...]:
        """What the page's nodes are, for a message."""
        return tuple(dict.fromkeys(name for node in self._roots for name in type_names(node)))

    def node(self, value: Any) -> Node:
        """The node that a value is or refers to; {} where it is neither."""
        if isinstance(value, str):
            return self._by_id.get(value, {})
        if not isinstance(value, dict):
            return {}
        if set(value) <= {"@id", "@type"} and (known := self._by_id.get(_id(value))):
            return known
        return value

    def all(self, node: Node, *names: str) -> list[Any]:
        """The values of the first of the properties `names` that has any: lists opened, references followed."""
        for name in names:
            values = [self._followed(one) for one in _flat(node.get(name)) if one not in (None, "", {}, [])]
            if values:
                return values
        return []

    def _followed(self, value: Any) -> Any:
        return self.node(value) if isinstance(value, dict) else value

    def _bare(self, value: Any, depth: int) -> Any:
        """`value` with the names of schema.org without their namespace; deeper than real metadata goes is cut off."""
        if isinstance(value, list):
            return [self._bare(one, depth) for one in value]
        if not isinstance(value, dict):
            return value
        if depth > _MAX_DEPTH:
            return {}
        self._take_language(value.get("@context"))
        return {bare_name(str(key)): self._bare(one, depth + 1) for key, one in value.items() if key != "@context"}

    def _take_language(self, context: Any) -> None:
        for one in _flat(context):
            if isinstance(one, dict) and isinstance(one.get("@language"), str):
                self.language = self.language or one["@language"]

    def _index(self) -> None:
        waiting: deque[Any] = deque(self._roots)
        for _ in range(_MAX_NODES):
            if not waiting:
                return
            value = waiting.popleft()
            if isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                if _id(value) and not set(value) <= {"@id", "@type"}:
                    self._by_id.setdefault(_id(value), value)
                waiting.extend(one for one in value.values() if isinstance(one, dict | list))

    def _candidates(self) -> Iterator[Node]:
        waiting: deque[tuple[Node, int]] = deque((node, 0) for node in self._roots)
        seen: set[int] = set()
        while waiting and len(seen) < _MAX_NODES:
            node, depth = waiting.popleft()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if record_type(node) and (node.get("name") or node.get("headline") or record_type(node) != "CreativeWork"):
                yield node
            elif depth < _MAX_DEPTH:
                inside = [one for name in _HOLDERS for one in _flat(node.get(name))]
                waiting.extend((self.node(one), depth + 1) for one in inside if self.node(one))


def record_type(node: Node) -> str:
    """The type for which the node is a record, "" where it is none."""
    names = type_names(node)
    if any(name in ("WebPage", "WebSite", "Product", "Organization", "Service") for name in names):
        return ""
    return next((name for name in names if name in TYPES and name != "CreativeWork"), "") or (
        "CreativeWork" if names == ["CreativeWork"] else ""
    )


def type_names(node: Node) -> list[str]:
    """The types of a node without their namespace."""
    return [bare_name(one) for one in _flat(node.get("@type") or node.get("type")) if isinstance(one, str)]


def bare_name(name: str) -> str:
    """A name of schema.org without its namespace; any other as it is."""
    if found := _SCHEMA.match(name):
        return name[found.end() :]
    prefix, colon, rest = name.partition(":")
    return rest if colon and prefix.lower() in _PREFIXES and not rest.startswith("//") else name


def _id(node: Node) -> str:
    value = node.get("@id")
    return value if isinstance(value, str) else ""


def _flat(value: Any) -> list[Any]:
    """The values of a property or document: a list, a @list or @set, a @graph, or one alone."""
    if isinstance(value, list):
        return [one for part in value for one in _flat(part)]
    if isinstance(value, dict):
        for name in ("@list", "@set"):
            if name in value:
                return _flat(value[name])
        if "@graph" in value:
            return [*_flat(value["@graph"]), *([value] if "@type" in value else [])]
    return [] if value is None else [value]


def _mentioned(node: Node) -> Iterator[str]:
    """The @ids that a node refers to anywhere inside, save by what makes the other a part of its listing."""
    waiting = [(node, 0)]
    own = _id(node)
    while waiting:
        value, depth = waiting.pop()
        for name, inside in value.items():
            if name in _HOLDERS and name not in ("about", "mainEntityOfPage"):
                continue
            for one in _flat(inside):
                if isinstance(one, dict) and depth < _MAX_DEPTH:
                    if _id(one) and _id(one) != own:
                        yield _id(one)
                    waiting.append((one, depth + 1))
