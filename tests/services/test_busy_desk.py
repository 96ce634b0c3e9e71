"""A desk with much to do answers as one with little: what it asks of the store does not grow with what there is."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from opendata.services import reporting, reports, responsible
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import viewing
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import Upload, UploadItem
from opendata.store.states import ItemResult, ReportState, UploadStatus
from tests.conftest import Clock
from tests.factories import feed, found, organization, record
from tests.services.test_ckan_packages import plans
from tests.store.conftest import Selects


def published(catalogue: Catalogue, place: UUID, dataset_id: UUID, rows: int) -> UUID:
    """An upload that published so many rows."""
    upload_id = uuid4()
    with catalogue.sessions.write.begin() as session:
        session.add(
            Upload(
                id=upload_id, organization_id=place, filename="a.csv", checksum="0" * 64, byte_size=1,
                status=UploadStatus.PUBLISHED, created=catalogue.now(),
            )
        )  # fmt: skip
        session.flush()
        row = {"upload_id": upload_id, "result": ItemResult.CREATED, "dataset_id": dataset_id, "event_id": 10**6}
        items = [{**row, "row": number, "identifier": f"k{number}", "title": f"T{number}"} for number in range(rows)]
        session.execute(insert(UploadItem), items)
    return upload_id


def test_whether_an_upload_was_edited_since_is_asked_at_once(catalogue: Catalogue) -> None:
    place = organization(catalogue, "su")
    made = feed(catalogue).one(found("a", record("A")))
    taken = []
    for rows in (2, 1200):
        upload_id = published(catalogue, place, made.id, rows)
        with Selects(catalogue.engine) as selects:
            assert viewing.edited(catalogue, SYSTEM, upload_id) == ()
        taken.append(len(selects.statements))
    assert taken[0] == taken[1] <= 3
    with catalogue.sessions.write.begin() as session:
        session.execute(update(UploadItem).where(UploadItem.row < 30).values(event_id=0))
        note(session, SYSTEM, catalogue.now(), "dataset", made.id, "changed", after={})
    edited = viewing.edited(catalogue, SYSTEM, upload_id)
    assert [one.row for one in edited] == list(range(viewing.MOST_EDITED))
    assert edited[0].slug == made.slug


def test_what_has_an_owner_is_not_looked_up_among_what_sources_bring(catalogue: Catalogue) -> None:
    place, one = organization(catalogue, "su"), feed(catalogue)
    kept, gone, stray = (one.one(found(name, record(name))).id for name in "ABC")
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id != stray).values(organization_id=place))
        session.execute(update(Dataset).where(Dataset.id == stray).values(organization_id=None))
    assert [one.kind for one in responsible.unowned(catalogue, SYSTEM)] == ["source"]
    with catalogue.sessions.write.begin() as session:
        session.execute(update(HarvestRecord).where(HarvestRecord.dataset_id != kept).values(dataset_id=None))
    told = {(one.organization, one.kind, one.count) for one in responsible.unowned(catalogue, SYSTEM)}
    assert told == {("su", "dataset", 1), ("", "dataset", 1), ("", "source", 1)}
    assert gone != stray
    assert "ix_datasets_responsible" in plans(catalogue, partial(responsible.unowned, catalogue, SYSTEM))


def test_reports_that_are_skipped_are_not_looked_at(catalogue: Catalogue, clock: Clock) -> None:
    made = feed(catalogue).one(found("a", record("A")))
    for number in range(5):
        reporting.report(catalogue, "dataset", made.slug, f"№ {number}")
        clock.advance(minutes=1)
    whole = reports.listing(catalogue, SYSTEM).reports
    assert [one.message for one in whole] == [f"№ {number}" for number in (4, 3, 2, 1, 0)]
    leaves = [reports.listing(catalogue, SYSTEM, None, 2, offset).reports for offset in (0, 2, 4)]
    assert [one for leaf in leaves for one in leaf] == list(whole)
    assert reports.listing(catalogue, SYSTEM, ReportState.ANSWERED).reports == ()
    told = plans(catalogue, partial(reports.listing, catalogue, SYSTEM))
    assert "COVERING INDEX ix_reported_problems_created" in told
