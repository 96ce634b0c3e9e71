"""The organisations that rows of an upload may name, by slug and by every title."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import folded
from opendata.catalog.values import OrganizationRef
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import Row
from opendata.services.actors import Actor
from opendata.services.rights import Right, may
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.organizations import Organization
from opendata.store.to_records import organization_ref

CHUNK = 500


class Agencies:
    """The active organisations; `default` is the one that uploads."""

    def __init__(self, session: Session, actor: Actor, organization_id: UUID) -> None:
        self._actor = actor
        self._known: dict[str, OrganizationRef] = {}
        self.default = OrganizationRef(id=organization_id)
        for row in session.scalars(select(Organization).where(Organization.state == "active")):
            ref = organization_ref(row)
            if ref is None:
                continue
            if ref.id == organization_id:
                self.default = ref
            for name in (ref.slug, *(text.value for text in ref.title.values())):
                self._known.setdefault(folded(name), ref)

    def named(self, row: Row) -> OrganizationRef | None:
        """The organisation that the row names; None where it names none, or, with a problem at the row, a wrong one."""
        name = row.get("organization")
        if not name:
            return None
        ref = self._known.get(folded(name))
        if ref is None:
            row.problems.append(row.problem("organization_unknown", "organization"))
            return None
        if ref.id is None or not may(self._actor, Right.EDIT_RECORDS, ref.id):
            row.problems.append(row.problem("organization_foreign", "organization"))
            return None
        return ref


def mark_foreign(
    session: Session, actor: Actor, organization_id: UUID, source_id: UUID | None, drafts: Sequence[Draft]
) -> None:
    """Refuse the rows whose records earlier uploads brought, and which belong to agencies that the actor may not write
    for: somebody wrote for both, or they were given away since.
    """
    drafts_by_key = {draft.key: draft for draft in drafts if draft.key}
    keys = list(drafts_by_key) if source_id and not actor.sysadmin else []
    for start in range(0, len(keys), CHUNK):
        others = session.execute(
            select(HarvestRecord.identifier, Organization)
            .join(Dataset, Dataset.id == HarvestRecord.dataset_id)
            .join(Organization, Organization.id == Dataset.organization_id)
            .where(HarvestRecord.source_id == source_id, HarvestRecord.identifier.in_(keys[start : start + CHUNK]))
            .where(Organization.id != organization_id)
        )
        for key, owner in others:
            if not may(actor, Right.EDIT_RECORDS, owner.id):
                row, title = drafts_by_key[key].row, next((one.value for one in owner.title.values()), owner.slug)
                row.problems.append(row.problem("organization_foreign", "organization", value=title))
