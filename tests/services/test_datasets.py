"""What a page costs: a fixed number of SELECTs, however much stands on it."""

from __future__ import annotations

from uuid import UUID

import pytest

from opendata.catalog.values import Relation
from opendata.errors import Gone, NotFound
from opendata.search.query import SearchQuery
from opendata.services import datasets, discovery, home, organizations, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from tests.factories import WITHHELD, Feed, filed, found, link, record, work
from tests.services.conftest import add_source
from tests.store.conftest import Selects


def selects(catalogue: Catalogue, slug: str) -> int:
    with Selects(catalogue.engine) as asked:
        datasets.page(catalogue, PUBLIC, slug)
    return asked.count


def test_a_page_takes_eight_selects_at_most_whatever_stands_on_it(catalogue: Catalogue, one: Feed) -> None:
    others = [one.one(found(f"o{n}", record(f"Другой {n}"))) for n in range(20)]
    ours = tuple(Relation("References", target_id=UUID(str(other.id))) for other in others)
    files = [tuple(link(f"https://x.example/{n}") for n in range(many)) for many in (1, 50)]
    small = one.one(found("small", record("Малый", resources=files[0], relations=ours[:1])))
    large = one.one(found("large", record("Большой", resources=files[1], relations=ours)))
    one.take(found("back", record("Ответ", relations=(Relation("Cites", target_id=UUID(str(large.id))),))))
    assert selects(catalogue, small.slug) == selects(catalogue, large.slug) <= 5
    page = datasets.page(catalogue, PUBLIC, large.slug)
    assert (len(page.files), len(page.related)) == (50, 21)


def test_a_page_of_results_takes_as_many_selects_for_one_hit_as_for_many(catalogue: Catalogue, one: Feed) -> None:
    one.take(*(filed(f"Отчёт {n}", "Уровень солёности.", name=f"{n}.txt") for n in range(12)))
    one.take(filed("Отдельный отчёт", "Засуха."))
    work(catalogue)
    numbers = []
    for word, total in (("засуха", 1), ("солёности", 12)):
        with Selects(catalogue.engine) as asked:
            assert discovery.find(catalogue, PUBLIC, SearchQuery(word)).total == total
        numbers.append(asked.count)
    assert numbers[0] == numbers[1]


def test_the_front_page_takes_a_fixed_number_of_selects(catalogue: Catalogue, one: Feed) -> None:
    numbers = []
    for batch in range(2):
        one.take(*(found(f"{batch}-{n}", record(f"Набор {batch} {n}")) for n in range(1 + 9 * batch)))
        with Selects(catalogue.engine) as asked:
            home.front(catalogue, PUBLIC)
        numbers.append(asked.count)
    assert numbers[0] == numbers[1]


def test_the_front_page_counts_what_is_open_and_what_it_is_about(catalogue: Catalogue, one: Feed) -> None:
    one.take(found("a", record("Открытый", themes=("ENVI",))), found("b", record("Закрытый", license_id="")))
    work(catalogue)
    page = home.front(catalogue, PUBLIC)
    assert (page.figures.datasets, page.figures.open_datasets) == (2, 1)
    assert [(one.code, one.count) for one in page.themes] == [("environment", 1)]


def test_a_file_line_says_what_may_be_had(catalogue: Catalogue, one: Feed) -> None:
    files = (link(), link("https://x.example/b", disclosure=WITHHELD), link("", key="nothing", download_url=""))
    page = datasets.page(catalogue, PUBLIC, one.one(found("a", record(resources=files))).slug)
    assert [line.available for line in page.files] == [True, False, False]


def test_a_record_is_withdrawn_once_and_says_why(catalogue: Catalogue, one: Feed) -> None:
    slug = one.one(found("a", record())).slug
    writing.remove(catalogue, SYSTEM, slug, "Дубликат")
    with pytest.raises(Gone) as caught:
        datasets.page(catalogue, PUBLIC, slug)
    assert caught.value.record.tombstone.reason == "Дубликат"  # type: ignore[attr-defined, union-attr]
    again = writing.remove(catalogue, SYSTEM, slug, "Ещё раз")
    assert again.tombstone == caught.value.record.tombstone  # type: ignore[attr-defined, union-attr]


@pytest.mark.parametrize("name", ["missing", "00000000-0000-0000-0000-000000000007", "", "..", "x" * 3000, "a\0b"])
def test_what_is_not_there_is_not_found(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(NotFound):
        datasets.page(catalogue, PUBLIC, name)
    with pytest.raises(NotFound):
        organizations.page(catalogue, PUBLIC, name)


def test_the_source_of_a_record_is_named(catalogue: Catalogue, one: Feed) -> None:
    add_source(catalogue, "https://elsewhere.example")
    page = datasets.page(catalogue, PUBLIC, one.one(found("a", record())).slug)
    assert page.record.source is not None
    assert page.record.source is not None
    assert (page.record.source.name, page.record.source.identifier) == ("one", "a")
