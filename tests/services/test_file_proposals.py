"""Files of public records where review is wanted: what an editor does with them waits, and nobody else has them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef, Text
from opendata.errors import CatalogueError, Conflict, NotAllowed, NotFound
from opendata.services import (
    attaching,
    datasets,
    disclosing,
    file_desk,
    life,
    proposing,
    purging,
    reviewing,
    writing,
)
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.store.editing import ProposedFile
from opendata.store.operations import DatasetEvent
from opendata.store.organizations import Organization
from tests.conftest import Clock
from tests.factories import link, organization, record, ru

CLOSED = Disclosure(DisclosureStatus.WITHHELD, dt.date(2031, 1, 1), "kz-personal", Text.of("Личные данные", "ru"))


@dataclass(frozen=True)
class Desk:
    """A public record with one stored file, an editor who may not publish, and a reviewer."""

    catalogue: Catalogue
    editor: Actor
    reviewer: Actor
    file: UUID

    def attach(
        self, data: bytes, name: str = "b.txt", *, replaces: UUID | None = None, why: str = ""
    ) -> ResourceRecord:
        """As the desk attaches."""
        return attaching.attach(
            self.catalogue, self.editor, "led", io.BytesIO(data), name, replaces=replaces, why=why, propose=True
        )

    def public(self) -> list[tuple[str, str]]:
        """Names and checksums of what readers see."""
        found = datasets.page(self.catalogue, PUBLIC, "led").record.resources
        return [(one.filename, one.checksum) for one in found]

    def accept(self) -> DatasetRecord:
        """By the reviewer."""
        found = reviewing.publish(self.catalogue, self.reviewer, "dataset", "led")
        assert isinstance(found, DatasetRecord)
        return found

    def kept(self) -> set[str]:
        """Checksums that are kept for a proposal."""
        with self.catalogue.sessions.read() as session:
            return set(session.scalars(select(ProposedFile.checksum)))


def actor(name: str, role: Role, su: UUID) -> Actor:
    return Actor(user_id=UUID(int=len(name)), name=name, roles={su: role}, reviewed=frozenset([su]))


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    su = organization(catalogue, "su")
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Organization).values(review=True))
    given = record("Лёд", organization=OrganizationRef(slug="su", id=su))
    writing.create(catalogue, SYSTEM, given, slug="led")
    file = attaching.attach(catalogue, SYSTEM, "led", io.BytesIO(b"first"), "a.txt")
    assert file.id
    return Desk(catalogue, actor("aigul", Role.EDITOR, su), actor("bolat1", Role.REVIEWER, su), file.id)


def test_a_file_that_an_editor_adds_is_for_who_edits_until_it_is_accepted(desk: Desk) -> None:
    made = desk.attach(b"second")
    assert [name for name, _ in desk.public()] == ["a.txt"]
    with proposing.open_file(desk.catalogue, desk.reviewer, "led", made.checksum).stream as stream:
        assert stream.read() == b"second"
    other = actor("another", Role.EDITOR, organization(desk.catalogue, "other"))
    for who, error in ((PUBLIC, NotAllowed), (other, NotAllowed)):
        with pytest.raises(error):
            proposing.open_file(desk.catalogue, who, "led", made.checksum)
    with pytest.raises(NotFound):  # that of a file which is there is no way round who may have that
        proposing.open_file(desk.catalogue, desk.reviewer, "led", desk.public()[0][1])

    listed = file_desk.listed(desk.catalogue, desk.editor, "led")
    assert [(one.file.filename, one.proposed) for one in listed.files] == [("a.txt", False), ("b.txt", True)]
    assert (listed.proposes, listed.waits) == (True, True)
    assert [one.file.filename for one in file_desk.listed(desk.catalogue, desk.reviewer, "led").files] == ["a.txt"]
    proposal = reviewing.talk(desk.catalogue, desk.reviewer, "dataset", "led").proposal
    assert proposal
    assert [one.filename for one in proposal.files] == ["b.txt"]
    assert any(one.field.startswith("file.") for one in proposal.differences)
    after = desk.accept()
    assert [one.id for one in after.resources] == [desk.file, made.id]
    assert [name for name, _ in desk.public()] == ["a.txt", "b.txt"]
    assert desk.kept() == set()
    with pytest.raises(NotFound):
        proposing.open_file(desk.catalogue, desk.reviewer, "led", made.checksum)


def test_other_bytes_wait_and_those_there_become_an_earlier_version(desk: Desk) -> None:
    before = desk.public()
    made = desk.attach(b"mended", "a2.txt", replaces=desk.file, why="Таблица 3")
    assert (made.id, desk.public()) == (desk.file, before)
    desk.accept()
    assert desk.public() == [("a2.txt", made.checksum)]
    (version,) = file_desk.listed(desk.catalogue, desk.reviewer, "led").files[0].versions
    assert (version.checksum, version.why) == (before[0][1], "Таблица 3")


def test_a_file_that_is_taken_out_stays_until_then(desk: Desk) -> None:
    file_desk.remove(desk.catalogue, desk.editor, "led", desk.file)
    assert len(desk.public()) == 1
    desk.accept()
    assert desk.public() == []


def test_who_may_have_it_changes_when_it_is_accepted_and_the_history_says_so(desk: Desk) -> None:
    with pytest.raises(NotAllowed):  # a program that asks for it at once is not told that it was done
        disclosing.disclose(desk.catalogue, desk.editor, "led", [desk.file], CLOSED)
    disclosing.disclose(desk.catalogue, desk.editor, "led", [desk.file], CLOSED, propose=True)
    assert file_desk.listed(desk.catalogue, desk.reviewer, "led").files[0].disclosure == Disclosure()
    with desk.catalogue.sessions.read() as session:
        assert disclosing.CLOSED not in set(session.scalars(select(DatasetEvent.action)))
    desk.accept()
    assert (
        datasets.page(desk.catalogue, PUBLIC, "led").record.resources[0].disclosure.status is DisclosureStatus.WITHHELD
    )
    with desk.catalogue.sessions.read() as session:
        assert disclosing.CLOSED in set(session.scalars(select(DatasetEvent.action)))


def test_one_change_holds_all_that_was_done_and_goes_on_after_it_was_returned(desk: Desk) -> None:
    made = desk.attach(b"second")
    assert made.id
    file_desk.change(desk.catalogue, desk.editor, "led", made.id, lambda one: replace(one, name=ru("Приложение")))
    file_desk.add_link(desk.catalogue, desk.editor, "led", link())
    reviewing.send_back(desk.catalogue, desk.reviewer, "dataset", "led", "Не то приложение")
    assert life.standing(desk.catalogue, desk.editor, "dataset", "led").talk.returned
    assert desk.kept() == {made.checksum}
    desk.attach(b"third", "c.txt", replaces=made.id)
    assert made.checksum not in desk.kept()
    assert not desk.catalogue.files.exists(made.checksum)  # nobody needs it any more
    after = desk.accept()
    assert [(one.filename, one.name.ru) for one in after.resources][:2] == [("a.txt", ""), ("c.txt", "Приложение")]
    assert len(after.resources) == 3


def test_a_form_that_is_proposed_keeps_the_files_of_the_change(desk: Desk) -> None:
    made = desk.attach(b"second")
    begun = reviewing.proposed(desk.catalogue, desk.editor, "dataset", "led")
    assert isinstance(begun, DatasetRecord)
    reviewing.propose(desk.catalogue, desk.editor, "dataset", "led", replace(begun, title=ru("Лёд и вода")))
    after = desk.accept()
    assert (after.title.ru, [one.checksum for one in after.resources][1]) == ("Лёд и вода", made.checksum)


def test_what_is_given_up_leaves_no_bytes(desk: Desk) -> None:
    made = desk.attach(b"second")
    reviewing.take_back(desk.catalogue, desk.editor, "dataset", "led")
    assert not desk.catalogue.files.exists(made.checksum)
    again = desk.attach(b"second")
    reviewing.send_back(desk.catalogue, desk.reviewer, "dataset", "led", "Нет")
    reviewing.take_back(desk.catalogue, desk.editor, "dataset", "led")
    assert not desk.catalogue.files.exists(again.checksum)
    last = desk.attach(b"last")
    purging.purge(desk.catalogue, SYSTEM, "led")
    assert not desk.catalogue.files.exists(last.checksum)


def test_what_was_returned_and_left_lying_is_forgotten_after_a_time(desk: Desk, clock: Clock) -> None:
    made = desk.attach(b"second")
    clock.advance(days=100)
    assert proposing.forget_returned(desk.catalogue) == 0  # it waits still
    reviewing.send_back(desk.catalogue, desk.reviewer, "dataset", "led", "Нет")
    assert proposing.forget_returned(desk.catalogue) == 0
    clock.advance(days=100)
    assert proposing.forget_returned(desk.catalogue) == 1
    assert not desk.catalogue.files.exists(made.checksum)
    listed = file_desk.listed(desk.catalogue, desk.editor, "led")
    assert [one.file.filename for one in listed.files] == ["a.txt"]


def test_bytes_that_others_replaced_meanwhile_are_not_overwritten(desk: Desk) -> None:
    desk.attach(b"mine", replaces=desk.file)
    attaching.attach(desk.catalogue, desk.reviewer, "led", io.BytesIO(b"theirs"), "t.txt", replaces=desk.file)
    with pytest.raises(Conflict):
        desk.accept()
    assert [name for name, _ in desk.public()] == ["t.txt"]


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, who: attaching.attach(desk.catalogue, who, "led", io.BytesIO(b"x"), "x", propose=True),
        lambda desk, who: file_desk.remove(desk.catalogue, who, "led", desk.file),
        lambda desk, who: disclosing.disclose(desk.catalogue, who, "led", [desk.file], CLOSED, propose=True),
    ],
    ids=["add", "remove", "disclose"],
)
def test_a_change_of_somebody_else_has_to_be_decided_first(desk: Desk, act: Callable[[Desk, Actor], object]) -> None:
    made = desk.attach(b"second")
    other = replace(desk.editor, user_id=UUID(int=99), name="serik")
    with pytest.raises(Conflict, match="waits for review"):
        act(desk, other)
    with pytest.raises(CatalogueError):
        act(desk, replace(other, roles={}))
    assert desk.kept() == {made.checksum}


def test_another_order_of_the_files_waits_as_any_change_does(desk: Desk) -> None:
    second = attaching.attach(desk.catalogue, SYSTEM, "led", io.BytesIO(b"second"), "b.txt")
    assert second.id
    file_desk.move(desk.catalogue, desk.editor, "led", second.id, -1)
    assert [name for name, _ in desk.public()] == ["a.txt", "b.txt"]
    proposal = reviewing.talk(desk.catalogue, desk.reviewer, "dataset", "led").proposal
    assert proposal is not None
    (only,) = proposal.differences
    assert (only.field, only.before, only.after) == ("resources", ("a.txt", "b.txt"), ("b.txt", "a.txt"))
    attaching.attach(desk.catalogue, desk.reviewer, "led", io.BytesIO(b"third"), "c.txt")  # what others write stays
    desk.accept()
    assert [name for name, _ in desk.public()] == ["b.txt", "a.txt", "c.txt"]
    file_desk.move(desk.catalogue, desk.editor, "led", second.id, 0)  # changes nothing, so nothing waits
    assert reviewing.talk(desk.catalogue, desk.reviewer, "dataset", "led").proposal is None
