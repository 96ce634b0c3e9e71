"""A hit says where a record that has no such words in its files speaks of them."""

from __future__ import annotations

import pytest

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Contributor, Keyword, Text
from opendata.search.query import SearchQuery
from opendata.services import discovery, indexing
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.store.from_records import new_dataset, new_study
from tests.factories import Feed
from tests.services.test_passages import keyed, shelved


@pytest.fixture
def shelf(catalogue: Catalogue) -> Catalogue:
    dataset = DatasetRecord(
        title=Text(ru="Качество воды", kk="Су сапасы"),
        slug="water",
        description=Text(ru="Отчёт о мутности рек. " * 30 + "В конце измерены нитраты в колодцах."),
        keywords=(Keyword("гидрохимия"),),
        contributors=(Contributor("Ахметова Айгуль"),),
    )
    study = StudyRecord(title=Text(ru="Снег"), slug="snow", description=Text(ru="О снежном покрове"))
    with catalogue.sessions.write.begin() as session:
        water, snow = new_dataset(session, dataset, catalogue.now()), new_study(session, study, catalogue.now())
        session.flush()
        datasets, studies = [water.id], [snow.id]
    indexing.index_records(catalogue, datasets, studies)
    return catalogue


def told(catalogue: Catalogue, q: str, language: str = "ru") -> list[tuple[str, list[str]]]:
    """The fields that the only hit names, with the words marked in each."""
    (card,) = discovery.find(catalogue, PUBLIC, SearchQuery(q), language=language).cards
    return [(one.field, [piece.text for piece in one.pieces if piece.marked]) for one in card.told]


@pytest.mark.parametrize(
    ("q", "fields"),
    [
        ("нитрат колодец", [("description", ["нитраты", "колодцах"])]),
        ("гидрохимия", [("keywords", ["гидрохимия"])]),
        ("ахметова нитраты", [("description", ["нитраты"]), ("people", ["Ахметова"])]),
        ("су сапасы", [("title", ["Су", "сапасы"])]),
        ("качество воды", []),
        ("снежный", [("description", ["снежном"])]),
    ],
)
def test_the_field_that_holds_the_words_is_named_with_its_stretch(
    shelf: Catalogue, q: str, fields: list[tuple[str, list[str]]]
) -> None:
    assert told(shelf, q) == fields


def test_a_title_in_the_language_of_the_reader_needs_no_telling(shelf: Catalogue) -> None:
    assert told(shelf, "су сапасы", "kk") == []


def test_nothing_is_told_where_files_show_the_words(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", ("о мутности рек",))
    keyed(catalogue)
    (card,) = discovery.find(catalogue, PUBLIC, SearchQuery("мутность")).cards
    assert card.inside
    assert card.told == ()
