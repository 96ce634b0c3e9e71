"""Where a found record belongs: its organisation, its study and its address. Remembers what it has looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.services.actors import SYSTEM
from opendata.services.audit import note_agency
from opendata.services.studies_named import Studies
from opendata.store.datasets import Dataset
from opendata.store.organizations import FormerSlug, Organization

REMEMBERED = 20_000
"""Organisations kept: memory must not grow with the source."""


@dataclass
class Placer:
    """`default` is the source's own organisation. `prefix` tells organisations of one source from those of others."""

    default: OrganizationRef | None
    prefix: str
    now: dt.datetime
    demo: bool = False
    _organizations: dict[str, OrganizationRef] = field(default_factory=dict)
    _studies: Studies = field(default_factory=Studies)

    def place(self, session: Session, record: DatasetRecord) -> DatasetRecord:
        """The record with its organisation and study as the store knows them; a new organisation is made."""
        organization = self.default
        if record.organization is not None and (record.organization.slug or record.organization.title):
            organization = self.organization(session, record.organization)
        study = self._studies.study(session, record)
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
        key = _key(ref)
        if key not in self._organizations:
            self._organizations[key] = self._find(session, ref) or self._make(session, ref)
        return self._organizations[key]

    def look_up(self, session: Session, records: Sequence[DatasetRecord]) -> None:
        """Get to know the organisations and studies of `records`: three SELECTs, however many there are."""
        if len(self._organizations) > REMEMBERED:
            self._organizations.clear()
        refs = {_key(r.organization): r.organization for r in records if r.organization and _key(r.organization)}
        missing = [ref for key, ref in refs.items() if key not in self._organizations]
        if missing:
            rows = self._candidates(session, missing)
            for ref in missing:
                if found := self._chosen(session, rows, ref):
                    self._organizations[_key(ref)] = found
        self._studies.look_up(session, records)

    def _find(self, session: Session, ref: OrganizationRef) -> OrganizationRef | None:
        return self._chosen(session, self._candidates(session, [ref]), ref)

    def _candidates(self, session: Session, refs: Sequence[OrganizationRef]) -> Sequence[Organization]:
        """Organisations that may be one of `refs`."""
        names = [name for ref in refs for name in (self._identifier(ref), *self._bare(ref))]
        by_identifier = Organization.identifier.in_(names)
        by_slug = Organization.slug.in_([_slug(ref) for ref in refs])
        return session.scalars(select(Organization).where(by_identifier | by_slug)).all()

    def _chosen(self, session: Session, rows: Sequence[Organization], ref: OrganizationRef) -> OrganizationRef | None:
        """By our identifier for it, else by slug when the title agrees: two portals may call two bodies the same."""
        for row in rows:
            if row.identifier == self._identifier(ref):
                return _ref(row.id, row.slug, ref)
        for row in rows:
            known = row.slug == _slug(ref) or _agree(row.title, ref.title)
            if known and row.identifier in self._bare(ref) and ref.title:
                self._name(session, row, ref)
                return _ref(row.id, row.slug, ref)
        for row in rows:
            if row.slug == _slug(ref) and _agree(row.title, ref.title):
                return _ref(row.id, row.slug, ref)
        return None

    def _name(self, session: Session, row: Organization, ref: OrganizationRef) -> None:
        """Give an organisation, of which only a child had told the slug, the name that this source has for it."""
        row.identifier, row.title, row.modified = self._identifier(ref), ref.title, self.now
        row.description, row.homepage = ref.description, ref.homepage
        note_agency(session, SYSTEM, self.now, row.id)

    def _make(self, session: Session, ref: OrganizationRef) -> OrganizationRef:
        base = _slug(ref)
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

    def _bare(self, ref: OrganizationRef) -> list[str]:
        """Identifiers of an organisation that was made as the parent of another: its slug or a name was all known."""
        return [f"{self.prefix}:{name}"[:400] for name in (ref.slug, *map(str, ref.title.values())) if name]

    def _identifier(self, ref: OrganizationRef) -> str:
        return f"{self.prefix}:{ref.identifier or ref.slug or make_slug(ref.title)}"[:400]


def _key(ref: OrganizationRef) -> str:
    """What one source calls the organisation; "" where it says nothing."""
    return ref.identifier or ref.slug or (str(ref.title) if ref.title else "")


def _slug(ref: OrganizationRef) -> str:
    return make_slug(ref.slug) if ref.slug else make_slug(ref.title)


def _agree(known: Text, given: Text) -> bool:
    """Whether two titles may be of one body: one of them is silent, or they share a name."""
    return not given or bool({text.value for text in given.values()} & {text.value for text in known.values()})


def _ref(organization_id: UUID, slug: str, ref: OrganizationRef) -> OrganizationRef:
    return OrganizationRef(id=organization_id, slug=slug, title=ref.title)
