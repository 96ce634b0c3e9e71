"""What real services answered, given back over HTTP: how many records, what fails, and whether the listing is whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Failed, Found, Gone, Incomplete, Since
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, gone, reason
from tests.servers.ckan import Portal, ckan_server
from tests.servers.local import Reply
from tests.servers.replay import Answers, by_cassette, by_file, by_mapping, by_recording, replay_ckan, replay_oai

pytestmark = pytest.mark.realdata


def counts(events: list[object]) -> tuple[int, int, int]:
    """Found, gone and failed."""
    kinds = Counter(type(event) for event in events)
    return kinds[Found], kinds[Gone], kinds[Failed]


def test_sickle_lists_the_same_records_again_and_is_short_of_its_count(harvest: Harvest, realdata: Path) -> None:
    files = {verb: f"{verb}.xml" for verb in ("Identify", "ListMetadataFormats", "ListSets", "ListRecords")}
    with replay_oai(by_file(realdata / "oai/sickle", files)) as server:
        events = harvest("oaipmh", server.url)
    assert counts(events) == (4, 3, 1)
    assert codes(failed(events)[0]) == {"identifier-missing"}
    assert "8 were announced" in reason(events)


@pytest.mark.parametrize(("name", "numbers"), [("fake1", (16, 0, 0)), ("fake2", (79, 2, 0))])
def test_pyoai_is_whole(name: str, numbers: tuple[int, int, int], harvest: Harvest, realdata: Path) -> None:
    with replay_oai(by_mapping(realdata / "oai/pyoai" / name)) as server:
        events = harvest("oaipmh", server.url)
    assert counts(events) == numbers
    assert isinstance(events[-1], Complete)
    assert all(event.record.contributors and event.record.issued for event in found(events))


def test_pyoai_2_has_files_behind_its_formats(harvest: Harvest, realdata: Path) -> None:
    with replay_oai(by_mapping(realdata / "oai/pyoai/fake2")) as server:
        events = harvest("oaipmh", server.url)
    assert gone(events) == ["hdl:1765/1160", "hdl:1765/1163"] or len(gone(events)) == 2
    files = [resource for event in found(events) for resource in event.record.resources if resource.download_url]
    assert len(files) > 40
    assert {resource.format for resource in files} >= {"PDF"}


@pytest.mark.parametrize("name", ["fake3", "fake4", "fake5"])
def test_pyoai_without_a_usable_answer_is_a_source_error(name: str, harvest: Harvest, realdata: Path) -> None:
    with replay_oai(by_mapping(realdata / "oai/pyoai" / name)) as server, pytest.raises(SourceError):
        harvest("oaipmh", server.url)


@pytest.mark.parametrize(("page", "prefix", "number"), [(0, "cmdi0571", 8), (1, "cmdi0571", 2), (2, "cmdi2312", 8)])
def test_clarin_records_in_another_format_are_read(
    page: int, prefix: str, number: int, harvest: Harvest, realdata: Path
) -> None:
    files = {"ListMetadataFormats": "FormatLists/resp0000.xml", "ListRecords": f"RecordLists/resp000{page}.xml"}
    with replay_oai(by_file(realdata / "oai/clarin/ListRecords/endpoint0000", files)) as server:
        events = harvest("oaipmh", server.url, metadata_prefix=prefix)
    assert counts(events) == (number, 0, 0)
    assert all("title-missing" not in codes(event) for event in found(events))
    assert isinstance(events[-1], Complete)


def test_clarin_does_not_offer_what_is_not_asked_for(harvest: Harvest, realdata: Path) -> None:
    files = {"ListMetadataFormats": "response-ListMetadataFormats.xml", "Identify": "response-Identify.xml"}
    with replay_oai(by_file(realdata / "oai/clarin", files)) as server, pytest.raises(SourceError, match="offer"):
        harvest("oaipmh", server.url, metadata_prefix="no_such_format")


def test_paperhive_asks_to_wait_and_is_then_read(harvest: Harvest, realdata: Path) -> None:
    path = realdata / "oai/paperhive/oaipmh-listrecords---should-list-identifiers-from-arxiv.json"
    with replay_oai(by_recording(path), "arXiv") as server:
        events = harvest("oaipmh", server.url, metadata_prefix="arXiv")
        assert [asked.query["verb"] for asked in server.asked].count("ListRecords") == 2
    assert counts(events) == (2, 0, 0)
    assert all(event.record.description and event.record.contributors for event in found(events))


def _all_from(query: Mapping[str, str]) -> bool:
    return query.get("from") == "2026-04-01" and "until" not in query


def _plain(query: Mapping[str, str]) -> bool:
    return set(query) == {"verb", "metadataPrefix"} and query["metadataPrefix"] == "oai_dc"


@pytest.mark.parametrize(("chosen", "numbers"), [(_all_from, (50, 0, 0)), (_plain, (8, 1, 0))])
def test_zenodo_excerpts_are_never_complete(
    chosen: object, numbers: tuple[int, int, int], harvest: Harvest, realdata: Path
) -> None:
    text = (realdata / "oai/scythe-cassettes/list_records.yaml").read_text()
    with replay_oai(by_cassette(text, chosen)) as server:  # type: ignore[arg-type]
        events = harvest("oaipmh", server.url)
    assert counts(events) == numbers
    assert isinstance(events[-1], Incomplete)
    assert any(event.record.license_id for event in found(events))


def test_zenodo_without_a_match_is_an_empty_listing(harvest: Harvest, realdata: Path) -> None:
    files = {"Identify": "identify.02.xml", "ListMetadataFormats": "list_metadata_formats.00.xml",
             "ListSets": "list_sets.00.xml", "ListRecords": "list_records.02.xml"}  # fmt: skip
    with replay_oai(by_file(realdata / "oai/scythe-cassettes/derived-xml", files)) as server:
        assert [type(event) for event in harvest("oaipmh", server.url)] == [Since, Complete]


@pytest.mark.parametrize(
    ("page", "number", "counted", "licence"),
    [("zurich/ckan_package_search.json", 3, 102, "CC0-1.0"), ("envidat/package_search.json", 2, 858, "CC-BY-4.0")],
)
def test_ckan_excerpts_are_never_complete(
    page: str, number: int, counted: int, licence: str, harvest: Harvest, realdata: Path
) -> None:
    with replay_ckan([realdata / "ckan" / page]) as server:
        events = harvest("ckan", server.url)
    assert counts(events) == (number, 0, 0)
    assert f"{counted} were counted" in reason(events)
    assert licence in {event.record.license_id for event in found(events)}
    assert all(event.record.resources and event.record.organization for event in found(events))


def test_list_of_bare_ids_is_filled_by_package_show(harvest: Harvest, realdata: Path) -> None:
    folder = realdata / "ckan/datagovuk/v26"
    pages = [folder / "search_dataset_p1.json", folder / "search_dataset_p2.json"]
    with replay_ckan(pages, sorted(folder.glob("package_show_*.json"))) as server:
        events = harvest("ckan", server.url)
    listed = {package["id"] for package in json.loads(pages[0].read_text())["result"]["results"]}
    assert {event.identifier for event in found(events)} | {event.identifier for event in failed(events)} == listed
    assert found(events)
    assert all("package_show fails" in event.problems[0].message for event in failed(events))
    assert isinstance(events[-1], Complete)


def test_documents_as_a_folder_lose_no_file(harvest: Harvest, realdata: Path) -> None:
    events = harvest("folder", realdata / "documents")
    files = [path for path in (realdata / "documents").rglob("*") if path.is_file()]
    assert sum(len(event.files) for event in found(events)) == len(files)
    assert failed(events) == []
    assert isinstance(events[-1], Complete)


def test_hostile_archives_are_survived(harvest: Harvest, realdata: Path) -> None:
    for path in sorted((realdata / "hostile").rglob("*")):
        if path.is_file() and ("zip" in path.parent.name or path.suffix in (".zip", ".docx", ".xlsx")):
            with suppress(SourceError):
                for event in harvest("folder", path):
                    _read_all(event)


def _read_all(event: object) -> None:
    """Read each stream to its end: at most what the archive states, or a SourceError."""
    if not isinstance(event, Found):
        return
    for resource in event.record.resources:
        with suppress(SourceError), event.files[resource.key]() as stream:
            size = 0
            while piece := stream.read(1_000_000):
                size += len(piece)
            assert size <= (resource.byte_size or 0)


def _records_of(folder: Path) -> Answers:
    """Records that were captured one by one, as one list."""
    records = [re.sub(rb"<\?xml.*?\?>", b"", path.read_bytes()) for path in sorted(folder.glob("*.xml"))]
    body = b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>' + b"".join(records)
    page = Reply(body + b"</ListRecords></OAI-PMH>", media_type="text/xml")
    return lambda query: page if query.get("verb") == "ListRecords" else None


def test_items_of_a_dspace_have_their_files(harvest: Harvest, realdata: Path) -> None:
    with replay_oai(_records_of(realdata / "oai/dspace-cuni"), "xoai") as server:
        events = harvest("oaipmh", server.url)
    assert counts(events) == (15, 0, 0)
    assert isinstance(events[-1], Complete)
    assert all(event.record.contributors and event.record.issued and not event.warnings for event in found(events))
    files = [file for event in found(events) for file in event.record.resources]
    assert len(files) > 60
    assert all(file.byte_size and file.download_url for file in files)


def _packages(folder: Path) -> list[Any]:
    """Every package of the captures, whatever they are wrapped in; those without an id get the file's name."""
    found: list[Any] = []
    for path in sorted(folder.rglob("*.json*")):
        lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        for number, line in enumerate(lines):
            with suppress(ValueError):  # one capture is no JSON
                found += _inside(json.loads(line), f"{path.stem}-{number}")
    return found


def _inside(value: Any, name: str) -> list[Any]:
    if isinstance(value, dict) and ("resources" in value or "notes" in value or "notes_translated" in value):
        return [{"id": name} | value]
    if isinstance(value, dict):
        value = next((value[key] for key in ("result", "results") if key in value), [])
    if isinstance(value, dict):
        return _inside(value, name)
    parts = value if isinstance(value, list) else []
    return [one for number, part in enumerate(parts) for one in _inside(part, f"{name}-{number}")]


def test_every_package_of_the_captures_is_mapped(harvest: Harvest, realdata: Path) -> None:
    packages = _packages(realdata / "ckan")
    with ckan_server(Portal(size=len(packages), replaced=tuple(enumerate(packages)))) as server:
        events = harvest("ckan", server.url)
    assert len(packages) > 25
    assert failed(events) == []
    assert len(found(events)) + len(gone(events)) == len(packages)
    assert all(event.record.title for event in found(events))
    assert isinstance(events[-1], (Complete, Incomplete))
