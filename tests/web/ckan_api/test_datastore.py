"""The tables in files as CKAN's clients ask them, from the file that is sent in to the last row of the dump."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus
from opendata.config import load_config
from opendata.services import care, tables, tables_making, tokens, users, writing
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.users import UserChange
from opendata.store.operations import Job
from opendata.store.tables import DataTable
from opendata.web.app import create_app
from tests.conftest import Clock, settings
from tests.factories import OPENS, feed, found, record, work
from tests.web.conftest import ReadingClient

ROWS = 60
"""Rows of the table; "н/д" stands in one cell of amounts, and one code begins with a zero."""
HEADER = ("Қала", "год", "сумма", "код", "дата", "есть")


def line(number: int) -> tuple[str, ...]:
    """A row as it stands in the file."""
    city = ("Алматы", "Астана", "Шымкент қаласы")[number % 3]
    amount = "н/д" if number == 7 else f"{number * 1000 + 5},5"
    return (
        city,
        str(2000 + number),
        amount,
        f"{number:03}",
        f"{number % 28 + 1:02}.05.2024",
        "да" if number % 2 else "нет",
    )


def table() -> bytes:
    """The file: a title, an empty line, then the table, by semicolons, as Excel writes it here."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([("Отчёт о воде",), HEADER, *map(line, range(ROWS))])
    return out.getvalue().encode()


