"""Migrations, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, Engine, inspect, null, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import Unavailable
from opendata.store import revision, schema
from opendata.store.accounts import ApiToken, Membership, User
from opendata.store.datasets import Dataset, Resource
from opendata.store.editing import Revision
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestRecord, HarvestSource
from opendata.store.models import METADATA
from opendata.store.operations import DatasetEvent, Job, ReportedProblem, Upload
from opendata.store.organizations import Organization
from opendata.store.pages import PageStore
from opendata.store.register import Study
from opendata.store.states import ItemResult, ReportState, Role, UploadStatus
from tests.store.conftest import NOW


def test_migrations_make_what_the_models_say(engine: Engine) -> None:
    PageStore(engine).create()  # lives beside the tables, and is no difference
    assert schema.differences(engine) == []
    assert revision.current(engine) == revision.HEAD == schema.head()
    revision.check(engine)


def test_migrations_make_the_same_checks_as_the_models(engine: Engine) -> None:
    _agree(engine, METADATA.tables)


def _agree(engine: Engine, tables: Iterable[str]) -> None:
    """The checks of the tables are those of the models."""
    named = engine.dialect.identifier_preparer.format_constraint
    for name in tables:
        found = {check["name"] for check in inspect(engine).get_check_constraints(name)}
        wanted = (check for check in METADATA.tables[name].constraints if isinstance(check, CheckConstraint))
        assert found == {named(check) for check in wanted}, name


def test_down_and_up_again(engine: Engine) -> None:
    schema.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert revision.current(engine) == ""
    schema.upgrade(engine)
    assert schema.differences(engine) == []


def test_a_database_without_tables_is_not_accepted(empty_engine: Engine) -> None:
    with pytest.raises(Unavailable, match="opendata db upgrade"):
        revision.check(empty_engine)


def test_upgrading_twice_changes_nothing(engine: Engine, session: Session) -> None:
    session.add(HarvestSource(name="a", type="folder", url="/a", created=NOW, modified=NOW))
    session.commit()
    schema.upgrade(engine)
    assert session.scalar(select(HarvestSource.name)) == "a"


def test_two_processes_may_upgrade_at_once(empty_engine: Engine) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            schema.upgrade(empty_engine)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    revision.check(empty_engine)


def test_a_wrong_status_is_refused_by_the_database(session: Session) -> None:
    source = HarvestSource(name="a", type="folder", url="/a", created=NOW, modified=NOW)
    session.add(source)
    session.flush()
    session.add(HarvestJob(source_id=source.id, created=NOW))
    session.flush()
    with pytest.raises(IntegrityError):
        session.execute(text("UPDATE harvest_jobs SET status = 'done'"))


def test_a_naive_time_is_refused(session: Session) -> None:
    session.add(HarvestSource(name="a", type="x", url="", created=dt.datetime(2026, 1, 1), modified=NOW))  # noqa: DTZ001
    with pytest.raises(Exception, match="no time zone"):
        session.flush()


def test_times_come_back_as_utc(session: Session) -> None:
    almaty = dt.timezone(dt.timedelta(hours=5))
    source = HarvestSource(name="a", type="x", url="", created=NOW.astimezone(almaty), modified=NOW)
    session.add(source)
    session.commit()
    session.expire(source)
    assert source.created == NOW
    assert source.created.tzinfo is dt.UTC


def test_one_step_down_and_up_keeps_the_rows_and_the_checks(engine: Engine, session: Session) -> None:
    organization = Organization(slug="a", title=Text(), created=NOW, modified=NOW)
    session.add(organization)
    session.flush()
    session.add(
        Upload(
            organization_id=organization.id, filename="a.xlsx", checksum="0" * 64, byte_size=1, created=NOW,
            status=UploadStatus.CHECKING,
        )
    )  # fmt: skip
    session.commit()
    schema.downgrade(engine, "0001")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT status FROM uploads")) == "received"
    _agree(engine, ("resources", "uploads"))
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    assert session.scalars(select(Upload)).one().language == "ru"


def test_a_filled_store_goes_down_from_harvesting_and_up_again(engine: Engine, session: Session) -> None:
    source = HarvestSource(name="a", type="folder", url="/a", created=NOW, modified=NOW, priority=5, since=NOW)
    dataset = Dataset(slug="a", title=Text(ru="А"), metadata_created=NOW, metadata_modified=NOW, edited={"title": {}})
    session.add_all([source, dataset, Job(kind="fetch", created=NOW, host="example.kz")])
    session.flush()
    other = Dataset(slug="b", title=Text(), metadata_created=NOW, metadata_modified=NOW, merged_into_id=dataset.id)
    job = HarvestJob(source_id=source.id, created=NOW, limit=5, runs=2)
    resource = Resource(dataset_id=dataset.id, key="1", created=NOW, last_modified="yesterday", link_status="ok")
    session.add_all([other, job, resource])
    session.flush()
    session.add_all(
        [
            HarvestRecord(
                source_id=source.id, identifier="1", dataset_id=dataset.id, job_id=job.id, first_seen=NOW,
                last_seen=NOW, harvested=NOW, result=ItemResult.CREATED, raw_hash="1" * 64, leads=False,
            ),
            HarvestProblem(job_id=job.id, source_id=source.id, code="x", message="y", value="z", created=NOW),
        ]
    )  # fmt: skip
    session.commit()
    schema.downgrade(engine, "0002")
    with engine.connect() as connection:
        counted = [connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("datasets", "harvest_records")]
        assert counted == [2, 1]
        assert connection.scalar(text("SELECT fetched_modified FROM resources")) == "yesterday"
    _agree(engine, ("datasets", "resources", "harvest_jobs"))
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    session.expire_all()
    assert session.scalars(select(HarvestSource)).one().priority == 100
    assert session.scalars(select(HarvestRecord)).one().leads
    assert {row.edited == {} and row.merged_into_id is None for row in session.scalars(select(Dataset))} == {True}
    assert session.scalars(select(Resource)).one().last_modified == "yesterday"
    assert session.scalars(select(Job)).one().host == ""


def test_a_filled_store_goes_down_from_machines_and_up_again(engine: Engine, session: Session) -> None:
    for number, email in enumerate(("a.b@example.org", "a-b@example.kz", "x@example.kz", "әлия@example.kz")):
        made = NOW + dt.timedelta(seconds=number)
        session.add(User(email=email, username=str(number), name="A", created=made, modified=NOW))
    given = {"metadata_created": NOW, "metadata_modified": NOW, "title": Text()}
    dataset = Dataset(slug="open", **given)
    session.add_all([dataset, Dataset(slug="closed", private=True, **given)])
    session.add(Dataset(slug="gone", state=RecordState.WITHDRAWN, withdrawn_at=NOW, **given))
    session.flush()
    session.add(Resource(dataset_id=dataset.id, key="1", created=NOW))
    session.add(DatasetEvent(object_id=dataset.id, action="created", at=NOW))
    session.commit()
    schema.downgrade(engine, "0004")
    _agree(engine, ("datasets", "resources", "users", "dataset_events"))
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    _agree(engine, METADATA.tables)
    session.expire_all()
    names = session.scalars(select(User.username).order_by(User.created)).all()
    assert names == ["a-b", "a-b-2", "user-x", "user"]
    assert dict(session.execute(select(Dataset.slug, Dataset.published_at)).all()) == {
        "open": NOW,
        "closed": None,
        "gone": NOW,
    }
    assert session.scalars(select(Resource)).one().metadata_modified == NOW
    assert session.scalars(select(DatasetEvent)).one().seq is None


def _people(session: Session) -> tuple[User, Organization, ApiToken, ApiToken]:
    """An account with two tokens, the second made with the first, and what it holds."""
    user = User(email="a@example.kz", username="a-a", name="A", created=NOW, modified=NOW)
    organization = Organization(slug="a", title=Text(), created=NOW, modified=NOW)
    session.add_all([user, organization])
    session.flush()
    session.add(Membership(user_id=user.id, organization_id=organization.id, role=Role.REVIEWER, created=NOW))
    first = ApiToken(user_id=user.id, token_hash="1" * 64, created=NOW)
    session.add(first)
    session.flush()
    second = ApiToken(user_id=user.id, token_hash="2" * 64, created=NOW, parent_id=first.id)
    limited = ApiToken(user_id=user.id, token_hash="3" * 64, created=NOW, scopes=("read",))
    session.add_all([second, limited])
    session.flush()
    return user, organization, first, second


def test_a_filled_store_goes_down_from_people_and_up_again(engine: Engine, session: Session) -> None:
    user, organization, first, second = _people(session)
    given = {"metadata_created": NOW, "metadata_modified": NOW, "title": Text(), "organization_id": organization.id}
    dataset = Dataset(slug="a", creator_id=user.id, **given)
    texts = dict.fromkeys(("description", "unit", "programme", "call", "priority"), Text())
    session.add_all([dataset, Study(slug="open", **given, **texts), Study(slug="shut", private=True, **given, **texts)])
    session.flush()
    session.add(ReportedProblem(object_id=dataset.id, message="x", state=ReportState.IN_PROGRESS, created=NOW))
    session.add(DatasetEvent(object_id=dataset.id, action="created", at=NOW, after={"a": 1}))
    session.add(Revision(kind="dataset", object_id=dataset.id, number=1, at=NOW, snapshot=b"x"))
    session.commit()
    schema.downgrade(engine, "0005")
    _agree(engine, ("datasets", "studies", "users", "api_tokens", "harvest_sources"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT role FROM memberships")) == "editor"
        assert connection.scalar(text("SELECT state FROM reported_problems")) == "new"
        revoked = "SELECT token_hash FROM api_tokens WHERE revoked IS NOT NULL"
        assert connection.scalars(text(revoked)).all() == ["3" * 64]  # it would be good for everything there
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    _agree(engine, METADATA.tables)
    session.expire_all()
    assert session.scalars(select(Dataset.responsible_id)).one() == user.id
    assert dict(session.execute(select(Study.slug, Study.published_at)).all()) == {"open": NOW, "shut": None}
    made = session.get_one(ApiToken, second.id)
    assert (made.parent_id, made.scopes, made.revoked) == (first.id, (), None)
    assert session.scalars(select(DatasetEvent)).one().after == {"a": 1}


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM dataset_events",
        "UPDATE dataset_events SET actor = 'somebody else'",
        "UPDATE dataset_events SET action = 'nothing'",
        "UPDATE dataset_events SET user_id = NULL",
        "UPDATE dataset_events SET address = '192.0.2.2'",
        """UPDATE dataset_events SET "after" = '[2]'""",
    ],
)
def test_the_audit_is_only_added_to(session: Session, change: str) -> None:
    event = {"actor": "a", "user_id": UUID(int=1), "address": "192.0.2.1", "before": None, "after": {"a": 1}}
    session.add(DatasetEvent(object_id=UUID(int=2), action="created", at=NOW, **event))
    session.commit()
    with pytest.raises(IntegrityError, match="only ever added to"):
        session.execute(text(change))


def test_an_event_gets_its_number_and_loses_its_address_and_what_was_purged(session: Session) -> None:
    said = {"address": "192.0.2.1", "before": {"a": 0}, "after": {"a": 1}}
    session.add(DatasetEvent(object_id=UUID(int=2), action="created", at=NOW, **said))
    session.commit()
    session.execute(update(DatasetEvent).values(seq=7, stamped=NOW))
    session.execute(update(DatasetEvent).values(before=null(), after=null(), address=""))
    session.execute(update(DatasetEvent).values(address="", actor=DatasetEvent.actor))
    session.commit()
    session.expire_all()
    event = session.scalars(select(DatasetEvent)).one()
    assert (event.seq, event.address, event.before, event.after) == (7, "", None, None)
