"""SELECTs for what was typed as a name of one record: an address, an id, a DOI, the number of a study or contract."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from opendata.errors import NotFound
from opendata.store.datasets import Dataset, DatasetKey, key_value
from opendata.store.queries.addresses import address
from opendata.store.queries.visible import is_visible
from opendata.store.register import Contract, Study

TABLES: dict[str, type[Dataset] | type[Study]] = {"dataset": Dataset, "study": Study}


def public_slug(session: Session, kind: str, name: str) -> str:
    """The slug of the public dataset or study with that slug, id or former slug; "" for none. Three SELECTs at most."""
    table = TABLES[kind]
    with suppress(NotFound):
        found = address(session, kind, name)
        return session.scalar(select(table.slug).where(table.id == found.id, is_visible(table))) or ""
    return ""


def studies_numbered(session: Session, numbers: Collection[str], limit: int = 2) -> list[str]:
    """Slugs of public studies with one of these register numbers, or a contract of that number. One SELECT."""
    under = select(Contract.study_id).where(Contract.contract_number.in_(numbers))
    wanted = select(Study.slug).where(or_(Study.register_number.in_(numbers), Study.id.in_(under)), is_visible(Study))
    return list(session.scalars(wanted.order_by(Study.slug).limit(limit)))


def datasets_named(
    session: Session, numbers: Collection[str], identifiers: Collection[tuple[str, str]] = (), limit: int = 2
) -> list[str]:
    """Slugs of public datasets with a register number of `numbers`, or an identifier (scheme, value). One SELECT."""
    named = [Dataset.register_number.in_(numbers)] if numbers else []
    for scheme in {scheme for scheme, _value in identifiers}:
        values = [key_value(value) for one, value in identifiers if one == scheme]
        key = select(DatasetKey.dataset_id).where(DatasetKey.scheme == scheme, DatasetKey.value.in_(values))
        named.append(Dataset.id.in_(key))
    wanted = select(Dataset.slug).where(or_(*named), is_visible(Dataset)).order_by(Dataset.slug).limit(limit)
    return list(session.scalars(wanted)) if named else []
