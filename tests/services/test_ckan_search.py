"""package_search as a service: the fields of a record, who sees what, pages, and what was just written."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.catalog.ckan_extras import AS_WRITTEN
from opendata.catalog.records import RecordState, TextInfo, TextStatus
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Keyword,
    OrganizationRef,
    Text,
)
from opendata.config import load_config
from opendata.services import ckan_packages, ckan_search, index_check, index_wait, indexing, queue, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.ckan_search import Found, SearchQueryError, SearchRequest
from opendata.store.datasets import Dataset
from opendata.store.operations import Job
from opendata.store.organizations import Group, GroupMember
from opendata.worker import Worker
from tests.conftest import Clock, settings
from tests.factories import Feed, feed, found, link, member, organization, record, ru, stored, work


def ask(catalogue: Catalogue, actor: Actor = PUBLIC, **asked: object) -> Found:
    return ckan_search.find(catalogue, actor, SearchRequest(**asked))  # type: ignore[arg-type]


def names(catalogue: Catalogue, actor: Actor = PUBLIC, **asked: object) -> list[str]:
    """The titles of what is found, in order."""
    given = ask(catalogue, actor, **{"rows": 100, **asked})
    titles = [stored(catalogue, key).title.ru for key in given.ids]
    assert len(titles) == given.count or "rows" in asked or "after" in asked
    return titles


@pytest.fixture
def two(catalogue: Catalogue) -> tuple[UUID, UUID]:
    """Two agencies."""
    return organization(catalogue, "mines"), organization(catalogue, "health")


@dataclass(frozen=True)
class Filled:
    """A catalogue that tests only read, and its two agencies."""

    catalogue: Catalogue
    mines: UUID
    health: UUID


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Filled]:
    """Public, private and draft datasets of both agencies, indexed."""
    home = tmp_path_factory.mktemp("filled") / "home"
    shutil.copytree(prepared, home)
    opened = open_catalogue(load_config(environ=settings(home)), Clock(dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)))
    two = (organization(opened, "mines"), organization(opened, "health"))
    fill(opened, two)
    yield Filled(opened, *two)
    opened.close()


def fill(catalogue: Catalogue, two: tuple[UUID, UUID]) -> None:
    """A public, a private and a draft dataset of each agency, indexed."""
    one = feed(catalogue)
    for slug, agency in zip(("mines", "health"), two, strict=True):
        ref = OrganizationRef(slug, ru(slug), agency)
        for title, changes in (
            ("открыто", {}),
            ("закрыто", {"private": True}),
            ("черновик", {"state": RecordState.DRAFT}),
        ):
            given = record(
                f"{title} {slug}",
                organization=ref,
                keywords=(Keyword("вода"), Keyword(f"тайна {slug}" if changes else "воздух")),
                **changes,
            )
            one.one(found(f"{slug} {title}", given))
    work(catalogue)


def test_every_field_of_a_record_can_be_asked_for(catalogue: Catalogue, two: tuple[UUID, UUID], clock: Clock) -> None:
    given = record(
        "Медь в реках",
        description=ru("Пробы воды"),
        organization=OrganizationRef("mines", ru("mines"), two[0]),
        keywords=(Keyword("тяжёлые металлы"), Keyword("Rivers", "en")),
        themes=("environment",),
        license_id="CC0-1.0",
        contributors=(Contributor("Ерлан Асқар", ContributorRole.CREATOR),),
        contacts=(ContactPoint("Отдел данных"),),
        landing_page="https://data.example/copper",
        version="2.1",
        extras=(Extra("guid", "urn:x:1"), Extra("river name", "Ертіс")),
        resources=(link("https://data.example/copper.csv", format="CSV", name=ru("Таблица проб")),),
        register_number="BR123",
    )
    made = feed(catalogue).one(found("1", given))
    other = feed(catalogue).one(found("2", record("Другое")))
    with catalogue.sessions.write.begin() as session:
        now = catalogue.now()
        group = Group(slug="rivers", title=Text(), description=Text(), created=now, modified=now)
        session.add(group)
        session.flush()
        session.add(GroupMember(group_id=group.id, kind="dataset", object_id=made.id))
        queue.index_datasets(session, now, [made.id] if made.id else [])
    work(catalogue)
    for fq in (
        f"id:{made.id}", f"name:{made.slug}", "title:медь", 'title:"медь в реках"', "notes:пробы", "text:(медь проба)",
        "organization:mines", f"owner_org:{two[0]}", 'tags:"тяжёлые металлы"', "tags:rivers", "groups:environment",
        "groups:rivers", "license_id:CC0-1.0", "res_format:CSV", 'res_name:"Таблица проб"', "res_name:таблица",
        "res_url:*copper.csv", 'author:"Ерлан Асқар"', "author:асқар", "maintainer:отдел",
        "url:https\\://data.example/copper", "version:2.1", "extras_guid:urn\\:x\\:1", "guid:urn*", "extras_guid:*",
        "extras_river\\ name:Ертіс", "register_number:BR123", "num_resources:1", "num_resources:[1 TO *]",
        "num_tags:2", "metadata_created:[NOW-1DAY TO NOW]",
        "metadata_modified:[2026-06-01T00:00:00Z TO *]", "views:0", "state:active", "capacity:public", "private:false",
        "dataset_type:dataset", "type:dataset", "entity_type:package",
    ):  # fmt: skip
        both_match = fq.split(":")[0] in (
            "metadata_created", "metadata_modified", "views", "state", "capacity", "private", "dataset_type", "type",
            "entity_type",
        )  # fmt: skip
        assert set(ask(catalogue, fq=fq).ids) == ({made.id, other.id} if both_match else {made.id}), fq
        assert ask(catalogue, fq=f"-({fq})").ids == (() if both_match else (other.id,)), fq
    assert ask(catalogue, fq="+site_id:anything").count == 2
    assert index_is_right(catalogue)


def test_the_type_that_a_client_sent_is_found_and_so_is_what_is_open(catalogue: Catalogue) -> None:
    given = record("Источник", extras=(Extra(f"{AS_WRITTEN}type", "harvest"),), license_id="CC-BY-NC-4.0")
    sent = feed(catalogue).one(found("1", given))
    other = feed(catalogue).one(found("2", record("Другое", license_id="CC0-1.0")))
    work(catalogue)
    for fq in ("dataset_type:harvest", "type:harvest", "isopen:false", "-isopen:true"):
        assert ask(catalogue, fq=fq).ids == (sent.id,), fq
    for fq in ("-type:harvest", "dataset_type:dataset", "isopen:true", "isopen:True", "-isopen:false"):
        assert ask(catalogue, fq=fq).ids == (other.id,), fq
    assert ask(catalogue, fq="dataset_type:(dataset OR harvest)").count == 2


def test_counts_are_compared_by_size(catalogue: Catalogue) -> None:
    many = record("Много", resources=tuple(link(f"https://data.example/{number}.csv") for number in range(12)))
    made = feed(catalogue).one(found("1", many))
    feed(catalogue).one(found("2", record("Ничего")))
    work(catalogue)
    for fq in ("num_resources:12", "num_resources:[3 TO 20]", "num_resources:{0 TO 12]", "-num_resources:0"):
        assert ask(catalogue, fq=fq).ids == (made.id,), fq
    assert ask(catalogue, fq="num_resources:[0 TO 2]").count == 1
    with pytest.raises(SearchQueryError):
        ask(catalogue, fq="num_resources:[few TO many]")


def index_is_right(catalogue: Catalogue) -> bool:
    return not index_check.compare(catalogue, repair=False).differs


def test_the_public_finds_what_is_public(filled: Filled) -> None:
    catalogue = filled.catalogue
    every = {"include_private": True, "include_drafts": True, "include_deleted": True}
    for asked in ({}, every):
        assert sorted(names(catalogue, PUBLIC, **asked)) == ["открыто health", "открыто mines"]
        assert names(catalogue, PUBLIC, q="тайна", **asked) == []
        assert names(catalogue, PUBLIC, fq="private:true OR state:draft", **asked) == []
        answer = ask(catalogue, PUBLIC, facets=["tags", "state", "capacity", "organization"], **asked)
        assert {name: [(one.value, one.count) for one in found] for name, found in answer.facets.items()} == {
            "tags": [("вода", 2), ("воздух", 2)],
            "state": [("active", 2)],
            "capacity": [("public", 2)],
            "organization": [("health", 1), ("mines", 1)],
        }


def test_members_find_the_private_and_the_drafts_of_their_own_agency(filled: Filled) -> None:
    catalogue = filled.catalogue
    actor = member(filled.mines, Role.MEMBER)
    assert sorted(names(catalogue, actor)) == ["открыто health", "открыто mines"]
    assert sorted(names(catalogue, actor, include_private=True)) == ["закрыто mines", "открыто health", "открыто mines"]
    assert sorted(names(catalogue, actor, include_drafts=True)) == ["открыто health", "открыто mines", "черновик mines"]
    every = {"include_private": True, "include_drafts": True}
    assert len(names(catalogue, actor, **every)) == 4
    assert names(catalogue, actor, fq="organization:health", **every) == ["открыто health"]
    assert names(catalogue, actor, fq='tags:"тайна health"', **every) == []
    answer = ask(catalogue, actor, facets=["tags", "state"], facet_limit=2, **every)
    assert [(one.value, one.count) for one in answer.facets["tags"]] == [("вода", 4), ("воздух", 2)]
    assert [(one.value, one.count) for one in answer.facets["state"]] == [("active", 3), ("draft", 1)]


def test_what_was_withdrawn_is_found_by_its_people_when_they_ask_for_it(
    catalogue: Catalogue, two: tuple[UUID, UUID]
) -> None:
    one = feed(catalogue)
    for slug, agency in zip(("mines", "health"), two, strict=True):
        ref = OrganizationRef(slug, ru(slug), agency)
        made = one.one(found(slug, record(f"Удалено {slug}", organization=ref, keywords=(Keyword("тайна"),))))
        one.one(found(f"{slug} kept", record(f"Есть {slug}", organization=ref)))
        writing.remove(catalogue, SYSTEM, made.slug, "Ошибка")
    work(catalogue)
    actor, kept = member(two[0], Role.MEMBER), ["Есть health", "Есть mines"]
    assert sorted(names(catalogue, actor, include_private=True, include_drafts=True)) == kept
    assert sorted(names(catalogue, actor, include_deleted=True)) == [*kept, "Удалено mines"]
    assert names(catalogue, actor, fq="state:deleted", include_deleted=True) == ["Удалено mines"]
    assert sorted(names(catalogue, PUBLIC, include_deleted=True)) == kept
    assert names(catalogue, PUBLIC, q="тайна", include_deleted=True) == []
    assert len(names(catalogue, SYSTEM, include_deleted=True)) == 4
    assert index_is_right(catalogue)
    indexing.rebuild(catalogue)
    assert sorted(names(catalogue, actor, include_deleted=True)) == [*kept, "Удалено mines"]
    shown = ckan_packages.shown_all(catalogue, actor, ask(catalogue, actor, include_deleted=True).ids, withdrawn=True)
    assert {one.record.state for one in shown} == {RecordState.PUBLISHED, RecordState.WITHDRAWN}
    assert len(ckan_packages.shown_all(catalogue, actor, ask(catalogue, SYSTEM, include_deleted=True).ids)) == 2


def test_sysadmins_find_all_of_it(filled: Filled) -> None:
    catalogue = filled.catalogue
    assert len(names(catalogue, SYSTEM, include_private=True, include_drafts=True)) == 6
    assert len(names(catalogue, SYSTEM)) == 2
    before_password = Actor(UUID(int=2), sysadmin=True, must_change_password=True)
    assert len(names(catalogue, before_password, include_private=True)) == 2


@pytest.mark.parametrize(
    "sort", ["name asc", "title_string desc", "metadata_created desc, name asc", "", "owner_org asc"]
)
def test_hits_of_both_areas_stand_in_one_order(filled: Filled, sort: str) -> None:
    catalogue = filled.catalogue
    every = {"include_private": True, "include_drafts": True, "sort": sort}
    whole = ask(catalogue, SYSTEM, rows=100, **every)
    assert (whole.count, len(whole.ids), whole.next) == (6, 6, "")
    by_start = [ask(catalogue, SYSTEM, rows=1, start=place, **every).ids[0] for place in range(6)]
    assert tuple(by_start) == whole.ids
    walked: list[UUID] = []
    after = ""
    for _page in range(3):
        part = ask(catalogue, SYSTEM, rows=2, after=after, **every)
        walked, after = [*walked, *part.ids], part.next
    assert (tuple(walked), after) == (whole.ids, "")
    if sort == "name asc":
        slugs = [stored(catalogue, key).slug for key in whole.ids]
        assert slugs == sorted(slugs)


def test_what_is_withheld_is_not_to_be_found_by_fields_of_files(catalogue: Catalogue) -> None:
    closed = link(
        "https://data.example/secret-name.csv",
        name=ru("Тайный список"),
        description=ru("сокровенное"),
        disclosure=Disclosure(DisclosureStatus.WITHHELD),
        text=TextInfo(TextStatus.NOT_STORED),
    )
    made = feed(catalogue).one(found("1", record("Отчёт", resources=(closed, link(name=ru("Открытый список"))))))
    work(catalogue)
    assert names(catalogue, fq="res_name:открытый") == ["Отчёт"]
    for fq in ("res_url:*secret*", "res_name:тайный", "res_description:*"):
        assert names(catalogue, fq=fq) == [], fq
    opened = replace(made, resources=tuple(replace(one, disclosure=Disclosure()) for one in made.resources))
    feed(catalogue).one(found("1", opened))
    work(catalogue)
    assert names(catalogue, fq="res_url:*secret*") == ["Отчёт"]


def test_what_was_hidden_is_not_found_before_the_index_follows(catalogue: Catalogue, two: tuple[UUID, UUID]) -> None:
    fill(catalogue, two)
    with catalogue.sessions.write.begin() as session:
        row = session.scalars(select(Dataset).where(Dataset.private.is_(False), Dataset.state == "published")).first()
        assert row is not None
        row.private, row.metadata_modified = True, catalogue.now()
        queue.index_datasets(session, catalogue.now(), [row.id], prompt=False)
    answer = ask(catalogue, facets=["tags"])
    assert answer.count == len(answer.ids) == 1
    assert [(one.value, one.count) for one in answer.facets["tags"]] == [("вода", 1), ("воздух", 1)]


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"q": "("}, "q"), ({"fq": "a:("}, "fq"), ({"fq_list": ["x", ")"]}, "fq"), ({"sort": "name"}, "sort"),
        ({"sort": "name upwards"}, "sort"), ({"sort": "tags asc"}, "sort"), ({"rows": -1}, "rows"),
        ({"start": -1}, "start"), ({"after": "nonsense"}, "after"), ({"after": "WzFd"}, "after"),
        ({"facets": ["x"] * 31}, "facet.field"), ({"sort": ", ".join(["name asc"] * 6)}, "sort"),
        ({"q": "{!join from=id to=id}x"}, "q"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_names_its_parameter(
    catalogue: Catalogue, asked: dict[str, object], parameter: str
) -> None:
    with pytest.raises(SearchQueryError) as caught:
        ask(catalogue, PUBLIC, **asked)
    assert caught.value.parameter == parameter


def test_bounds_are_told(filled: Filled) -> None:
    catalogue = filled.catalogue
    answer = ask(catalogue, rows=5_000, facets=["tags"], facet_limit=50_000)
    assert answer.capped == ("rows", "facet.limit")
    assert (answer.count, ask(catalogue, rows=0).ids, ask(catalogue, start=10**9).ids) == (2, (), ())
    assert ask(catalogue).sort == ask(catalogue, sort="rank").sort == "score desc, metadata_modified desc"
    assert ask(catalogue, sort="Name ASC".lower()).sort == "name asc"
    cursor = ask(catalogue, rows=1, sort="name asc").next
    with pytest.raises(SearchQueryError):
        ask(catalogue, sort="name desc", after=cursor)


def write(catalogue: Catalogue, title: str, *, prompt: bool = True) -> UUID:
    """A dataset as people and programs write it."""
    given = found(title, record(title))
    made = feed(catalogue).one(given)
    assert made.id is not None
    with catalogue.sessions.write.begin() as session:
        for job in session.scalars(select(Job).where(Job.kind == "index", Job.status == "new")):
            session.delete(job)
        queue.index_datasets(session, catalogue.now(), [made.id], prompt=prompt)
    return made.id


def test_what_was_written_is_found_by_the_next_search(catalogue: Catalogue) -> None:
    worker = Worker(catalogue)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        for number in range(5):
            made = write(catalogue, f"Новое {number}")
            assert made in ask(catalogue, rows=100).ids
    finally:
        worker.stop()
        thread.join()


def test_a_search_waits_neither_for_harvests_nor_for_ever(catalogue: Catalogue, clock: Clock) -> None:
    write(catalogue, "Собранное", prompt=False)
    assert index_wait.settle(catalogue, 0), "it would have to wait for that"
    write(catalogue, "Написанное")
    assert not index_wait.settle(catalogue, 0.1), "nobody works on the queue"
    clock.advance(seconds=30)
    assert index_wait.settle(catalogue), "and nobody will"


def test_what_people_write_comes_between_the_parts_of_a_harvest(
    catalogue: Catalogue, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opendata.worker.INDEXED_AT_ONCE", 2)
    ids = [one.one(found(str(number), record(f"Вода {number}"))).id for number in range(6)]
    mine = one.one(found("mine", record("Моё"))).id
    order: list[list[UUID]] = []
    real = indexing.index_records

    def noted(catalogue: Catalogue, datasets: list[UUID], studies: list[UUID]) -> int:
        order.append(list(datasets))
        if len(order) == 1:
            with catalogue.sessions.write.begin() as session:
                queue.index_datasets(session, catalogue.now(), [mine] if mine else [])
        return real(catalogue, datasets, studies)

    monkeypatch.setattr(indexing, "index_records", noted)
    with catalogue.sessions.write.begin() as session:
        for job in session.scalars(select(Job).where(Job.kind == "index")):
            session.delete(job)
        queue.index_datasets(session, catalogue.now(), [key for key in ids if key], prompt=False)
    work(catalogue)
    assert [len(part) for part in order] == [2, 1, 2, 2]
    assert order[1] == [mine]
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(Job.status).where(Job.kind == "index"))) == {"complete"}
    assert ask(catalogue).count == 7