class Store:
    """A site with one table that is open, one that opens later, and one that never does."""

    client: Any

    def __init__(self, catalogue: Catalogue, clock: Clock, client: FlaskClient) -> None:
        self.catalogue, self.clock, self.client = catalogue, clock, client
        self.open = self.put(table())
        self.embargoed = self.put(table() + b" ", disclosure=Disclosure(DisclosureStatus.EMBARGOED, until=OPENS))
        self.withheld = self.put(table() + b"  ", disclosure=Disclosure(DisclosureStatus.WITHHELD, legal_ground="з"))
        work(catalogue)

    def put(self, content: bytes, name: str = "вода.csv", **changes: Any) -> str:
        """The id of a new file."""
        return str(self.dataset(content, name, **changes).resources[0].id)

    def dataset(self, content: bytes, name: str = "вода.csv", **changes: Any) -> DatasetRecord:
        """A new dataset with that file."""
        file = ResourceRecord(key=name, filename=name, **changes)
        return feed(self.catalogue).one(
            found(uuid4().hex, record(f"Вода {uuid4().hex}", resources=(file,)), {name: content})
        )

    def ask(self, name: str = "datastore_search", /, **data: Any) -> Any:
        """The answer to an action."""
        return self.client.post(f"/api/3/action/{name}", json={"resource_id": self.open, **data})

    def search(self, **data: Any) -> Any:
        """The result of a search that goes well."""
        answer = self.ask(**data)
        assert answer.status_code == 200, answer.text
        return answer.json["result"]

    def years(self, **data: Any) -> list[int]:
        """The years in the rows found."""
        return [row[0] for row in self.search(fields=["год"], records_format="lists", **data)["records"]]

    def dump(self, **query: Any) -> Any:
        """The whole table."""
        return self.client.get(f"/datastore/dump/{self.open}", query_string=query)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all tests here."""
    import datetime as dt

    clock = Clock(dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC))
    config = load_config(environ=settings(tmp_path_factory.mktemp("tables") / "home"))
    prepare_home(config)
    catalogue = open_catalogue(config, clock)
    app = create_app(catalogue)
    app.test_client_class = ReadingClient
    yield Store(catalogue, clock, app.test_client())
    catalogue.close()


@pytest.mark.parametrize("plain", [True, False])
def test_words_are_looked_for_in_a_bounded_number(store: Store, plain: bool) -> None:
    assert store.ask(q="б " * 400, plain=plain).status_code == (200 if plain else 409)
    assert store.ask(q=" | ".join(["б:*"] * 21), plain=plain).status_code == (200 if plain else 409)
    assert store.ask(q=dict.fromkeys(HEADER, "а б в г"), plain=plain).status_code == 409
    assert store.search(q="а" * 30_000, plain=plain)["records"] == []


@pytest.mark.parametrize("filters", [r'{"код": "\ud800"}', r'{"код": ["\u0000"]}', r'{"\u0000": 1}'])
def test_what_no_engine_takes_is_refused_in_a_string_too(store: Store, filters: str) -> None:
    assert store.ask(filters=filters).status_code == 409
    assert store.client.get(f"/datastore/dump/{store.open}", query_string={"filters": filters}).status_code == 400


def test_types_are_guessed_and_what_does_not_fit_is_kept(store: Store) -> None:
    answer = store.search(limit=8)
    assert {one["id"]: one["type"] for one in answer["fields"]} == {
        "_id": "int", "Қала": "text", "год": "int8", "сумма": "float8", "код": "text", "дата": "date", "есть": "bool",
    }  # fmt: skip
    assert answer["records"][1] == {
        "_id": 2, "Қала": "Астана", "год": 2001, "сумма": 1005.5, "код": "001", "дата": "2024-05-02", "есть": True,
    }  # fmt: skip
    assert answer["records"][7]["сумма"] == "н/д"
    assert (answer["total"], answer["total_was_estimated"]) == (ROWS, False)
    info = store.ask("datastore_info").json["result"]
    assert (info["meta"]["count"], info["problems_total"]) == (ROWS, 1)
    assert info["problems"] == [{"row": 10, "column": "сумма", "original": "н/д"}]


def test_the_file_can_be_had_back_cell_by_cell(store: Store) -> None:
    rows = store.search(original=True, limit=ROWS, records_format="lists")["records"]
    expected = [line(number) for number in range(ROWS)]
    assert [tuple(row[1:]) for row in rows] == expected
    assert [row[0] for row in rows] == list(range(1, ROWS + 1))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"год": 2003}, [2003]),
        ({"год": "2003"}, [2003]),
        ({"код": "003"}, [2003]),
        ({"год": [2003, 2005, {"gte": 2058}]}, [2003, 2005, 2058, 2059]),
        ({"год": {"gt": 2056.5, "lte": "2058"}}, [2057, 2058]),
        ({"сумма": "н/д"}, [2007]),
        ({"сумма": {"lt": 1000}}, [2000]),
        ({"есть": True, "год": {"lt": 2004}}, [2001, 2003]),
        ({"есть": "false", "год": {"lt": 2004}}, [2000, 2002]),
        ({"дата": "2024-05-01"}, [2000, 2028, 2056]),
        ({"дата": {"gte": "2024-05-28"}}, [2027, 2055]),
        ({"$or": [{"год": 2001}, {"год": 2002}]}, [2001, 2002]),
        ({"or": [{"год": 2001}, {"$and": [{"год": {"gt": 2057}}, {"год": {"ne": 2058}}]}]}, [2001, 2059]),
        ([{"год": 2001}, {"код": "002"}], [2001, 2002]),
        ({"_id": {"gt": 58}}, [2058, 2059]),
        ({"код": None}, []),
        ({"год": []}, []),
        ({"Қала": "'; DROP TABLE copy; --"}, []),
    ],
)
def test_filters(store: Store, filters: Any, expected: list[int]) -> None:
    assert store.years(filters=filters) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("алматы 006", [2006]),
        ("Алма", []),
        ({"код": "006"}, [2006]),
        ({"код": "алматы"}, []),
        ("н/д", [2007]),
        ("'\"\\ [", []),
    ],
)
def test_words(store: Store, q: Any, expected: list[int]) -> None:
    assert store.years(q=q) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [("алма:* & 006", 1), ("алматы | астана", 40), ("!алматы & !астана", 20), ("аста:*", 20)],
)
def test_words_with_signs(store: Store, q: str, expected: int) -> None:
    assert store.search(q=q, plain=False)["total"] == expected


def test_order_and_pages(store: Store) -> None:
    assert store.years(sort="год desc", limit=2) == [2059, 2058]
    assert store.years(sort="Қала, год desc", limit=2, offset=1) == [2054, 2051]
    assert store.years(sort='"Қала" desc nulls last, "год"', limit=1) == [2002]
    assert store.years(sort=["год desc"], limit=1) == [2059]
    assert store.years(sort="сумма desc", limit=1, offset=ROWS - 1) == [2007]
    assert store.years(limit=2, offset=58) == [2058, 2059]
    assert store.years(limit=0) == []
    assert store.years(offset=1000) == []


def test_every_row_is_found_once_by_following_the_pages(store: Store) -> None:
    asked: dict[str, Any] | None = {"limit": 25, "filters": {"год": {"lt": 2055}}}
    seen: list[int] = []
    while asked is not None:
        answer = store.search(**asked)
        seen += [row["год"] for row in answer["records"]]
        asked = answer.get("next_page")
    assert seen == list(range(2000, 2055))


def test_distinct_fields(store: Store) -> None:
    answer = store.search(fields="Қала", distinct=True, sort="Қала desc")
    assert [row["Қала"] for row in answer["records"]] == ["Шымкент қаласы", "Астана", "Алматы"]
    assert answer["total"] == 3


@pytest.mark.parametrize(("shape", "between"), [("csv", ","), ("tsv", "\t")])
def test_records_as_lines(store: Store, shape: str, between: str) -> None:
    assert store.search(fields="год,код", limit=2, records_format=shape)["records"] == (
        f"2000{between}000\n2001{between}001\n"
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"fields": "nothing"}, "fields"),
        ({"sort": "nothing desc"}, "sort"),
        ({"sort": "год; DROP"}, "sort"),
        ({"sort": "год desc, , ,"}, "sort"),
        ({"sort": "код", "fields": "год", "distinct": True}, "sort"),
        ({"filters": {"nothing": 1}}, "filters"),
        ({"filters": {"год": {"near": 1}}}, "filters"),
        ({"filters": {"год": {"gt": "much"}}}, "filters"),
        ({"filters": {"год": {"gt": None}}}, "filters"),
        ({"filters": {"год": {"eq": [1]}}}, "filters"),
        ({"filters": "код=1"}, "filters"),
        ({"filters": [[[[[[[[[[[]]]]]]]]]]]}, "filters"),
        ({"filters": {"год": [[1]] * 600}}, "filters"),
        ({"q": {"nothing": "x"}}, "q"),
        ({"q": "a & (b", "plain": False}, "q"),
        ({"limit": -1}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"records_format": "pdf"}, "records_format"),
    ],
)
def test_what_is_wrong_is_named(store: Store, given: dict[str, Any], field: str) -> None:
    answer = store.ask(**given)
    assert answer.status_code == 409, answer.text
    assert field in answer.json["error"]


def test_a_cap_is_told(store: Store) -> None:
    answer = store.ask(limit=40_000)
    assert answer.headers["X-Result-Capped"] == "32000"
    assert answer.json["result"]["limit"] == 32_000


def test_it_can_be_asked_by_address(store: Store) -> None:
    query = {"id": store.open, "filters": json.dumps({"год": 2003}), "include_total": "False"}
    answer = store.client.get("/api/action/datastore_search", query_string=query)
    assert [row["код"] for row in answer.json["result"]["records"]] == ["003"]
    assert "total" not in answer.json["result"]


def test_what_is_not_there(store: Store) -> None:
    for key in (str(uuid4()), "nothing"):
        answer = store.ask(resource_id=key)
        assert (answer.status_code, answer.json["error"]["__type"]) == (404, "Not Found Error")
    missing = store.client.post("/api/3/action/datastore_search", json={})
    assert missing.json["error"]["resource_id"] == ["Missing value"]
    assert store.client.get(f"/datastore/dump/{uuid4()}").status_code == 404
    assert store.client.get("/datastore/dump/nothing").status_code == 404


def test_a_closed_file_has_no_table_until_the_moment_it_opens(store: Store) -> None:
    def statuses(key: str) -> list[int]:
        asked = [store.ask(name, resource_id=key).status_code for name in ("datastore_search", "datastore_info")]
        return [*asked, store.client.get(f"/datastore/dump/{key}").status_code]

    with store.catalogue.sessions.read() as session:
        assert len(session.scalars(select(DataTable).where(DataTable.status == "ready")).all()) == 3
    assert statuses(store.embargoed)[:2] == statuses(store.withheld)[:2] == [403, 403]
    assert statuses(store.embargoed)[2] in (401, 403)
    before = store.clock.now
    store.clock.now = before.replace(month=7, day=1)
    try:
        assert statuses(store.embargoed) == [200, 200, 200]
        assert statuses(store.withheld)[0] == 403
    finally:
        store.clock.now = before
    assert statuses(store.embargoed)[0] == 403


def test_a_sysadmin_reads_what_is_closed_and_nothing_keeps_it(store: Store) -> None:
    new = NewUser("root", "root@example.kz", "a password of ten", username="root")
    users.create(store.catalogue, SYSTEM, new, UserChange(sysadmin=True))
    secret, _ = tokens.create(store.catalogue, SYSTEM, "root", "t")
    headers = {"Authorization": secret}
    answer = store.client.get(f"/datastore/dump/{store.withheld}", headers=headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")


def test_a_withdrawn_record_has_no_table(store: Store) -> None:
    held = store.dataset(table() + b"   ")
    key = str(held.resources[0].id)
    work(store.catalogue)
    assert store.ask(resource_id=key).status_code == 200
    writing.remove(store.catalogue, SYSTEM, held.slug, "ошибка")
    assert store.ask(resource_id=key).status_code == 404


def test_dump_as_csv(store: Store) -> None:
    answer = store.dump()
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert rows[0] == ["_id", "Қала", *HEADER[1:]]
    assert len(rows) == ROWS + 1
    assert rows[8][3] == "н/д"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_dump_is_sent_again_only_where_it_is_another(store: Store) -> None:
    tag = store.dump(limit=1).headers["ETag"]
    address = f"/datastore/dump/{store.open}"
    again = store.client.get(address, query_string={"limit": 1}, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    other = store.client.get(address, query_string={"limit": 2}, headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_dump_of_a_part(store: Store) -> None:
    query = {"filters": json.dumps({"год": {"gte": 2055}}), "fields": "год,код", "sort": "год desc", "limit": 2}
    assert store.dump(**query).text == "год,код\n2059,059\n2058,058\n"
    assert store.dump(q="006", fields="год", format="tsv").text == "год\n2006\n"
    assert store.dump(offset=58, fields="год").text == "год\n2058\n2059\n"
    assert store.dump(bom="true", limit=0, fields="год").text == "\ufeffгод\n"


def test_dump_as_json_and_xml(store: Store) -> None:
    told = json.loads(store.dump(format="json").text)
    assert (len(told["records"]), told["records"][0][1], told["fields"][2]["type"]) == (ROWS, "Алматы", "int8")
    assert json.loads(store.dump(format="json", limit=0).text)["records"] == []
    root = etree.fromstring(store.dump(format="xml").data)
    assert len(root) == ROWS
    assert (root[7].get("_id"), root[7].findtext("сумма"), root[7].findtext("код")) == ("8", "н/д", "007")


@pytest.mark.parametrize("query", [{"format": "exe"}, {"sort": "nothing"}, {"filters": "{"}, {"limit": "x"}])
def test_a_bad_dump_is_a_400(store: Store, query: dict[str, str]) -> None:
    assert store.dump(**query).status_code == 400


def test_a_dump_in_pieces_is_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PIECE", 7)
    for query in ({}, {"sort": "год"}, {"filters": json.dumps({"год": {"lt": 2100}})}, {"distinct": "true"}):
        rows = list(csv.reader(io.StringIO(store.dump(**query, fields="год").text)))
        assert sorted(int(row[0]) for row in rows[1:]) == list(range(2000, 2060)), query
    assert len(store.dump(limit=20, offset=5, fields="год").text.splitlines()) == 21


def test_copies_go_with_their_bytes_and_come_again_with_care(store: Store) -> None:
    checksum = _checksum(store, store.open)
    with store.catalogue.sessions.write.begin() as session:
        assert tables_making.forget(store.catalogue, session, [checksum]) == 1
        for job in session.scalars(select(Job)):
            session.delete(job)
    assert store.ask().status_code == 404
    with store.catalogue.sessions.read() as session:
        assert tables.active(session, [checksum]) == set()
    care.tend(store.catalogue)
    work(store.catalogue)
    assert store.search(limit=0)["total"] == ROWS
    with store.catalogue.sessions.write.begin() as session:
        session.add(DataTable(checksum="f" * 64, number=0, status="ready", created=store.clock.now, version=1))
    assert tables_making.sweep(store.catalogue) == 1


def test_one_table_in_two_files_is_one_copy(store: Store) -> None:
    first, second = store.put(b"a,b\n1,2\n"), store.put(b"a,b\r\n1,2\r\n")
    work(store.catalogue)
    with store.catalogue.sessions.write.begin() as session:
        rows = session.scalars(select(DataTable).where(DataTable.checksum == _checksum(store, first))).all()
        other = session.scalars(select(DataTable).where(DataTable.checksum == _checksum(store, second))).all()
        assert rows[0].key == other[0].key
        tables_making.forget(store.catalogue, session, [rows[0].checksum])
    assert store.search(resource_id=second)["total"] == 1


def test_the_sheets_of_a_workbook_are_asked_by_name(store: Store) -> None:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["только заголовок"])
    for name in ("Бірінші", "Екінші"):
        sheet = book.create_sheet(name)
        sheet.append(["а", "б"])
        sheet.append([name, 1])
    book.save(out)
    key = store.put(out.getvalue(), "кітап.xlsx")
    work(store.catalogue)
    assert store.search(resource_id=key)["records"][0]["а"] == "Бірінші"
    assert store.search(resource_id=key, sheet="Екінші")["records"][0]["а"] == "Екінші"
    assert store.ask("datastore_info", resource_id=key).json["result"]["meta"]["sheets"] == [
        {"number": 1, "name": "Бірінші"},
        {"number": 2, "name": "Екінші"},
    ]
    assert store.ask(resource_id=key, sheet="Үшінші").status_code == 404


def test_a_parquet_file_has_a_table(store: Store, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "x.parquet"
    duckdb.sql(f"COPY (SELECT 'Астана' AS \"қала\", 7 AS \"саны\") TO '{path}' (FORMAT parquet)")
    key = store.put(path.read_bytes(), "қалалар.parquet")
    work(store.catalogue)
    assert store.search(resource_id=key)["records"] == [{"_id": 1, "қала": "Астана", "саны": 7}]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.parquet", b"PAR1" + b"\xff" * 200 + b"PAR1"), ("x.xlsx", b"PK\x03\x04" + b"\0" * 100), ("x.csv", b"\0\1\2")],
)
def test_broken_files_have_no_table(store: Store, name: str, content: bytes) -> None:
    key = store.put(content, name)
    work(store.catalogue)
    assert store.ask(resource_id=key).status_code == 404


def _checksum(store: Store, key: str) -> str:
    asked = tables.table(store.catalogue, SYSTEM, UUID(key))
    with store.catalogue.sessions.read() as session:
        return (
            session.scalars(
                select(DataTable.checksum).where(DataTable.key == asked.key, DataTable.number == asked.number)
            ).first()
            or ""
        )


def test_a_file_says_whether_its_table_can_be_asked(store: Store) -> None:
    def said(key: str) -> bool:
        shown = store.client.get(f"/api/3/action/resource_show?id={key}").json["result"]
        package = store.client.get(f"/api/3/action/package_show?id={shown['package_id']}").json["result"]
        assert package["resources"][0]["datastore_active"] is shown["datastore_active"]
        return bool(shown["datastore_active"])

    assert (said(store.open), said(store.embargoed), said(store.withheld)) == (True, False, False)
    text = store.put("Просто текст.\n".encode(), "note.txt")
    table = store.put(b"a,b\n1,2\n3,4\n", "new.csv")
    assert (said(text), said(table)) == (False, False)
    work(store.catalogue)
    assert (said(text), said(table)) == (False, True)
