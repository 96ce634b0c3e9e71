"""Datasets as a reader meets them: by slug, by id, by a slug of former days, or as the tombstone of a withdrawn one."""

from __future__ import annotations

import datetime as dt

from opendata.catalog import vocabularies
from opendata.catalog.licenses import resource_license_id, verdict
from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.catalog.stored import is_known
from opendata.catalog.values import Relation, Subject, Text
from opendata.errors import Gone, Moved, NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.neighbours import seen_by
from opendata.services.results import DatasetPage, FileLine, RelatedRecord
from opendata.services.rights import Right, may_over
from opendata.store import queries

INLINE = ("application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "text/csv")
"""What may be shown in the browser instead of saved: never what could run scripts (HTML, SVG, XML)."""


def page(catalogue: Catalogue, actor: Actor, name: str) -> DatasetPage:
    """The dataset called `name` (slug or id). NotFound; Moved when that is not its present slug; Gone when withdrawn.

    A record that the actor may not know of does not exist for them.
    """
    return dataset_page(catalogue, actor, record(catalogue, actor, name))


def record(catalogue: Catalogue, actor: Actor, name: str) -> DatasetRecord:
    """The record alone, by the same rules as `page`."""
    with catalogue.sessions.read() as session:
        address, found = queries.dataset_called(session, name)
        if may_over(actor, Right.SEE_UNPUBLISHED, found.organization.id if found.organization else None):
            (found,) = seen_by(session, actor, [queries.dataset_page(session, address.id, public_only=False)])
    if not is_visible(found, actor):
        raise NotFound(f"There is no dataset called {name!r}.")
    if address.slug != name:
        raise Moved(f"The dataset is at {address.slug} now.", address.slug)
    if found.state == RecordState.WITHDRAWN:
        raise Gone(f"The dataset {name!r} was withdrawn.", found)
    return found


def is_visible(found: DatasetRecord, actor: Actor) -> bool:
    """Whether the actor may know that it exists. The tombstones of withdrawn records that were public are public."""
    return is_known(found) or may_over(
        actor, Right.SEE_UNPUBLISHED, found.organization.id if found.organization else None
    )


def dataset_page(catalogue: Catalogue, actor: Actor, found: DatasetRecord) -> DatasetPage:
    """Everything that the page of a visible record shows."""
    return DatasetPage(
        record=found,
        verdict=verdict(found.license_id),
        files=tuple(file_line(resource, found, actor, catalogue.today()) for resource in found.resources),
        related=tuple(_related(relation) for relation in found.relations),
        subjects=subject_names(found.subjects),
        permanent_path=f"/id/{found.id}",
        disclosure=found.disclosure_on(catalogue.today()),
        may_edit=may_over(actor, Right.EDIT_RECORDS, found.organization.id if found.organization else None),
    )


def file_line(resource: ResourceRecord, dataset: DatasetRecord, actor: Actor, today: dt.date) -> FileLine:
    """The file as a line of its dataset's page."""
    agency = dataset.organization.id if dataset.organization else None
    allowed = resource.disclosure.is_open(today) or may_over(actor, Right.SEE_WITHHELD_FILES, agency)
    return FileLine(
        resource=resource,
        verdict=verdict(resource_license_id(resource, dataset)),
        available=allowed and (resource.stored or bool(resource.download_url or resource.access_url)),
        inline=resource.stored and resource.media_type in INLINE,
    )


def subject_names(subjects: tuple[Subject, ...]) -> tuple[tuple[str, str, Text], ...]:
    """Scheme, code and name of each subject: ours, else as the source named it."""
    return tuple((s.scheme, s.code, vocabularies.subject_label(s.scheme, s.code) or s.label) for s in subjects)


def _related(relation: Relation) -> RelatedRecord:
    title = relation.title or Text(other=relation.target)
    is_link = relation.target.lower().startswith(("http://", "https://"))
    return RelatedRecord(relation.kind, title, slug=relation.target_slug, url=relation.target if is_link else "")
