"""What the pages on the site itself may use: its terms, and what it keeps of its readers."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.values import Text


@dataclass(frozen=True, slots=True)
class TermsContext:
    """pages/terms.html. `searches` and `downloads` a minute from one address."""

    metadata_license: Text
    searches: int
    downloads: int


@dataclass(frozen=True, slots=True)
class PrivacyContext:
    """pages/privacy.html. `search_days` different days must have had words before they are kept, within `hash_days`."""

    session_days: int
    search_days: int
    hash_days: int
