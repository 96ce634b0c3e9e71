"""Who answers for records: one by one, all of somebody's at once, and what nobody answers for."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import Invalid, NotAllowed
from opendata.services import access, accounts, handover, letters, responsible, writing
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.audit import is_silent
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import unseal
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_study
from opendata.store.harvests import HarvestSource
from opendata.store.operations import DatasetEvent, Job, Upload
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.store.states import UserState
from tests.factories import feed, found, organization, record, ru


@pytest.fixture
def site(catalogue: Catalogue) -> Catalogue:
    """ "su" with "su-head" below it, and "other"; two editors and an administrator of "su", a stranger."""
    top = organization(catalogue, "su")
    organization(catalogue, "su-head", top)
    organization(catalogue, "other")
    for name, place, role in (
        ("old", "su", Role.EDITOR),
        ("new", "su-head", Role.EDITOR),
        ("admin", "su", Role.ADMIN),
        ("member", "su", Role.MEMBER),
        ("stranger", "other", Role.ADMIN),
    ):
        accounts.add_user(catalogue, SYSTEM, NewUser(name, f"{name}@x.kz", "correct horse", False, place, role, name))
    return catalogue


def actor(site: Catalogue, name: str) -> Actor:
    with site.sessions.read() as session:
        key = session.scalars(select(User.id).where(User.username == name)).one()
    return access.actor_for_user(site, key)


def dataset(site: Catalogue, by: str, place: str, title: str = "Вода", **more: object) -> UUID:
    who = actor(site, by) if by else SYSTEM
    made = writing.create(site, who, record(title, organization=OrganizationRef(slug=place, title=ru(place)), **more))
    assert made.id is not None
    return made.id


def owner(site: Catalogue, table: type[Dataset | Study | HarvestSource], key: UUID) -> str:
    with site.sessions.read() as session:
        found = session.get_one(table, key).responsible_id
        return session.get_one(User, found).username if found else ""


def events(site: Catalogue, action: str) -> list[DatasetEvent]:
    with site.sessions.read() as session:
        return list(session.scalars(select(DatasetEvent).where(DatasetEvent.action == action)))


def test_who_makes_a_record_answers_for_it(site: Catalogue) -> None:
    assert owner(site, Dataset, dataset(site, "old", "su")) == "old"
    assert owner(site, Dataset, dataset(site, "", "su")) == ""


def test_an_editor_says_who_answers_and_nobody_who_may_not_edit_there(site: Catalogue) -> None:
    key = dataset(site, "old", "su-head")
    handover.assign(site, actor(site, "admin"), "dataset", str(key), "new")
    assert owner(site, Dataset, key) == "new"
    assert handover.responsible_of(site, actor(site, "member"), "dataset", str(key)) == "new"
    handover.assign(site, actor(site, "admin"), "dataset", str(key), "new")
    assert [one.after for one in events(site, "assigned")] == [{"responsible": "new"}]
    assert is_silent("assigned")
    assert is_silent("handed over")
    for name in ("member", "stranger", "nobody-at-all"):
        with pytest.raises(Invalid) as caught:
            handover.assign(site, actor(site, "old"), "dataset", str(key), name)
        assert caught.value.problems[0].field == "user"
    for name in ("member", "stranger"):
        with pytest.raises(NotAllowed):
            handover.assign(site, actor(site, name), "dataset", str(key), "")
    handover.assign(site, actor(site, "old"), "dataset", str(key), "")
    assert owner(site, Dataset, key) == ""


def test_everything_goes_over_in_pieces_and_what_the_successor_may_not_edit_stays(
    site: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "AT_ONCE", 2)
    below = [dataset(site, "old", "su-head", f"Вода {number}") for number in range(5)]
    review = dataset(site, "old", "su-head", "В работе", state=RecordState.IN_REVIEW)
    above = dataset(site, "old", "su")
    study, source = _study(site), _source(site)
    _upload(site)
    shown = handover.preview(site, actor(site, "admin"), "old@x.kz", "new")
    assert (shown.load.datasets, shown.load.studies, shown.load.sources, shown.load.uploads) == (6, 1, 1, 1)
    assert (shown.load.in_review, shown.load.staying, shown.load.total) == (1, 1, 9)
    assert not events(site, "handed over")
    handover.hand_over(site, actor(site, "admin"), "old", "new", said="В отпуск")
    assert {owner(site, Dataset, key) for key in (*below, review)} == {"new"}
    assert (owner(site, Study, study), owner(site, HarvestSource, source)) == ("new", "new")
    assert owner(site, Dataset, above) == "old"
    assert {(one.kind, one.actor) for one in events(site, "handed over")} == {
        ("dataset", "admin"), ("study", "admin"), ("source", "admin"), ("user", "admin"),
    }  # fmt: skip
    [done] = handover.history(site, actor(site, "admin"))
    assert (done.person, done.successor, done.by, done.note) == ("old", "new", "admin", "В отпуск")
    assert (done.datasets, done.studies, done.sources) == (6, 1, 1)
    with site.sessions.read() as session:
        uploads = session.scalars(select(User.username).join(Upload, Upload.user_id == User.id)).all()
    assert uploads == ["new"]


def test_a_second_time_there_is_nothing_left(site: Catalogue) -> None:
    dataset(site, "old", "su-head")
    assert handover.hand_over(site, SYSTEM, "old", "new").total == 1
    assert handover.hand_over(site, SYSTEM, "old", "new").total == 0
    assert len([one for one in events(site, "handed over") if one.kind == "dataset"]) == 1


def test_both_get_a_letter_and_one_whose_account_has_ended_does_not(site: Catalogue) -> None:
    dataset(site, "old", "su-head")
    handover.hand_over(site, SYSTEM, "old", "new")
    assert _receivers(site) == ["new@x.kz", "old@x.kz"]
    _end(site, "old")
    handover.hand_over(site, SYSTEM, "old", "new")
    assert _receivers(site) == ["new@x.kz", "new@x.kz", "old@x.kz"]


def test_a_hand_over_stays_in_its_organisation_and_is_its_administrators(site: Catalogue) -> None:
    below, above = dataset(site, "old", "su-head"), dataset(site, "old", "su")
    handover.hand_over(site, actor(site, "admin"), "old", "admin", "su-head")
    assert (owner(site, Dataset, below), owner(site, Dataset, above)) == ("admin", "old")
    for name in ("old", "member", "stranger"):
        with pytest.raises(NotAllowed):
            handover.hand_over(site, actor(site, name), "old", "admin", "su")
    assert handover.hand_over(site, actor(site, "stranger"), "old", "stranger").total == 0
    assert owner(site, Dataset, above) == "old"


@pytest.mark.parametrize(
    ("person", "successor", "field"),
    [("old", "old", "successor"), ("nobody", "new", "person"), ("old", "nobody", "successor")],
)
def test_what_makes_no_sense_is_said_at_its_field(site: Catalogue, person: str, successor: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        handover.preview(site, SYSTEM, person, successor)
    assert caught.value.problems[0].field == field


def test_what_has_no_owner_is_told_with_the_reason_and_can_be_given_to_somebody(site: Catalogue) -> None:
    nobodys = dataset(site, "", "su", "Ничья")
    ended = dataset(site, "new", "su-head", "Ушедшего")
    without = dataset(site, "old", "su", "Без роли")
    dataset(site, "admin", "su", "Своя")
    feed(site).one(found("a", record("Из источника", organization=OrganizationRef(slug="su", title=ru("su")))))
    _end(site, "new")
    with site.sessions.write.begin() as session:
        old = session.scalars(select(User).where(User.username == "old")).one()
        session.execute(User.__table__.update().where(User.id == old.id).values(sysadmin=False))
        session.execute(
            accounts.Membership.__table__.update().where(accounts.Membership.user_id == old.id).values(role=Role.MEMBER)
        )
    told = responsible.unowned(site, actor(site, "admin"))
    assert {(one.organization, one.why, one.person, one.count) for one in told if one.kind == "dataset"} == {
        ("su", "nobody", "", 1), ("su-head", "ended", "new", 1), ("su", "no role", "old", 1),
    }  # fmt: skip
    assert handover.adopt(site, actor(site, "admin"), "su", "dataset", "admin") == 2
    assert {owner(site, Dataset, key) for key in (nobodys, without)} == {"admin"}
    assert owner(site, Dataset, ended) == "new"
    assert [one.organization for one in responsible.unowned(site, actor(site, "admin"))] == ["su-head"]
    assert responsible.unowned(site, actor(site, "stranger")) == ()
    with pytest.raises(Invalid):
        handover.adopt(site, actor(site, "admin"), "su-head", "dataset", "member")
    with pytest.raises(NotAllowed):
        handover.adopt(site, actor(site, "stranger"), "su-head", "dataset", "stranger")


def _study(site: Catalogue) -> UUID:
    with site.sessions.write.begin() as session:
        row = new_study(session, StudyRecord(ru("Сток"), slug="stok"), site.now())
        row.organization_id = _place(site, "su-head")
        row.responsible_id = actor(site, "old").user_id
        session.flush()
        return row.id


def _source(site: Catalogue) -> UUID:
    now = site.now()
    with site.sessions.write.begin() as session:
        row = HarvestSource(name="river", title="x", type="ckan", url="https://x.example", created=now, modified=now)
        row.organization_id, row.responsible_id = _place(site, "su-head"), actor(site, "old").user_id
        session.add(row)
        session.flush()
        return row.id


def _upload(site: Catalogue) -> None:
    with site.sessions.write.begin() as session:
        row = Upload(filename="a.csv", checksum="0" * 64, byte_size=1, created=site.now())
        row.organization_id, row.user_id = _place(site, "su-head"), actor(site, "old").user_id
        session.add(row)


def _place(site: Catalogue, slug: str) -> UUID:
    with site.sessions.read() as session:
        return session.scalars(select(Organization.id).where(Organization.slug == slug)).one()


def _end(site: Catalogue, name: str) -> None:
    with site.sessions.write.begin() as session:
        session.scalars(select(User).where(User.username == name)).one().state = UserState.BLOCKED


def _receivers(site: Catalogue) -> list[str]:
    with site.sessions.read() as session:
        sealed = session.scalars(select(Job).where(Job.kind == letters.JOB)).all()
    return sorted(unseal(site, str(one.payload["letter"]).encode("ascii"))["to"] for one in sealed)
