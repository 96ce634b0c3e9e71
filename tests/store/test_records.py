"""What is written into rows comes out again, on both databases."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.catalog.provenance import Edit, SourceRef
from opendata.catalog.records import (
    DatasetRecord,
    DatasetRef,
    Deliverable,
    DeliverableKind,
    RecordState,
    ResourceRecord,
    StudyRecord,
    StudyRef,
    TextInfo,
    TextStatus,
)
from opendata.catalog.values import Identifier, OrganizationRef, PartialDate, Relation, Text
from opendata.store import codec, queries
from opendata.store.accounts import User
from opendata.store.base import Sessions
from opendata.store.datasets import DatasetKey, Resource
from opendata.store.from_records import apply_dataset, apply_study, new_dataset, new_study, resource_keys
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult
from tests.store.conftest import NOW
from tests.store.filled import dataset, public, public_study, resource, study, text

GIVEN_BY_THE_STORE = {
    "id",
    "metadata_created",
    "metadata_modified",
    "views",
    "downloads",
    "slug",
    "published_at",
    "created",
}


def organization(session: Session, slug: str = "ministry") -> OrganizationRef:
    row = Organization(
        slug=slug, identifier="BIN1", title=text("Министерство"), description=text("О нём"), homepage="https://gov.kz",
        created=NOW, modified=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return OrganizationRef(slug, row.title, row.id, "BIN1", row.description, "", "https://gov.kz")


def harvested(session: Session, dataset_id: object, landing_page: str) -> SourceRef:
    source = HarvestSource(
        name="repo", title="Repository", type="oaipmh", url="https://x/oai", created=NOW, modified=NOW
    )
    session.add(source)
    session.flush()
    session.add(
        HarvestRecord(
            source_id=source.id, identifier="oai:1", dataset_id=dataset_id, result=ItemResult.CREATED, first_seen=NOW,
            last_seen=NOW, harvested=NOW,
        )
    )  # fmt: skip
    return SourceRef("repo", "Repository", "https://x/oai", "oaipmh", "oai:1", NOW, NOW, NOW, original=landing_page)


def account(session: Session) -> UUID:
    row = User(email="a@example.org", username="a-a", name="A", created=NOW, modified=NOW)
    session.add(row)
    session.flush()
    return row.id


def test_every_field_of_a_dataset_survives(sessions: Sessions) -> None:
    with sessions.write() as session:
        agency = organization(session)
        parent = new_study(session, study(), NOW)
        other = new_dataset(session, public("other"), NOW)
        session.flush()
        given = dataset(
            organization=agency,
            study=StudyRef(parent.id, "s", "BR21881930", parent.title, ("№ 1", "№ 2")),
            relations=(
                *dataset().relations,
                Relation("HasVersion", "https://x", other.id, other.title, "other"),
                Relation("IsPartOf", "", parent.id, parent.title, "s"),
            ),
            edited=(Edit("title.ru", NOW, UUID(int=7), "Как в источнике"), Edit("keywords", NOW, None, [])),
            creator_id=account(session),
        )
        row = new_dataset(session, given, NOW)
        session.flush()
        ref = harvested(session, row.id, given.landing_page)
        given = replace(given, source=ref, sources=(ref,))
        session.commit()
    with sessions.read() as session:
        (found,) = queries.records(session, [row.id], public_only=False)
    for field in dataclasses.fields(DatasetRecord):
        if field.name not in GIVEN_BY_THE_STORE | {"resources"}:
            assert getattr(found, field.name) == getattr(given, field.name), field.name
            assert getattr(found, field.name) != field.default, f"{field.name} is not filled by this test"
    for field in dataclasses.fields(ResourceRecord):
        if field.name not in GIVEN_BY_THE_STORE:
            pairs = zip(found.resources, given.resources, strict=True)
            assert all(getattr(one, field.name) == getattr(two, field.name) for one, two in pairs), field.name
    assert (found.metadata_created, found.metadata_modified) == (NOW, NOW)


def test_every_field_of_a_study_survives(sessions: Sessions) -> None:
    with sessions.write() as session:
        given = study(organization=organization(session), creator_id=account(session))
        row = new_study(session, given, NOW)
        session.flush()
        report = new_dataset(session, dataset("report", study=StudyRef(row.id, "", "", Text())), NOW)
        session.commit()
        row.contracts[0].deliverables[0].dataset_id = report.id
        session.commit()
    met = DatasetRef(report.id, "report", report.title, report.type, report.issued)
    with sessions.read() as session:
        found = queries.study_page(session, row.id, public_only=False)
    assert found.contracts[0].deliverables[0].dataset == met
    assert all(deliverable.id for deliverable in found.contracts[0].deliverables)
    as_given = tuple(replace(d, id=None, dataset=None) for d in found.contracts[0].deliverables)
    found = replace(found, contracts=(replace(found.contracts[0], deliverables=as_given), found.contracts[1]))
    given = replace(given, datasets=(met,))
    for field in dataclasses.fields(StudyRecord):
        if field.name not in GIVEN_BY_THE_STORE:
            assert getattr(found, field.name) == getattr(given, field.name), field.name
            assert getattr(found, field.name) != field.default, f"{field.name} is not filled by this test"


def test_an_empty_record_survives(sessions: Sessions) -> None:
    with sessions.write() as session:
        row = new_dataset(session, DatasetRecord(title=Text(), slug="e", resources=(ResourceRecord(key="k"),)), NOW)
        session.commit()
    with sessions.read() as session:
        (found,) = queries.records(session, [row.id])
    expected = DatasetRecord(
        title=Text(), id=row.id, slug="e", metadata_created=NOW, metadata_modified=NOW,
        resources=(ResourceRecord(key="k", id=row.resources[0].id),),
    )  # fmt: skip
    assert found == expected


def test_files_keep_their_ids_by_key(sessions: Sessions) -> None:
    with sessions.write() as session:
        row = new_dataset(session, public("a"), NOW)
        session.commit()
        before = {one.key: one.id for one in row.resources}
    with sessions.write() as session:
        stored = queries.dataset_row(session, row.id)
        changed = public("a", resources=(resource("three"), replace(resource("one"), filename="new.pdf")))
        apply_dataset(session, stored, changed, NOW)
        session.commit()
        (found,) = queries.records(session, [row.id])
        left = session.scalar(select(func.count()).select_from(Resource))
    assert [(one.key, one.position) for one in found.resources] == [("three", 0), ("one", 1)]
    assert found.resources[1].id == before["one"]
    assert found.resources[1].filename == "new.pdf"
    assert left == 2


def test_writing_the_same_record_again_writes_no_list_anew(sessions: Sessions) -> None:
    with sessions.write() as session:
        row = new_dataset(session, public("a"), NOW)
        session.commit()
    with sessions.write() as session:
        stored = queries.dataset_row(session, row.id)
        apply_dataset(session, stored, public("a"), NOW)
        assert not session.dirty or not any(session.is_modified(one) for one in session.dirty)
        assert not session.new
        assert not session.deleted


def test_two_files_of_one_key_are_both_kept() -> None:
    files = (ResourceRecord(key="a"), ResourceRecord(key="a"), ResourceRecord(filename="b"), ResourceRecord())
    assert resource_keys(files) == ["a", "a~2", "b", "#3"]
    assert len(resource_keys((ResourceRecord(key="x" * 5000),))[0]) <= 1000


def test_keys_follow_the_identifiers(session: Session) -> None:
    row = new_dataset(session, public("a"), NOW)
    session.flush()
    assert queries.datasets_by_key(session, "doi", " 10.5072/abc") == [row.id]
    assert queries.datasets_by_key(session, "orcid", "0000-0002-1825-0097") == [row.id]
    assert queries.datasets_by_key(session, "uri", "https://example.org/" + "X" * 3000) == [row.id]
    apply_dataset(session, row, public("a", identifiers=(Identifier("doi", "10.1/new"),), contributors=()), NOW)
    session.flush()
    assert queries.datasets_by_key(session, "doi", "10.5072/abc") == []
    assert session.execute(select(DatasetKey.scheme, DatasetKey.value)).all() == [("doi", "10.1/new")]


def test_deliverables_keep_their_ids(session: Session) -> None:
    row = new_study(session, study(), NOW)
    session.flush()
    before = [d.id for d in row.contracts[0].deliverables]
    session.commit()
    stored = queries.study_row(session, row.id)
    kept = study().contracts[0].deliverables[1:]
    more = (*kept, Deliverable(DeliverableKind.SUMMARY, "2025"))
    apply_study(stored, study(contracts=(replace(study().contracts[0], deliverables=more),)), NOW)
    session.commit()
    assert [d.id for d in stored.contracts[0].deliverables][:2] == before[1:]
    assert len(stored.contracts) == 1


def test_a_register_number_names_one_study(session: Session) -> None:
    new_study(session, study("one"), NOW)
    new_study(session, study("two", register_number=""), NOW)
    new_study(session, study("three", register_number=""), NOW)
    session.flush()
    new_study(session, study("four"), NOW)
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_slug_names_one_dataset(session: Session) -> None:
    new_dataset(session, public("a"), NOW)
    session.flush()
    new_dataset(session, public("a"), NOW)
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_file_cannot_have_more_pages_read_than_there_are(session: Session) -> None:
    broken = replace(resource("a"), text=TextInfo(TextStatus.TEXT, "", 3, 2))
    new_dataset(session, public("a", resources=(broken,)), NOW)
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_withdrawn_record_without_a_time_is_withdrawn_now(session: Session) -> None:
    row = new_dataset(session, dataset(state=RecordState.WITHDRAWN, tombstone=None), NOW)
    session.flush()
    assert row.withdrawn_at == NOW


def test_records_that_are_not_public_do_not_show_through_others(sessions: Sessions) -> None:
    with sessions.write() as session:
        hidden_study = new_study(session, study(), NOW)
        hidden = new_dataset(session, dataset("hidden", relations=()), NOW)
        session.flush()
        shown = new_dataset(
            session,
            public(
                "shown",
                study=StudyRef(hidden_study.id, "", "", Text()),
                relations=(Relation("HasPart", target_id=hidden.id), Relation("HasPart", "https://x")),
            ),
            NOW,
        )
        session.flush()
        apply_dataset(session, hidden, dataset("hidden", relations=(Relation("Cites", target_id=shown.id),)), NOW)
        open_study = new_study(session, public_study("open", register_number="2"), NOW)
        session.flush()
        hidden.study_id = open_study.id
        open_study.contracts[0].deliverables[0].dataset_id = hidden.id
        session.commit()
    with sessions.read() as session:
        page = queries.dataset_page(session, shown.id)
        full = queries.dataset_page(session, shown.id, public_only=False)
        commissioned = queries.study_page(session, open_study.id)
    assert page.study is None
    assert [relation.target for relation in page.relations] == ["https://x"]
    assert full.study is not None
    assert len(full.relations) == 3
    assert commissioned.datasets == ()
    assert commissioned.contracts[0].deliverables[0].dataset is None


@pytest.mark.parametrize(
    "record", [dataset(), study(), DatasetRecord(title=Text.of("a", "kk"), issued=PartialDate(2019))]
)
def test_snapshots_read_back_as_they_were(record: DatasetRecord | StudyRecord) -> None:
    data = json.loads(json.dumps(codec.dump(record)))
    assert codec.load(type(record), data) == record
    assert codec.load(type(record), {**data, "field_of_another_version": 1}) == record


def test_the_first_time_that_it_is_public_is_kept(session: Session) -> None:
    later, private = NOW + dt.timedelta(days=1), replace(public("a"), private=True)
    row = new_dataset(session, private, NOW)
    assert row.published_at is None
    apply_dataset(session, row, public("a"), later)
    assert row.published_at == later
    apply_dataset(session, row, private, later + dt.timedelta(days=1))
    apply_dataset(session, row, public("a"), later + dt.timedelta(days=2))
    assert row.published_at == later


def test_only_the_file_whose_record_changes_is_modified(session: Session) -> None:
    one, two = resource("one"), resource("two", 1)
    row = new_dataset(session, public("a", resources=(one, two)), NOW)
    session.flush()
    later = NOW + dt.timedelta(days=1)
    read = replace(one, text=TextInfo(), position=1)
    apply_dataset(session, row, public("a", resources=(replace(two, format="CSV"), read)), later)
    assert {file.key: (file.created, file.metadata_modified) for file in row.resources} == {
        "one": (NOW, NOW),
        "two": (NOW, later),
    }
