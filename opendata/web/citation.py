"""The plain citation that a record's page offers for copying."""

from __future__ import annotations

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContributorRole
from opendata.web.i18n import page_language
from opendata.web.labels import label

MAX_NAMES = 6
"""Authors named before "et al." would be due; a citation of ours names them all up to here, then says how many more."""

_AUTHORS = (ContributorRole.CREATOR, ContributorRole.LEADER)


def citation(record: DatasetRecord, address: str) -> str:
    """Authors (year). Title. Kind. Agency. Address. What is not known is left out."""
    language = page_language()
    people = [c.name for c in record.contributors if c.role in _AUTHORS]
    names = ", ".join(people[:MAX_NAMES]) + (f" … (+{len(people) - MAX_NAMES})" if len(people) > MAX_NAMES else "")
    body = record.organization.title.show(language).value if record.organization else ""
    lead = names or body
    year = f"({record.issued.year})" if record.issued else ""
    doi = next((f"https://doi.org/{i.value}" for i in record.identifiers if i.scheme == "doi"), "")
    parts = (
        " ".join(filter(None, (lead, year))),
        record.title.show(language).value,
        label("dataset_type", record.type),
        body if names else "",
        doi or address,
    )
    return " ".join(f"{part.rstrip('.')}." if part != parts[-1] else part for part in parts if part)
