"""What else a search could be, what is offered while one types, and what is alike: all of it public at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import Contributor, Keyword, OrganizationRef, Subject, Text
from opendata.search.query import SearchQuery
from opendata.services import completing, datasets, indexing, register, suggestions, wordlists, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.related import records_like
from opendata.store import queries
from opendata.store.datasets import Dataset
from tests.conftest import Clock
from tests.factories import WITHHELD, Feed, feed, filed, found, organization, record, ru, work
from tests.services.conftest import copy_of, filled_home
from tests.store.conftest import Selects

SALT = (Keyword("тұздылық", "kk"), Keyword("солёность", "ru"), Keyword("salinity", "en"))
LAKE = (Keyword("көл", "kk"), Keyword("озеро", "ru"), Keyword("lake", "en"))
SECRET = "оксюморонит"
"""A word that stands in nothing public."""


@pytest.fixture
def one(request: pytest.FixtureRequest) -> Feed:
    """The source of what there is."""
    return feed(request.getfixturevalue("lakes" if "lakes" in request.fixturenames else "catalogue"))


@pytest.fixture(scope="module")
def lakes_home(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with them."""
    return filled_home(tmp_path_factory.mktemp("lakes") / "home", prepared, _fill)


@pytest.fixture
def lakes(lakes_home: Path, tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    """Three public records about the salt of lakes, by one author."""
    with copy_of(lakes_home, tmp_path / "home", clock) as catalogue:
        yield catalogue


def _fill(catalogue: Catalogue) -> None:
    one = feed(catalogue)
    agency = OrganizationRef(slug="water", id=organization(catalogue, "water"))
    for number, place in enumerate(("Балхаш", "Алаколь", "Тенгиз")):
        about = record(
            f"Солёность озера {place}",
            keywords=SALT + LAKE,
            contributors=(Contributor("Озерова Анна"),),
            subjects=(Subject("grnti", "37.27"),),
            organization=agency,
        )
        one.take(found(f"lake-{number}", about))
    one.take(found("roads", record("Ремонт автомобильных дорог", keywords=(Keyword("дорога", "ru"),))))
    work(catalogue)
    wordlists.refresh(catalogue)


def suggest(catalogue: Catalogue, q: str, **filters: str) -> suggestions.Suggestions:
    query = SearchQuery(q, {name: (value,) for name, value in filters.items()})
    return suggestions.suggest(catalogue, query, *[suggestions.found_by(catalogue, query)] * 2)


def offered(catalogue: Catalogue, typed: str) -> dict[str, list[str]]:
    groups = completing.complete(catalogue, typed)
    return {group.name: ["".join(piece.text for piece in item.label) for item in group.items] for group in groups}


def everything_said(catalogue: Catalogue, word: str) -> Iterator[str]:
    """All that suggestions and completion say around a word."""
    for length in range(2, len(word) + 1):
        yield from (label for labels in offered(catalogue, word[:length]).values() for label in labels)
    for q in (word, word[:-1] + "а", f"{word} озеро", word.replace("о", "а", 1)):
        said = suggest(catalogue, q)
        yield said.correction.suggestion.query.q if said.correction else ""
        yield from (other.text for other in said.also)
        yield from (one.name for one in said.words if one.total)
        yield from (one.query.q for one in (said.other_layout,) if one)


def test_a_mistyped_word_is_corrected_where_that_finds_more(lakes: Catalogue) -> None:
    correction = suggest(lakes, 'саленость "озера" -дорога').correction
    assert correction is not None
    assert correction.suggestion.query.q == 'соленость "озера" -дорога'
    assert correction.suggestion.total == 3
    assert [piece.text for piece in correction.pieces if piece.changed] == ["соленость"]


@pytest.mark.parametrize(
    "q",
    ["солёность", "абвгдежз", '"саленость"', "-саленость озеро", "keyword:саленость", "салено*", "сал3ность", "и", ""],
)
def test_what_is_right_or_not_a_plain_word_is_left_alone(lakes: Catalogue, q: str) -> None:
    assert suggest(lakes, q).correction is None


def test_a_correction_that_finds_nothing_with_the_other_words_is_not_shown(lakes: Catalogue) -> None:
    assert suggestions.suggest(lakes, SearchQuery("саленость дорога"), 1, 0).correction is None


def test_where_nothing_is_found_a_correction_of_some_words_is_better_than_none(lakes: Catalogue) -> None:
    correction = suggest(lakes, "саленость абвгдежз").correction
    assert correction is not None
    assert correction.suggestion.query.q == "соленость абвгдежз"
    assert correction.suggestion.total == 3


def test_the_same_in_other_languages_is_offered_until_it_is_taken(lakes: Catalogue) -> None:
    also = {other.language: other for other in suggest(lakes, "солёности").also}
    assert {language: other.text for language, other in also.items()} == {"kk": "тұздылық", "en": "salinity"}
    taken = also["en"].query
    assert taken == SearchQuery("солёности", also=("salinity",))
    assert [other.text for other in suggestions.suggest(lakes, taken, 3, 3).also] == ["тұздылық"]
    assert [other.text for other in suggest(lakes, "солёность озера").also] == ["тұздылық көл", "salinity lake"]
    assert suggest(lakes, "солёность дорога").also == ()


def test_nothing_found_says_which_word_and_which_filter_are_too_much(lakes: Catalogue) -> None:
    said = suggest(lakes, "солёность дорога", organization="water")
    assert [(one.name, one.total) for one in said.words] == [("солёность", 3), ("дорога", 0)]
    assert said.without == ()
    said = suggest(lakes, "дорога", organization="water")
    assert [(one.name, one.total) for one in said.without] == [("organization", 1)]
    assert said.without[0].query == SearchQuery("дорога")


def test_nothing_is_tried_where_enough_is_found(lakes: Catalogue) -> None:
    said = suggest(lakes, "озеро")
    assert (said.words, said.without, said.correction, said.other_layout) == ((), (), None, None)


def test_where_some_words_are_found_a_correction_is_offered_and_no_more(lakes: Catalogue) -> None:
    said = suggestions.suggest(lakes, SearchQuery("саленость озера"), 3, 0)
    assert said.correction is not None
    assert said.correction.suggestion.total == 3
    assert (said.words, said.without, said.other_layout) == ((), (), None)


def test_completion_offers_each_kind_in_any_script(lakes: Catalogue) -> None:
    assert {name: sorted(labels) for name, labels in offered(lakes, "озер").items()} == {
        "title": [f"Солёность озера {place}" for place in ("Алаколь", "Балхаш", "Тенгиз")],
        "person": ["Озерова Анна"],
        "keyword": ["озеро"],
    }
    assert offered(lakes, "jpthj")["keyword"] == ["озеро"]
    assert offered(lakes, "көл")["keyword"] == offered(lakes, "kol")["keyword"] == ["көл"]
    assert offered(lakes, "гидрол")["subject"] == ["Гидрология суши"]
    assert offered(lakes, "wat")["organization"] == ["water"]
    assert offered(lakes, "о") == offered(lakes, "") == offered(lakes, "\0" * 500) == {}


def test_completion_asks_the_store_once_for_each_group_and_for_its_titles(lakes: Catalogue) -> None:
    with Selects(lakes.engine) as asked:
        assert len(offered(lakes, "озер")) == 3
    assert asked.count <= 3


def test_without_lists_nothing_is_offered(catalogue: Catalogue) -> None:
    assert offered(catalogue, "озеро") == {}
    assert suggest(catalogue, "озеро") == suggestions.Suggestions()


def test_the_worker_makes_the_lists_after_it_indexed(catalogue: Catalogue, one: Feed) -> None:
    one.take(found("a", record("Гляциология")))
    work(catalogue)
    catalogue.words.save()
    assert offered(catalogue, "гляц") == {"title": ["Гляциология"]}


def _as_draft(catalogue: Catalogue, slug: str) -> None:
    with catalogue.sessions.write.begin() as session:
        row = session.get(Dataset, queries.address(session, "dataset", slug).id)
        assert row is not None
        row.state = RecordState.DRAFT
    indexing.index_records(catalogue, [row.id], ())


def _as_private(catalogue: Catalogue, slug: str) -> None:
    with catalogue.sessions.write.begin() as session:
        row = session.get(Dataset, queries.address(session, "dataset", slug).id)
        assert row is not None
        row.private = True
    indexing.index_records(catalogue, [row.id], ())


def _withdrawn(catalogue: Catalogue, slug: str) -> None:
    writing.remove(catalogue, SYSTEM, slug, "Ошибка")
    work(catalogue)


@pytest.mark.parametrize("close", [_as_draft, _as_private, _withdrawn], ids=["draft", "private", "withdrawn"])
@pytest.mark.parametrize("made", ["before", "after"])
def test_nothing_of_a_closed_record_is_said(
    lakes: Catalogue, one: Feed, close: Callable[[Catalogue, str], None], made: str
) -> None:
    words = (Keyword(SECRET, "ru"), Keyword(f"{SECRET}e", "en"))
    secret = record(
        f"{SECRET} и озеро",
        keywords=words + SALT,
        contributors=(Contributor(f"{SECRET} Анна"),),
        performer=Text.of(f"Институт {SECRET}", "ru"),
    )
    slugs = [one.one(found(f"secret-{number}", secret)).slug for number in range(2)]
    work(lakes)
    if made == "before":
        wordlists.refresh(lakes)
        assert any(SECRET in said for said in everything_said(lakes, SECRET))
    for slug in slugs:
        close(lakes, slug)
    if made == "after":
        wordlists.refresh(lakes)
    assert not [said for said in everything_said(lakes, SECRET) if SECRET in said.casefold()]
    neighbour = datasets.page(lakes, PUBLIC, _slug(lakes, "Солёность озера Балхаш")).record
    assert not [one for one in records_like(lakes, neighbour) if SECRET in one.title.show("ru").value]


def _slug(catalogue: Catalogue, title: str) -> str:
    columns = Dataset.__table__.c
    with catalogue.sessions.read() as session:
        return str(session.scalar(select(columns.slug).where(columns.title_ru == title)))


def test_words_of_withheld_files_are_never_suggested(lakes: Catalogue, one: Feed) -> None:
    one.take(*(filed(f"Отчёт {n}", f"Тайна: {SECRET}.", name=f"{n}.txt", disclosure=WITHHELD) for n in range(3)))
    work(lakes)
    wordlists.refresh(lakes)
    assert not [said for said in everything_said(lakes, SECRET) if SECRET in said.casefold()]


def test_a_changed_title_is_not_offered_any_more(lakes: Catalogue, one: Feed) -> None:
    one.take(found("roads", record(f"Дороги без слова {SECRET}")))
    work(lakes)
    wordlists.refresh(lakes)
    one.take(found("roads", record("Дороги")))
    work(lakes)
    assert offered(lakes, SECRET[:5]) == {}


def test_alike_are_records_on_the_same_subject_and_not_the_record_itself(lakes: Catalogue) -> None:
    page = datasets.page(lakes, PUBLIC, _slug(lakes, "Солёность озера Балхаш"))
    with Selects(lakes.engine) as asked:
        alike = records_like(lakes, page.record)
    assert asked.count <= 2
    assert {one.title.show("ru").value for one in alike} == {"Солёность озера Алаколь", "Солёность озера Тенгиз"}
    assert records_like(lakes, datasets.page(lakes, PUBLIC, _slug(lakes, "Ремонт автомобильных дорог")).record) == ()


def test_the_other_records_of_its_study_are_not_alike(lakes: Catalogue, one: Feed) -> None:
    study = StudyRecord(
        title=ru("Солёность озёр"), register_number="BR00000007", keywords=SALT + LAKE,
        organization=OrganizationRef(id=organization(lakes, "science")),
    )  # fmt: skip
    with lakes.sessions.write.begin() as session:
        register.save(session, lakes, SYSTEM, study)
    about = record("Солёность озера Сасыкколь", keywords=SALT + LAKE, register_number="BR00000007")
    own = [
        one.one(found(f"own-{number}", replace(about, title=ru(f"Солёность озера {number}")))) for number in range(3)
    ]
    work(lakes)
    page = datasets.page(lakes, PUBLIC, own[0].slug).record
    assert page.study is not None
    alike = [one.slug for one in records_like(lakes, page)]
    assert len(alike) == 3
    assert not {record.slug for record in own} & set(alike)
    assert page.study.slug not in alike
    whole = register.page(lakes, PUBLIC, page.study.slug).record
    assert not {record.slug for record in own} & {one.slug for one in records_like(lakes, whole)}


def test_a_page_is_there_while_the_index_is_not(lakes: Catalogue) -> None:
    page = datasets.page(lakes, PUBLIC, _slug(lakes, "Солёность озера Балхаш"))
    folder = lakes.config.below_home(lakes.config.search.folder)
    (folder / "public" / "CURRENT").write_text("nowhere")
    assert records_like(lakes, page.record) == ()
