"""Which documents a tree of conditions holds of, in numpy; each leaf is one look at a column or a list of postings."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from uuid import UUID

import numpy as np

from opendata.search import datemath
from opendata.search.boolean import (
    All,
    AnyOf,
    Everything,
    Exists,
    Leaf,
    Node,
    Not,
    Range,
    SearchQueryError,
    Term,
    Wildcard,
)
from opendata.search.columns import Mask, Numbers
from opendata.search.executor import Scores
from opendata.search.named import NamedColumn
from opendata.search.whoosh_state import State
from opendata.search.words_of_fields import TEXTS, FieldWords

MOST_SCANS = 16
"""Conditions of one query that look through all values of a field."""
SAME = {"tags": "keyword", "res_format": "format"}
"""CKAN's names of columns that every search has."""
ALIASES = {"type": "dataset_type", "title_string": "title_string", "creator": "creator_user_id"}
INSTANTS = {"metadata_created": "metadata_created", "metadata_modified": "metadata_modified"}
NUMBERED = frozenset(["num_resources", "num_tags"])
"""Fields whose values are whole numbers: ranges of them go by size, not by their digits."""
COUNTS = {"views": "views", "views_total": "views", "views_recent": "views", "downloads": "downloads"}
IGNORED = frozenset(["site_id"])
"""A site has one catalogue: what names it holds of everything."""
WORDY = frozenset(["author", "maintainer", "res_name", "res_description", "title_string", "version"])
_DIGITS = 20
_LETTERS = re.compile(r"\w+")


class Conditions:
    """Evaluates conditions over one state of an index. `now` is what NOW stands for."""

    def __init__(self, state: State, now: dt.datetime) -> None:
        self._state, self._now = state, now
        self._words = FieldWords(state)
        self._scans = 0

    def holds(self, node: Node) -> Mask:
        """Which documents it holds of, deleted ones included."""
        found = self._mask(node, None)
        return self._every() if found is None else found

    def scored(self, node: Node) -> tuple[Mask, Scores]:
        """The same, and how well the words in it that are wanted match."""
        scores = np.zeros(self._state.size, np.float32)
        found = self._mask(node, scores)
        if found is None:
            self._words.with_common = True
            found = self._mask(node, scores)
        return (self._every() if found is None else found), scores

    def _every(self) -> Mask:
        return np.ones(self._state.size, np.bool_)

    def _mask(self, node: Node, scores: Scores | None) -> Mask | None:
        """None for what says nothing: words that stand in every text do not count."""
        if isinstance(node, Not):
            found = self._mask(node.node, None)
            return None if found is None else ~found
        if isinstance(node, All):
            masks = [mask for one in node.nodes if (mask := self._mask(one, scores)) is not None]
            return np.logical_and.reduce(masks) if masks else None
        if isinstance(node, AnyOf):
            masks = [mask for one in _grouped(node.nodes) if (mask := self._one_or_more(one, scores)) is not None]
            return np.logical_or.reduce(masks) if masks else None
        return self._leaf(node, scores)

    def _one_or_more(self, group: tuple[Node, ...], scores: Scores | None) -> Mask | None:
        if len(group) == 1:
            return self._mask(group[0], scores)
        terms = [one for one in group if isinstance(one, Term)]
        values = [term.text for term in terms]
        return self._of_ids(values) if terms[0].field == "id" else self._values(terms[0].field, values)

    def _leaf(self, leaf: Leaf, scores: Scores | None) -> Mask | None:
        if isinstance(leaf, Everything):
            return self._every()
        if leaf.field in IGNORED:
            return None
        if leaf.field in TEXTS:
            return self._words.mask(leaf, scores)
        if leaf.field in INSTANTS or leaf.field in COUNTS:
            return self._number(leaf)
        if leaf.field == "id":
            return self._ids(leaf)
        if isinstance(leaf, Term):
            return self._values(leaf.field, [leaf.text], words=is_wordy(leaf.field))
        column = self._column(leaf.field)
        if column is None:
            return np.zeros(self._state.size, np.bool_)
        if isinstance(leaf, Exists):
            return column.pairs.having(np.ones(len(column.vocabulary.shown), np.bool_))
        return self._scan(column, _in_range(leaf) if isinstance(leaf, Range) else _shaped(leaf.pattern))

    def _column(self, name: str) -> NamedColumn | None:
        return column_of(self._state, name)

    def _values(self, name: str, values: Iterable[str], *, words: bool = False) -> Mask:
        """Documents that have one of these values, letter case ignored."""
        column = self._column(name)
        if column is None:
            return np.zeros(self._state.size, np.bool_)
        vocabulary = column.vocabulary
        chosen = np.zeros(len(vocabulary.shown), np.bool_)
        for value in values:
            place = vocabulary.find(value)
            if place is not None and place < len(chosen):
                chosen[place] = True
        found = column.pairs.having(chosen) if chosen.any() else np.zeros(self._state.size, np.bool_)
        if words:
            for value in values:
                found = found | self._scan(column, _with_words(value))
        return found

    def _scan(self, column: NamedColumn, fits: Callable[[str], bool]) -> Mask:
        self._scans += 1
        if self._scans > MOST_SCANS:
            raise SearchQueryError(f"At most {MOST_SCANS} conditions may look for parts of values or ranges of them.")
        folded = column.vocabulary.folded()
        chosen = np.fromiter(map(fits, folded), np.bool_, len(folded))
        return column.pairs.having(chosen)

    def _ids(self, leaf: Leaf) -> Mask:
        if isinstance(leaf, Exists):
            return self._every()
        if not isinstance(leaf, Term):
            raise SearchQueryError("An id is asked for as a whole.")
        return self._of_ids([leaf.text])

    def _of_ids(self, values: Sequence[str]) -> Mask:
        ids = []
        for value in values:
            with suppress(ValueError):  # it is nobody's
                ids.append(UUID(value))
        if len(ids) != 1:
            return self._state.among(ids) if ids else np.zeros(self._state.size, np.bool_)
        halves = self._state.counting.columns.ids
        found: Mask = halves[:, 0] == np.uint64(ids[0].int >> 64)
        found &= halves[:, 1] == np.uint64(ids[0].int & 0xFFFFFFFFFFFFFFFF)
        return found

    def _number(self, leaf: Leaf) -> Mask:
        """Ranges of instants and counts. A second, a day … that is named alone is the instant at which it begins."""
        if isinstance(leaf, Exists):
            return self._every()
        if isinstance(leaf, Wildcard):
            raise SearchQueryError(f"{leaf.field} takes a value or a range of them.")
        assert isinstance(leaf, Term | Range)
        numbers, read = number_of(self._state, leaf.field), self._reader(leaf.field)
        if isinstance(leaf, Term):
            wanted = read(leaf.text)
            equal: Mask = numbers == wanted
            return equal
        found = self._every()
        if leaf.first is not None:
            first = read(leaf.first)
            found &= numbers >= first if leaf.with_first else numbers > first
        if leaf.last is not None:
            last = read(leaf.last)
            found &= numbers <= last if leaf.with_last else numbers < last
        return found

    def _reader(self, name: str) -> Callable[[str], int]:
        if name in INSTANTS:
            return lambda text: datemath.microseconds(text, self._now)
        return lambda text: _whole(text, name)


