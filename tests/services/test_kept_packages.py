"""Packages written ahead are those that the public would be shown now, or they are left out."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from sqlite3 import connect
from uuid import UUID

import pytest

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Disclosure, DisclosureStatus
from opendata.export.site import Site
from opendata.services import changes, ckan_packages, kept_packages, sequence, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.kept_packages import FILE, Packing, Shelf
from tests.factories import Feed, feed, found, link, record, ru


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    return feed(catalogue)


def made(one: Feed, name: str, **fields: object) -> UUID:
    about = record(name, resources=(link(),))
    key = one.one(found(name, replace(about, **fields))).id  # type: ignore[arg-type]
    assert key
    return key


def tend(catalogue: Catalogue, seconds: float = 5.0) -> None:
    """As care does it: what is not in order yet counts as changed."""
    sequence.advance(catalogue)
    kept_packages.tend(catalogue, seconds)


def site(catalogue: Catalogue) -> Site:
    return Site.of(catalogue.config)


def read(catalogue: Catalogue, *ids: UUID, where: Site | None = None) -> dict[UUID, object]:
    """What a web process that begins now finds there."""
    here = where or site(catalogue)
    shelf = Shelf(kept_packages.open_file(catalogue), here)
    shelf.turn(partial(changes.since, catalogue), changes.since(catalogue, None).point)
    return {key: json.loads(Packing(here).unpacked(body)) for key, body in shelf.some(ids).items()}


def fresh(catalogue: Catalogue, *ids: UUID) -> dict[UUID | None, object]:
    shown = ckan_packages.shown_all(catalogue, PUBLIC, ids)
    return {one.record.id: kept_packages.dictionary(one, site(catalogue)) for one in shown}


def test_what_is_written_ahead_is_what_would_be_made(catalogue: Catalogue, one: Feed) -> None:
    ids = [made(one, f"Озеро {number}") for number in range(5)]
    assert read(catalogue, *ids) == {}, "nothing is there yet, and nobody minds"
    tend(catalogue)
    assert read(catalogue, *ids) == fresh(catalogue, *ids)
    assert len(read(catalogue, *ids)) == 5


def test_what_has_changed_is_left_out_until_it_is_written_again(catalogue: Catalogue, one: Feed) -> None:
    first, second = made(one, "Первый"), made(one, "Второй")
    tend(catalogue)
    writing.replace(catalogue, SYSTEM, str(first), lambda had: replace(had, title=ru("Другой")))
    assert set(read(catalogue, first, second)) == {second}
    third = made(one, "Третий")
    tend(catalogue)
    assert read(catalogue, first, second, third) == fresh(catalogue, first, second, third)


@pytest.mark.parametrize("hidden", ["private", "withdrawn"])
def test_what_is_not_public_any_more_is_gone(catalogue: Catalogue, one: Feed, hidden: str) -> None:
    key = made(one, "Открытый")
    tend(catalogue)

    def hide(had: DatasetRecord) -> DatasetRecord:
        return replace(had, private=True)

    if hidden == "private":
        writing.replace(catalogue, SYSTEM, str(key), hide)
    else:
        writing.remove(catalogue, SYSTEM, str(key), "ошибка")
    assert read(catalogue, key) == {}
    tend(catalogue)
    assert kept_packages.open_file(catalogue).bodies([key]) == {}


def test_a_dataset_with_a_file_that_opens_on_a_day_is_never_kept(catalogue: Catalogue, one: Feed) -> None:
    day = catalogue.today() + dt.timedelta(days=3)
    closed = replace(link(), disclosure=Disclosure(DisclosureStatus.EMBARGOED, day))
    key, other = made(one, "Закрытый", resources=(closed,)), made(one, "Открытый")
    tend(catalogue)
    assert set(read(catalogue, key, other)) == {other}


def test_another_address_or_a_broken_file_holds_nothing(catalogue: Catalogue, one: Feed) -> None:
    key = made(one, "Озеро")
    tend(catalogue)
    moved = replace(site(catalogue), url="https://data.example")
    assert read(catalogue, key, where=moved) == {}
    (catalogue.config.home / FILE).write_bytes(b"no database at all" * 500)
    assert read(catalogue, key) == {}
    tend(catalogue)
    assert read(catalogue, key) == fresh(catalogue, key)


def test_it_goes_on_where_its_time_was_up(catalogue: Catalogue, one: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [made(one, f"Озеро {number}") for number in range(5)]
    monkeypatch.setattr(kept_packages, "BATCH", 2)
    tend(catalogue, seconds=0.0)
    assert read(catalogue, *ids) == {}
    tend(catalogue)
    assert read(catalogue, *ids) == fresh(catalogue, *ids)


def test_a_store_brought_back_from_a_backup_is_shown_as_it_is(catalogue: Catalogue, one: Feed, tmp_path: Path) -> None:
    key, other = made(one, "Озеро"), made(one, "Другой")
    sequence.advance(catalogue)
    backup = tmp_path / "backup.sqlite"
    with closing(connect(catalogue.config.home / "catalogue.sqlite")) as now, closing(connect(backup)) as kept:
        now.backup(kept)
    for number in range(3):
        writing.replace(catalogue, SYSTEM, str(key), lambda had: replace(had, title=ru(f"Озеро {number}")))  # noqa: B023
    tend(catalogue)
    assert read(catalogue, key, other) == fresh(catalogue, key, other)
    with closing(connect(backup)) as kept, closing(connect(catalogue.config.home / "catalogue.sqlite")) as now:
        kept.backup(now)
    assert read(catalogue, key, other) == {}, "it is not what was written then"
    writing.remove(catalogue, SYSTEM, str(key), "ошибка")
    for number in range(5):
        writing.replace(catalogue, SYSTEM, str(other), lambda had: replace(had, title=ru(f"Другой {number}")))  # noqa: B023
    sequence.advance(catalogue)
    assert read(catalogue, key, other) == {}
    tend(catalogue)
    assert read(catalogue, key, other) == fresh(catalogue, other)
