"""Every filter of a search, once: parsing, URLs, sidebar, documentation and engines follow from this table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

N_ = str
"""Marks a message for translation without translating it; the doors do that."""

FIRST_YEAR, LAST_YEAR = 1, 9999
_YEARS = re.compile(r"(?P<first>\d{1,4})?(?P<range>\.\.)?(?P<last>\d{1,4})?")


class FilterKind(StrEnum):
    """How the values of a filter are read and compared."""

    VALUE = "value"  # one of the values in the documents, letter case ignored
    CHOICE = "choice"  # one of a closed list
    YEARS = "years"  # 2019, 2019..2021, 2019.. or ..2021


@dataclass(frozen=True, slots=True)
class FilterDefinition:
    """A filter. `parameter` stands in URLs, `label` is an English message id, `field` an attribute of SearchDocument.

    `values` are the allowed ones of a CHOICE, and empty else.
    """

    name: str
    parameter: str
    label: str
    field: str
    kind: FilterKind = FilterKind.VALUE
    values: tuple[str, ...] = ()


def _filter(
    name: str, label: str, field: str = "", kind: FilterKind = FilterKind.VALUE, *values: str
) -> FilterDefinition:
    return FilterDefinition(name, name, label, field or name, kind, values)


_ALL = (
    _filter("type", N_("Type")),
    _filter("kind", N_("Kind"), "", FilterKind.CHOICE, "dataset", "study"),
    _filter("organization", N_("Agency")),
    _filter("theme", N_("Theme")),
    _filter("keyword", N_("Keyword"), "keywords"),
    _filter("license_id", N_("Licence")),
    _filter("open", N_("Open licence"), "", FilterKind.CHOICE, "yes", "no", "unstated"),
    _filter("format", N_("Format")),
    _filter("language", N_("Language")),
    _filter("year", N_("Year"), "", FilterKind.YEARS),
    _filter("subject", N_("Subject")),
    _filter("disclosure", N_("Disclosure")),
    _filter("text", N_("Text of files")),
    _filter("performer", N_("Performer")),
)

FILTERS: Mapping[str, FilterDefinition] = {definition.name: definition for definition in _ALL}
"""By name, in the order of the sidebar."""

FACETS = tuple(FILTERS)
"""The public facets, in the order of the sidebar."""


def years(value: str) -> tuple[int, int] | None:
    """First and last year, both included, that "2019", "2019..2021", "2019.." or "..2021" means; None for others."""
    match = _YEARS.fullmatch(value.strip())
    if match is None or not (match["first"] or match["last"]):
        return None
    first, last = int(match["first"] or FIRST_YEAR), int(match["last"] or LAST_YEAR)
    if not match["range"]:
        return (first, first) if match["first"] and not match["last"] and first else None
    return (first, last) if FIRST_YEAR <= first <= last else None


def allowed(definition: FilterDefinition, value: str) -> bool:
    """Whether `value` can be asked of this filter. A VALUE filter takes any, also one that no document has."""
    if definition.kind is FilterKind.CHOICE:
        return value in definition.values
    if definition.kind is FilterKind.YEARS:
        return years(value) is not None
    return bool(value)
