"""Many new datasets at once stand in the store as one by one."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from opendata.catalog.records import RecordState, StudyRef, Tombstone
from opendata.catalog.values import Identifier, Relation, Text
from opendata.store import queries
from opendata.store.base import Sessions
from opendata.store.datasets import DatasetKey
from opendata.store.datasets import Relation as RelationRow
from opendata.store.from_records import new_dataset, new_study
from opendata.store.inserting import insert_datasets
from tests.store.conftest import NOW
from tests.store.filled import dataset, public, study
from tests.store.test_records import organization


def test_rows_are_those_of_one_by_one(sessions: Sessions) -> None:
    with sessions.write() as session:
        agency = organization(session)
        parent = new_study(session, study(), NOW)
        other = new_dataset(session, public("other"), NOW)
        session.flush()
        given = dataset(
            organization=agency,
            study=StudyRef(parent.id, "s", "BR21881930", parent.title),
            relations=(
                *dataset().relations,
                Relation("HasVersion", "https://x", other.id, other.title, "other"),
                Relation("IsPartOf", "", parent.id, parent.title, "s"),
            ),
        )
        alone = new_dataset(session, replace(given, id=uuid4(), slug="alone"), NOW)
        together = replace(
            given, id=uuid4(), slug="together", resources=tuple(replace(r, id=None) for r in given.resources)
        )
        insert_datasets(session, [together], NOW)
        session.commit()
    with sessions.read() as session:
        one, two = queries.records(session, [alone.id, together.id], public_only=False)
        keys = session.execute(select(DatasetKey.dataset_id, DatasetKey.scheme, DatasetKey.value)).all()
    ids = {resource.id for resource in (*one.resources, *two.resources)}
    assert len(ids) == len(one.resources) + len(two.resources), "every file has an id of its own"
    assert replace(two, id=one.id, slug=one.slug, resources=()) == replace(one, resources=())
    assert (one.published_at, two.published_at) == (None, None), "a withdrawn record was never public here"
    assert all(file.metadata_modified == NOW for file in (*one.resources, *two.resources))
    bare = [[replace(resource, id=None) for resource in found.resources] for found in (one, two)]
    assert bare[0] == bare[1]
    assert {key[1:] for key in keys if key[0] == alone.id} == {key[1:] for key in keys if key[0] == together.id}


def test_a_withdrawn_record_keeps_its_reason(sessions: Sessions) -> None:
    gone = dataset(id=uuid4(), state=RecordState.WITHDRAWN, tombstone=Tombstone(NOW, "by mistake"), relations=())
    with sessions.write.begin() as session:
        insert_datasets(session, [replace(gone, organization=None, study=None)], NOW)
    with sessions.read() as session:
        (found,) = queries.records(session, [gone.id], public_only=False)  # type: ignore[list-item]
    assert found.tombstone == Tombstone(NOW, "by mistake")


def test_statements_do_not_grow_with_the_records(sessions: Sessions) -> None:
    statements: list[str] = []

    def inserted(count: int) -> int:
        statements.clear()
        with sessions.write.begin() as session:
            event.listen(session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))
            records = [
                public(
                    f"r{count}-{n}",
                    id=uuid4(),
                    organization=None,
                    study=None,
                    identifiers=(Identifier("doi", f"10.1/{count}.{n}"),),
                )
                for n in range(count)
            ]
            insert_datasets(session, records, NOW)
        return len({statement for statement in statements if statement.startswith("INSERT")})

    assert inserted(1) == inserted(50)


def test_a_taken_slug_is_refused(sessions: Sessions) -> None:
    twice = [public("same", id=uuid4(), organization=None, study=None, relations=()) for _ in range(2)]
    with pytest.raises(IntegrityError), sessions.write.begin() as session:
        insert_datasets(session, twice, NOW)
    with sessions.read() as session:
        assert session.scalars(select(RelationRow.id)).all() == []


def test_texts_without_any_language_are_empty(sessions: Sessions) -> None:
    bare = replace(
        public("bare", id=uuid4()), organization=None, study=None, description=Text(), relations=(), resources=()
    )
    with sessions.write.begin() as session:
        insert_datasets(session, [bare], NOW)
    with sessions.read() as session:
        (found,) = queries.records(session, [bare.id], public_only=False)  # type: ignore[list-item]
    assert found.description == Text()
