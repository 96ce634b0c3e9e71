"""What is asked of a table: filters, words, order and page, put together as SQL whose every name is one of ours.

Nothing that a client sends becomes part of the SQL: columns are looked up among those of the copy, whose own names are
`t0`, `v0` … and `_words`, and all values are parameters.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from opendata.reading.tabledata import FieldType
from opendata.services.naming import wrong

COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "ne": "<>"}
MOST_CONDITIONS = 500
"""Comparisons in one query; a value of a list counts as one."""
DEEPEST = 8
MOST_WORDS = 20
"""Words in one query: each is a pattern that takes longer to prepare than a table to read."""
LONGEST_WORD = 200
LONGEST_SORT = 2000
_BEFORE, _AFTER = r"(^|[^\p{L}\p{N}_])", r"($|[^\p{L}\p{N}_])"
_WORD = re.compile(r"[^\W_]+(?:[\w'’-]*[^\W_])?", re.UNICODE)
_ORDER = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^",]+?))(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*(?:,|$)', re.I)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a copy: `text` holds what stands in the cells, `value` their values ("" where it is of text)."""

    name: str
    type: FieldType
    text: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What is asked. `filters` and `q` are as CKAN's clients send them; `fields` () stands for all."""

    filters: Any = None
    q: str | Mapping[str, str] = ""
    plain: bool = True
    fields: tuple[str, ...] = ()
    sort: str = ""
    distinct: bool = False
    limit: int | None = 100
    offset: int = 0
    original: bool = False
    """Whether cells come as they stand in the file instead of as values."""


