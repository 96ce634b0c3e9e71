"""What everybody may see, as SQL."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, not_, or_

from opendata.catalog.records import RecordState, TextStatus
from opendata.catalog.values import DisclosureStatus
from opendata.store.datasets import Dataset, Resource
from opendata.store.register import Study


def is_visible(table: type[Dataset] | type[Study]) -> ColumnElement[bool]:
    """Published, and not to its organisation alone."""
    return and_(table.state == RecordState.PUBLISHED, table.private.is_(False))


def is_in_area(table: type[Dataset] | type[Study], area: str) -> ColumnElement[bool]:
    """Whether a record belongs to this area of the index: "public", or "desk" for all others but withdrawn studies."""
    if area == "public":
        return is_visible(table)
    others = not_(is_visible(table))
    return others if table is Dataset else and_(table.state != RecordState.WITHDRAWN, others)


def is_open(today: dt.date) -> ColumnElement[bool]:
    """What Disclosure.is_open says of a file that is not kept back, as SQL."""
    columns = Resource.__table__.c
    standing = columns.disclosure_status.in_((DisclosureStatus.OPEN, DisclosureStatus.PARTLY))
    return and_(not_(_is_kept_back()), or_(standing, columns.disclosure_until <= today))


def is_closed(today: dt.date) -> ColumnElement[bool]:
    """The contrary. It is no mere NOT of the other, which is unknown to SQL where there is no date."""
    columns = Resource.__table__.c
    closing = columns.disclosure_status.in_((DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD))
    lasting = or_(columns.disclosure_until.is_(None), columns.disclosure_until > today)
    return or_(_is_kept_back(), and_(closing, lasting))


def _is_kept_back() -> ColumnElement[bool]:
    """Whether to_records.shown_disclosure withholds what its source does not, as SQL."""
    columns = Resource.__table__.c
    return or_(columns.held, and_(columns.stored, columns.text_status == TextStatus.PENDING))
