"""Bulk upload where the organisation wants review: new records wait in review, changes of public ones as proposals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.errors import CatalogueError, Conflict, Invalid, NotAllowed
from opendata.services import access, accounts, datasets, editing, four_eyes, proposing, reviewing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import deciding, jobs, publishing, receiving, steps, undoing, viewing
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.editing import ProposedFile
from opendata.store.operations import DatasetEvent, Job
from opendata.store.organizations import Organization

Write = Callable[..., Path]
NAMES = ("Идентификатор", "Название", "Тип", "Рег. номер", "Номер договора", "Сумма", "Вид отчёта", "Срок сдачи")
STUDY = ("R-1", "Отчёт о воде", "отчёт", "0123РК00456", "17-ПЦФ", "12 500 000", "итоговый", "2024-12-01")
HEADINGS = ("Идентификатор", "Название", "Файлы")


@dataclass(frozen=True)
class Desk:
    """The people of an agency that wants review, and what they do with tables."""

    catalogue: Catalogue
    agency: str
    editor: Actor
    reviewer: Actor

    def again(self, who: Actor) -> Actor:
        """With the rights of this moment."""
        assert who.user_id
        return access.actor_for_user(self.catalogue, who.user_id)

    def send(self, path: Path, who: Actor | None = None) -> UUID:
        """Sent, checked and published by the editor, or by somebody else."""
        who = who or self.editor
        upload_id = receiving.receive(self.catalogue, who, self.agency, path.name, path, "en")
        jobs.check(self.catalogue, upload_id)
        steps.publish(self.catalogue, who, upload_id)
        jobs.publish(self.catalogue, upload_id, who.user_id)
        return upload_id

    def decide(self, upload_id: UUID, decision: str, message: str = "", who: Actor | None = None) -> deciding.Decided:
        """As the job does it."""
        return deciding.carry_out(self.catalogue, who or self.reviewer, upload_id, decision, message)

    def of(self, identifier: str) -> DatasetRecord:
        """The record of that row, as it is stored."""
        with self.catalogue.sessions.read() as session:
            key = session.scalars(select(Dataset.id).where(Dataset.identifier == identifier)).one()
            found = proposing.stands(session, "dataset", key)
        assert isinstance(found, DatasetRecord)
        return found

    def public_title(self, identifier: str) -> str:
        """What readers have."""
        return datasets.page(self.catalogue, PUBLIC, self.of(identifier).slug).record.title.show("ru").value

    def letters(self) -> int:
        """How many were queued."""
        with self.catalogue.sessions.read() as session:
            return len(session.scalars(select(Job.id).where(Job.kind == "letter")).all())


def member(catalogue: Catalogue, agency: str, name: str, role: Role) -> Actor:
    new = accounts.NewUser(name, f"{name}@example.kz", "correct horse battery", organization=agency, role=role)
    accounts.add_user(catalogue, SYSTEM, new)
    with catalogue.sessions.read() as session:
        user = queries.user_by_email(session, f"{name}@example.kz")
    assert user
    return access.actor_for_user(catalogue, user.id)


@pytest.fixture
def desk(catalogue: Catalogue, agency: str) -> Desk:
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Organization).values(review=True))
    editor = member(catalogue, agency, "aigul", Role.EDITOR)
    return Desk(catalogue, agency, editor, member(catalogue, agency, "bolat", Role.REVIEWER))


def test_new_records_of_an_editor_wait_in_review_until_a_reviewer_accepts_them(desk: Desk, workbook: Write) -> None:
    table = workbook([NAMES[:2], ("A-1", "Вода"), ("A-2", "Лёд")])
    before = desk.letters()
    upload_id = desk.send(table)
    assert {desk.of(one).state for one in ("A-1", "A-2")} == {RecordState.IN_REVIEW}
    assert desk.letters() == before + 1  # one for the table, not one for each record
    page = viewing.upload(desk.catalogue, desk.reviewer, upload_id)
    assert (page.waits, page.reviewers) == (2, ("bolat",))
    assert {"accept", "return"} <= page.may
    assert not {"accept", "return"} & viewing.upload(desk.catalogue, desk.editor, upload_id).may
    with pytest.raises(CatalogueError):
        desk.public_title("A-1")

    with pytest.raises(NotAllowed):
        deciding.decide(desk.catalogue, desk.editor, upload_id, deciding.ACCEPT)
    assert desk.decide(upload_id, deciding.ACCEPT, "Спасибо") == deciding.Decided(2, 0)
    assert desk.public_title("A-1") == "Вода"
    assert desk.letters() == before + 2
    talk = reviewing.talk(desk.catalogue, desk.editor, "dataset", desk.of("A-1").slug)
    assert [(one.action, one.message) for one in talk.words] == [("submitted", "table.xlsx"), ("accepted", "Спасибо")]
    with pytest.raises(Conflict):
        desk.decide(upload_id, deciding.ACCEPT)


def test_a_row_that_changes_a_public_record_is_a_proposal_and_stays_the_word_of_the_table(
    desk: Desk, workbook: Write
) -> None:
    desk.send(workbook([NAMES[:2], ("A-1", "Вода")]), desk.reviewer)
    second = desk.send(workbook([NAMES[:2], ("A-1", "Вода и лёд")]))
    assert desk.public_title("A-1") == "Вода"
    talk = reviewing.talk(desk.catalogue, desk.reviewer, "dataset", desk.of("A-1").slug)
    assert talk.proposal
    assert "Вода и лёд" in [one.after for one in talk.proposal.differences]

    desk.decide(second, deciding.ACCEPT)
    assert desk.public_title("A-1") == "Вода и лёд"
    assert desk.of("A-1").edited == ()  # nobody wrote it by hand, so the next table may change it
    third = desk.send(workbook([NAMES[:2], ("A-1", "Вода, лёд и пар")]))
    assert (
        reviewing.publish(desk.catalogue, desk.reviewer, "dataset", desk.of("A-1").slug).title.show("ru").value
        == "Вода, лёд и пар"
    )
    assert undoing.undo(desk.catalogue, desk.reviewer, third) == undoing.Undone(0, 1)
    assert desk.public_title("A-1") == "Вода и лёд"


def test_the_same_table_again_proposes_nothing_twice(desk: Desk, workbook: Write) -> None:
    _published(desk, workbook)
    table = workbook([NAMES[:2], ("A-1", "Иначе")])
    desk.send(table)
    desk.send(table)
    words = reviewing.talk(desk.catalogue, desk.editor, "dataset", desk.of("A-1").slug).words
    assert [one.action for one in words].count("proposed") == 1


def _published(desk: Desk, workbook: Write) -> str:
    """A public record of the table, by its slug."""
    desk.decide(desk.send(workbook([NAMES[:2], ("A-1", "Вода")])), deciding.ACCEPT)
    return desk.of("A-1").slug


def test_what_is_returned_is_mended_in_the_table_and_sent_in_again(desk: Desk, workbook: Write) -> None:
    first = desk.send(workbook([NAMES[:2], ("A-1", "Вода")]))
    with pytest.raises(Invalid):
        desk.decide(first, deciding.RETURN, "  ")
    desk.decide(first, deciding.RETURN, "Какая вода?")
    assert desk.of("A-1").state is RecordState.DRAFT
    second = desk.send(workbook([NAMES[:2], ("A-1", "Вода Арала")]))
    assert (desk.of("A-1").state, desk.of("A-1").title.show("ru").value) == (RecordState.IN_REVIEW, "Вода Арала")
    desk.decide(second, deciding.ACCEPT)

    third = desk.send(workbook([NAMES[:2], ("A-1", "Хуже")]))
    desk.decide(third, deciding.RETURN, "Нет")
    assert desk.public_title("A-1") == "Вода Арала"
    fourth = desk.send(workbook([NAMES[:2], ("A-1", "Хуже")]))  # a return is not the last word
    assert viewing.upload(desk.catalogue, desk.editor, fourth).waits == 1


def test_what_waits_is_taken_back_by_who_sent_it(desk: Desk, workbook: Write) -> None:
    slug = _published(desk, workbook)
    upload_id = desk.send(workbook([NAMES[:2], ("A-1", "Иначе"), ("A-2", "Лёд")]))
    assert "undo" in viewing.upload(desk.catalogue, desk.editor, upload_id).may
    assert undoing.undo(desk.catalogue, desk.editor, upload_id) == undoing.Undone(1, 0)
    assert desk.of("A-2").state is RecordState.WITHDRAWN
    assert reviewing.talk(desk.catalogue, desk.editor, "dataset", slug).proposal is None
    assert desk.public_title("A-1") == "Вода"
    accepted = desk.send(workbook([NAMES[:2], ("A-2", "Лёд")]))
    desk.decide(accepted, deciding.ACCEPT)
    assert "undo" not in viewing.upload(desk.catalogue, desk.editor, accepted).may
    with pytest.raises(NotAllowed):
        undoing.undo(desk.catalogue, desk.editor, accepted)
    undoing.undo(desk.catalogue, desk.reviewer, accepted)
    assert desk.of("A-2").state is RecordState.WITHDRAWN


def test_what_others_wrote_meanwhile_waits_on_alone(desk: Desk, workbook: Write) -> None:
    slug = _published(desk, workbook)
    upload_id = desk.send(workbook([NAMES[:2], ("A-1", "Из таблицы"), ("A-2", "Лёд")]))
    editing.edit(desk.catalogue, desk.reviewer, slug, {"title.ru": "Рукой"})
    assert desk.decide(upload_id, deciding.ACCEPT) == deciding.Decided(1, 1)
    assert desk.public_title("A-1") == "Рукой"
    assert desk.of("A-2").state is RecordState.PUBLISHED


def test_a_row_meets_the_change_that_somebody_typed_and_is_told(desk: Desk, workbook: Write) -> None:
    slug = _published(desk, workbook)
    stands = desk.of("A-1")
    typed = replace(stands, identifier="A-1", version="2")
    reviewing.propose(desk.catalogue, desk.editor, "dataset", slug, typed)
    upload_id = desk.send(workbook([NAMES[:2], ("A-1", "Из таблицы"), ("A-3", "Пар")]))
    page = viewing.upload(desk.catalogue, desk.editor, upload_id)
    assert (page.rows.failed, page.waits) == (1, 1)
    found = viewing.problems(desk.catalogue, desk.editor, upload_id)
    assert "waits for review" in found.problems[0].message


def test_who_reviews_alone_publishes_and_the_audit_says_so(desk: Desk, workbook: Write) -> None:
    desk.send(workbook([NAMES[:2], ("A-1", "Вода")]), desk.reviewer)
    assert desk.public_title("A-1") == "Вода"
    with desk.catalogue.sessions.read() as session:
        assert four_eyes.ALONE in set(session.scalars(select(DatasetEvent.action)))


def test_of_two_reviewers_the_other_one_accepts(desk: Desk, workbook: Write) -> None:
    other = member(desk.catalogue, desk.agency, "serik", Role.ADMIN)
    upload_id = desk.send(workbook([NAMES[:2], ("A-1", "Вода")]), desk.reviewer)
    with pytest.raises(NotAllowed):
        desk.decide(upload_id, deciding.ACCEPT)
    assert desk.decide(upload_id, deciding.ACCEPT, who=other).decided == 1
    desk.send(workbook([NAMES[:2], ("A-1", "Вода Арала")]), desk.reviewer)
    assert desk.public_title("A-1") == "Вода Арала"  # what is public is theirs to change, as in the form


def test_files_of_a_proposal_are_kept_for_it_and_nobody_else_has_them(
    desk: Desk, workbook: Write, packed: Callable[..., Path]
) -> None:
    slug = _published(desk, workbook)
    table = workbook([HEADINGS, ("A-1", "Вода", "a.txt")])
    upload_id = desk.send(packed(table, {"a.txt": b"water"}))
    assert datasets.page(desk.catalogue, PUBLIC, slug).record.resources == ()
    with desk.catalogue.sessions.read() as session:
        (checksum,) = session.scalars(select(ProposedFile.checksum)).all()
    assert desk.catalogue.files.exists(checksum)
    desk.decide(upload_id, deciding.RETURN, "Не та вода")
    assert desk.catalogue.files.exists(checksum)  # they may go on with it
    reviewing.take_back(desk.catalogue, desk.editor, "dataset", slug)
    assert not desk.catalogue.files.exists(checksum)
    again = desk.send(packed(table, {"a.txt": b"water"}))
    desk.decide(again, deciding.ACCEPT)
    (file,) = desk.of("A-1").resources
    assert (file.stored, file.checksum) == (True, checksum)
    with desk.catalogue.sessions.read() as session:
        assert session.scalars(select(ProposedFile.checksum)).all() == []


def test_studies_of_a_table_wait_as_well(desk: Desk, workbook: Write) -> None:
    upload_id = desk.send(workbook([NAMES, STUDY]))
    study = _study(desk)
    assert study.state is RecordState.IN_REVIEW
    assert desk.decide(upload_id, deciding.ACCEPT) == deciding.Decided(2, 0)
    study = _study(desk)
    assert study.state is RecordState.PUBLISHED
    (owed,) = study.contracts[0].deliverables
    assert owed.dataset
    assert owed.dataset.id == desk.of("R-1").id

    second = desk.send(workbook([NAMES, (*STUDY[:5], "13 000 000", *STUDY[6:])]))
    assert _study(desk).contracts[0].amount == study.contracts[0].amount
    desk.decide(second, deciding.ACCEPT)
    assert str(_study(desk).contracts[0].amount).startswith("13000000")
    undoing.undo(desk.catalogue, desk.reviewer, second)
    assert _study(desk).contracts[0].amount == study.contracts[0].amount


def _study(desk: Desk) -> StudyRecord:
    with desk.catalogue.sessions.read() as session:
        key = queries.study_by_register_number(session, "0123РК00456")
        assert key
        return queries.study_page(session, key, public_only=False)


def test_at_the_command_line_review_is_asked_for(desk: Desk, workbook: Write) -> None:
    path = workbook([NAMES[:2], ("A-1", "Вода")])
    request = publishing.Request(path, path.name, desk.agency, "en", review=True)
    report = publishing.publish(desk.catalogue, SYSTEM, request).report
    assert report.id
    assert desk.of("A-1").state is RecordState.IN_REVIEW
    assert desk.decide(report.id, deciding.ACCEPT, who=SYSTEM).decided == 1
    with desk.catalogue.sessions.read() as session:
        actions = set(session.scalars(select(DatasetEvent.action)))
    assert four_eyes.ALONE not in actions


def test_a_decision_is_the_workers(desk: Desk, workbook: Write) -> None:
    upload_id = desk.send(workbook([NAMES[:2], ("A-1", "Вода")]))
    deciding.decide(desk.catalogue, desk.reviewer, upload_id, deciding.ACCEPT)
    assert viewing.upload(desk.catalogue, desk.editor, upload_id).deciding
    with desk.catalogue.sessions.read() as session:
        job = session.scalars(select(Job).where(Job.kind == deciding.JOB)).one()
    deciding.run(desk.catalogue, job.payload)
    deciding.run(desk.catalogue, job.payload)  # killed before it was marked as done
    assert desk.public_title("A-1") == "Вода"
