"""A dataset as its form needs it: the record with the version that was read, and what may be said of it by whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import or_, select

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import LANGUAGES, OrganizationRef, Text
from opendata.errors import CatalogueError, Invalid
from opendata.services import revisions, similar, writing
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.datasets import is_visible
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.similar_results import Similar
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.editing import Revision
from opendata.store.organizations import Organization

LEAST_CHARACTERS = 60
"""Of title and abstract, below which nothing can be said of likeness."""
ALIKE = 3
"""Records that are named as perhaps the same."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A dataset to be edited. `record` has the titles of what it is related to; `version` is that of `writing`."""

    id: UUID
    record: DatasetRecord
    version: str


def opened(catalogue: Catalogue, actor: Actor, name: str) -> Opened:
    """The dataset called `name`. NotFound; NotAllowed. A fixed number of SELECTs, however much it says."""
    with catalogue.sessions.read() as session:
        found = queries.address(session, "dataset", name).id
        (row,) = queries.dataset_rows(session, [found])
        demand_over(actor, Right.EDIT_RECORDS, row.organization_id, queries.unless_known("dataset", row, name))
        return Opened(found, stored_record(row), writing.version(stored_record(row)))


def base(catalogue: Catalogue, dataset_id: UUID, version: str) -> DatasetRecord | None:
    """The dataset as it stood in that version; None where nobody knows any more."""
    with catalogue.sessions.read() as session:
        found = revisions.record_at(session, "dataset", dataset_id, version)
    return found if isinstance(found, DatasetRecord) else None


def written_since(catalogue: Catalogue, dataset_id: UUID, version: str) -> bool:
    """Whether a person, a program or a source wrote the dataset after that version: every such change is kept. What a
    file that was read filled in is not.
    """
    later = select(Revision.id).where(Revision.object_id == dataset_id, Revision.version > version).limit(1)
    with catalogue.sessions.read() as session:
        return session.scalar(later) is not None


def owners(catalogue: Catalogue, actor: Actor) -> tuple[tuple[UUID, Text], ...]:
    """Id and title of the organisations for which the actor may write records. NotAllowed where there are none."""
    demand(actor, Right.EDIT_RECORDS)
    allowed = organizations_where(actor, Right.EDIT_RECORDS)
    wanted = select(Organization.id, Organization.title).where(Organization.state == "active")
    wanted = wanted if allowed is None else wanted.where(Organization.id.in_(allowed))
    with catalogue.sessions.read() as session:
        return tuple((id_, title) for id_, title in session.execute(wanted.order_by(Organization.slug)))


def targets(catalogue: Catalogue, actor: Actor, names: Collection[str]) -> Mapping[str, UUID]:
    """Which datasets the names mean: slugs, ids, or addresses of their pages here. Those alone that the actor may know
    of; an address elsewhere is none.
    """
    own = urlsplit(catalogue.config.site.url).netloc
    found: dict[str, UUID] = {}
    with catalogue.sessions.read() as session:
        for name in names:
            slug = _slug(name, own)
            try:
                _, record = queries.dataset_called(session, slug) if slug else (None, None)
            except CatalogueError:
                continue
            if record is not None and record.id is not None and is_visible(record, actor):
                found[name] = record.id
    return found


def _slug(name: str, own: str) -> str:
    """What a dataset is called in a name or in an address of ours, "" for other addresses."""
    if "/" not in name:
        return "" if " " in name else name
    parts = urlsplit(name)
    path = parts.path.split("/")
    if parts.netloc not in ("", own):
        return ""
    place = next((number for number, part in enumerate(path) if part in ("dataset", "id")), None)
    return path[place + 1] if place is not None and len(path) > place + 1 else ""


def addresses(catalogue: Catalogue, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The slugs of datasets. One SELECT, none where there are none."""
    if not ids:
        return {}
    with catalogue.sessions.read() as session:
        wanted = select(Dataset.id, Dataset.slug).where(Dataset.id.in_(ids))
        return {row.id: row.slug for row in session.execute(wanted)}


def alike(catalogue: Catalogue, actor: Actor, record: DatasetRecord, language: str) -> tuple[Similar, ...]:
    """Public records that may be the same as one to be made, by title and abstract; none where it says too little."""
    texts = [one.value for text in (record.title, record.description) for one in text.values()]
    if sum(map(len, texts)) < LEAST_CHARACTERS:
        return ()
    try:
        found = similar.of_text(catalogue, actor, texts, language=language, paged=False)
    except Invalid:
        return ()
    return tuple(one for one in found.same_words if one.close and one.card.kind == "dataset")[:ALIKE]


def namesakes(catalogue: Catalogue, actor: Actor, record: DatasetRecord) -> tuple[tuple[str, Text], ...]:
    """Slug and title of what the agency has under that title, of that day, type and version, whoever sees it: it may be
    the one to be made, sent a second time. One SELECT.
    """
    agency = record.organization.id if record.organization else None
    if agency is None or not record.title:
        return ()
    demand(actor, Right.EDIT_RECORDS, agency)
    columns = Dataset.__table__.c
    called = [
        columns[f"title_{one.language if one.language in LANGUAGES else 'other'}"] == one.value
        for one in record.title.values()
    ]
    wanted = select(Dataset.slug, Dataset.title).where(Dataset.organization_id == agency, or_(*called))
    wanted = wanted.where(Dataset.state != RecordState.WITHDRAWN, Dataset.version == record.version)
    wanted = wanted.where(Dataset.type == record.type, Dataset.issued.is_not_distinct_from(record.issued))
    with catalogue.sessions.read() as session:
        return tuple((slug, title) for slug, title in session.execute(wanted.order_by(Dataset.id).limit(ALIKE)))


def owner(id_: str) -> OrganizationRef | None:
    """The organisation that a form names by its id, None for none."""
    try:
        return OrganizationRef(id=UUID(id_)) if id_ else None
    except ValueError:
        return OrganizationRef(slug=id_)
