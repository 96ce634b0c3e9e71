"""A phrase in the text of files is proved on its pages; hits, total and facets tell of those records alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from opendata.search.query import SearchQuery
from opendata.services import discovery, facets, phrases
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.results import SearchPage
from opendata.web.app import create_app
from tests.conftest import Clock
from tests.factories import Feed, feed
from tests.services.conftest import copy_of, filled_home
from tests.services.test_passages import keyed, shelved, unkeyed

Q = '"качество воды"'


def found(catalogue: Catalogue, q: str = Q, **filters: str) -> SearchPage:
    chosen = {name: (value,) for name, value in filters.items()}
    return discovery.find(catalogue, PUBLIC, SearchQuery(q, chosen))


def titles(page: SearchPage) -> set[str]:
    return {card.record.title.ru for card in page.cards}


@pytest.fixture(scope="module")
def shelf(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the phrase in a text, in a title, across a line; its words apart, on two pages, in two files."""
    return filled_home(tmp_path_factory.mktemp("shelf") / "home", prepared, _fill)


@pytest.fixture
def catalogue(request: pytest.FixtureRequest, prepared: Path, tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    """A copy of the shelf where the test asks for it, else an empty one."""
    home = request.getfixturevalue("shelf") if "shelf" in request.fixturenames else prepared
    with copy_of(home, tmp_path / "home", clock) as opened:
        yield opened


def _fill(catalogue: Catalogue) -> None:
    one = feed(catalogue, "one")
    shelved(one, "Первый", ("ничего", "о качество воды сказано"), license_id="CC0-1.0")
    shelved(one, "Второе качество воды", ("ничего",))
    shelved(one, "Третий", ("ничего", "качество во-\nды"))
    shelved(one, "Четвёртый", ("воды и качество",))
    shelved(one, "Пятый", ("воды", "качество"))
    shelved(one, "Шестой", ("качество",), ("воды",), license_id="CC0-1.0")
    keyed(catalogue)


@pytest.mark.usefixtures("shelf")
def test_only_records_with_the_phrase_are_found_and_counted(catalogue: Catalogue) -> None:
    page = found(catalogue)
    assert titles(page) == {"Первый", "Второе качество воды", "Третий"}
    assert (page.total, page.checked) == (3, 0)
    licences = next(facet for facet in page.facets if facet.name == "license_id")
    assert {value.value: value.count for value in licences.values}["CC0-1.0"] == 1
    listed = facets.values(catalogue, SearchQuery(Q), "license_id")
    assert sum(value.count for value in listed.values) == 3


@pytest.mark.parametrize("pages", [("о качестве. Качество\n 12", "13 \n воды в реке", "x"), ("x", "качество", "воды")])
@pytest.mark.parametrize("ready", [keyed, unkeyed])
def test_a_phrase_may_run_across_the_end_of_a_page(  # type: ignore[no-untyped-def]
    catalogue: Catalogue, one: Feed, pages: tuple[str, ...], ready
) -> None:
    shelved(one, "Через страницу", pages)
    shelved(one, "Порознь", ("качество и мутность", "о мутности воды"))
    ready(catalogue)
    assert titles(found(catalogue)) == {"Через страницу"}


@pytest.mark.usefixtures("shelf")
def test_filters_and_pages_count_those_alone(catalogue: Catalogue) -> None:
    page = found(catalogue, license_id="CC0-1.0")
    assert (titles(page), page.total) == ({"Первый"}, 1)
    leaf = discovery.find(catalogue, PUBLIC, SearchQuery(Q, page=2, size=2))
    assert (len(leaf.cards), leaf.total, leaf.pages) == (1, 3, 2)


@pytest.mark.usefixtures("shelf")
def test_a_phrase_with_other_words_and_alternatives(catalogue: Catalogue) -> None:
    assert titles(found(catalogue, f"{Q} сказано")) == {"Первый"}
    assert titles(found(catalogue, f'{Q} OR "воды и"')) >= {"Первый", "Четвёртый"}
    assert titles(found(catalogue, '"вода качества"')) == set()


@pytest.mark.usefixtures("shelf")
def test_phrases_may_stand_in_the_title_and_in_a_file(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Седьмой отчёт", ("о качество воды",))
    keyed(catalogue)
    assert titles(found(catalogue, f'{Q} "седьмой отчёт"')) == {"Седьмой отчёт"}


@pytest.mark.usefixtures("shelf")
def test_beyond_the_bound_it_is_said_that_there_may_be_more(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "CHECKED", 2)
    page = found(catalogue)
    assert page.checked == 2
    assert page.total <= 2
    assert page.total == len(page.cards)
    html = create_app(catalogue).test_client().get("/en/search", query_string={"q": Q}).get_data(as_text=True)
    assert "looked for in the first 2 records" in html


def test_without_page_keys_the_text_is_read(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Первый", ("ничего", "о качество воды сказано"))
    shelved(one, "Второй", ("воды и качество",))
    catalogue.page_texts.keys.keep_only([])
    assert titles(found(catalogue)) == {"Первый"}


def test_a_page_of_results_is_as_long_as_it_says(catalogue: Catalogue, one: Feed) -> None:
    for number in range(5):
        shelved(one, f"Отчёт {number}", ("качество воды" if number % 2 else "воды качество",))
    keyed(catalogue)
    page = discovery.find(catalogue, PUBLIC, replace(SearchQuery(Q), size=1, page=2))
    assert (len(page.cards), page.total, page.pages) == (1, 2, 2)