@dataclass
class Statement:
    """The parts of the SQL of a query over a copy with these columns."""

    columns: Mapping[str, Column]
    parameters: list[Any] = field(default_factory=list)
    conditions: int = 0
    words: int = 0

    def where(self, query: TableQuery) -> str:
        """The conditions, TRUE for none. Invalid names what is wrong."""
        parts = []
        if query.filters:
            parts.append(self._filters(query.filters, 0))
        if isinstance(query.q, str):
            if query.q.strip():
                parts.append(self._words("_words", query.q, plain=query.plain))
        else:
            parts += [self._words(self._folded(name), str(said), plain=query.plain) for name, said in query.q.items()]
        return " AND ".join(f"({part})" for part in parts) or "TRUE"

    def _column(self, name: str, where: str) -> Column:
        found = self.columns.get(name)
        if found is None:
            raise wrong(where, f'field "{name[:100]}" not in table', "unknown_field")
        return found

    def _filters(self, given: Any, depth: int) -> str:
        """Conditions by column, all of which hold; of a list of them, one does."""
        if depth > DEEPEST:
            raise wrong("filters", f"More than {DEEPEST} levels deep")
        if isinstance(given, list):
            return self._any([self._filters(one, depth + 1) for one in given])
        if not isinstance(given, dict):
            raise wrong("filters", "Must be an object, or a list of objects")
        parts = []
        for name, said in given.items():
            if name in ("$or", "$and") or (name in ("or", "and") and name not in self.columns):
                inner = [self._filters(one, depth + 1) for one in _alternatives(said)]
                parts.append(self._any(inner) if name.endswith("or") else " AND ".join(inner) or "TRUE")
            else:
                parts.append(self._column_filter(self._column(name, "filters"), said))
        return " AND ".join(f"({part})" for part in parts) or "TRUE"

    def _any(self, parts: Sequence[str]) -> str:
        return " OR ".join(f"({part})" for part in parts) or "FALSE"

    def _column_filter(self, column: Column, said: Any) -> str:
        if isinstance(said, list):
            return self._any([self._column_filter(column, one) for one in said])
        if isinstance(said, dict):
            if not said or set(said) - COMPARISONS.keys() - {"in"}:
                raise wrong("filters", f"Known comparisons: {', '.join(COMPARISONS)}, in")
            parts = [
                self._column_filter(column, list(value) if isinstance(value, list) else [value])
                if sign == "in"
                else self._compared(column, sign, value)
                for sign, value in said.items()
            ]
            return " AND ".join(f"({part})" for part in parts)
        return self._compared(column, "eq", said)

    def _compared(self, column: Column, sign: str, value: Any) -> str:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise wrong("filters", f"More than {MOST_CONDITIONS} comparisons")
        equal = sign in ("eq", "ne")
        if value is None:
            if not equal:
                raise wrong("filters", f"{column.name}: nothing is more or less than null")
            return f"{column.text or column.value} IS {'NOT ' if sign == 'ne' else ''}NULL"
        if isinstance(value, list | dict):
            raise wrong("filters", f"{column.name}: must be compared with one value")
        if column.value:
            typed = as_value(column.type, value)
            if typed is not None:
                return f"{column.value} {COMPARISONS[sign]} {self._given(typed)}"
            if not equal or not column.text:
                raise wrong("filters", f"{column.name}: {str(value)[:100]!r} is no {column.type}")
        return f"{column.text} {COMPARISONS[sign]} {self._given(_written(value))}"

    def _folded(self, name: str) -> str:
        text = self._column(name, "q").text
        return f"lower({text})" if text else "''"

    def _words(self, text: str, said: str, *, plain: bool) -> str:
        """Rows that hold all words; not `plain`: as PostgreSQL's tsquery (& | ! and :* behind the beginning of one)."""
        if plain:
            terms = [self._word(text, one[0]) for one in islice(_WORD.finditer(said), max(1, MOST_WORDS - self.words))]
            return " AND ".join(terms) or "FALSE"
        choices = []
        for choice in said.split("|"):
            terms = []
            for term in choice.split("&"):
                bare = term.strip()
                found = _WORD.findall(bare.removeprefix("!").removesuffix(":*"))
                if not found or "(" in bare:
                    raise wrong("q", "Known are words with & | ! and :*")
                word = " AND ".join(self._word(text, one, begins=bare.endswith(":*")) for one in found)
                terms.append(f"NOT ({word})" if bare.startswith("!") else f"({word})")
            choices.append(" AND ".join(terms))
        return self._any(choices)

    def _word(self, text: str, word: str, *, begins: bool = False) -> str:
        """A whole word, or the beginning of one. The plain search comes first: it is many times as fast."""
        self.words += 1
        if self.words > MOST_WORDS:
            raise wrong("q", f"More than {MOST_WORDS} words")
        folded = word[:LONGEST_WORD].lower()
        plain, whole = self._given(folded), self._given(f"{_BEFORE}{_quoted(folded)}{'' if begins else _AFTER}")
        return f"coalesce(contains({text}, {plain}) AND regexp_matches({text}, {whole}), FALSE)"

    def _given(self, value: Any) -> str:
        """The place of a parameter in the SQL."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def order(self, query: TableQuery, shown: Sequence[Column]) -> str:
        """ORDER BY …, always ending in the order of the file. Invalid names what is wrong.

        Of rows that are told apart by what is shown alone, only that can be ordered by.
        """
        parts: list[str] = []
        at = 0
        if len(query.sort) > LONGEST_SORT:
            raise wrong("sort", f"More than {LONGEST_SORT} characters")
        while at < len(query.sort.rstrip()):
            found = _ORDER.match(query.sort, at)
            if found is None or found.end() == at or len(parts) > 20:
                raise wrong("sort", "Must be a list of fields, each with asc or desc")
            at = found.end()
            name = found[1].replace('""', '"') if found[1] else found[2].strip()
            column = self._column(name, "sort")
            if query.distinct and column not in shown:
                raise wrong("sort", f"{name[:100]} is not among the fields that are to be distinct")
            nulls = (found[4] or "last").upper()
            way = (found[3] or "asc").upper()
            parts.append(f"{column.value or column.text} {way} NULLS {nulls}")
        if query.distinct:
            parts += [one.value or one.text for one in shown]
            return f" ORDER BY {', '.join(parts)}"
        return f" ORDER BY {', '.join([*parts, '_id'])}"

    def shown(self, query: TableQuery) -> list[Column]:
        """The columns of the answer. Invalid names the first that there is not."""
        if not query.fields:
            return [one for one in self.columns.values() if not (query.distinct and one.name == "_id")]
        return [self._column(name, "fields") for name in dict.fromkeys(query.fields)]


def _alternatives(said: Any) -> list[Any]:
    """What $or and $and hold: a list of objects, or one whose entries stand each for itself."""
    if isinstance(said, dict):
        return [{name: value} for name, value in said.items()]
    if not isinstance(said, list):
        raise wrong("filters", "Must be an object, or a list of objects")
    return said


def as_value(kind: FieldType, given: Any) -> Any:
    """What a client sends, as a value of the type; None where it is none."""
    text = str(given).strip()
    try:
        if kind is FieldType.BOOLEAN:
            return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(text.lower())
        if isinstance(given, bool):
            return None
        if kind is FieldType.INTEGER:
            # 5.5 is no whole number, but things are more or less than it.
            return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else float(text)
        if kind is FieldType.NUMBER:
            return float(text)
        instant = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return instant.astimezone(dt.UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _quoted(word: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", word)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
