"""data.egov.kz as far as it is documented: list, passports, versions, rows, and a key that stays secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from harvesters import egovkz
from opendata.catalog.values import ContactPoint, ContributorRole, Extra, PartialDate
from opendata.errors import SourceError, TooLarge
from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Complete, Event, Position, Raw, Run, Same, Source
from opendata.harvesting.credentials import Credentials
from opendata.harvesting.registry import check_options, harvester
from tests.harvesters.events import codes, failed, found, reason
from tests.servers.egovkz import KEY, Portal, egovkz_server, entry, passport
from tests.servers.local import LocalServer, Reply


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def server(portal: Portal) -> Iterator[LocalServer]:
    with egovkz_server(portal) as running:
        yield running


def run(server: LocalServer, *, key: str = KEY, known: dict[str, str] | None = None, **given: str | int) -> list[Event]:
    limit, position = given.pop("limit", None), given.pop("position", None)
    chosen = harvester("egovkz")
    source = Source(UUID(int=1), "test", "egovkz", server.url, check_options(chosen, given))  # type: ignore[arg-type]
    policy = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=0)
    credentials = Credentials("query", "apiKey", key) if key else None
    with HttpClient(policy, credentials=credentials, origin=server.url) as client:
        asked = Run(source, client, position=position, limit=limit, known=lambda one: (known or {}).get(one, ""))  # type: ignore[arg-type]
        events: list[Event] = []
        for event in chosen.harvest(asked):
            events.append(event.read() if isinstance(event, Raw) else event)
            for one in found(events[-1:]):
                for name, opener in one.files.items():
                    with opener() as stream:
                        READ[name] = stream.read()
    return events


READ: dict[str, bytes] = {}


def test_passport_becomes_a_record_in_three_languages(server: LocalServer) -> None:
    events = run(server, organization_from="agency")
    record = found(events)[0].record
    assert (record.title.kk, record.title.ru, record.title.en) == ("Деректер жиынтығы 0", "Набор данных 0", "Dataset 0")
    assert (record.description.ru, record.description.en) == ("Описание набора.", "What it holds.")
    assert record.organization is not None
    assert (record.organization.title.kk, record.organization.identifier) == ("Ұлттық статистика бюросы", "a1")
    assert [(one.name, one.role) for one in record.contributors] == [
        ("Бюро национальной статистики", ContributorRole.PUBLISHER)
    ]
    assert record.contacts == (ContactPoint("Иванов Иван", "ivanov@stat.example", "+7 717 200 00 00"),)
    assert {(one.text, one.language) for one in record.keywords} == {("цены", "ru"), ("рынок", "ru"), ("бағалар", "kk")}
    assert (record.issued, record.modified) == (PartialDate(2024, 4, 27), PartialDate(2024, 5, 6))
    assert (record.version, record.frequency, record.languages) == ("v3", "monthly", ("kk", "ru", "en"))
    assert record.landing_page == f"{server.url}/datasets/view?index=dataset_00"
    assert Extra("fields", json.dumps({"price": "Цена (Int)"}, ensure_ascii=False)) in record.extras
    assert record.resources[0].download_url == ""
    assert len(found(events)) == 5
    assert isinstance(events[-1], Complete)


def test_key_reaches_neither_records_nor_messages(portal: Portal, server: LocalServer) -> None:
    portal.replaced[0] = entry(0, apiUrl=f"https://data.egov.kz/api/v4/dataset_00/v3?apiKey={KEY}")
    events = run(server)
    assert any(one.query.get("apiKey") == KEY for one in server.asked)
    assert KEY not in repr(events)
    portal.passports["dataset_01"] = Reply(b"", 500)
    assert KEY not in repr(run(server))


def test_without_a_key_the_list_alone_is_known(server: LocalServer) -> None:
    events = run(server, key="")
    assert len(found(events)) == 5
    assert {"passport-unreadable"} == codes(found(events)[0])
    assert "apiKey" in found(events)[0].warnings[0].message
    (only,) = failed(run(server, key="", datasets="dataset_01"))
    assert codes(only) == {"passport-unreadable"}


def test_chosen_datasets_are_read_without_the_list(server: LocalServer) -> None:
    events = run(server, datasets="dataset_02/v3; dataset_04")
    assert [event.identifier for event in found(events)] == ["dataset_02", "dataset_04"]
    assert isinstance(events[-1], Complete)
    assert not any(one.path.startswith("/datasets/") for one in server.asked)


def test_bad_entries_fail_alone(portal: Portal, server: LocalServer) -> None:
    portal.replaced = {1: {"nameRu": "no apiUri"}, 2: "text", 3: entry(3, apiUri="../../etc")}
    events = run(server)
    assert [codes(event) for event in failed(events)] == [{"identifier-missing"}] * 3
    assert len(found(events)) == 2


def test_pages_are_followed_and_taken_up_again(portal: Portal, server: LocalServer) -> None:
    events = run(server, rows="2")
    positions = [event for event in events if isinstance(event, Position)]
    assert [(json.loads(one.token)["page"], one.total) for one in positions] == [(2, 5), (3, 5)]
    rest = run(server, rows="2", position=positions[1].token)
    assert [event.identifier for event in found(rest)] == ["dataset_04"]
    assert isinstance(rest[-1], Complete)
    portal.count_lie = 3
    assert "8 were counted" in reason(run(server, rows="2"))
    portal.same_page = True
    assert "repeats itself" in reason(run(server, rows="2"))


def test_dataset_of_known_date_is_not_asked_for(portal: Portal, server: LocalServer) -> None:
    portal.replaced[0] = entry(0, modifiedDate="06.05.2024")
    assert found(run(server))[0].validator == "06.05.2024"
    server.asked.clear()
    assert run(server, known={"dataset_00": "06.05.2024"})[0] == Same("dataset_00")
    assert not any("dataset_00" in one.path for one in server.asked)


def test_rows_are_fetched_whole_or_not_at_all(
    portal: Portal, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egovkz, "ROWS_PAGE", 2)
    run(server, data="true", limit=1)
    assert json.loads(READ["api/v4/dataset_00/v3"]) == [{"id": n, "price": n * 10} for n in range(3)]
    with pytest.raises(TooLarge, match="more than 2 rows"):
        run(server, data="true", data_rows="2", limit=1)


@pytest.mark.parametrize("body", [b"<html></html>", b"{}", b"[]", b'{"datasets": 1}', b"\xff"])
def test_what_is_no_list_is_a_source_error(body: bytes, portal: Portal) -> None:
    from tests.servers.local import serve

    with serve(lambda asked: Reply(body)) as server, pytest.raises(SourceError):
        run(server)


@pytest.mark.parametrize("changed", [None, 1, [], "text", {"ru": 1}, {"a": {"b": {}}}])
def test_wrong_types_everywhere_end_in_records_or_problems(
    changed: object, portal: Portal, server: LocalServer
) -> None:
    portal.replaced = {n: entry(n, **{name: changed}) for n, name in enumerate(list(entry(0)))}
    portal.size = len(portal.replaced)
    for number in range(portal.size):
        body = {**passport(number), list(passport(0))[number % len(passport(0))]: changed}
        portal.passports[f"dataset_{number:02}"] = Reply(json.dumps(body).encode(), media_type="application/json")
    events = run(server)
    assert len(found(events)) + len(failed(events)) == portal.size
    assert not any(code == "unreadable" for event in failed(events) for code in codes(event))
