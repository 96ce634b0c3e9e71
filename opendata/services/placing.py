"""Where a found record belongs: its organisation, its study and its address. Remembers what it has looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import DatasetRecord, StudyRef
from opendata.catalog.values import OrganizationRef, Text
from opendata.store.datasets import Dataset
from opendata.store.organizations import FormerSlug, Organization
from opendata.store.register import Study


@dataclass
class Placer:
    """`default` is the source's own organisation. `prefix` tells organisations of one source from those of others."""

    default: OrganizationRef | None
    prefix: str
    now: dt.datetime
    demo: bool = False
    _organizations: dict[str, OrganizationRef] = field(default_factory=dict)
    _studies: dict[str, StudyRef | None] = field(default_factory=dict)

    def place(self, session: Session, record: DatasetRecord) -> DatasetRecord:
        """The record with its organisation and study as the store knows them; a new organisation is made."""
        organization = self.default
        if record.organization is not None and (record.organization.slug or record.organization.title):
            organization = self.organization(session, record.organization)
        study = self._study(session, record.register_number) if record.register_number else None
        return replace(record, organization=organization, study=study or record.study)

    def slugs(self, session: Session, records: Sequence[DatasetRecord]) -> dict[int, str]:
        """A free slug for each record, by its id(): from its title, with a few letters more where that is taken."""
        wanted = {id(record): make_slug(record.title) for record in records}
        bases = list(set(wanted.values()))
        taken = set(session.scalars(select(Dataset.slug).where(Dataset.slug.in_(bases))))
        former = select(FormerSlug.slug).where(FormerSlug.kind == "dataset", FormerSlug.slug.in_(bases))
        taken.update(session.scalars(former))
        given = {}
        for key, base in wanted.items():
            given[key] = base if base not in taken else f"{base}-{uuid4().hex[:8]}"
            taken.add(given[key])
        return given

    def forget(self) -> None:
        """After a rollback: what was made in that transaction is not there."""
        self._organizations.clear()

    def organization(self, session: Session, ref: OrganizationRef) -> OrganizationRef:
        """The organisation that `ref` means, made where it is missing."""
        key = ref.identifier or ref.slug or str(ref.title)
        if key not in self._organizations:
            self._organizations[key] = self._find(session, ref) or self._make(session, ref)
        return self._organizations[key]

    def _find(self, session: Session, ref: OrganizationRef) -> OrganizationRef | None:
        """By our identifier for it, else by slug when the title agrees: two portals may call two bodies the same."""
        row = session.scalar(select(Organization).where(Organization.identifier == self._identifier(ref)))
        if row is None:
            slug = make_slug(ref.slug) if ref.slug else make_slug(ref.title)
            row = session.scalar(select(Organization).where(Organization.slug == slug))
            if (
                row is not None
                and ref.title
                and not {t.value for t in ref.title.values()} & {t.value for t in row.title.values()}
            ):
                row = None
        return _ref(row.id, row.slug, ref) if row is not None else None

    def _make(self, session: Session, ref: OrganizationRef) -> OrganizationRef:
        base = make_slug(ref.slug) if ref.slug else make_slug(ref.title)
        taken = session.scalar(select(Organization.id).where(Organization.slug == base))
        row = Organization(
            id=uuid4(),
            slug=f"{base}-{uuid4().hex[:6]}" if taken else base,
            identifier=self._identifier(ref),
            title=ref.title or replace(ref.title, other=ref.slug),
            description=ref.description,
            homepage=ref.homepage,
            parent_id=self.organization(session, OrganizationRef(slug=ref.parent)).id if ref.parent else None,
            demo=self.demo,
            created=self.now,
            modified=self.now,
        )
        session.add(row)
        session.flush()
        return _ref(row.id, row.slug, ref)

    def _identifier(self, ref: OrganizationRef) -> str:
        return f"{self.prefix}:{ref.identifier or ref.slug or make_slug(ref.title)}"[:400]

    def _study(self, session: Session, register_number: str) -> StudyRef | None:
        if register_number not in self._studies:
            row = session.execute(
                select(Study.id, Study.slug).where(Study.register_number == register_number)
            ).one_or_none()
            self._studies[register_number] = row and _study_ref(row.id, row.slug, register_number)
        return self._studies[register_number]


def _ref(organization_id: UUID, slug: str, ref: OrganizationRef) -> OrganizationRef:
    return OrganizationRef(id=organization_id, slug=slug, title=ref.title)


def _study_ref(study_id: UUID, slug: str, register_number: str) -> StudyRef:
    return StudyRef(study_id, slug, register_number, Text())
