"""Which type a column of texts is of, and its values in that type, by pandas. Runs in the child process."""

from __future__ import annotations

from typing import Any

import pandas as pd

from opendata.reading import tables
from opendata.reading.tabledata import FieldType

FITTING = 0.95
"""Share of the filled cells that must be of a type for the column to be of it; the rest keep their text."""

_CODE = r"[+\-−]?0\d+"
"""A number that begins with a zero is a code (of a place, a tax payer): where one stands, all are codes."""
_SPACES = "[ \u00a0\u202f]"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}"
_DOTTED = r"\d{1,2}\.\d{1,2}\.\d{4}"
_SLASHED = r"\d{1,2}/\d{1,2}/\d{4}"
_TIME = r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+\-]\d{2}:?\d{2})?"
_TRUE = frozenset(("true", "yes", "да", "иә"))


def typed(texts: pd.Series[Any]) -> tuple[FieldType, pd.Series[Any] | None, pd.Series[bool]]:
    """The type of a column, its values (missing where a cell is empty or does not fit), and which cells do not fit.

    `texts` are stripped strings, missing where a cell is empty. Values are None for a column of text.
    """
    filled = texts.dropna()
    none = pd.Series(False, index=texts.index)
    if filled.empty or filled.str.fullmatch(_CODE).any():
        return FieldType.TEXT, None, none
    for kind, pattern in (
        (FieldType.BOOLEAN, tables.BOOLEAN),
        (FieldType.INTEGER, tables.INTEGER),
        (FieldType.NUMBER, tables.NUMBER),
        (FieldType.DATE, tables.DATE),
    ):
        # The first cells refuse most candidates without a look at the rest.
        if filled.head(100).str.fullmatch(pattern).mean() < FITTING / 2:
            continue
        fits = filled.str.fullmatch(pattern)
        if fits.mean() < FITTING:
            continue
        found = _values(kind, filled[fits])
        if found is None or found[1].notna().sum() < FITTING * len(filled):
            continue
        kind, values = found
        values = values.reindex(texts.index)
        return kind, values, texts.notna() & values.isna()
    return FieldType.TEXT, None, none


def _values(kind: FieldType, texts: pd.Series[Any]) -> tuple[FieldType, pd.Series[Any]] | None:
    """The values of texts that all look like it; None where they are of that type all the same not."""
    if kind is FieldType.BOOLEAN:
        return kind, texts.str.lower().isin(_TRUE).astype("boolean")
    if kind is FieldType.DATE:
        return _dates(texts)
    bare = texts.str.replace(_SPACES, "", regex=True).str.replace("−", "-")
    if kind is FieldType.INTEGER:
        whole = pd.to_numeric(bare, errors="coerce")
        if pd.api.types.is_signed_integer_dtype(whole):
            return kind, whole.astype("Int64")
    values = pd.to_numeric(bare.str.replace(",", "."), errors="coerce").astype("Float64")
    return FieldType.NUMBER, values.where(values.abs() < float("inf"))


def _dates(texts: pd.Series[Any]) -> tuple[FieldType, pd.Series[Any]] | None:
    """Days, or instants where any cell has a time; a zone makes UTC of it. None where day and month may be confused."""
    timed = bool(texts.str.contains(":", regex=False).any())
    parts = []
    for pattern, form in ((_ISO, "%Y-%m-%d"), (_DOTTED, "%d.%m.%Y"), (_SLASHED, _slashed(texts))):
        some = texts[texts.str.match(f"{pattern}(?:{_TIME})?$")]
        if some.empty:
            continue
        if not form:
            return None
        parts.append(_instants(some, pattern, form))
    if not parts:
        return None
    values = pd.concat(parts).reindex(texts.index)
    return (FieldType.TIMESTAMP if timed else FieldType.DATE), values


def _slashed(texts: pd.Series[Any]) -> str:
    """How days are written between slashes, told by a day beyond the twelfth; "" where none tells, or both are."""
    numbers = texts.str.extract(r"^(\d{1,2})/(\d{1,2})/\d{4}").dropna().astype(int)
    first, second = bool((numbers[0] > 12).any()), bool((numbers[1] > 12).any())
    return "" if first == second else "%d/%m/%Y" if first else "%m/%d/%Y"


def _instants(texts: pd.Series[Any], pattern: str, form: str) -> pd.Series[Any]:
    days = pd.to_datetime(texts.str.extract(f"^({pattern})")[0], format=form, errors="coerce")
    clock = texts.str.extract(
        r"[T ](?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}(?:\.\d{1,6})?))?(?P<zone>Z|[+\-]\d{2}:?\d{2})?$"
    )
    hours, minutes = (pd.to_numeric(clock[name]).fillna(0) for name in ("h", "m"))
    seconds = pd.to_numeric(clock["s"]).fillna(0)
    offset = clock["zone"].str.replace("Z", "+0000").str.replace(":", "").fillna("+0000")
    sign = offset.str[0].map({"+": 1, "-": -1}).astype(int)
    away = sign * (offset.str[1:3].astype(int) * 60 + offset.str[3:5].astype(int))
    days = days.where((hours < 24) & (minutes < 60) & (seconds < 60))
    elapsed = ((hours * 3600 + (minutes - away) * 60 + seconds) * 1_000_000).round()
    return days.astype("datetime64[us]") + elapsed.astype("int64").astype("timedelta64[us]")
