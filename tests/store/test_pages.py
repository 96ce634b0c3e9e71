"""Page texts, in a SQLite file and in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

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


def test_single_pages_of_many_files(texts: PageStore) -> None:
    other = "cd" * 32
    texts.put(FILE, 1, PAGES)
    texts.put(other, 1, ["one", "two"])
    wanted = [(other, 2), (FILE, 3), (FILE, 2), (FILE, 3), (FILE, 9), (other, 0), ("ef", 1)]
    assert texts.some(1, wanted) == {(other, 2): "two", (FILE, 3): PAGES[2], (FILE, 2): ""}
    assert texts.some(2, wanted) == {}
    assert texts.some(1, []) == {}


def test_pages_by_the_hundred_of_one_file_and_of_many(texts: PageStore) -> None:
    for file in range(3):
        texts.put(f"{file}", 1, [f"{file}:{page}" for page in range(1, 101)])
    wanted = [(f"{file}", page) for file in range(4) for page in range(103)]
    found = texts.some(1, wanted)
    assert found == {(f"{file}", page): f"{file}:{page}" for file in range(3) for page in range(1, 101)}


def test_keys_stand_beside_the_texts_by_analysis(texts: PageStore) -> None:
    other = "cd" * 32
    texts.keys.put(1, "old", {FILE: b"a", other: b"b"})
    texts.keys.put(1, "new", {FILE: b"c"})
    assert texts.keys.get(1, "old", [FILE, other, "ef"]) == {FILE: b"a", other: b"b"}
    assert texts.keys.get(1, "new", [FILE, other]) == {FILE: b"c"}
    assert texts.keys.get(2, "new", [FILE]) == texts.keys.get(1, "new", []) == {}
    texts.keys.put(1, "new", {FILE: b"d", other: b""})
    assert texts.keys.get(1, "new", [FILE, other]) == {FILE: b"d", other: b""}
    assert texts.keys.keep_only(["new"]) == 2
    assert texts.keys.get(1, "old", [FILE, other]) == {}


def test_keys_of_very_many_files(texts: PageStore) -> None:
    many = {f"{number:064x}": b"k" for number in range(1203)}
    texts.keys.put(1, "a", many)
    assert texts.keys.get(1, "a", many) == many
    texts.keys.put(1, "a", {})


def test_keys_go_with_the_text_that_they_were_made_from(texts: PageStore) -> None:
    for version in (1, 2):
        texts.put(FILE, version, PAGES)
        texts.keys.put(version, "a", {FILE: b"k"})
    texts.put(FILE, 1, ["another text"])
    assert texts.keys.get(1, "a", [FILE]) == {}
    assert texts.keys.get(2, "a", [FILE]) == {FILE: b"k"}
    texts.delete(FILE)
    assert texts.keys.get(2, "a", [FILE]) == {}


def test_a_store_of_an_earlier_version_gets_the_new_table(engine: Engine) -> None:
    store = PageStore(engine)
    store.create()
    store.put(FILE, 1, PAGES)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE page_keys"))
    store.create()
    assert store.keys.get(1, "a", [FILE]) == {}
    assert store.count(FILE, 1) == 4


def test_what_a_file_says_of_itself_goes_with_its_text(texts: PageStore) -> None:
    assert texts.facts.get(FILE, 1) == {}
    texts.put(FILE, 1, PAGES)
    texts.facts.put(FILE, 1, {"title": "Лёд", "author": ""})
    texts.facts.put(FILE, 1, {"title": "Вода", "author": ""})
    assert (texts.facts.get(FILE, 1), texts.facts.get(FILE, 2)) == ({"title": "Вода"}, {})
    texts.facts.put(FILE, 1, {"title": ""})
    assert texts.facts.get(FILE, 1) == {}
    texts.facts.put(FILE, 1, {"title": "Лёд"})
    texts.delete(FILE)
    assert texts.facts.get(FILE, 1) == {}
