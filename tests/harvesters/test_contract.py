"""What every harvester keeps to, whatever protocol it speaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Failed, Found, Incomplete, Option
from opendata.harvesting.registry import harvester, names
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import failed, found
from tests.servers import egovkz as egov
from tests.servers.ckan import Portal, ckan_server
from tests.servers.documents import Document, document_server
from tests.servers.egovkz import egovkz_server
from tests.servers.oai import Repository, oai_server
from tests.servers.rest import Held, datacite_server, invenio_server
from tests.servers.site import Site, dataset, page, site_server

SIZE = 25


@contextmanager
def oai(tmp_path: Path) -> Iterator[str]:
    with oai_server(Repository(size=SIZE, nameless_record=7)) as server:
        yield server.url


@contextmanager
def ckan(tmp_path: Path) -> Iterator[str]:
    with ckan_server(Portal(size=SIZE, replaced=((7, {"title": "no id"}),))) as server:
        yield server.url


@contextmanager
def folder(tmp_path: Path) -> Iterator[str]:
    for number in range(SIZE - 1):
        (tmp_path / f"report {number:02}.txt").write_text(f"text {number}")
    (tmp_path / "leads out").symlink_to("/etc/hostname")
    yield str(tmp_path)


@contextmanager
def schemaorg(tmp_path: Path) -> Iterator[str]:
    pages = {f"/d/{number}": page(dataset(number)) for number in range(SIZE)} | {"/d/7": page('{"@type": "Dataset",')}
    with site_server(Site(pages)) as server:
        yield server.url


@contextmanager
def egovkz(tmp_path: Path) -> Iterator[str]:
    with egovkz_server(egov.Portal(SIZE, open=True, replaced={7: {"nameRu": "no apiUri"}})) as server:
        yield server.url


@contextmanager
def spreadsheet(tmp_path: Path) -> Iterator[str]:
    rows = [f"row-{number};{'' if number == 7 else f'Report {number}'}" for number in range(SIZE)]
    (tmp_path / "table.csv").write_text("\n".join(["identifier;title", *rows]))
    yield str(tmp_path / "table.csv")


@contextmanager
def dcat(tmp_path: Path) -> Iterator[str]:
    written = (
        f"<http://d.example/{number}> a dcat:Dataset ; dct:title {'1' if number != 7 else '[]'} ."
        for number in range(SIZE)
    )
    head = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dct: <http://purl.org/dc/terms/> .\n"
    with document_server({"/": Document(head + "\n".join(written))}) as server:
        yield f"{server.url}/"


@contextmanager
def datajson(tmp_path: Path) -> Iterator[str]:
    datasets = [{"identifier": f"d-{number}", "title": f"Title {number}"} for number in range(SIZE)]
    del datasets[7]["identifier"]
    with document_server({"/data.json": Document(json.dumps({"dataset": datasets}), "application/json")}) as server:
        yield f"{server.url}/data.json"


@contextmanager
def datacite(tmp_path: Path) -> Iterator[str]:
    with datacite_server(Held(size=SIZE, replaced=((7, {"attributes": {}}),))) as server:
        yield f"{server.url}/?prefix=10.5072"


@contextmanager
def invenio(tmp_path: Path) -> Iterator[str]:
    with invenio_server(Held(size=SIZE, replaced=((7, {"title": "no id"}),))) as server:
        yield server.url


SOURCES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "oaipmh": oai,
    "ckan": ckan,
    "datacite": datacite,
    "datajson": datajson,
    "dcat": dcat,
    "folder": folder,
    "invenio": invenio,
    "schemaorg": schemaorg,
    "spreadsheet": spreadsheet,
    "egovkz": egovkz,
}
every = pytest.mark.parametrize("kind", sorted(SOURCES))


def test_every_harvester_is_in_this_suite() -> None:
    assert set(SOURCES) == set(names())


@every
def test_it_declares_name_title_and_options_with_help(kind: str) -> None:
    one = harvester(kind)
    assert one.name == kind
    assert one.title
    assert all(isinstance(option, Option) and option.help for option in one.options)


@every
def test_full_listing_ends_once_and_last(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        events = harvest(kind, url)
    endings = [event for event in events if isinstance(event, (Complete, Incomplete))]
    assert endings == [events[-1]]
    assert isinstance(events[-1], Complete)


@every
def test_bad_item_fails_alone_and_with_a_reason(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        events = harvest(kind, url)
    assert len(found(events)) == SIZE - 1
    assert [len(event.problems) for event in failed(events)] == [1]


@every
def test_records_carry_identifier_title_and_raw_bytes(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        events = harvest(kind, url)
    records = found(events)
    assert len({event.identifier for event in records}) == len(records)
    assert all(event.identifier and event.record.title and event.raw and event.raw_type for event in records)
    assert all(event.record.id is None and event.record.slug == "" for event in records)
    assert all(set(event.files) <= {resource.key for resource in event.record.resources} for event in records)
    for event in records:
        keys = [resource.key for resource in event.record.resources]
        assert len(set(keys)) == len(keys)
        assert all(keys)


@every
def test_second_run_gives_the_same(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        first, second = harvest(kind, url), harvest(kind, url)
    facts = [
        [(type(e), e.identifier, getattr(e, "record", None), e.raw) for e in events if isinstance(e, (Found, Failed))]
        for events in (first, second)
    ]
    assert facts[0] == facts[1]


@every
def test_capped_listing_is_never_complete(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        events = harvest(kind, url, limit=3)
    assert len(found(events)) == 3
    assert isinstance(events[-1], Incomplete)


@every
def test_position_of_another_harvester_is_no_harm(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    with SOURCES[kind](tmp_path) as url:
        assert found(harvest(kind, url, position=json.dumps({"page": [1]})))
        assert found(harvest(kind, url, position="no json"))


@every
def test_source_that_is_not_there_is_a_source_error(kind: str, harvest: Harvest, tmp_path: Path) -> None:
    url = tmp_path / "nowhere" if kind == "folder" else "http://127.0.0.1:9/"
    with pytest.raises(SourceError):
        harvest(kind, url)


@every
@pytest.mark.parametrize("url", ["", "\x00", "javascript:alert(1)", "http://[::1"])
def test_address_that_is_none_is_a_source_error(kind: str, url: str, harvest: Harvest) -> None:
    with pytest.raises(SourceError):
        harvest(kind, url)


@pytest.mark.parametrize("kind", ["ckan", "oaipmh", "schemaorg"])
def test_credentials_of_a_source_reach_neither_records_nor_messages(
    kind: str, harvest: Harvest, tmp_path: Path
) -> None:
    with SOURCES[kind](tmp_path) as url:
        events = harvest(kind, url.replace("//", "//user:secret@"))
    assert found(events)
    assert "secret" not in repr(events)
    with pytest.raises(SourceError) as caught:
        harvest(kind, "http://user:secret@127.0.0.1:9/")
    assert "secret" not in caught.value.message
