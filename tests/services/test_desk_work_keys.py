"""What waits, read to its end by programs: each thing once, whatever comes and goes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import OrganizationRef
from opendata.config import load_config
from opendata.services import desk_work, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.desk_work import ALL, WorkLine
from opendata.store.datasets import Dataset
from tests.conftest import Clock, settings
from tests.factories import organization, ru
from tests.services.test_desk_work import NOW, add_work, role

ROOT = Actor(user_id=uuid4(), name="root", sysadmin=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """An agency with three things of every kind."""
    config = load_config(environ=settings(tmp_path_factory.mktemp("work")))
    prepare_home(config)
    opened = open_catalogue(config, Clock(NOW))
    organization(opened, "su")
    add_work(opened, "su", 3)
    yield opened
    opened.close()


def drafted(catalogue: Catalogue, number: int) -> set[UUID | None]:
    """So many new drafts."""
    record = DatasetRecord(ru("Черновик"), organization=OrganizationRef(slug="su"), state=RecordState.DRAFT)
    return {writing.create(catalogue, SYSTEM, replace(record, title=ru(f"Черновик {n}"))).id for n in range(number)}


@pytest.mark.parametrize("kind", desk_work.KINDS)
def test_a_kind_is_read_to_its_end(site: Catalogue, kind: str) -> None:
    whole = desk_work.listing(site, ROOT, kind, limit=100).lines
    read: list[WorkLine] = []
    after, first = "", True
    while after or first:
        lines, after = desk_work.behind(site, ROOT, kind, ALL, after, 1)
        read, first = [*read, *lines], False
    assert sorted(map(repr, read)) == sorted(map(repr, whole))


def test_what_waits_comes_once_while_other_things_come_and_go(site: Catalogue) -> None:
    editor, there = role(site, Role.EDITOR), drafted(site, 5)
    lines, after = desk_work.behind(site, editor, "drafts", ALL, "", 3)
    seen = [line.id for line in lines]
    drafted(site, 3)
    with site.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == seen[0]).values(state=RecordState.PUBLISHED))
    while after:
        lines, after = desk_work.behind(site, editor, "drafts", ALL, after, 3)
        seen += [line.id for line in lines]
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_nothing_waits_for_who_may_not_and_no_other_key_is_taken(site: Catalogue) -> None:
    assert desk_work.behind(site, PUBLIC, "drafts", ALL, "", 1) == ((), "")
    with pytest.raises(ValueError, match="UUID"):
        desk_work.behind(site, ROOT, "drafts", ALL, "5", 1)
