"""What waits at the desk: each kind for whom it is there to mend, none of it for anybody else, in few SELECTs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    Deliverable,
    DeliverableKind,
    RecordState,
    ResourceRecord,
    StudyRecord,
)
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef, Text
from opendata.config import load_config
from opendata.errors import Invalid, NotFound
from opendata.services import accounts, desk_records, desk_work, form_drafts, purging, reporting, reviewing, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.desk_records import Wanted
from opendata.services.desk_work import Place, Scope, WorkGroup, WorkLine
from opendata.store import planning, queries
from opendata.store.accounts import Membership, User
from opendata.store.datasets import Resource
from opendata.store.from_records import new_study
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import Upload
from opendata.store.states import JobStatus, UploadStatus, UserState
from tests.conftest import Clock, settings
from tests.factories import organization, ru
from tests.store.conftest import Selects

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 1)
FULL = Text(kk="Су", ru="Вода", en="Water")
EVERY = {
    "forms", "returned", "review", "proposed", "reports", "overdue", "due", "held", "uploads", "harvests", "links",
    "embargoes", "drafts", "invited", "languages", "licenses", "unowned",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Two agencies, each with one thing of every kind."""
    config = load_config(environ=settings(tmp_path_factory.mktemp("work")))
    prepare_home(config)
    clock = Clock(NOW)
    opened = open_catalogue(config, clock)
    for slug in ("su", "jer"):
        organization(opened, slug)
        add_work(opened, slug)
        clock.advance(minutes=1)
    yield opened
    opened.close()


def place(catalogue: Catalogue, slug: str) -> UUID:
    """The organisation of that name."""
    with catalogue.sessions.read() as session:
        return queries.address(session, "organization", slug).id


def somebody(catalogue: Catalogue, name: str, slug: str, role: Role) -> Actor:
    """An account with that role there."""
    new = accounts.NewUser(name, f"{name}@example.kz", "correct horse battery", organization=slug, role=role)
    accounts.add_user(catalogue, SYSTEM, new)
    return Actor(user_id=user_of(catalogue, slug), name=name, roles={place(catalogue, slug): role})


def add_work(catalogue: Catalogue, slug: str, number: int = 1) -> Actor:
    """`number` of everything that can wait in that agency; the editor whose they are."""
    author = somebody(catalogue, f"author-{slug}", slug, Role.EDITOR)
    agency = OrganizationRef(slug=slug, id=place(catalogue, slug))
    editor = replace(author, reviewed=frozenset(author.roles))
    reviewer = Actor(user_id=None, name="Reviewer", roles={place(catalogue, slug): Role.ADMIN})
    done = DatasetRecord(FULL, description=FULL, license_id="cc-by-4.0", organization=agency)
    for n in range(number):
        form_drafts.keep(catalogue, author, "dataset", [("title.ru", "Начато")], title="Начато")
        for state in (RecordState.DRAFT, RecordState.IN_REVIEW):
            writing.create(catalogue, author, replace(done, state=state))
        back = writing.create(catalogue, author, replace(done, state=RecordState.DRAFT))
        reviewing.submit(catalogue, author, "dataset", back.slug)
        reviewing.send_back(catalogue, reviewer, "dataset", back.slug, "Нет аннотации")
        public = writing.create(catalogue, author, done)
        reviewing.propose(catalogue, editor, "dataset", public.slug, replace(public, version="2"))
        reporting.report(catalogue, "dataset", public.slug, "Неверно")
        writing.create(catalogue, author, replace(done, title=ru("Только по-русски"), license_id=""))
        add_files(catalogue, author, done)
        add_rows(catalogue, place(catalogue, slug), f"{slug}-{n}")
    return author


def add_files(catalogue: Catalogue, author: Actor, done: DatasetRecord) -> None:
    """A record with a held file, a dead link, and an embargo that ends soon."""
    closed = Disclosure(DisclosureStatus.EMBARGOED, TODAY + dt.timedelta(days=5))
    link = ResourceRecord(key="a", download_url="https://data.example.kz/a.csv")
    files = (link, replace(link, key="b"), replace(link, key="c", disclosure=closed))
    made = writing.create(catalogue, author, replace(done, resources=files))
    with catalogue.sessions.write.begin() as session:
        session.get_one(Resource, made.resources[0].id).held = True
        dead = session.get_one(Resource, made.resources[1].id)
        dead.link_status, dead.link_checked = "broken", catalogue.now()


