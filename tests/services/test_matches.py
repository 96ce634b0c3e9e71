"""Records that may be one: proposed, joined, taken apart, and never decided without a person."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    RecordState,
    StudyRecord,
)
from opendata.catalog.values import Identifier, OrganizationRef, PartialDate, Relation
from opendata.errors import Conflict, Moved, NotAllowed
from opendata.services import attaching, datasets, joining, proposals
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.permanent import locate
from opendata.services.proposals import fingerprints, likeness
from opendata.store.datasets import Dataset, ResourceVersion
from opendata.store.from_records import new_study
from opendata.store.harvests import HarvestSource
from opendata.store.matches import MatchProposal
from opendata.store.operations import DatasetEvent
from opendata.store.register import Deliverable as DeliverableRow
from tests.factories import feed, filed, found, link, member, organization, record, ru, stored, work
from tests.store.conftest import Selects

TITLE = "Оценка водного баланса озера Балхаш за 2023 год"
YEAR = {"issued": PartialDate(2023)}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Catalogue:
    """An empty catalogue on either database."""
    made: Catalogue = request.getfixturevalue("catalogue" if request.param == "sqlite" else "large")
    return made


def with_doi(title: str, doi: str) -> DatasetRecord:
    return record(title, identifiers=(Identifier("doi", doi),))


def two(catalogue: Catalogue, **more: object) -> tuple[DatasetRecord, DatasetRecord]:
    """A record of one source, and one like it of another."""
    first = feed(catalogue, "one").one(found("a", record(TITLE, **YEAR, resources=(link("https://x.example/1"),))))
    return first, feed(catalogue, "two").one(found("b", record(TITLE.upper(), **YEAR, **more)))


def pair_of(catalogue: Catalogue) -> MatchProposal:
    with catalogue.sessions.read() as session:
        return session.scalars(select(MatchProposal)).one()


def proposed(catalogue: Catalogue) -> int:
    """The only proposal after a look at everything."""
    proposals.everything(catalogue)
    return pair_of(catalogue).id


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (record(TITLE, **YEAR), record("Оценка водного баланса озера Балхаш: 2023", **YEAR), True),
        (record(TITLE, **YEAR), record(TITLE.replace("2023", "2024"), **YEAR), False),
        (record(TITLE, **YEAR), record(TITLE, issued=PartialDate(2021)), False),
        (with_doi(TITLE, "10.1/a"), with_doi(TITLE, "10.1/b"), False),
        (with_doi("А", "10.1/a"), with_doi("Б", "10.1/A"), True),
        (record(TITLE), record("Урожайность пшеницы в северных областях 2023"), False),
    ],
)  # fmt: skip
def test_likeness_is_of_title_numbers_year_and_doi(one: DatasetRecord, other: DatasetRecord, alike: bool) -> None:
    found_ = likeness(one, other)
    assert (found_ is not None and found_.score >= proposals.LEAST) == alike


def short(**more: object) -> DatasetRecord:
    return record("Отчёт №5", **{**YEAR, "organization": OrganizationRef(slug="su", title=ru("su")), **more})


def test_an_equal_short_title_of_one_year_and_agency_is_proposed(catalogue: Catalogue) -> None:
    feed(catalogue, "one").one(found("a", short()))
    feed(catalogue, "two").one(found("b", replace(short(), title=ru("ОТЧЕТ № 5"))))
    feed(catalogue, "two").one(found("c", short(issued=PartialDate(2022))))
    feed(catalogue, "two").one(found("d", short(organization=OrganizationRef(slug="zher", title=ru("zher")))))
    feed(catalogue, "two").one(found("e", short(type=DatasetType.REPORT)))
    feed(catalogue, "two").one(found("f", replace(short(), title=ru("Отчёт №6"))))
    assert proposals.everything(catalogue) == 1
    assert pair_of(catalogue).score == 1.0


def test_many_equal_short_titles_are_a_form_of_words(catalogue: Catalogue) -> None:
    feed(catalogue, "one").one(found("a", short()))
    for number in range(proposals.MOST_ALIKE):
        feed(catalogue, "two").one(found(f"b{number}", short()))
    assert proposals.everything(catalogue) == 0


def test_a_reworded_title_shares_a_fingerprint() -> None:
    assert fingerprints(record(TITLE)) & fingerprints(record("Балхаш озера водного баланса: оценка за год 2023"))
    assert not fingerprints(record("Отчёт 2023"))


def test_records_of_two_sources_are_proposed_once(store: Catalogue) -> None:
    first, second = two(store)
    assert proposals.everything(store) == 1
    row = pair_of(store)
    assert {row.dataset_id, row.other_id} == {first.id, second.id}
    assert row.reasons == ["title 1.00", "year 2023", "type dataset"]
    assert proposals.everything(store) == 0


def test_records_of_one_source_are_not_proposed(catalogue: Catalogue) -> None:
    feed(catalogue, "one").take(found("a", record(TITLE)), found("b", record(TITLE)))
    assert proposals.everything(catalogue) == 0


def test_a_common_title_finds_nobody(catalogue: Catalogue) -> None:
    for n in range(proposals.MOST_ALIKE + 1):
        feed(catalogue, f"source-{n}").take(found("a", record(TITLE)))
    assert proposals.everything(catalogue) == 0


def test_a_rejected_pair_is_never_proposed_again(store: Catalogue) -> None:
    first, _ = two(store)
    joining.reject(store, SYSTEM, proposed(store))
    feed(store, "one").take(found("a", record(TITLE, **YEAR, version="2")))
    assert proposals.everything(store) == 0
    assert pair_of(store).status == "rejected"
    assert stored(store, UUID(str(first.id))).state is RecordState.PUBLISHED


def test_looking_takes_as_many_selects_for_fifty_as_for_five(catalogue: Catalogue) -> None:
    told = []
    for start, count in ((0, 5), (100, 50)):
        ids = []
        for name in ("one", "two"):
            items = [found(f"{n}", record(f"{TITLE} часть {n}")) for n in range(start, start + count)]
            ids += [one.dataset_id for one in feed(catalogue, name).take(*items)]
        with Selects(catalogue.engine) as selected:
            assert proposals.propose(catalogue, [one for one in ids if one]) == count
        told.append(len(selected.statements))
    assert told[0] == told[1] <= 14


def test_care_queues_a_look_at_what_changed_and_then_nothing(catalogue: Catalogue) -> None:
    two(catalogue)
    proposals.queue_due(catalogue)
    proposals.queue_due(catalogue)
    work(catalogue)
    assert pair_of(catalogue).status == "open"


def test_the_joined_record_leads_to_the_other(store: Catalogue) -> None:
    first, second = two(store, spatial="Алматы", resources=(link("https://x.example/2"),))
    assert joining.join(store, SYSTEM, proposed(store), first.slug) == first.slug
    for name in (second.slug, str(second.id)):
        with pytest.raises(Moved) as caught:
            datasets.page(store, PUBLIC, name)
        assert caught.value.slug == first.slug
    assert locate(store, PUBLIC, str(second.id)) == ("dataset", first.slug)
    page = datasets.page(store, PUBLIC, first.slug).record
    assert [one.name for one in page.sources] == ["one", "two"]
    assert (page.title.ru, page.spatial, len(page.resources)) == (TITLE, "Алматы", 2)


def test_a_joined_record_goes_on_by_both_sources(store: Catalogue) -> None:
    first, _ = two(store)
    joining.join(store, SYSTEM, proposed(store), first.slug)
    (outcome,) = feed(store, "two").take(found("b", record("Иначе", **YEAR, spatial="Семей")))
    assert outcome.dataset_id == first.id
    after = stored(store, UUID(str(first.id)))
    assert (after.title.ru, after.spatial) == (TITLE, "Семей")


def test_a_split_brings_back_what_was_joined(store: Catalogue) -> None:
    first, second = two(store, spatial="Алматы", resources=(link("https://x.example/2"),))
    before = [stored(store, UUID(str(one.id))) for one in (first, second)]
    number = proposed(store)
    with store.sessions.write.begin() as session:
        session.execute(update(Dataset).values(views=3, downloads=2))
    joining.join(store, SYSTEM, number, first.slug)
    assert stored(store, UUID(str(first.id))).views == 6
    assert joining.split(store, SYSTEM, number) == second.slug
    after = [stored(store, UUID(str(one.id))) for one in (first, second)]
    for was, now in zip(before, after, strict=True):
        assert (now.slug, now.title, now.spatial, now.state) == (was.slug, was.title, was.spatial, was.state)
        assert [(one.id, one.download_url) for one in now.resources] == [
            (one.id, one.download_url) for one in was.resources
        ]
        assert [(one.name, one.leads) for one in now.sources] == [(one.name, True) for one in was.sources]
        assert (now.views, now.downloads) == (3, 2)
    assert proposals.everything(store) == 0
    assert feed(store, "two").take(found("b", record("Иначе")))[0].dataset_id == second.id
    with store.sessions.read() as session:
        wanted = select(DatasetEvent.action).where(DatasetEvent.object_id == second.id).order_by(DatasetEvent.id)
        assert session.scalars(wanted).all() == ["created", "merged", "split", "updated"]


def test_relations_and_deliverables_follow_and_come_back(catalogue: Catalogue) -> None:
    organization(catalogue, "agency")
    first, second = two(catalogue)
    other = feed(catalogue, "one").one(
        found("c", record("Другая", relations=(Relation("Cites", target_id=second.id),)))
    )
    owed = Deliverable(DeliverableKind.FINAL_REPORT)
    with catalogue.sessions.write.begin() as session:
        given = StudyRecord(title=ru("Тема"), slug="tema", contracts=(Contract("1", deliverables=(owed,)),))
        study = new_study(session, given, catalogue.now())
        session.flush()
        study.contracts[0].deliverables[0].dataset_id = second.id
        session.get_one(Dataset, second.id).study_id = study.id
        study_id = study.id

    def standing() -> tuple[object, object, object]:
        with catalogue.sessions.read() as session:
            due = session.scalars(select(DeliverableRow.dataset_id)).one()
            study_of = session.get_one(Dataset, first.id).study_id
        return stored(catalogue, UUID(str(other.id))).relations[0].target_id, due, study_of

    number = proposed(catalogue)
    joining.join(catalogue, SYSTEM, number, first.slug)
    assert standing() == (first.id, first.id, study_id)
    joining.split(catalogue, SYSTEM, number)
    assert standing() == (second.id, second.id, None)


def test_a_person_chooses_the_address_and_precedence_the_words(catalogue: Catalogue) -> None:
    first, second = two(catalogue)
    assert joining.join(catalogue, SYSTEM, proposed(catalogue), keep=second.slug) == second.slug
    after = stored(catalogue, UUID(str(second.id)))
    assert (after.title, [(one.name, one.leads) for one in after.sources]) == (
        first.title,
        [("one", True), ("two", False)],
    )


def test_records_that_one_source_has_as_two_are_never_joined(catalogue: Catalogue) -> None:
    outcomes = feed(catalogue, "one").take(found("a", record(TITLE)), found("b", record(TITLE)))
    slugs = [stored(catalogue, UUID(str(one.dataset_id))).slug for one in outcomes]
    with pytest.raises(Conflict):
        joining.join(catalogue, SYSTEM, joining.named(catalogue, SYSTEM, *slugs))


def test_only_an_editor_of_both_agencies_decides(catalogue: Catalogue) -> None:
    agencies = [organization(catalogue, name) for name in ("agency-a", "agency-b")]
    for name, slug in (("one", "agency-a"), ("two", "agency-b")):
        ref = OrganizationRef(slug=slug, title=ru(slug))
        feed(catalogue, name).take(found("a", record(TITLE, organization=ref, **YEAR)))
    number = proposed(catalogue)
    editor = replace(member(agencies[0], Role.EDITOR), user_id=None)
    for decide in (joining.join, joining.reject):
        with pytest.raises(NotAllowed):
            decide(catalogue, editor, number)
    joining.reject(catalogue, replace(editor, roles=dict.fromkeys(agencies, Role.EDITOR)), number)


def test_records_without_a_source_come_back_as_they_were(catalogue: Catalogue) -> None:
    first, second = two(catalogue, spatial="Алматы")
    with catalogue.sessions.write.begin() as session:
        for row in session.scalars(select(HarvestSource)):
            session.delete(row)
    number = proposed(catalogue)
    joining.join(catalogue, SYSTEM, number, first.slug)
    assert stored(catalogue, UUID(str(first.id))).spatial == "Алматы"
    joining.split(catalogue, SYSTEM, number)
    assert stored(catalogue, UUID(str(first.id))).spatial == ""
    assert stored(catalogue, UUID(str(second.id))).spatial == "Алматы"


def test_bytes_that_came_while_two_were_joined_stay_as_a_version(catalogue: Catalogue) -> None:
    first = feed(catalogue, "one").one(filed(TITLE, "first", issued=PartialDate(2023)))
    feed(catalogue, "two").one(found("b", record(TITLE.upper(), **YEAR)))
    with catalogue.sessions.write.begin() as session:
        for row in session.scalars(select(HarvestSource)):
            session.delete(row)
    number = proposed(catalogue)
    joining.join(catalogue, SYSTEM, number, first.slug)
    (file,) = stored(catalogue, UUID(str(first.id))).resources
    then = attaching.attach(catalogue, SYSTEM, first.slug, BytesIO(b"second"), "report.txt", replaces=file.id)
    assert then.checksum != file.checksum
    joining.split(catalogue, SYSTEM, number)
    assert stored(catalogue, UUID(str(first.id))).resources[0].checksum == file.checksum
    with catalogue.sessions.read() as session:
        kept = session.scalars(select(ResourceVersion.checksum).order_by(ResourceVersion.number)).all()
    assert kept == [file.checksum, then.checksum]
