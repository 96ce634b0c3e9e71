"""Walking through the public records: all of them, once each, in few SELECTs, and none that is not public."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import update

from opendata.catalog.records import RecordState, ResourceRecord, TextStatus
from opendata.catalog.values import OrganizationRef, Relation
from opendata.errors import Gone, NotFound
from opendata.reading.tablepreview import Sheet, TablePreview
from opendata.services import walking, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.datasets import Resource
from tests.conftest import Clock
from tests.factories import WITHHELD, feed, found, organization, record, ru


def _fill(catalogue: Catalogue, number: int, **changes: object) -> None:
    organization(catalogue, "su")
    agency = OrganizationRef(slug="su", title=ru("su"))
    items = (found(str(n), record(f"Запись {n}", organization=agency, **changes)) for n in range(number))
    feed(catalogue).take(*items)


def test_walk_meets_every_public_record_once(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "BATCH", 3)
    _fill(catalogue, 7)
    met = [str(one.record.title) for one in walking.walk(catalogue)]
    assert len(met) == len(set(met)) == 7


def test_walk_leaves_out_what_is_not_public(catalogue: Catalogue) -> None:
    _fill(catalogue, 1)
    source = feed(catalogue, "other")
    source.take(found("draft", record("Черновик", state=RecordState.DRAFT)), found("p", record("Своё", private=True)))
    assert [one.record.title.ru for one in walking.walk(catalogue)] == ["Запись 0"]


def test_walk_knows_since_and_agency(catalogue: Catalogue, clock: Clock) -> None:
    _fill(catalogue, 2)
    clock.advance(days=1)
    feed(catalogue, "late").take(found("late", record("Поздняя")))
    late = walking.walk(catalogue, since=clock.now - dt.timedelta(hours=1))
    assert [one.record.title.ru for one in late] == ["Поздняя"]
    assert {one.agency.slug for one in walking.walk(catalogue, organization="su") if one.agency} == {"su"}
    assert len(list(walking.walk(catalogue, organization="su"))) == 2
    with pytest.raises(NotFound):
        list(walking.walk(catalogue, organization="nobody"))


def test_a_relation_of_another_record_shows_in_every_way_of_asking(catalogue: Catalogue) -> None:
    _fill(catalogue, 1)
    part = next(walking.walk(catalogue)).record
    source = feed(catalogue, "whole")
    source.take(found("whole", record("Целое", relations=(Relation("HasPart", target_id=part.id),))))
    walked = next(one for one in walking.walk(catalogue) if one.record.id == part.id)
    named = walking.entry(catalogue, PUBLIC, part.slug)
    assert walked == named
    assert [relation.kind for relation in named.record.relations] == ["IsPartOf"]


def test_entries_keep_the_order_and_leave_out_what_is_gone(catalogue: Catalogue) -> None:
    _fill(catalogue, 3)
    ids = [one.record.id for one in walking.walk(catalogue) if one.record.id][::-1]
    with catalogue.sessions.read() as session:
        slug = queries.dataset_page(session, ids[1]).slug
    writing.remove(catalogue, SYSTEM, slug, "Ошибка")
    assert [one.record.id for one in walking.entries(catalogue, ids)] == [ids[0], ids[2]]
    with pytest.raises(Gone):
        walking.entry(catalogue, PUBLIC, slug)


def test_tables_are_told_of_open_files_alone(catalogue: Catalogue) -> None:
    seen = TablePreview((Sheet("", (), (), 0),), ",", "utf-8")
    files = (
        ResourceRecord(key="a", filename="a.csv"),
        ResourceRecord(key="b", filename="b.csv", disclosure=WITHHELD),
    )
    content = {"a": b"x,y\n1,2\n", "b": b"x,y\n1,3\n"}
    feed(catalogue).take(found("t", record("Таблицы", resources=files), content))
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Resource).values(preview=json.loads(seen.to_json()), text_status=TextStatus.TEXT))
    slug = next(walking.walk(catalogue)).record.slug
    assert list(walking.entry(catalogue, PUBLIC, slug, tables=True).tables.values()) == [seen]
    assert not walking.entry(catalogue, PUBLIC, slug).tables