def column_of(state: State, name: str) -> NamedColumn | None:
    """The values of a field by CKAN's name, or by the bare key of an extra; None where no document has it."""
    if name in SAME:
        return NamedColumn(state.counting.columns.pairs[SAME[name]], state.counting.vocabulary(SAME[name]))
    name = ALIASES.get(name, name)
    return state.column(name) or state.column(f"extras_{name}")


def number_of(state: State, name: str) -> Numbers:
    """An instant or a count of every document."""
    if name == "downloads":
        return state.counting.columns.downloads
    return state.numbers(INSTANTS.get(name) or COUNTS[name])


def is_wordy(name: str) -> bool:
    """Whether words of a value are enough to ask for it."""
    return name in WORDY or name.startswith("extras_")


def _grouped(nodes: Iterable[Node]) -> list[tuple[Node, ...]]:
    """Nodes of which those that ask a field for a whole value stand together."""
    groups: dict[object, list[Node]] = {}
    for place, node in enumerate(nodes):
        whole = isinstance(node, Term) and not is_wordy(node.field) and node.field not in _NOT_BY_VALUE
        groups.setdefault(node.field if whole and isinstance(node, Term) else place, []).append(node)
    return [tuple(group) for group in groups.values()]


_NOT_BY_VALUE = frozenset([*TEXTS, *INSTANTS, *COUNTS, *IGNORED])


def _in_range(leaf: Range) -> Callable[[str], bool]:
    numbered = leaf.field in NUMBERED
    first, last = (None if one is None else _end(one, leaf.field) for one in (leaf.first, leaf.last))

    def fits(value: str) -> bool:
        value = value.zfill(_DIGITS) if numbered else value
        if first is not None and (value < first or (value == first and not leaf.with_first)):
            return False
        return last is None or value < last or (value == last and leaf.with_last)

    return fits


def _end(text: str, name: str) -> str:
    """An end of a range, as the values of the field are compared with it."""
    return str(_whole(text, name)).zfill(_DIGITS) if name in NUMBERED else text.casefold()


def _shaped(pattern: str) -> Callable[[str], bool]:
    """Values of the shape of a pattern with * and ?; what stands after a backslash is itself."""
    parts = re.split(r"\\(.)", pattern.casefold(), flags=re.DOTALL)
    plain = "".join(_literal(part) if place % 2 else part.replace("[", "[[]") for place, part in enumerate(parts))
    match = re.compile(fnmatch.translate(plain)).match
    return lambda value: match(value) is not None


def _literal(letter: str) -> str:
    return f"[{letter}]" if letter in "*?[" else letter


def _with_words(text: str) -> Callable[[str], bool]:
    """Values that hold the words of `text` in a row."""
    words = _LETTERS.findall(text.casefold())
    if not words:
        return lambda _value: False
    row = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + r"(?!\w)").search
    first = words[0]
    return lambda value: first in value and row(value) is not None


def _whole(text: str, name: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text.strip()):
        raise SearchQueryError(f"{text[:60]!r} is no number, and {name} has numbers.", "fq")
    return int(text)
