"""Two client libraries of others harvest the repository over HTTP while records are written, and miss nothing."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import oaipmh.client
import oaipmh.metadata
import pytest
from lxml import etree
from oaipmh.client import Client
from oaipmh.metadata import MetadataRegistry, oai_dc_reader
from oaipmh_scythe import Scythe
from sqlalchemy import select
from werkzeug.serving import make_server

from opendata.catalog.records import RecordState
from opendata.services import oai, sequence, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.web.app import create_app
from tests.factories import Feed, feed, found, record

RECORDS, CHANGES = 40, 60
Listed = Iterator[tuple[str, str | None]]
"""Identifier and title of each record; None for one that is gone."""


@pytest.fixture
def live(catalogue: Catalogue) -> Catalogue:
    """A catalogue whose clock goes."""
    return replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC))


@pytest.fixture
def address(live: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where it answers."""
    monkeypatch.setattr(oai, "PAGE", 7)
    server = make_server("127.0.0.1", 0, create_app(live), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/oai"
    server.shutdown()
    thread.join()
    server.server_close()


class Evaluator:
    """What pyoai 2.5 asks of lxml, which lxml 6 calls by another name. May go with a pyoai that knows it."""

    def __init__(self, tree: etree._Element, namespaces: dict[str, str]) -> None:
        self.evaluate = etree.XPathEvaluator(tree, namespaces=namespaces)


@pytest.fixture(autouse=True)
def pyoai_knows_lxml(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (oaipmh.client, oaipmh.metadata):
        known = SimpleNamespace(**{**vars(module.etree), "XPathEvaluator": Evaluator})
        monkeypatch.setattr(module, "etree", known)


def by_pyoai(address: str, since: dt.datetime | None) -> Listed:
    registry = MetadataRegistry()
    registry.registerReader("oai_dc", oai_dc_reader)
    client = Client(address, registry)
    client._day_granularity = False
    since_ = {"from_": since.replace(tzinfo=None)} if since else {}
    for header, metadata, _about in client.listRecords(metadataPrefix="oai_dc", **since_):
        yield header.identifier(), None if header.isDeleted() else metadata.getField("title")[0]


def by_scythe(address: str, since: dt.datetime | None) -> Listed:
    with Scythe(address) as client:
        since_ = {"from_": f"{since:%Y-%m-%dT%H:%M:%SZ}"} if since else {}
        for one in client.list_records(metadata_prefix="oai_dc", **since_):
            yield one.header.identifier, None if one.header.deleted else one.metadata["title"][0]


@dataclass
class Harvester:
    """A copy of the catalogue, kept as a client keeps it: what is newer than the last harvest began."""

    address: str
    lists: Callable[[str, dt.datetime | None], Listed]
    copy: dict[str, str] = field(default_factory=dict)
    since: dt.datetime | None = None

    def harvest(self) -> None:
        began = dt.datetime.now(dt.UTC).replace(microsecond=0)
        try:
            for identifier, title in self.lists(self.address, self.since):
                self.copy[identifier.rpartition(":")[2]] = title or ""
                if title is None:
                    del self.copy[identifier.rpartition(":")[2]]
        except Exception as error:
            if "NoRecordsMatch" not in type(error).__name__:
                raise
        self.since = began


def write(source: Feed, names: list[str]) -> None:
    """Change, withdraw and add records, one transaction after the other."""
    dice = random.Random(4)
    for number in range(CHANGES):
        name = dice.choice(names)
        if dice.random() < 0.2:
            source.take(gone=[name])
        elif dice.random() < 0.3:
            names.append(f"new-{number}")
            source.take(found(names[-1], record(f"New {number}")))
        else:
            source.take(found(name, record(f"Title {number}")))
        time.sleep(0.01)


@pytest.mark.parametrize("lists", [by_pyoai, by_scythe])
def test_full_and_incremental_harvests_miss_nothing_while_records_are_written(
    live: Catalogue, address: str, lists: Callable[[str, dt.datetime | None], Listed]
) -> None:
    source, names = feed(live), [str(number) for number in range(RECORDS)]
    source.take(*(found(name, record(f"First {name}")) for name in names))
    harvester = Harvester(address, lists)
    writer = threading.Thread(target=write, args=(source, names))
    writer.start()
    harvester.harvest()
    while writer.is_alive():
        harvester.harvest()
    writer.join()
    writing.remove(live, SYSTEM, next(iter(harvester.copy)), "why")
    harvester.harvest()
    with live.sessions.read() as session:
        rows = session.scalars(select(Dataset).where(Dataset.state == RecordState.PUBLISHED)).all()
    assert harvester.copy == {str(row.id): row.title.ru or row.title.en or row.title.other for row in rows}
    assert sequence.advance(live) == 0


def test_clients_read_who_answers_what_sets_and_formats_there_are(live: Catalogue, address: str) -> None:
    made = feed(live).one(found("a", record("Вода")))
    with Scythe(address) as client:
        assert client.identify().deletedRecord == "persistent"
        assert {one.metadataPrefix for one in client.list_metadata_formats()} == {"oai_dc", "oai_datacite"}
        assert "open_access" in {one.setSpec for one in client.list_sets()}
        got = client.get_record(identifier=f"oai:127.0.0.1:{made.id}", metadata_prefix="oai_dc")
        assert got.metadata["title"] == ["Вода"]
    registry = MetadataRegistry()
    registry.registerReader("oai_dc", oai_dc_reader)
    other = Client(address, registry)
    assert other.identify().granularity() == "YYYY-MM-DDThh:mm:ssZ"
    assert len(list(other.listIdentifiers(metadataPrefix="oai_dc"))) == 1
