"""Every SELECT of the catalogue. All relationships refuse to load late, so each query here states what it loads."""

from opendata.store.queries.accounts import failed_attempts, user_by_email, user_by_session, user_by_token, users
from opendata.store.queries.addresses import Address, address, former_slugs, rename, taken_slugs
from opendata.store.queries.datasets import (
    cards,
    changed_since,
    dataset_ids_after,
    dataset_page,
    dataset_row,
    dataset_rows,
    datasets_by_key,
    newest,
    records,
    relations_to,
    resource_row,
    resources_opening,
)
from opendata.store.queries.harvests import (
    harvest_records,
    job_items,
    job_row,
    jobs,
    not_seen_since,
    problems,
    source_row,
    sources,
    sources_due,
)
from opendata.store.queries.organizations import (
    SiteCounts,
    groups,
    organization_page,
    organization_paths,
    organization_row,
    organizations,
    site_counts,
)
from opendata.store.queries.studies import (
    newest_studies,
    studies_owing,
    study_by_number,
    study_cards,
    study_ids_after,
    study_page,
    study_row,
)

__all__ = [
    "Address", "SiteCounts", "address", "cards", "changed_since", "dataset_ids_after", "dataset_page",
    "dataset_row", "dataset_rows", "datasets_by_key", "failed_attempts", "former_slugs", "groups",
    "harvest_records", "job_items", "job_row", "jobs", "newest", "newest_studies", "not_seen_since",
    "organization_page", "organization_paths", "organization_row", "organizations", "problems", "records",
    "relations_to", "rename", "resource_row", "resources_opening", "site_counts", "source_row", "sources",
    "sources_due", "studies_owing", "study_by_number", "study_cards", "study_ids_after", "study_page", "study_row",
    "taken_slugs", "user_by_email", "user_by_session", "user_by_token", "users",
]  # fmt: skip
