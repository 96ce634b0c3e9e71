"""The official SHACL shapes of DCAT-AP and the JSON Schema of data.json find nothing wrong with what we export.

Over the demonstration content nothing at all; over what real sources gave only mandatory values that they never gave,
counted by property.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

import pytest
import rdflib
from jsonschema import Draft4Validator
from pyshacl import validate
from sqlalchemy import update

from harvesters import datajson_record, dcat_record
from harvesters.dcat_page import Page
from harvesters.rdf_parsing import Document
from opendata.bootstrap import open_catalogue
from opendata.catalog.records import DatasetRecord, TextStatus
from opendata.catalog.validation import clean
from opendata.config import load_config
from opendata.errors import CatalogueError, Invalid
from opendata.export import datajson, dcat
from opendata.export.dcat_values import Profile
from opendata.export.entry import Entry
from opendata.export.rdf import Syntax
from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Event, Found, Raw, Run, Source
from opendata.harvesting.registry import check_options, harvester
from opendata.services import demo, walking
from opendata.store.datasets import Resource
from tests.conftest import Clock, settings
from tests.export.samples import FULL, SITE, TODAY, entry_of
from tests.realdata.captures import SERVICES

pytestmark = pytest.mark.realdata

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
RELEASES = "dcat/dcat-ap-releases"
SHAPES = {
    # Those of 3.0.0 want what 3.0.1 forbids (sizes as decimals), and ranges.ttl of 3.0.1 has shapes without a path.
    Profile.AP3: (
        f"{RELEASES}/3.0.1/shacl/dcat-ap-SHACL.ttl",
        *(f"{RELEASES}/3.0.1/html/shacl/{name}.ttl" for name in ("shapes", "range", "mdr-vocabularies.shape")),
        *(f"{RELEASES}/3.0.1/html/shacl/{name}.ttl" for name in ("shapes_recommended", "deprecateduris")),
    ),
    Profile.AP2: tuple(
        f"{RELEASES}/2.1.1/dcat-ap_2.1.1_shacl_{name}.ttl"
        for name in ("shapes", "range", "mdr-vocabularies.shape", "shapes_recommended", "deprecateduris")
    ),
}
QUICK = {Profile.AP3: SHAPES[Profile.AP3][1:4]}
"""Those that say the same as the large file in a third of the time."""
NEVER_GIVEN = {("description", "MinCountConstraintComponent"): 30}
"""What the sources below never gave: records or files by property and rule."""


def violations(
    entries: list[Entry], profile: Profile, realdata: Path, chosen: Mapping[Profile, tuple[str, ...]] = SHAPES
) -> Counter[tuple[str, str]]:
    """What the shapes find, by property and rule; warnings, and advice on better vocabularies, do not count."""
    graph = rdflib.Graph().parse(
        data=b"".join(dcat.stream(iter(entries), SITE, Syntax.TURTLE, profile)), format="turtle"
    )
    beside = rdflib.Graph()
    beside.add((DCAT.Dataset, rdflib.RDFS.subClassOf, DCAT.Resource))  # as the vocabulary itself has it
    found: Counter[tuple[str, str]] = Counter()
    for name in chosen[profile]:
        shapes = rdflib.Graph().parse(realdata / name, format="turtle")
        _, report, _ = validate(graph, shacl_graph=shapes, ont_graph=beside, inference="none", allow_warnings=True)
        for result in report.objects(None, SH.result):
            if report.value(result, SH.resultSeverity) == SH.Violation:
                path, rule = (str(report.value(result, key)) for key in (SH.resultPath, SH.sourceConstraintComponent))
                found[path.rpartition("/")[2].rpartition("#")[2], rule.rpartition("#")[2]] += 1
    return found


@pytest.fixture(scope="module")
def demonstration(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """The demonstration content as everybody has it once its files are read."""
    home = tmp_path_factory.mktemp("shapes") / "home"
    shutil.copytree(prepared, home)
    catalogue = open_catalogue(load_config(environ=settings(home)), Clock(dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)))
    try:
        demo.load(catalogue)
        with catalogue.sessions.write.begin() as session:
            session.execute(update(Resource).values(text_status=TextStatus.TEXT))
        return list(walking.walk(catalogue))
    finally:
        catalogue.close()


@pytest.fixture(scope="module")
def harvested(realdata: Path) -> list[Entry]:
    """What real sources of every kind gave, as it is taken."""
    return [_entry(identifier, record) for identifier, record in dict(_harvested(realdata)).items()]


def _entry(identifier: str, record: DatasetRecord) -> Entry:
    dataset = uuid5(NAMESPACE_URL, identifier)
    files = tuple(
        replace(file, id=uuid5(dataset, str(number)), position=number) for number, file in enumerate(record.resources)
    )
    taken = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    record = replace(record, id=dataset, slug=str(dataset), resources=files, metadata_modified=taken)
    return Entry.of(record, None, TODAY)


def _harvested(realdata: Path) -> Iterator[tuple[str, DatasetRecord]]:
    policy = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=0)
    for capture in SERVICES:
        with capture.opened(realdata) as url, HttpClient(policy, sleep=lambda seconds: None) as client:
            one = harvester(capture.type)
            source = Source(NAMESPACE_URL, "x", capture.type, url, check_options(one, capture.options))
            with suppress(CatalogueError):
                yield from _taken(one.harvest(Run(source, client)))
    for path in sorted((realdata / "dcat").rglob("*.*")):
        if path.suffix in (".ttl", ".rdf", ".xml"):
            with suppress(CatalogueError):
                yield from _described(path)
    for path in sorted((realdata / "datajson/gsa/datajson-samples").glob("*.json")):
        for number, values in enumerate(json.loads(path.read_bytes()).get("dataset", ())):
            with suppress(Invalid):
                yield from _cleaned(f"{path.name} {number}", datajson_record.dataset_record(str(number), values)[0])


def _taken(events: Iterable[Event]) -> Iterator[tuple[str, DatasetRecord]]:
    for event in events:
        item = event.read() if isinstance(event, Raw) else event
        if isinstance(item, Found):
            yield from _cleaned(item.identifier, item.record)


def _described(path: Path) -> Iterator[tuple[str, DatasetRecord]]:
    document = Document(path, "https://source.example/catalog", "", None)
    with TemporaryDirectory() as folder, Page(document, Path(folder)) as page:
        for item in page.items():
            record, _ = dcat_record.dataset_record(item.identifier, item.raw, item.node)
            yield from _cleaned(item.identifier, record)


def _cleaned(identifier: str, record: DatasetRecord) -> Iterator[tuple[str, DatasetRecord]]:
    cleaned, problems = clean(record)
    if identifier and all(problem.severity == "warning" for problem in problems):
        yield identifier, cleaned


@pytest.mark.parametrize("profile", Profile)
def test_the_shapes_find_nothing_in_the_demonstration(
    profile: Profile, demonstration: list[Entry], realdata: Path
) -> None:
    entries = [*demonstration, entry_of(FULL)]
    assert len(entries) > 20
    assert violations(entries, profile, realdata) == {}


def test_the_shapes_miss_only_what_no_source_gave(harvested: list[Entry], realdata: Path) -> None:
    found = violations(harvested, Profile.AP3, realdata, QUICK)
    print(f"\n{len(harvested)} records of real sources")
    for (name, rule), number in found.most_common():
        print(f"{number:6} {name} {rule}")
    assert found == NEVER_GIVEN


def _schema(realdata: Path) -> Draft4Validator:
    folder = realdata / "datajson/gsa/non-federal-v1.1"
    catalog = json.loads((folder / "catalog.json").read_bytes())
    catalog["properties"]["dataset"]["items"] = json.loads((folder / "dataset-non-federal.json").read_bytes())
    return Draft4Validator(catalog)


def test_data_json_of_the_demonstration_is_valid(demonstration: list[Entry], realdata: Path) -> None:
    document = json.loads(b"".join(datajson.stream(iter([*demonstration, entry_of(FULL)]), SITE)))
    assert [error.message for error in _schema(realdata).iter_errors(document)] == []


def test_data_json_misses_only_what_no_source_gave(harvested: list[Entry], realdata: Path) -> None:
    document = json.loads(b"".join(datajson.stream(iter(harvested), SITE)))
    found = Counter(error.message for error in _schema(realdata).iter_errors(document))
    assert set(found) <= {"'description' is a required property", "'publisher' is a required property"}
