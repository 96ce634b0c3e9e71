"""Walking through the public datasets, and listing them for sitemaps, on both databases alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.catalog.values import OrganizationRef, Relation, Text
from opendata.store.from_records import new_dataset
from opendata.store.organizations import Organization
from opendata.store.queries import sitemap, walking
from tests.store.conftest import NOW
from tests.store.filled import public

DAY = dt.timedelta(days=1)


def fill(session: Session, number: int) -> Organization:
    """So many public datasets of an agency, a day apart, each a part of the one before; and a draft."""
    agency = Organization(slug="agency", created=NOW, modified=NOW, title=Text.of("Агентство", "ru"))
    session.add(agency)
    session.flush()
    before: tuple[Relation, ...] = ()
    for n in range(number):
        record = public(f"d{n}", organization=OrganizationRef(id=agency.id), relations=before)
        row = new_dataset(session, record, NOW + n * DAY)
        session.flush()
        before = (Relation("IsPartOf", target_id=row.id),)
    new_dataset(session, replace(public("draft"), state=RecordState.DRAFT), NOW)
    session.commit()
    return agency


def test_ids_are_walked_in_their_order_and_narrowed(session: Session) -> None:
    agency = fill(session, 5)
    first = walking.public_ids_after(session, limit=3)
    then = walking.public_ids_after(session, first[-1], limit=3)
    assert [*first, *then] == sorted({*first, *then}, key=str)
    assert len({*first, *then}) == 5
    assert len(walking.public_ids_after(session, since=NOW + 3 * DAY)) == 2
    assert len(walking.public_ids_after(session, organizations=[agency.id])) == 5
    assert walking.public_ids_after(session, organizations=[]) == []


def test_records_have_what_others_say_of_them(session: Session) -> None:
    fill(session, 3)
    found = {one.slug: one for one in walking.public_records(session, walking.public_ids_after(session))}
    assert {slug: [one.kind for one in record.relations] for slug, record in found.items()} == {
        "d0": ["HasPart"],
        "d1": ["IsPartOf", "HasPart"],
        "d2": ["IsPartOf"],
    }
    assert not walking.agencies(session, [])
    assert not walking.previews(session, walking.public_ids_after(session))


def test_sitemaps_list_records_as_they_came(session: Session) -> None:
    fill(session, 5)
    assert sitemap.public_total(session, "dataset") == 5
    assert sitemap.public_total(session, "study") == 0
    pages = [sitemap.public_slugs(session, "dataset", offset, 2) for offset in (0, 2, 4, 6)]
    assert [[slug for slug, _ in page] for page in pages] == [["d0", "d1"], ["d2", "d3"], ["d4"], []]
    assert pages[0][1][1] == NOW + DAY
    assert sitemap.agency_slugs(session) == ["agency"]
