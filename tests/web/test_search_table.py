"""A search as a table: the rows of the search, safe to open, never cut in silence."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from opendata.catalog.values import Keyword
from opendata.search.query import SearchQuery
from opendata.services import following, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.web.search_table import COLUMNS
from tests.factories import feed, found, link, record, work
from tests.web.conftest import Shelf

DOCS = Path(__file__).parents[2] / "docs/following.md"


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_a_row_says_what_the_card_says(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/ru/search.csv?q=балансы&kind=dataset")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="search.csv"'
    assert answer.headers["X-Total-Count"] == "1"
    assert "Link" not in answer.headers
    assert answer.data.startswith(b"\xef\xbb\xbf")
    (row,) = rows(answer)
    assert tuple(row) == tuple(COLUMNS)
    expected = {
        "id": str(shelf.dataset_id),
        "kind": "dataset",
        "slug": "su-balansy",
        "url": "http://127.0.0.1:5000/ru/dataset/su-balansy",
        "uri": f"http://127.0.0.1:5000/id/{shelf.dataset_id}",
        "title_kk": "Су балансы",
        "title_ru": "Водный баланс",
        "title_en": "",
        "organization": "su",
        "organization_title": "Агентство воды",
        "year": "2024",
        "type": "report",
        "license_id": "CC-BY-4.0",
        "open": "yes",
        "format": "PDF; HTML",
        "files": "4",
        "disclosure": "partly",
        "missing_words": "",
    }
    assert {name: row[name] for name in expected} == expected


def test_studies_and_datasets_stand_in_the_order_of_the_search(client: FlaskClient, shelf: Shelf) -> None:
    found_rows = rows(client.get("/search.csv?sort=title"))
    assert [row["kind"] for row in found_rows] == ["study", "dataset"]
    assert [row["identifiers"] for row in found_rows] == ["BR00000001; 1-2025", ""]


def test_nothing_found_is_a_table_with_its_heading(client: FlaskClient) -> None:
    answer = client.get("/search.csv?q=нет")
    assert rows(answer) == []
    assert answer.headers["X-Total-Count"] == "0"


def test_hostile_texts_stay_in_their_cell(client: FlaskClient, catalogue: Catalogue) -> None:
    hostile = '=HYPERLINK("https://x.example";"a")'
    feed(catalogue).take(found("a", record(hostile, keywords=(Keyword("б"),))))
    work(catalogue)
    (row,) = rows(client.get("/search.csv"))
    assert row["title_ru"] == f"'{hostile}"


def test_more_than_one_answer_holds_is_said_and_can_be_had(
    client: FlaskClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("opendata.services.following", "opendata.web.search_table"):
        monkeypatch.setattr(f"{module}.TABLE_SIZE", 1)
    first = client.get("/ru/search.csv?sort=title")
    assert [row["kind"] for row in rows(first)] == ["study"]
    assert first.headers["X-Total-Count"] == "2"
    assert first.headers["Content-Disposition"] == 'attachment; filename="search-1-1-of-2.csv"'
    next_url = re.fullmatch(r'<(.+)>; rel="next"', first.headers["Link"])
    assert next_url is not None
    second = client.get(next_url[1])
    assert [row["kind"] for row in rows(second)] == ["dataset"]
    assert "Link" not in second.headers


def test_what_the_index_still_names_and_is_withdrawn_is_no_row(client: FlaskClient, catalogue: Catalogue) -> None:
    one = feed(catalogue)
    kept, gone = one.one(found("a", record("Первый"))), one.one(found("b", record("Второй")))
    work(catalogue)
    writing.remove(catalogue, SYSTEM, gone.slug, "Ошибка")
    assert [row["id"] for row in rows(client.get("/search.csv"))] == [str(kept.id)]


@pytest.mark.parametrize("number", [1, 40])
def test_selects_do_not_grow_with_the_rows(catalogue: Catalogue, number: int) -> None:
    feed(catalogue).take(*(found(str(n), record(f"Запись {n}", resources=(link(f"u:{n}"),))) for n in range(number)))
    work(catalogue)
    seen: list[str] = []
    event.listen(catalogue.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    assert len(list(following.table(catalogue, SearchQuery()).rows)) == number
    assert len([one for one in seen if one.startswith("SELECT")]) == 2


def test_every_column_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert documented == list(COLUMNS)