def add_rows(catalogue: Catalogue, place: UUID, name: str) -> None:
    """What owes, an upload, a source in trouble that nobody answers for, and somebody who was invited."""
    now = catalogue.now()
    kind = DeliverableKind.FINAL_REPORT
    owed = tuple(Deliverable(kind, due=TODAY + dt.timedelta(days=days)) for days in (-3, 10, 100))
    study = StudyRecord(FULL, slug=f"s-{name}", description=FULL, contracts=(Contract(name, deliverables=owed),))
    with catalogue.sessions.write.begin() as session:
        new_study(session, study, now).organization_id = place
        upload = Upload(
            organization_id=place, filename="a.csv", checksum="0" * 64, byte_size=1, status=UploadStatus.CHECKED,
            created=now,
        )  # fmt: skip
        source = HarvestSource(
            name=name, title="Портал", type="ckan", url="https://x.example", organization_id=place, created=now,
            modified=now,
        )  # fmt: skip
        session.add_all([upload, source])
        session.flush()
        session.add(HarvestJob(source_id=source.id, status=JobStatus.ERROR, created=now))
        session.add(HarvestJob(source_id=source.id, status=JobStatus.COMPLETE, dry_run=True, created=now))
    invite(catalogue, place, name)


def invite(catalogue: Catalogue, place: UUID, name: str) -> None:
    """Somebody who has not come yet."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        guest = User(
            email=f"guest-{name}@example.kz", username=f"guest-{name}", name="Гость", state=UserState.PENDING,
            created=now, modified=now,
        )  # fmt: skip
        session.add(guest)
        session.flush()
        session.add(Membership(user_id=guest.id, organization_id=place, role=Role.EDITOR, created=now))


def found(catalogue: Catalogue, actor: Actor, scope: Scope = desk_work.ALL) -> dict[str, WorkGroup]:
    """What waits by kind."""
    return {one.name: one for one in desk_work.waiting(catalogue, actor, scope)}


def user_of(catalogue: Catalogue, slug: str = "su") -> UUID:
    """The author of the agency."""
    with catalogue.sessions.read() as session:
        user = queries.user_by_email(session, f"author-{slug}@example.kz")
        assert user
        return user.id


def role(catalogue: Catalogue, role_: Role, slug: str = "su") -> Actor:
    """Somebody whom the store does not know, with that role."""
    return Actor(user_id=uuid4(), name="x", roles={place(catalogue, slug): role_})


def test_an_admin_sees_every_kind_of_the_own_agency_once(site: Catalogue) -> None:
    groups = found(site, role(site, Role.ADMIN))
    assert set(groups) == EVERY - {"forms"}
    several = {"languages", "licenses", "unowned"}
    assert {name: one.count for name, one in groups.items() if one.count != 1 and name not in several} == {}
    assert [one.name for one in desk_work.waiting(site, role(site, Role.ADMIN))] == [
        one for one in desk_work.KINDS if one in groups
    ]
    (late,) = groups["overdue"].lines
    assert (late.slug, late.at, late.detail) == ("s-su-0", dt.date(2026, 5, 29), DeliverableKind.FINAL_REPORT)
    (lacks,) = [one for one in groups["languages"].lines if one.title == ru("Только по-русски")]
    assert lacks.detail.split() == ["title.kk", "title.en"]


def test_weaker_roles_see_what_they_may_mend(site: Catalogue) -> None:
    assert set(found(site, role(site, Role.EDITOR))) == EVERY - {"forms", "proposed", "invited", "unowned"}
    assert found(site, role(site, Role.MEMBER)) == {}
    assert found(site, PUBLIC) == {}
    careful = replace(role(site, Role.EDITOR), reviewed=frozenset([place(site, "su")]))
    assert "review" not in found(site, careful)


def test_sysadmins_see_what_waits_anywhere(site: Catalogue) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    assert {name: one.count for name, one in found(site, root).items() if name in ("drafts", "invited", "held")} == {
        "drafts": 2, "invited": 2, "held": 2,
    }  # fmt: skip


def test_nobody_is_asked_to_accept_what_they_sent_in_and_forms_are_ones_own(site: Catalogue) -> None:
    author = Actor(user_id=user_of(site), name="a", roles={place(site, "su"): Role.ADMIN})
    groups = found(site, author)
    assert "proposed" not in groups
    assert [(one.name, one.draft is not None) for one in groups["forms"].lines] == [("Начато", True)]
    assert "forms" not in found(site, replace(author, token_id=uuid4()))
    mine = found(site, author, Scope(mine=True))
    assert mine["drafts"].count == 1
    assert "harvests" not in mine
    assert "drafts" not in found(site, role(site, Role.ADMIN), Scope(mine=True))


def test_what_somebody_returned_waits_for_others(site: Catalogue) -> None:
    admin = Actor(user_id=user_of(site), name="a", roles={place(site, "su"): Role.ADMIN})
    before = desk_work.listing(site, admin, "returned").count
    agency = OrganizationRef(slug="su", id=place(site, "su"))
    record = writing.create(site, SYSTEM, DatasetRecord(FULL, organization=agency, state=RecordState.DRAFT))
    reviewing.submit(site, SYSTEM, "dataset", record.slug)
    reviewing.send_back(site, admin, "dataset", record.slug, "Нет аннотации")
    try:
        assert desk_work.listing(site, role(site, Role.EDITOR), "returned").count == before + 1
        assert desk_work.listing(site, admin, "returned").count == before
    finally:
        purging.purge(site, SYSTEM, record.slug)


def test_one_of_several_organizations_can_be_chosen(site: Catalogue) -> None:
    both = Actor(user_id=uuid4(), name="x", roles={place(site, slug): Role.EDITOR for slug in ("su", "jer")})
    assert found(site, both)["drafts"].count == 2
    assert {slug for slug, _ in desk_work.organizations(site, both)} == {"su", "jer"}
    assert found(site, both, Scope("su"))["drafts"].lines[0].organization == ru("su")
    for slug in ("jer", "nothing"):
        with pytest.raises(NotFound):
            desk_work.waiting(site, role(site, Role.EDITOR), Scope(slug))


def test_a_kind_is_leafed_through(site: Catalogue) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    for kind in desk_work.KINDS:
        whole = desk_work.listing(site, root, kind, limit=100)
        assert len(whole.lines) == whole.count, kind
        assert leafed(site, root, kind) == list(whole.lines), kind
    with pytest.raises(NotFound):
        desk_work.listing(site, root, "eaten")
    for kind, key in (
        ("drafts", "2026-06-01T06:00:00~5"),
        ("overdue", "x~"),
        ("unowned", "x"),
        ("links", "2026-06-01~"),
    ):
        with pytest.raises(Invalid):
            desk_work.listing(site, root, kind, place=Place(key))


def leafed(catalogue: Catalogue, actor: Actor, kind: str) -> list[WorkLine]:
    """All lines of that kind, one on a leaf, to the end; and the same on the way back."""
    leaf = desk_work.listing(catalogue, actor, kind, limit=1)
    there = [leaf]
    while leaf.after:
        leaf = desk_work.listing(catalogue, actor, kind, limit=1, place=Place(leaf.after))
        there.append(leaf)
    back = [leaf]
    while leaf.before:
        leaf = desk_work.listing(catalogue, actor, kind, limit=1, place=Place(leaf.before, backwards=True))
        back.append(leaf)
    assert [one.lines for one in reversed(back)] == [one.lines for one in there]
    return [line for one in there for line in one.lines]


def test_a_long_list_is_not_counted_to_its_end(site: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    whole = desk_work.listing(site, root, "drafts", limit=100)
    assert (whole.count, whole.more) == (2, False)
    monkeypatch.setattr(desk_work, "MOST_LISTED", 1)
    bounded = desk_work.listing(site, root, "drafts", limit=100)
    assert (bounded.count, bounded.more, bounded.lines) == (1, True, whole.lines)


def test_the_overview_takes_as_many_selects_for_much_as_for_little(
    site: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(environ=settings(tmp_path))
    prepare_home(config)
    much = open_catalogue(config, Clock(NOW))
    try:
        organization(much, "su")
        author = add_work(much, "su", 7)
        taken = []
        for catalogue, user in ((site, user_of(site)), (much, author.user_id)):
            admin = Actor(user_id=user, name="a", roles={place(catalogue, "su"): Role.ADMIN})
            with Selects(catalogue.engine) as selects:
                groups = found(catalogue, admin)
            taken.append(len(selects.statements))
        assert (groups["links"].count, len(groups["links"].lines)) == (7, desk_work.FIRST)
        monkeypatch.setattr(desk_work, "MOST_COUNTED", 3)
        bounded = desk_work.waiting(much, role(much, Role.ADMIN))
        assert {(one.count, one.more) for one in bounded if one.name in ("links", "drafts")} == {(3, True)}
    finally:
        much.close()
    assert taken[0] == taken[1] <= 50


def test_a_large_agency_sees_what_a_small_one_does(site: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = (desk_work.ALL, Scope("su"), Scope(mine=True))
    people = (role(site, Role.ADMIN), Actor(user_id=user_of(site), name="a", roles={place(site, "su"): Role.EDITOR}))
    asked = [(who, scope) for who in people for scope in scopes]
    small = [desk_work.waiting(site, *one) for one in asked]
    root = Actor(user_id=uuid4(), name="root", roles={place(site, slug): Role.ADMIN for slug in ("su", "jer")})
    leaves = {kind: leafed(site, root, kind) for kind in desk_work.KINDS}
    monkeypatch.setattr(planning, "MUCH", 0)
    assert [desk_work.waiting(site, *one) for one in asked] == small
    assert {kind: leafed(site, root, kind) for kind in desk_work.KINDS} == leaves


def test_what_waits_is_found_by_an_index_of_it(site: Catalogue) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    kinds = "returned review proposed reports overdue due held links embargoes drafts licenses"
    for kind in kinds.split():
        assert scanned(site, partial(desk_work.listing, site, root, kind)) == set(), kind


def scanned(catalogue: Catalogue, asked: Callable[[], object]) -> set[str]:
    """The large tables that are read from one end to the other; two indexes hold nothing but what is wanted."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(catalogue.engine, "before_cursor_execute", note)
    try:
        asked()
    finally:
        event.remove(catalogue.engine, "before_cursor_execute", note)
    with catalogue.engine.connect() as connection:
        plans = [
            row[3]
            for statement, parameters in seen
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    whole = [
        plan.split()[1] for plan in plans if plan.startswith("SCAN ") and not plan.endswith(("_held", "_unlicensed"))
    ]
    return {"datasets", "resources", "review_notes", "studies", "deliverables", "reported_problems"}.intersection(whole)


def test_records_are_counted_by_what_they_are(site: Catalogue) -> None:
    admin, root = role(site, Role.ADMIN), Actor(user_id=uuid4(), name="root", sysadmin=True)
    listed = desk_records.records(site, admin, Wanted(), 100)
    assert {state: number for state, number in listed.counts.items() if number} == {
        "draft": 2, "in_review": 1, "proposed": 1, "published": 3,
    }  # fmt: skip
    assert len(listed.lines) == listed.total == 7
    for state in desk_records.STATES:
        part = desk_records.records(site, admin, Wanted(state=state), 100)
        assert (part.total, dict(part.counts)) == (listed.counts[state], dict(listed.counts)), state
        assert [one.id for one in part.lines] == [one.id for one in listed.lines if one.state == state], state
    assert desk_records.records(site, root, Wanted(), 100).total == 14
    assert desk_records.records(site, root, Wanted(kind="study"), 100).total == 2
    with pytest.raises(Invalid):
        desk_records.records(site, root, Wanted(state="gone"), 100)


def test_records_are_leafed_through_in_every_order(site: Catalogue) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    for sort in desk_records.SORTS:
        whole = desk_records.records(site, root, Wanted(sort=sort), 100).lines
        leaves = [desk_records.records(site, root, Wanted(sort=sort), 3, n).lines for n in range(0, 15, 3)]
        assert [one for leaf in leaves for one in leaf] == list(whole), sort
        keys = [one.title.show("ru").value if "title" in sort else one.modified for one in whole]
        assert keys == sorted(keys, reverse=sort.startswith("-")), sort


def test_words_find_the_same_records_however_many_there_are(site: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    asked = [(state, sort) for state in ("", *desk_records.STATES) for sort in desk_records.SORTS]

    def lists() -> list[desk_records.RecordList]:
        return [desk_records.records(site, root, Wanted(state=a, sort=b, q="вод"), 3, 1) for a, b in asked]

    few = lists()
    assert few[0].total > 4
    monkeypatch.setattr(desk_records, "MOST_SORTED", 0)
    assert lists() == few


def test_records_are_found_by_words_and_by_who_answers(site: Catalogue) -> None:
    root = Actor(user_id=user_of(site), name="root", sysadmin=True)
    found_ = desk_records.records(site, root, Wanted(q="только ПО-РУССКИ"), 100)
    assert (found_.total, {one.title for one in found_.lines}) == (2, {ru("Только по-русски")})
    assert desk_records.records(site, root, Wanted(q="100%"), 100) == desk_records.RecordList(
        (), 0, dict.fromkeys(desk_records.STATES, 0)
    )
    mine = desk_records.records(site, root, Wanted(mine=True), 100)
    assert mine.total == 6
    assert all(one.mine for one in mine.lines)


def test_a_list_of_records_takes_four_selects(site: Catalogue) -> None:
    with Selects(site.engine) as selects:
        desk_records.records(site, role(site, Role.ADMIN), Wanted(), 100)
    assert len(selects.statements) <= 4
