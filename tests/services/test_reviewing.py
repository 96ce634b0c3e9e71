"""Review: who may publish where it is wanted, what is said on the way, and changes of public records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.errors import Changed, Conflict, Invalid, NotAllowed, NotFound
from opendata.services import (
    accounts,
    attaching,
    bulk,
    datasets,
    editing,
    four_eyes,
    life,
    purging,
    reviewing,
    studies_writing,
    writing,
)
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.missing import missing
from opendata.services.revisions import Record
from opendata.store import queries
from opendata.store.accounts import Membership
from opendata.store.editing import ReviewNote
from opendata.store.operations import DatasetEvent, Job
from tests.conftest import Clock
from tests.factories import link, organization, record, ru

Person = Callable[[str, Role], Actor]


@pytest.fixture
def su(catalogue: Catalogue) -> OrganizationRef:
    """An agency that wants review."""
    return OrganizationRef(slug="su", id=organization(catalogue, "su"))


@pytest.fixture
def person(catalogue: Catalogue, su: OrganizationRef) -> Person:
    """Makes people of the agency, who know that it wants review."""

    def make(name: str, role: Role) -> Actor:
        accounts.add_user(catalogue, SYSTEM, accounts.NewUser(name, f"{name}@example.kz", "correct horse battery"))
        assert su.id
        with catalogue.sessions.write.begin() as session:
            user = queries.user_by_email(session, f"{name}@example.kz")
            assert user
            session.add(Membership(user_id=user.id, organization_id=su.id, role=role, created=catalogue.now()))
        return Actor(user_id=user.id, name=name, roles={su.id: role}, reviewed=frozenset([su.id]))

    return make


@pytest.fixture
def editor(person: Person) -> Actor:
    """Writes records."""
    return person("aigul", Role.EDITOR)


@pytest.fixture
def reviewer(person: Person) -> Actor:
    """Accepts them."""
    return person("bolat", Role.REVIEWER)


@pytest.fixture
def draft(catalogue: Catalogue, editor: Actor, su: OrganizationRef) -> DatasetRecord:
    """A draft of the editor."""
    given = record("Вода", organization=su, state=RecordState.DRAFT, resources=(link(),))
    return writing.create(catalogue, editor, given, slug="voda")


@pytest.fixture
def public(catalogue: Catalogue, su: OrganizationRef) -> DatasetRecord:
    """A public record of the agency."""
    return writing.create(catalogue, SYSTEM, record("Лёд", organization=su, resources=(link(),)), slug="led")


def letters_of(catalogue: Catalogue) -> int:
    with catalogue.sessions.read() as session:
        return len(session.scalars(select(Job.id).where(Job.kind == "letter")).all())


def said(catalogue: Catalogue, who: Actor, name: str = "voda") -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.message) for one in reviewing.talk(catalogue, who, "dataset", name).words]


def test_the_way_of_a_record_from_draft_to_public(
    catalogue: Catalogue, draft: DatasetRecord, editor: Actor, reviewer: Actor
) -> None:
    sent = reviewing.submit(catalogue, editor, "dataset", "voda", "Готово")
    assert sent.state is RecordState.IN_REVIEW
    assert letters_of(catalogue) == 1
    reviewing.comment(catalogue, reviewer, "dataset", "voda", "Какой год?", "issued")
    with pytest.raises(Invalid):
        reviewing.send_back(catalogue, reviewer, "dataset", "voda", "  ")
    returned = reviewing.send_back(catalogue, reviewer, "dataset", "voda", "Нет лицензии")
    assert returned.state is RecordState.DRAFT
    reviewing.submit(catalogue, editor, "dataset", "voda")
    accepted = reviewing.publish(catalogue, reviewer, "dataset", "voda", "Спасибо")
    assert accepted.state is RecordState.PUBLISHED
    assert said(catalogue, editor) == [
        ("aigul", "submitted", "Готово"), ("bolat", "comment", "Какой год?"), ("bolat", "returned", "Нет лицензии"),
        ("aigul", "submitted", ""), ("bolat", "accepted", "Спасибо"),
    ]  # fmt: skip
    assert letters_of(catalogue) == 5
    assert datasets.page(catalogue, PUBLIC, "voda").record.id == draft.id


def test_where_review_is_wanted_an_editor_makes_nothing_public(
    catalogue: Catalogue, draft: DatasetRecord, editor: Actor, su: OrganizationRef
) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: writing.create(catalogue, editor, record("Сразу", organization=su)),
        lambda: writing.replace(catalogue, editor, "voda", replace(draft, state=RecordState.PUBLISHED)),
        lambda: reviewing.publish(catalogue, editor, "dataset", "voda"),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    hidden = writing.replace(catalogue, editor, "voda", replace(draft, state=RecordState.PUBLISHED, private=True))
    with pytest.raises(NotAllowed):
        writing.replace(catalogue, editor, "voda", replace(hidden, private=False))


def test_nor_changes_what_is_public_but_may_take_it_out_of_sight(
    catalogue: Catalogue, public: DatasetRecord, editor: Actor
) -> None:
    with pytest.raises(NotAllowed):
        writing.replace(catalogue, editor, "led", replace(public, title=ru("Иначе")))
    with pytest.raises(NotAllowed):
        editing.edit(catalogue, editor, "led", {"title.ru": "Иначе"})
    assert writing.remove(catalogue, editor, "led", "Ошибка").state is RecordState.WITHDRAWN
    with pytest.raises(NotAllowed):
        writing.restore(catalogue, editor, "led")


def test_nobody_accepts_what_they_sent_in(
    catalogue: Catalogue, draft: DatasetRecord, reviewer: Actor, person: Person
) -> None:
    other = person("serik", Role.ADMIN)
    reviewing.submit(catalogue, reviewer, "dataset", "voda")
    with pytest.raises(NotAllowed, match="yourself"):
        reviewing.publish(catalogue, reviewer, "dataset", "voda")
    with pytest.raises(NotAllowed, match="yourself"):
        writing.replace(catalogue, reviewer, "voda", lambda before: replace(before, state=RecordState.PUBLISHED))
    assert reviewing.publish(catalogue, other, "dataset", "voda").state is RecordState.PUBLISHED
    assert draft.state is RecordState.DRAFT


def own(catalogue: Catalogue, who: Actor, su: OrganizationRef, kind: str) -> str:
    """A draft that they made themselves."""
    if kind == "study":
        given = StudyRecord(title=ru("Моё"), register_number="0125РК00009", organization=su, state=RecordState.DRAFT)
        return studies_writing.create(catalogue, who, given).slug
    return writing.create(catalogue, who, record("Моё", organization=su, state=RecordState.DRAFT)).slug


@pytest.mark.parametrize("kind", ["dataset", "study"])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN])
def test_nobody_publishes_their_own_draft_where_somebody_else_may_review(
    catalogue: Catalogue, su: OrganizationRef, person: Person, role: Role, kind: str
) -> None:
    mine, other = person("dana", role), person("serik", Role.REVIEWER)
    name = own(catalogue, mine, su, kind)
    write: Any = studies_writing.replace if kind == "study" else writing.replace
    assert "publish" not in life.standing(catalogue, mine, kind, name).can
    attempts: tuple[Callable[[], object], ...] = (
        lambda: reviewing.publish(catalogue, mine, kind, name),
        lambda: write(catalogue, mine, name, lambda before: replace(before, state=RecordState.PUBLISHED)),
        lambda: writing.create(catalogue, mine, record("Сразу", organization=su)),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="yourself"):
            attempt()
    assert reviewing.publish(catalogue, other, kind, name).state is RecordState.PUBLISHED
    changed = write(catalogue, mine, name, lambda before: replace(before, title=ru("Точнее")))
    assert changed.title.ru == "Точнее"


@pytest.mark.parametrize(("kind", "sent"), [("dataset", False), ("dataset", True), ("study", True)])
def test_who_reviews_alone_may_and_the_audit_says_so(
    catalogue: Catalogue, su: OrganizationRef, person: Person, kind: str, *, sent: bool
) -> None:
    mine = person("dana", Role.REVIEWER)
    person("aigul", Role.EDITOR)
    name = own(catalogue, mine, su, kind)
    if sent:
        reviewing.submit(catalogue, mine, kind, name)
    assert "publish" in life.standing(catalogue, mine, kind, name).can
    made = reviewing.publish(catalogue, mine, kind, name)
    assert made.state is RecordState.PUBLISHED
    assert four_eyes.ALONE in events(catalogue, made)


def test_sysadmins_and_who_publishes_what_others_made_need_nobody(
    catalogue: Catalogue, draft: DatasetRecord, su: OrganizationRef, reviewer: Actor, person: Person
) -> None:
    person("serik", Role.REVIEWER)
    root = replace(person("root", Role.MEMBER), sysadmin=True)
    for who, name in ((reviewer, draft.slug), (root, own(catalogue, root, su, "dataset"))):
        made = reviewing.publish(catalogue, who, "dataset", name)
        assert made.state is RecordState.PUBLISHED
        assert four_eyes.ALONE not in events(catalogue, made)


def events(catalogue: Catalogue, of: Record) -> list[str]:
    with catalogue.sessions.read() as session:
        return list(session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == of.id)))


def test_it_may_be_taken_back(catalogue: Catalogue, draft: DatasetRecord, editor: Actor) -> None:
    with pytest.raises(Conflict):
        reviewing.take_back(catalogue, editor, "dataset", "voda")
    reviewing.submit(catalogue, editor, "dataset", "voda")
    with pytest.raises(Conflict):
        reviewing.submit(catalogue, editor, "dataset", "voda")
    assert reviewing.take_back(catalogue, editor, "dataset", "voda").state is draft.state


def test_a_change_of_a_public_record_waits_for_a_reviewer(
    catalogue: Catalogue, public: DatasetRecord, editor: Actor, reviewer: Actor, clock: Clock
) -> None:
    wanted = replace(public, title=Text(ru="Морской лёд", original="ru"))
    assert reviewing.needs_review(editor, public, wanted)
    assert not reviewing.needs_review(reviewer, public, wanted)
    reviewing.propose(catalogue, editor, "dataset", "led", wanted, "Точнее")
    assert datasets.page(catalogue, PUBLIC, "led").record.title.ru == "Лёд"
    clock.advance(hours=1)
    writing.replace(catalogue, reviewer, "led", lambda before: replace(before, version="2"))
    seen = reviewing.talk(catalogue, reviewer, "dataset", "led")
    assert seen.proposal
    assert [(one.field, one.after) for one in seen.proposal.differences] == [("title.ru", "Морской лёд")]
    stands = reviewing.publish(catalogue, reviewer, "dataset", "led")
    assert isinstance(stands, DatasetRecord)
    assert (stands.title.ru, stands.version) == ("Морской лёд", "2")
    assert reviewing.talk(catalogue, reviewer, "dataset", "led").proposal is None


def test_a_proposed_change_that_meets_another_is_not_written(
    catalogue: Catalogue, public: DatasetRecord, editor: Actor, reviewer: Actor, clock: Clock
) -> None:
    reviewing.propose(catalogue, editor, "dataset", "led", replace(public, title=ru("Моё")))
    clock.advance(hours=1)
    writing.replace(catalogue, reviewer, "led", lambda before: replace(before, title=ru("Их")))
    with pytest.raises(Changed, match=r"title\.ru"):
        reviewing.publish(catalogue, reviewer, "dataset", "led")
    reviewing.send_back(catalogue, reviewer, "dataset", "led", "Уже исправлено")
    assert datasets.page(catalogue, PUBLIC, "led").record.title.ru == "Их"
    with pytest.raises(Conflict):
        reviewing.publish(catalogue, reviewer, "dataset", "led")


def test_what_was_said_is_for_the_agency_alone_and_goes_with_the_record(
    catalogue: Catalogue, draft: DatasetRecord, editor: Actor, reviewer: Actor
) -> None:
    reviewing.submit(catalogue, editor, "dataset", "voda", "тайна")
    reviewing.publish(catalogue, reviewer, "dataset", "voda")
    with pytest.raises(NotAllowed):
        reviewing.talk(catalogue, PUBLIC, "dataset", "voda")
    purging.purge(catalogue, SYSTEM, "voda")
    with catalogue.sessions.read() as session:
        assert session.scalars(select(ReviewNote)).all() == []
    assert draft.slug == "voda"


def test_only_what_is_public_or_becomes_so_has_to_be_proposed(
    draft: DatasetRecord, public: DatasetRecord, editor: Actor, reviewer: Actor
) -> None:
    assert reviewing.needs_review(editor, public, public)
    assert reviewing.needs_review(editor, draft, replace(draft, state=RecordState.PUBLISHED))
    assert not reviewing.needs_review(editor, draft, draft)
    assert not reviewing.needs_review(editor, replace(public, private=True), replace(public, private=True))
    assert not reviewing.needs_review(reviewer, public, public)


def test_what_is_missing_is_said(catalogue: Catalogue, draft: DatasetRecord) -> None:
    found = missing(replace(draft, license_id=""), catalogue.today())
    assert ("title", "language", "kk") in [(one.field, one.code, one.language) for one in found]
    empty = {one.field for one in found if one.code == "empty" and not one.language}
    assert empty == {"description", "license_id", "keywords", "contributors", "issued"}
    assert not any(one.blocking for one in found)
    assert missing(replace(draft, title=Text()), catalogue.today())[0].blocking


def test_no_way_of_writing_gets_around_the_second_person(
    catalogue: Catalogue, su: OrganizationRef, person: Person
) -> None:
    mine, _other = person("dana", Role.ADMIN), person("serik", Role.REVIEWER)
    hidden = writing.create(catalogue, mine, record("Тайное", organization=su, private=True), slug="hidden")
    draft = writing.create(catalogue, mine, record("Моё", organization=su, state=RecordState.DRAFT), slug="own")
    patch = replace(draft, state=RecordState.PUBLISHED)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: bulk.change(catalogue, mine, "su", ["hidden"], "public"),
        lambda: writing.replace(catalogue, mine, "hidden", replace(hidden, private=False)),
        lambda: writing.create_many(catalogue, mine, [record("Сразу", organization=su)]),
        lambda: attaching.attach_by(catalogue, mine, "own", {}, lambda _before, _files: patch),
        lambda: reviewing.publish(catalogue, mine, "dataset", "own"),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="yourself"):
            attempt()
    for name in ("own", "hidden"):
        with pytest.raises(NotFound):
            datasets.page(catalogue, PUBLIC, name)
