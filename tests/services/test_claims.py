"""What the source of one agency can do to records of another by claiming their numbers: add to them, and no more."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import update

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Identifier, OrganizationRef
from opendata.errors import Invalid, NotAllowed
from opendata.harvesting.contract import Found
from opendata.services import editing, sources, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.sources import Changes, NewSource
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestSource
from tests.factories import Feed, feed, filed, found, link, member, organization, record, ru, stored

DOI = (Identifier("doi", "10.5072/abc"),)
OURS, THEIRS = "ours", "theirs"


@pytest.fixture
def agencies(catalogue: Catalogue) -> dict[str, UUID]:
    """Two agencies."""
    return {slug: organization(catalogue, slug) for slug in (OURS, THEIRS)}


def source_of(catalogue: Catalogue, agency: UUID, name: str) -> Feed:
    made = feed(catalogue, name)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.name == name).values(organization_id=agency))
    return made


def of(agency: str, title: str, **more: object) -> DatasetRecord:
    return record(title, identifiers=DOI, organization=OrganizationRef(slug=agency, title=ru(agency)), **more)


def taken(source: Feed, identifier: str, what: DatasetRecord) -> UUID:
    (outcome,) = source.take(found(identifier, what))
    assert outcome.dataset_id is not None
    return outcome.dataset_id


def test_a_published_record_of_another_agency_keeps_its_words_and_its_owner(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    ours = taken(source_of(catalogue, agencies[OURS], "one"), "a", of(OURS, "Наше"))
    claimed = taken(source_of(catalogue, agencies[THEIRS], "two"), "b", of(THEIRS, "Чужое", spatial="Алматы"))
    after = stored(catalogue, ours)
    assert claimed == ours
    assert (after.title.ru, after.spatial) == ("Наше", "Алматы")
    assert after.organization is not None
    assert after.organization.id == agencies[OURS]


def test_a_record_of_nobody_does_not_become_that_of_an_agency_that_adds_to_it(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    nobodys = taken(feed(catalogue, "one"), "a", record("Ничьё", identifiers=DOI))
    assert taken(source_of(catalogue, agencies[THEIRS], "two"), "b", of(THEIRS, "Чужое", spatial="Алматы")) == nobodys
    after = stored(catalogue, nobodys)
    assert (after.organization, after.spatial) == (None, "Алматы")


@pytest.mark.parametrize("state", ["private", "draft", "withdrawn by hand", "deleted at its source", "source removed"])
def test_what_is_not_published_or_has_no_source_is_not_taken_over(
    catalogue: Catalogue, agencies: dict[str, UUID], state: str
) -> None:
    one = source_of(catalogue, agencies[OURS], "one")
    ours = taken(one, "a", of(OURS, "Наше"))
    if state == "withdrawn by hand":
        writing.remove(catalogue, SYSTEM, str(ours), "По ошибке.")
    elif state == "deleted at its source":
        one.take(gone=["a"])
    elif state == "source removed":
        sources.remove(catalogue, SYSTEM, "one")
    else:
        changed = {"private": True} if state == "private" else {"state": RecordState.DRAFT}
        with catalogue.sessions.write.begin() as session:
            session.execute(update(Dataset).where(Dataset.id == ours).values(**changed))
    before = stored(catalogue, ours)
    two = source_of(catalogue, agencies[THEIRS], "two")
    assert taken(two, "b", of(THEIRS, "Чужое")) != ours
    assert taken(two, "a", replace(of(THEIRS, "Чужое"), identifiers=())) != ours
    assert stored(catalogue, ours) == before


def test_the_records_of_a_removed_source_are_found_by_that_agency_alone(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    ours = taken(source_of(catalogue, agencies[OURS], "one"), "a", replace(of(OURS, "Наше"), identifiers=()))
    sources.remove(catalogue, SYSTEM, "one")
    assert taken(source_of(catalogue, agencies[THEIRS], "two"), "a", record("Чужое")) != ours
    assert taken(source_of(catalogue, agencies[OURS], "three"), "a", record("Снова наше")) == ours


def test_the_site_itself_finds_the_records_of_a_removed_source(catalogue: Catalogue, agencies: dict[str, UUID]) -> None:
    ours = taken(source_of(catalogue, agencies[OURS], "one"), "a", replace(of(OURS, "Наше"), identifiers=()))
    sources.remove(catalogue, SYSTEM, "one")
    assert taken(feed(catalogue, "two"), "a", record("Снова")) == ours


def test_a_file_that_one_source_withholds_is_not_opened_by_another(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    closed = Disclosure(DisclosureStatus.WITHHELD, legal_ground="law_on_state_secrets")
    one, two = (source_of(catalogue, agencies[slug], slug) for slug in (OURS, THEIRS))
    with catalogue.sessions.write.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.name == THEIRS).values(priority=1))
    ours = taken(one, "a", of(OURS, "Наше", resources=(link(disclosure=closed),)))
    taken(two, "b", of(THEIRS, "Портал", resources=(link(),)))
    after = stored(catalogue, ours)
    assert after.title.ru == "Портал"
    assert [file.disclosure.status for file in after.resources] == [DisclosureStatus.WITHHELD]


def test_no_agency_gives_itself_precedence(catalogue: Catalogue, agencies: dict[str, UUID]) -> None:
    admin = member(agencies[THEIRS], Role.ADMIN)
    new = NewSource("mine", "ckan", "https://x.example/", organization=THEIRS, priority=99)
    with pytest.raises(Invalid) as refused:
        sources.add(catalogue, admin, new)
    assert [problem.code for problem in refused.value.problems] == ["priority_reserved"]
    sources.add(catalogue, admin, replace(new, priority=100))
    with pytest.raises(Invalid):
        sources.revise(catalogue, admin, "mine", Changes(priority=0))
    sources.revise(catalogue, SYSTEM, "mine", Changes(priority=50))
    sources.revise(catalogue, admin, "mine", Changes(title="Ещё моё"))
    sources.revise(catalogue, admin, "mine", Changes(priority=60))


CLOSED = Disclosure(DisclosureStatus.WITHHELD, legal_ground="law_on_state_secrets")


@pytest.mark.parametrize("how", ["link", "key", "checksum"])
def test_nobody_gets_the_bytes_that_another_withheld(catalogue: Catalogue, agencies: dict[str, UUID], how: str) -> None:
    one, two = (source_of(catalogue, agencies[slug], slug) for slug in (OURS, THEIRS))
    secret = filed("Наше", "Служебный отчёт.", disclosure=CLOSED)
    secret = replace(secret, identifier="a", record=replace(secret.record, identifiers=DOI))
    if how == "link":
        (file,) = secret.record.resources
        secret = replace(secret, record=replace(secret.record, resources=(replace(file, download_url=link().key),)))
    ours = taken_as(one, secret)
    (file,) = stored(catalogue, ours).resources
    claims = {
        "link": link(),
        "key": ResourceRecord(key=file.key, filename="report.txt"),
        "checksum": ResourceRecord(key="x", filename="report.txt", checksum=file.checksum),
    }
    taken(two, "b", of(THEIRS, "Чужое", resources=(claims[how],)))
    one.take(found("a", of(OURS, "Наше без файла")))
    assert [one for one in stored(catalogue, ours).resources if one.stored] == []
    one.take(gone=["a"])
    taken(two, "b", of(THEIRS, "Чужое снова", resources=(claims[how],)))
    assert [one for one in stored(catalogue, ours).resources if one.stored] == []


def taken_as(source: Feed, item: Found) -> UUID:
    (outcome,) = source.take(item)
    assert outcome.dataset_id is not None
    return outcome.dataset_id


def test_a_file_closed_by_hand_stays_closed_under_another_key(catalogue: Catalogue) -> None:
    source = feed(catalogue)
    dataset_id = taken(source, "a", record(resources=(link(key="1"),)))
    editing.edit(catalogue, SYSTEM, str(dataset_id), {"file.1.disclosure": "withheld law_on_state_secrets"})
    taken(source, "a", record(resources=(link(key="2"),)))
    after = stored(catalogue, dataset_id)
    assert [file.disclosure.status for file in after.resources] == [DisclosureStatus.WITHHELD]
    assert [one.field for one in after.edited] == ["file.2.disclosure"]


def test_an_embargo_is_not_shortened_by_hand(catalogue: Catalogue) -> None:
    until = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2090, 1, 1), "law_on_state_secrets")
    dataset_id = taken(feed(catalogue), "a", record(resources=(link(key="1", disclosure=until),)))
    with pytest.raises(Invalid):
        editing.edit(
            catalogue, SYSTEM, str(dataset_id), {"file.1.disclosure": "embargoed 2020-01-01 law_on_state_secrets"}
        )
    editing.edit(catalogue, SYSTEM, str(dataset_id), {"file.1.disclosure": "embargoed 2095-01-01 law_on_state_secrets"})


def test_the_original_of_another_agency_is_not_for_the_editor_of_the_record(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    ours = taken(source_of(catalogue, agencies[OURS], "one"), "a", of(OURS, "Наше"))
    taken(source_of(catalogue, agencies[THEIRS], "two"), "b", of(THEIRS, "Чужое"))
    editor = member(agencies[OURS], Role.EDITOR)
    assert editing.raw(catalogue, editor, str(ours), "one").content == b"raw a"
    with pytest.raises(NotAllowed):
        editing.raw(catalogue, editor, str(ours), "two")
    with pytest.raises(NotAllowed):
        editing.raw(catalogue, member(agencies[THEIRS], Role.ADMIN), str(ours), "two")
