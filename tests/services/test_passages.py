"""What stands inside files is shown with file and page; every page of a document that holds the words is listed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.errors import NotFound
from opendata.search.document import FileText
from opendata.search.pagekeys import pack
from opendata.search.query import SearchQuery
from opendata.services import discovery, indexing, pagekeys, resources, within
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.services.results import Inside
from tests.factories import WITHHELD, Feed, found, record, work

FILLER = "Прочий текст, который ничего не говорит. " * 10


def keyed(catalogue: Catalogue) -> None:
    """Make page keys of every text, as the index does on the way."""
    analyser = catalogue.index.analyser()
    with pagekeys.keeping(catalogue) as keep:
        for checksum, version in catalogue.page_texts.files():
            pages = catalogue.page_texts.pages(checksum, version)
            keys = ([token.keys for token in analyser.index_keys(page)] for page in pages)
            keep(FileText(uuid4(), checksum, pages), pack(keys, analyser.version))


def unkeyed(catalogue: Catalogue) -> None:
    """As long as no index has made page keys."""
    catalogue.page_texts.keys.keep_only([])


def shelved(one: Feed, title: str, *files: tuple[str, ...], **changes: object) -> DatasetRecord:
    """A dataset with files of those pages, indexed."""
    names = [f"{n}.txt" for n in range(len(files))]
    given = tuple(ResourceRecord(key=name, filename=name, **changes) for name in names)  # type: ignore[arg-type]
    contents = {name: " ".join((title, name, *pages)).encode() for name, pages in zip(names, files, strict=True)}
    dataset = one.one(found(title, record(title, resources=given), contents))
    work(one.catalogue)
    for resource, pages in zip(dataset.resources, files, strict=True):
        one.catalogue.page_texts.put(resource.checksum, READER_VERSION, pages)
    assert dataset.id is not None
    indexing.index_records(one.catalogue, [dataset.id], [])
    return dataset


def inside(catalogue: Catalogue, q: str) -> Inside | None:
    (card,) = discovery.find(catalogue, PUBLIC, SearchQuery(q)).cards
    return card.inside


def places(shown: Inside | None) -> list[tuple[str, int]]:
    assert shown is not None
    return [(passage.filename, passage.page) for passage in shown.passages]


@pytest.fixture(params=[keyed, unkeyed], ids=["by page keys", "by beginnings of words"])
def ready(request: pytest.FixtureRequest) -> Callable[[Catalogue], None]:
    """Passages are shown before page keys are there too."""
    made: Callable[[Catalogue], None] = request.param
    return made


def test_the_best_passages_of_several_files(
    catalogue: Catalogue, one: Feed, ready: Callable[[Catalogue], None]
) -> None:
    shelved(one, "Отчёт", (FILLER, "медь", FILLER + "Меди больше нормы."), ("норма меди", "медь", "олово"), ("ничего",))
    ready(catalogue)
    shown = inside(catalogue, "норма медь")
    assert sorted(places(shown)[:2]) == [("0.txt", 3), ("1.txt", 1)]
    assert shown is not None
    assert (shown.pages, shown.files, shown.everything, shown.at_least) == (2, 2, True, False)
    assert [piece.text for piece in shown.passages[0].pieces if piece.marked] != []


def test_pages_with_some_of_the_words_are_said_to_be_that(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", ("медь", "", "норма", "медь"))
    keyed(catalogue)
    shown = inside(catalogue, "медь норма")
    assert shown is not None
    assert (shown.pages, shown.files, shown.everything) == (3, 1, False)
    assert sorted(places(shown)[:2]) == [("0.txt", 1), ("0.txt", 3)], "the second says what the first does not"


def test_a_phrase_is_shown_where_it_stands_in_a_row(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", ("воды качество", FILLER, "о качество во-\nды"))
    keyed(catalogue)
    shown = inside(catalogue, '"качество воды"')
    assert places(shown) == [("0.txt", 3)]
    assert shown is not None
    assert (shown.pages, shown.at_least) == (1, False)


def test_twice_the_same_passage_is_shown_once(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", ("медь и олово",), ("медь и олово",))
    keyed(catalogue)
    assert places(inside(catalogue, "медь")) == [("0.txt", 1)]


def test_words_in_the_title_alone_have_no_passage(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт о меди", ("ничего",))
    keyed(catalogue)
    assert inside(catalogue, "медь") is None


def test_a_closed_file_is_not_looked_into(catalogue: Catalogue, one: Feed) -> None:
    dataset = shelved(one, "Отчёт о меди", ("медь",), disclosure=WITHHELD)
    keyed(catalogue)
    assert inside(catalogue, "медь") is None
    listed = within.inside_page(catalogue, PUBLIC, dataset.slug, SearchQuery("медь")).found
    assert (listed.passages, listed.pages) == ((), 0)


def test_every_page_of_a_document_is_listed_leaf_by_leaf(catalogue: Catalogue, one: Feed) -> None:
    pages = tuple(f"Медь на странице {n}" if n % 2 else "ничего" for n in range(1, 61))
    dataset = shelved(one, "Отчёт", pages, ("медь",))
    keyed(catalogue)
    first = within.inside_page(catalogue, PUBLIC, dataset.slug, SearchQuery("медь")).found
    assert (first.pages, len(first.numbers), first.leaves, first.everything) == (31, 2, 2, True)
    assert [passage.page for passage in first.passages] == list(range(1, 41, 2))
    last = within.inside_page(catalogue, PUBLIC, dataset.slug, SearchQuery("медь"), 2).found
    assert [(passage.filename, passage.page) for passage in last.passages][-2:] == [("0.txt", 59), ("1.txt", 1)]
    with pytest.raises(NotFound, match="list 3"):
        within.inside_page(catalogue, PUBLIC, dataset.slug, SearchQuery("медь"), 3)


def test_a_file_opens_at_its_first_hit_with_all_pages_listed(
    catalogue: Catalogue, one: Feed, ready: Callable[[Catalogue], None]
) -> None:
    dataset = shelved(one, "Отчёт", ("ничего", "медь", "ничего", "Меди много"), ("медь",))
    ready(catalogue)
    page = resources.file_page(catalogue, PUBLIC, dataset.slug, str(dataset.resources[0].id), words=SearchQuery("медь"))
    assert (page.page, page.hits) == (2, (2, 4))
    assert [piece.text for piece in page.text if piece.marked] == ["медь"]
    assert page.found is not None
    assert [passage.page for passage in page.found.passages] == [2, 4]


def test_within_a_document_a_phrase_is_proved(catalogue: Catalogue, one: Feed) -> None:
    dataset = shelved(one, "Отчёт", ("воды качество", "качество воды", "вода"))
    keyed(catalogue)
    listed = within.inside_page(catalogue, PUBLIC, dataset.slug, SearchQuery('"качество воды"')).found
    assert ([passage.page for passage in listed.passages], listed.at_least) == ([2], False)


def test_a_word_in_one_enormous_page_has_its_passage(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", (FILLER * 300 + "Меди больше нормы. " + FILLER * 300,))
    keyed(catalogue)
    shown = inside(catalogue, "норма медь")
    assert shown is not None
    assert [piece.text for piece in shown.passages[0].pieces if piece.marked] == ["Меди", "нормы"]


def test_keys_of_another_analysis_are_not_used(catalogue: Catalogue, one: Feed) -> None:
    shelved(one, "Отчёт", ("ничего", "медь"))
    with pagekeys.keeping(catalogue) as keep:
        for checksum, version in catalogue.page_texts.files():
            pages = catalogue.page_texts.pages(checksum, version)
            keep(FileText(uuid4(), checksum, pages), pack([[("R:медь",)], []], "another analysis"))
            keep(FileText(uuid4(), checksum, pages), b"")
    assert places(inside(catalogue, "медь")) == [("0.txt", 2)]
    pagekeys.drop_stale(catalogue)
    assert catalogue.page_texts.keys.keep_only([]) in (0, 1)
