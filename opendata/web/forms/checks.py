"""What can be checked of a value while it is typed: identifiers by their check digits, addresses by their form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opendata.catalog import identifiers, normalise
from opendata.catalog.cleaner import is_email

CHECKS: Mapping[str, Callable[[str], object]] = {
    "doi": identifiers.doi,
    "isbn": identifiers.isbn,
    "issn": identifiers.issn,
    "orcid": identifiers.orcid,
    "ror": identifiers.ror,
    "bin": identifiers.bin_number,
    "url": normalise.url,
    "email": is_email,
}
"""By kind; each gives something for what is one."""


def wrong(kind: str, value: str) -> bool:
    """Whether `value` is none of that kind. What is empty, or of a kind that nobody checks, is not wrong."""
    return bool(value.strip()) and kind in CHECKS and not CHECKS[kind](value.strip())
