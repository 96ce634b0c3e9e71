"""Who writes for one agency neither sees nor changes what another keeps, by whatever name a row calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import StudyRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import NotAllowed, NotFound
from opendata.services import organizations, register
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import answering, publishing, undoing, viewing
from opendata.services.uploads.publishing import Done, Request
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.store.register import Study
from tests.factories import ru
from tests.services.uploads.conftest import HEADINGS, codes
from tests.services.uploads.test_studies import CONTRACTS, NUMBER, OWED, STUDIES

OTHER = "Другое ведомство"
Write = Callable[..., Path]


@pytest.fixture
def owners(catalogue: Catalogue, agency: str) -> dict[str, UUID]:
    """The ids of the agency and of another one."""
    organizations.add(catalogue, SYSTEM, "other", OTHER)
    with catalogue.sessions.read() as session:
        return {one.slug: one.id for one in session.scalars(select(Organization))}


@pytest.fixture
def clerk(owners: dict[str, UUID]) -> Actor:
    """An editor of the agency alone."""
    return Actor(name="clerk", roles={owners["msh"]: Role.EDITOR})


@pytest.fixture
def both(owners: dict[str, UUID]) -> Actor:
    """An editor of both."""
    return Actor(name="both", roles=dict.fromkeys(owners.values(), Role.EDITOR))


def publish(catalogue: Catalogue, actor: Actor, path: Path) -> Done:
    return publishing.publish(catalogue, actor, Request(path, path.name, "msh", "ru"))


def for_other(catalogue: Catalogue, both: Actor, workbook: Write) -> Done:
    """A record of the other agency that came with an upload of this one."""
    rows = [(*HEADINGS, "Организация"), ("X-1", "Секретный отчёт", "Отчёт", "2023", "", OTHER)]
    done = publish(catalogue, both, workbook(rows))
    assert codes(done.report) == []
    return done


def test_records_of_another_agency_are_not_written_over(
    catalogue: Catalogue, both: Actor, clerk: Actor, workbook: Write
) -> None:
    for_other(catalogue, both, workbook)
    path = workbook([HEADINGS, ("X-1", "Наш", "Отчёт", "2023", "")], name="own.xlsx")
    assert codes(publish(catalogue, clerk, path).report) == ["organization_foreign"]
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Dataset.title)).one() == ru("Секретный отчёт")


def test_upload_is_taken_back_only_by_who_may_write_for_all_its_records(
    catalogue: Catalogue, both: Actor, clerk: Actor, workbook: Write
) -> None:
    done = for_other(catalogue, both, workbook)
    assert done.report.id is not None
    with pytest.raises(NotAllowed):
        undoing.undo(catalogue, clerk, done.report.id)
    assert undoing.undo(catalogue, both, done.report.id).withdrawn == 1


def test_nothing_is_told_of_a_private_study_of_another_agency(
    catalogue: Catalogue, owners: dict[str, UUID], clerk: Actor, workbook: Write, sent: Callable[..., UUID]
) -> None:
    owner = OrganizationRef(slug="other", title=ru(OTHER), id=owners["other"])
    with catalogue.sessions.write.begin() as session:
        register.save(session, catalogue, SYSTEM, StudyRecord(ru("Секретная тема"), NUMBER, organization=owner))
        session.flush()
        session.execute(update(Study).values(private=True))
    for sheets in ({"Исследования": STUDIES}, {"Договоры": CONTRACTS}):
        upload_id = sent(workbook([()], **sheets))
        (row, *_) = viewing.rows(catalogue, clerk, upload_id).rows
        assert [one.code for one in row.problems if one.severity == "error"] == ["study_foreign"]
        told = repr((row, viewing.problems(catalogue, clerk, upload_id)))
        assert "екретная" not in told
        assert (row.slug, row.changes) == ("", ())


def test_private_record_of_another_agency_is_no_deliverable(
    catalogue: Catalogue, both: Actor, clerk: Actor, workbook: Write
) -> None:
    for_other(catalogue, both, workbook)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).values(private=True, identifier="X-1"))
    owed = [OWED[0], (*OWED[1][:-1], "X-1")]
    path = workbook([()], name="owed.xlsx", Исследования=STUDIES, Договоры=CONTRACTS, Обязательства=owed)
    assert "dataset_missing" in codes(publish(catalogue, clerk, path).report)
    assert "dataset_missing" not in codes(publish(catalogue, both, path).report)


def test_answer_is_for_a_file_of_that_upload(catalogue: Catalogue, workbook: Write, sent: Callable[..., UUID]) -> None:
    upload_id = sent(workbook([HEADINGS, ("A-1", "Отчёт", "Отчёт", "2023", "")]))
    with pytest.raises(NotFound):
        answering.answer(catalogue, SYSTEM, upload_id, "0" * 64, "Гриф снят актом комиссии № 3")
