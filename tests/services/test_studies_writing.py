"""Studies written one at a time: who may, what is refused, what follows, and that nobody's change is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetRef,
    DatasetType,
    Deliverable,
    DeliverableKind,
    DeliverableState,
    Performer,
    RecordState,
    StudyRecord,
)
from opendata.catalog.values import Contributor, ContributorRole, OrganizationRef, Relation
from opendata.errors import Changed, Conflict, Gone, Invalid, Moved, NotAllowed, NotFound
from opendata.services import (
    ckan_packages,
    datasets,
    events,
    listing,
    register,
    revisions,
    sequence,
    studies_writing,
    study_desk,
    writing,
)
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.studies_purging import purge
from opendata.store.accounts import User
from opendata.store.operations import DatasetEvent, Job
from opendata.store.purged import PurgedRecord
from opendata.store.register import Study
from tests.conftest import Clock
from tests.factories import member, organization, record, ru


@pytest.fixture
def ours(catalogue: Catalogue) -> UUID:
    return organization(catalogue, "ours")


@pytest.fixture
def editor(catalogue: Catalogue, ours: UUID) -> Actor:
    with catalogue.sessions.write.begin() as session:
        now = catalogue.now()
        user = User(email="editor@example.kz", username="editor", name="editor", created=now, modified=now)
        session.add(user)
        session.flush()
        return replace(member(ours, Role.EDITOR), user_id=user.id, name="editor")


def given(agency: UUID, **changes: object) -> StudyRecord:
    said = {"title": ru("Водный баланс"), "register_number": "BR1", "organization": OrganizationRef(id=agency)}
    return StudyRecord(**{**said, **changes})  # type: ignore[arg-type]


def owing(*owed: Deliverable, number: str = "77-К", **changes: object) -> Contract:
    return Contract(number, deliverables=owed, **changes)  # type: ignore[arg-type]


def owed(kind: DeliverableKind = DeliverableKind.FINAL_REPORT, **changes: object) -> Deliverable:
    return Deliverable(kind, **{"due": dt.date(2026, 11, 1), **changes})  # type: ignore[arg-type]


def actions(catalogue: Catalogue, key: UUID | None) -> list[str]:
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent.action).where(DatasetEvent.object_id == key).order_by(DatasetEvent.id)
        return list(session.scalars(wanted))


def test_a_study_is_made_with_its_event_and_index_job(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, state=RecordState.DRAFT, register_number=""))
    assert (made.slug, made.state, made.published_at) == ("vodnyy-balans", RecordState.DRAFT, None)
    assert made.id is not None
    assert actions(catalogue, made.id) == ["registered"]
    with catalogue.sessions.read() as session:
        row = session.get_one(Study, made.id)
        assert (row.creator_id, row.responsible_id) == (editor.user_id, editor.user_id)
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "index")) == 1


def test_published_once_is_when_it_was_published(catalogue: Catalogue, ours: UUID, editor: Actor, clock: Clock) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, state=RecordState.DRAFT))
    clock.advance(days=1)
    public = studies_writing.replace(catalogue, editor, made.slug, replace(made, state=RecordState.PUBLISHED))
    first = public.published_at
    assert first == clock.now
    clock.advance(days=1)
    hidden = studies_writing.replace(catalogue, editor, made.slug, replace(public, private=True))
    again = studies_writing.replace(catalogue, editor, made.slug, replace(hidden, private=False))
    assert again.published_at == first
    assert made.id is not None
    with catalogue.sessions.read() as session:
        seen = studies_writing.version(hidden)
        assert revisions.record_at(session, "study", made.id, seen) is not None
        assert len(revisions.lines(session, made.id)) == 4
    assert actions(catalogue, made.id) == ["registered", "published", "edited", "edited"]


def test_what_did_not_change_is_not_written(catalogue: Catalogue, ours: UUID, editor: Actor, clock: Clock) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, contracts=(owing(owed(), amount=Decimal("5.00")),)))
    clock.advance(days=1)
    bare = replace(made, contracts=(owing(owed(), amount=Decimal(5)),), organization=OrganizationRef(slug="ours"))
    same = studies_writing.replace(catalogue, editor, str(made.id), bare)
    assert same == made
    assert actions(catalogue, made.id) == ["registered"]


def test_two_who_change_it_do_not_overwrite_each_other(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    made = studies_writing.create(catalogue, editor, given(ours))
    seen = studies_writing.version(made)
    one = studies_writing.replace(catalogue, editor, made.slug, replace(made, official="A"), if_version=seen)
    with pytest.raises(Changed):
        studies_writing.replace(catalogue, editor, made.slug, replace(made, official="B"), if_version=seen)
    assert studies_writing.version(one) != seen
    stands = studies_writing.replace(
        catalogue,
        editor,
        made.slug,
        lambda before: replace(before, unit=ru("Отдел")),
        if_version={"x", studies_writing.version(one)},
    )
    assert (stands.official, stands.unit.ru) == ("A", "Отдел")


def test_a_register_number_names_one_study(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    studies_writing.create(catalogue, editor, given(ours))
    other = studies_writing.create(catalogue, editor, given(ours, title=ru("Другое"), register_number="BR2"))
    with pytest.raises(Invalid) as twice:
        studies_writing.create(catalogue, editor, given(ours, title=ru("Третье")))
    with pytest.raises(Invalid) as taken:
        studies_writing.replace(catalogue, editor, other.slug, replace(other, register_number="BR1"))
    for refused in (twice, taken):
        assert [(one.code, one.field) for one in refused.value.problems] == [("number_taken", "register_number")]
    corrected = studies_writing.replace(catalogue, editor, other.slug, replace(other, register_number="BR3"))
    assert corrected.register_number == "BR3"


def test_a_former_slug_leads_to_the_new_one_and_is_given_to_nobody(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    made = studies_writing.create(catalogue, editor, given(ours))
    studies_writing.replace(catalogue, editor, made.slug, replace(made, slug="balance"))
    with pytest.raises(Moved) as moved:
        register.page(catalogue, PUBLIC, made.slug)
    assert moved.value.slug == "balance"
    for slug in (made.slug, "balance", "edit", "Ы"):
        with pytest.raises(Invalid) as refused:
            studies_writing.create(catalogue, editor, given(ours, register_number="BR2"), slug=slug)
        assert refused.value.problems[0].field == "slug"
    assert studies_writing.create(catalogue, editor, given(ours, register_number="BR2")).slug not in (
        made.slug,
        "balance",
    )


def test_faults_are_told_at_their_fields_and_what_was_wrong_before_may_stay(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    late = Deliverable(DeliverableKind.FINAL_REPORT, due=dt.date(2020, 1, 1))
    with pytest.raises(Invalid) as refused:
        studies_writing.create(catalogue, editor, given(ours, contracts=(owing(late, signed=dt.date(2025, 1, 1)),)))
    assert [one.field for one in refused.value.problems] == ["contracts.0.deliverables.0.due"]
    with catalogue.sessions.write.begin() as session:  # a table brings it
        contracts = (owing(late, signed=dt.date(2025, 1, 1)),)
        register.save(session, catalogue, SYSTEM, given(ours, contracts=contracts))
    changed = studies_writing.replace(catalogue, editor, "vodnyy-balans", lambda one: replace(one, official="A"))
    assert changed.official == "A"


def test_who_may(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    made = studies_writing.create(catalogue, editor, given(ours))
    hidden = studies_writing.create(catalogue, editor, given(ours, register_number="BR2", private=True))
    theirs = organization(catalogue, "theirs")
    stranger, watcher = member(theirs, Role.ADMIN), member(ours, Role.MEMBER)
    for actor in (PUBLIC, stranger, watcher):
        with pytest.raises(NotAllowed):
            studies_writing.create(catalogue, actor, given(ours, register_number="BR3"))
        with pytest.raises(NotAllowed):
            studies_writing.replace(catalogue, actor, made.slug, replace(made, official="x"))
        with pytest.raises(NotAllowed):
            studies_writing.remove(catalogue, actor, made.slug)
    for actor in (PUBLIC, stranger):
        with pytest.raises(NotFound):
            studies_writing.replace(catalogue, actor, hidden.slug, replace(hidden, official="x"))
    with pytest.raises(NotAllowed):  # nor may one give it away to where one may not write
        studies_writing.replace(catalogue, editor, made.slug, replace(made, organization=OrganizationRef(id=theirs)))
    with pytest.raises(NotAllowed):
        studies_writing.create(catalogue, editor, given(ours, register_number="BR4"), id=uuid4())
    reviewed = replace(editor, reviewed=frozenset({ours}))
    with pytest.raises(NotAllowed):
        studies_writing.replace(catalogue, reviewed, made.slug, replace(made, official="x"))
    draft = given(ours, register_number="BR5", state=RecordState.DRAFT)
    assert studies_writing.create(catalogue, reviewed, draft).state is RecordState.DRAFT


def test_withdrawn_leaves_a_tombstone_and_comes_back_with_its_datasets(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    report = writing.create(catalogue, editor, _dataset(ours))
    made = studies_writing.create(catalogue, editor, given(ours, contracts=(owing(owed(dataset=_ref(report))),)))
    assert datasets.record(catalogue, PUBLIC, report.slug).study is not None
    studies_writing.remove(catalogue, editor, made.slug, "Ошибка", if_version=studies_writing.version(made))
    with pytest.raises(Gone) as gone:
        register.page(catalogue, PUBLIC, made.slug)
    assert gone.value.record.tombstone.reason == "Ошибка"  # type: ignore[attr-defined]
    assert datasets.record(catalogue, PUBLIC, report.slug).study is None
    back = studies_writing.restore(catalogue, editor, made.slug)
    assert back.state is RecordState.PUBLISHED
    assert back.due_state(catalogue.today()) is DeliverableState.DEPOSITED
    assert datasets.record(catalogue, PUBLIC, report.slug).study is not None
    with pytest.raises(Conflict):
        studies_writing.restore(catalogue, editor, made.slug)
    assert actions(catalogue, made.id) == ["registered", "withdrawn", "restored"]


def _dataset(agency: UUID, **changes: object) -> DatasetRecord:
    return record(**{"title": "Отчёт", "organization": OrganizationRef(id=agency), **changes})  # type: ignore[arg-type]


def _ref(one: DatasetRecord) -> DatasetRef:
    assert one.id is not None
    return DatasetRef(one.id, one.slug, one.title, one.type, one.issued)


def test_a_draft_that_is_withdrawn_leaves_nothing_for_the_public(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, state=RecordState.DRAFT))
    studies_writing.remove(catalogue, editor, made.slug)
    with pytest.raises(NotFound):
        register.page(catalogue, PUBLIC, made.slug)
    with pytest.raises(Gone):
        register.page(catalogue, editor, made.slug)
    assert studies_writing.restore(catalogue, editor, made.slug).state is RecordState.DRAFT


def test_what_meets_a_deliverable_must_be_there_for_the_writer(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    theirs = organization(catalogue, "theirs")
    foreign = writing.create(catalogue, SYSTEM, _dataset(theirs, state=RecordState.DRAFT))
    made = studies_writing.create(catalogue, editor, given(ours))
    with pytest.raises(Invalid) as refused:
        studies_writing.replace(
            catalogue, editor, made.slug, replace(made, contracts=(owing(owed(dataset=_ref(foreign))),))
        )
    assert refused.value.problems[0].field == "contracts.0.deliverables.0.dataset"


def test_a_draft_of_another_agency_is_neither_shown_nor_lost(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    theirs = organization(catalogue, "theirs")
    foreign = writing.create(catalogue, SYSTEM, _dataset(theirs, state=RecordState.DRAFT, register_number="BR1"))
    own = writing.create(catalogue, SYSTEM, _dataset(ours, register_number="BR1"))
    owing_two = owing(owed(dataset=_ref(foreign)), owed(period="2", dataset=_ref(own)))
    made = studies_writing.create(catalogue, SYSTEM, given(ours, contracts=(owing_two,)))
    shown = register.page(catalogue, editor, made.slug).record
    assert [one.id for one in shown.datasets] == [own.id]
    unseen, seen = shown.contracts[0].deliverables
    assert (unseen.dataset, seen.dataset and seen.dataset.id) == (None, own.id)
    untied = replace(shown.contracts[0], deliverables=(unseen, replace(seen, dataset=None)))
    stored = studies_writing.replace(catalogue, editor, made.slug, replace(shown, contracts=(untied,)))
    kept = [one.dataset.id if one.dataset else None for one in stored.contracts[0].deliverables]
    assert kept == [foreign.id, None]


def test_a_dataset_shows_no_study_and_no_record_that_its_reader_may_not_know_of(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    theirs = organization(catalogue, "theirs")
    hidden = studies_writing.create(catalogue, SYSTEM, given(theirs, private=True))
    draft = writing.create(catalogue, SYSTEM, _dataset(theirs, state=RecordState.DRAFT))
    related = (Relation("References", target_id=draft.id), Relation("References", target_id=hidden.id))
    mine = writing.create(catalogue, SYSTEM, _dataset(ours, register_number="BR1", relations=related))
    member_of_theirs = replace(editor, roles={theirs: Role.MEMBER, ours: Role.MEMBER})
    for actor, told in ((PUBLIC, 0), (editor, 0), (member_of_theirs, 2), (SYSTEM, 2)):
        seen = datasets.record(catalogue, actor, mine.slug)
        assert (len(seen.relations), seen.study is not None) == (told, told > 0)
        (listed,) = [one for one in listing.datasets(catalogue, actor, None, 10)[0] if one.id == mine.id]
        assert (len(listed.relations), listed.study is not None) == (told, told > 0)
        (package,) = [ckan_packages.shown(catalogue, actor, mine.slug).record]
        assert (len(package.relations), package.study is not None) == (told, told > 0)


def test_a_contract_that_is_numbered_anew_keeps_what_it_owes(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, contracts=(owing(owed(period="1")),)))
    contract = replace(made.contracts[0], contract_number="78-К")
    moved = studies_writing.replace(catalogue, editor, made.slug, replace(made, contracts=(contract,)))
    assert [one.contract_number for one in moved.contracts] == ["78-К"]
    assert [one.period for one in moved.contracts[0].deliverables] == ["1"]


def test_a_report_is_begun_from_the_study_and_meets_what_was_owed(
    catalogue: Catalogue, ours: UUID, editor: Actor
) -> None:
    body = Performer(ru("Институт"), "990940000006", people=(Contributor("Ахметов", ContributorRole.LEADER),))
    late = owed(DeliverableKind.INTERIM_REPORT, period="2025", due=dt.date(2026, 1, 1))
    made = studies_writing.create(catalogue, editor, given(ours, performers=(body,), contracts=(owing(owed(), late),)))
    desk = study_desk.desk(catalogue, editor, made.slug)
    first = desk.owed[0]
    assert (first.state, first.late, first.place) == (DeliverableState.OVERDUE, True, (0, 1))
    begun = study_desk.for_report(catalogue, editor, made.slug, first.deliverable.id)
    assert (begun.type, begun.register_number, begun.state) == (DatasetType.REPORT, "BR1", RecordState.DRAFT)
    assert [(one.name, one.bin) for one in begun.contributors] == [("Ахметов", ""), ("Институт", "990940000006")]
    assert str(begun.temporal.start) == "2025"
    report = writing.create(catalogue, editor, begun)
    assert report.id is not None
    assert first.deliverable.id is not None
    stands = study_desk.met(catalogue, editor, made.slug, first.deliverable.id, report.id)
    assert stands.contracts[0].deliverables[1].dataset is not None
    assert stands.datasets[0].slug == report.slug
    with pytest.raises(NotFound):
        study_desk.met(catalogue, editor, made.slug, uuid4(), report.id)
    with pytest.raises(NotAllowed):
        study_desk.for_report(catalogue, member(ours, Role.MEMBER), made.slug)


def test_the_public_hears_of_a_study_since_it_was_public(
    catalogue: Catalogue, ours: UUID, editor: Actor, clock: Clock
) -> None:
    made = studies_writing.create(catalogue, editor, given(ours, state=RecordState.DRAFT))
    sequence.advance(catalogue)
    assert events.since(catalogue, PUBLIC, 0)[0] == ()
    assert len(events.since(catalogue, editor, 0)[0]) == 1
    clock.advance(days=1)
    studies_writing.replace(catalogue, editor, made.slug, lambda one: replace(one, state=RecordState.PUBLISHED))
    sequence.advance(catalogue)
    heard = events.since(catalogue, PUBLIC, 0)[0]
    assert [(one.event, one.slug) for one in heard] == [(events.Happening.CREATED, made.slug)]


def test_purged_it_is_gone_and_what_was_public_says_so(catalogue: Catalogue, ours: UUID, editor: Actor) -> None:
    report = writing.create(catalogue, editor, _dataset(ours, register_number="BR1"))
    made = studies_writing.create(catalogue, editor, given(ours, contracts=(owing(owed()),)))
    with pytest.raises(NotAllowed):
        purge(catalogue, editor, made.slug)
    assert purge(catalogue, SYSTEM, made.slug, "twice") == made.id
    with pytest.raises(NotFound):
        register.page(catalogue, SYSTEM, made.slug)
    assert datasets.record(catalogue, PUBLIC, report.slug).study is None
    with catalogue.sessions.read() as session:
        kept = session.get_one(PurgedRecord, made.id)
        assert (kept.kind, kept.slug, kept.reason) == ("study", made.slug, "twice")
        assert revisions.lines(session, made.id) == []
    assert studies_writing.create(catalogue, editor, given(ours)).slug == made.slug


def test_four_who_write_one_study_lose_nothing_in_postgresql(large: Catalogue) -> None:
    agency = organization(large, "ours")
    made = studies_writing.create(large, SYSTEM, given(agency))
    writing.create(large, SYSTEM, _dataset(agency, register_number="BR1"))

    def with_contract(number: str) -> Callable[[StudyRecord], StudyRecord]:
        return lambda one: replace(one, contracts=(*one.contracts, owing(owed(), number=number)))

    def add(number: int) -> None:
        for turn in range(3):
            studies_writing.replace(large, SYSTEM, made.slug, with_contract(f"{number}-{turn}"))
            writing.create(large, SYSTEM, _dataset(agency, register_number="BR1", title=f"Отчёт {number} {turn}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    stands = register.page(large, SYSTEM, made.slug).record
    assert len(stands.contracts) == 12
    assert len(stands.datasets) == 13
