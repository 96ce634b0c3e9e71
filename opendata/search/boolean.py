"""A search as CKAN's clients put it, in our own words: a tree of conditions on fields. It knows no engine.

Whoever writes such a query may be a program, so all of it is bounded: see the limits in search/lucene.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from opendata.errors import Invalid, Problem


class SearchQueryError(Invalid):
    """A query, a sort or a facet that cannot be read, or that asks for more than is allowed. The message says what."""

    def __init__(self, message: str, parameter: str = "q") -> None:
        super().__init__(message, [Problem("search_query", message, parameter)])
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents."""


@dataclass(frozen=True, slots=True)
class Term:
    """`field` holds `text`: words, or a whole value, by the kind of field. `quoted` words stand in a row."""

    field: str
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`field` holds something of that shape: * any letters, ? one. `pattern` has a backslash before literal ones."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Range:
    """`field` is from `first` to `last`; None is open. Each end counts itself in or not."""

    field: str
    first: str | None
    last: str | None
    with_first: bool = True
    with_last: bool = True


@dataclass(frozen=True, slots=True)
class Exists:
    """`field` holds anything."""

    field: str


@dataclass(frozen=True, slots=True)
class Not:
    """What `node` does not hold of."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    nodes: tuple[Node, ...]


Leaf = Everything | Term | Wildcard | Range | Exists
Node = Leaf | Not | All | AnyOf

EVERYTHING = Everything()


def both(*nodes: Node) -> Node:
    """All of `nodes`, in as few as say the same."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, All) else () if node == EVERYTHING else (node,)
    return flat[0] if len(flat) == 1 else All(tuple(flat)) if flat else EVERYTHING
