"""Page texts, in a SQLite file and in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from opendata.errors import NotFound, Unavailable
from opendata.store.base import make_engine
from opendata.store.pages import PageStore, open_pages

FILE = "ab" * 32
PAGES = ("Бірінші бет", "", "Вторая страница\n" * 500, "third \x00 page \ud800")


@pytest.fixture
def texts(engine: Engine) -> PageStore:
    store = PageStore(engine)
    store.create()
    return store


def test_pages_come_back_as_they_were(texts: PageStore) -> None:
    texts.put(FILE, 1, PAGES)
    assert texts.pages(FILE, 1)[:3] == PAGES[:3]
    assert [texts.page(FILE, 1, number) for number in (1, 2, 3)] == list(PAGES[:3])
    assert texts.page(FILE, 1, 4) == "third \x00 page ?"  # half a character is no text
    assert texts.count(FILE, 1) == 4
    assert texts.has(FILE, 1)


def test_versions_stand_side_by_side(texts: PageStore) -> None:
    texts.put(FILE, 1, ["old"])
    texts.put(FILE, 2, ["new"])
    assert (texts.pages(FILE, 1), texts.pages(FILE, 2)) == (("old",), ("new",))
    assert texts.files() == [(FILE, 1), (FILE, 2)]
    texts.delete(FILE)
    assert texts.files() == []


def test_the_last_text_counts(texts: PageStore) -> None:
    texts.put(FILE, 1, PAGES)
    texts.put(FILE, 1, ["one"])
    assert texts.pages(FILE, 1) == ("one",)


def test_a_file_may_have_no_page_at_all(texts: PageStore) -> None:
    texts.put(FILE, 1, [])
    assert texts.pages(FILE, 1) == ()
    assert texts.count(FILE, 1) == 0


def test_what_is_not_here_is_not_found(texts: PageStore) -> None:
    texts.put(FILE, 1, PAGES)
    for ask in (
        lambda: texts.page(FILE, 1, 0),
        lambda: texts.page(FILE, 1, 5),
        lambda: texts.page(FILE, 2, 1),
        lambda: texts.pages("cd", 1),
        lambda: texts.count("cd", 1),
    ):
        with pytest.raises(NotFound):
            ask()
    assert not texts.has(FILE, 2)
    texts.delete("cd")


def test_the_catalogue_opens_them_beside_its_store(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        store = open_pages(engine, tmp_path / "pages.sqlite")
        store.put(FILE, 1, PAGES)
        store.check()
        store.close()
    assert (tmp_path / "pages.sqlite").exists() == (engine.dialect.name == "sqlite")


def test_a_missing_table_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        PageStore(make_engine(f"sqlite:///{tmp_path / 'none.sqlite'}")).check()
