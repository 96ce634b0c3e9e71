"""DCAT: what a listing proves, how its pages are found, what is broken and what of it is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

import pytest

from harvesters.dcat import DcatHarvester
from opendata.errors import SourceError, Stopped
from opendata.harvesting.client import HttpClient
from opendata.harvesting.contract import (
    Complete,
    Failed,
    Incomplete,
    Position,
    Raw,
    Run,
    Source,
    Unchanged,
    Validators,
)
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, reason
from tests.servers.documents import Document, document_server

PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
"""


def dataset(number: int) -> str:
    return (
        f'<http://data.example/{number}> a dcat:Dataset ; dct:title "Набор {number}"@ru, "Dataset {number}"@en ;\n'
        f"  dcat:distribution [ a dcat:Distribution ; dcat:downloadURL <http://data.example/{number}.csv> ] .\n"
    )


def catalog(*numbers: int, more: str = "") -> str:
    named = ", ".join(f"<http://data.example/{number}>" for number in numbers)
    listed = f"<{{base}}/catalog> a dcat:Catalog ; dcat:dataset {named} .\n" if numbers else ""
    return PREFIXES + listed + more + "".join(map(dataset, numbers))


@pytest.mark.parametrize("terms", ["<{base}/c?page=1> hydra:next <{base}/c?page=2> .",
                                   "<{base}/c> hydra:nextPage <{base}/c?page=2> .",
                                   '<{base}/c> hydra:nextPage "{base}/c?page=2" .'])  # fmt: skip
def test_pages_are_found_by_terms_of_any_age(terms: str, harvest: Harvest) -> None:
    pages = {"/c": Document(catalog(1, 2, more=terms + "\n")), "/c?page=2": Document(catalog(3))}
    with document_server(pages) as server:
        events = harvest("dcat", f"{server.url}/c")
        position = next(event for event in events if isinstance(event, Position))
        resumed = harvest("dcat", f"{server.url}/c", position=position.token)
    assert [event.identifier for event in found(events)] == [f"http://data.example/{n}" for n in (1, 2, 3)]
    assert isinstance(events[-1], Complete)
    assert not any(isinstance(event, Validators) for event in events)
    assert [event.identifier for event in found(resumed)] == ["http://data.example/3"]


def test_link_header_leads_to_the_next_page_and_a_ring_ends(harvest: Harvest) -> None:
    pages = {
        "/c": Document(catalog(1), headers={"Link": '<{base}/c?page=2>; rel="next"'}),
        "/c?page=2": Document(catalog(2), headers={"Link": "</c>; rel=next, </x>; rel=last"}),
    }
    with document_server(pages) as server:
        events = harvest("dcat", f"{server.url}/c")
    assert len(found(events)) == 2
    assert "repeats itself" in reason(events)


def test_position_that_is_no_longer_taken_begins_again(harvest: Harvest) -> None:
    with document_server({"/c": Document(catalog(1))}) as server:
        events = harvest("dcat", f"{server.url}/c", position=json.dumps({"next": f"{server.url}/gone"}))
    assert len(found(events)) == 1


def test_listing_short_of_its_announced_count_is_incomplete(harvest: Harvest) -> None:
    more = "<{base}/c> hydra:totalItems 5 .\n"
    with document_server({"/c": Document(catalog(1, more=more))}) as server:
        assert "5 were announced" in reason(harvest("dcat", f"{server.url}/c"))


def test_page_that_is_lost_leaves_the_listing_incomplete(harvest: Harvest) -> None:
    with document_server({"/c": Document(catalog(1, more="<{base}/c> hydra:next <{base}/no> .\n"))}) as server:
        assert "broke off after 1" in reason(harvest("dcat", f"{server.url}/c"))


def test_same_facts_in_any_order_form_and_blank_nodes_are_the_same_bytes(harvest: Harvest) -> None:
    one = PREFIXES + '<http://d.example/1> a dcat:Dataset ; dct:title "T" ; dct:temporal [ dcat:startDate "2019" ] .'
    other = PREFIXES + (
        '_:x dcat:startDate "2019" .\n<http://d.example/1> dct:temporal _:x .\n'
        '<http://d.example/1> dct:title "T" .\n<http://d.example/1> a dcat:Dataset .'
    )
    ld = {"@id": "http://d.example/1", "@type": "http://www.w3.org/ns/dcat#Dataset",
          "http://purl.org/dc/terms/title": "T",
          "http://purl.org/dc/terms/temporal": {"http://www.w3.org/ns/dcat#startDate": "2019"}}  # fmt: skip
    documents = {"/1": Document(one), "/2": Document(other), "/3": Document(json.dumps(ld), "application/octet-stream")}
    with document_server(documents) as server:
        raws = [harvest("dcat", server.url + path, mapped=False)[0] for path in documents]
    assert all(isinstance(raw, Raw) for raw in raws)
    assert len({raw.raw for raw in raws if isinstance(raw, Raw)}) == 1


def test_unchanged_document_costs_one_question(harvest: Harvest) -> None:
    documents = {"/c": Document(catalog(1))}
    with document_server(documents) as server:
        events = harvest("dcat", f"{server.url}/c")
        marks = next(event.values for event in events if isinstance(event, Validators))
        again = harvest("dcat", f"{server.url}/c", validators=marks)
        documents["/c"] = Document(catalog(1), marked=False)
        without_etag = harvest("dcat", f"{server.url}/c", validators=marks)
        documents["/c"] = Document(catalog(1, 2))
        changed = harvest("dcat", f"{server.url}/c", validators=marks)
    for same in (again, without_etag):
        assert isinstance(same[0], Unchanged)
        assert isinstance(same[-1], Complete)
    assert len(found(changed)) == 2


def test_the_best_form_is_asked_for_and_wrong_media_types_do_no_harm(harvest: Harvest) -> None:
    page = Document("<html><title>x</title></html>", "text/html", negotiated={"text/turtle": catalog(1)})
    with document_server({"/c": page, "/d": Document(catalog(2), "text/html")}) as server:
        assert len(found(harvest("dcat", f"{server.url}/c"))) == 1
        assert len(found(harvest("dcat", f"{server.url}/d"))) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<!DOCTYPE html><html></html>", "web page"),
        ("", "empty"),
        ("just words", "neither Turtle"),
        ("{}", "no triples"),
        (PREFIXES + "<http://x.example/> dct:title 'no dataset' .", "neither a catalogue nor a dataset"),
    ],
)
def test_what_is_no_catalogue_is_told(content: str, told: str, harvest: Harvest) -> None:
    with document_server({"/c": Document(content, "text/plain")}) as server, pytest.raises(SourceError, match=told):
        harvest("dcat", f"{server.url}/c")


def test_broken_statement_costs_itself_and_names_its_line(harvest: Harvest) -> None:
    broken = catalog(1) + '<http://data.example/9> a dcat:Dataset ; dct:title "open .\n' + dataset(2) + dataset(3)
    with document_server({"/c": Document(broken)}) as server:
        events = harvest("dcat", f"{server.url}/c")
    assert {event.identifier[-1] for event in found(events)} >= {"1", "2", "3"}
    problems = [problem for event in failed(events) for problem in event.problems]
    assert [(problem.code, problem.row) for problem in problems if problem.code == "rdf-broken"] == [
        ("rdf-broken", "7")
    ]
    assert isinstance(events[-1], Incomplete)


RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dct="http://purl.org/dc/terms/" '
RDF += 'xmlns:dcat="http://www.w3.org/ns/dcat#">'


def xml(number: int, title: str = "Title") -> str:
    return f'<dcat:Dataset rdf:about="http://d.example/{number}"><dct:title>{title}</dct:title></dcat:Dataset>'


CYRILLIC = f'<?xml version="1.0" encoding="windows-1251"?>{RDF}{xml(1, "Вода")}</rdf:RDF>'


def test_rdf_xml_is_mended_or_taken_apart(harvest: Harvest) -> None:
    documents = {
        "/entities": Document(f"{RDF}{xml(1, 'Water &nbsp; & air')}</rdf:RDF>"),
        "/broken": Document(f"{RDF}{xml(1)}{xml(2, '<b>open')}{xml(3)}</rdf:RDF>"),
        "/cut": Document(f"{RDF}{xml(1)}{xml(2)}<dcat:Dataset rdf:about='http://d.example/3'><dct:ti"),
        "/between": Document(f"{RDF}{xml(1)}{xml(2)}"),
        "/cyrillic": Document(CYRILLIC.encode("cp1251")),
        "/inside": Document(f"<answer>{RDF}{xml(1)}</rdf:RDF></answer>"),
    }  # fmt: skip
    with document_server(documents) as server:
        events = {path: harvest("dcat", server.url + path) for path in documents}
    assert [len(found(events[path])) for path in documents] == [1, 2, 2, 2, 1, 1]
    assert str(found(events["/cyrillic"])[0].record.title.show("ru")) == "Вода"
    assert "&" in str(found(events["/entities"])[0].record.title.show("en"))
    assert all(isinstance(events[path][-1], Incomplete) for path in ("/broken", "/cut", "/between"))
    assert isinstance(events["/inside"][-1], Complete)


def test_addresses_and_datatypes_that_are_none_do_no_harm(harvest: Harvest) -> None:
    inside = '<dct:title rdf:datatype="no &gt; type">T</dct:title><dct:relation rdf:nodeID="a.b-c"/>'
    inside += '<dcat:landingPage rdf:resource="http://d.example/a b &lt;c&gt;"/>'
    content = f'{RDF}<dcat:Dataset rdf:about="http://d.example/with space">{inside}</dcat:Dataset></rdf:RDF>'
    with document_server({"/c": Document(content)}) as server:
        (event,) = found(harvest("dcat", f"{server.url}/c"))
    assert event.identifier == "http://d.example/with%20space"
    assert str(event.record.title.show("en")) == "T"


def test_vocabulary_beside_a_dataset_is_not_its_description(harvest: Harvest) -> None:
    scheme = "".join(
        f"<http://v.example/all> dct:hasPart <http://v.example/{n}> . <http://v.example/{n}> dct:title '{n}' .\n"
        for n in range(300)
    )
    content = catalog(1) + "<http://data.example/1> dcat:theme <http://v.example/all> .\n" + scheme
    with document_server({"/c": Document(content)}) as server:
        raw = harvest("dcat", f"{server.url}/c", mapped=False)[0]
    assert isinstance(raw, Raw)
    assert b"http://v.example/7> <http://purl.org/dc/terms/title>" not in raw.raw


def test_entities_that_grow_are_refused(harvest: Harvest) -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + RDF + xml(1, "&b;") + "</rdf:RDF>"
    other = f'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>{RDF}{xml(1, "&a;")}</rdf:RDF>'
    short = f'<!DOCTYPE r [<!ENTITY n "http://d.example/">]>{RDF}{xml(1, "&n;")}</rdf:RDF>'
    with document_server({"/bomb": Document(bomb), "/other": Document(other), "/short": Document(short)}) as server:
        for path in ("/bomb", "/other"):
            with pytest.raises(SourceError, match="entities"):
                harvest("dcat", server.url + path)
        assert len(found(harvest("dcat", f"{server.url}/short"))) == 1


def test_contexts_are_never_fetched(harvest: Harvest) -> None:
    address = "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld"
    listed = {"@type": "dcat:Dataset", "identifier": "1", "title": {"kk": "Су", "en": "Water"}}
    known = {"@context": address, "@type": "dcat:Catalog", "dataset": [listed]}
    own = {"@context": ["{base}/context.jsonld", {"title": "http://purl.org/dc/terms/title"}], "title": "T",
           "@id": "http://d.example/1", "@type": "http://www.w3.org/ns/dcat#Dataset"}  # fmt: skip
    with document_server({"/k": Document(json.dumps(known)), "/o": Document(json.dumps(own))}) as server:
        first, second = harvest("dcat", f"{server.url}/k"), harvest("dcat", f"{server.url}/o")
        assert {asked.path for asked in server.asked} == {"/k", "/o"}
    title = found(first)[0].record.title
    assert (title.kk, title.en) == ("Су", "Water")
    assert len(found(second)) == 1
    assert codes(failed(second)[0]) == {"jsonld-context"}


def test_json_ld_that_breaks_off_gives_what_came_before(harvest: Harvest) -> None:
    known = '"@type": "http://www.w3.org/ns/dcat#Dataset", "http://purl.org/dc/terms/title": "T"'
    entry = '{"@id": "http://d.example/%d", ' + known + ",}"
    whole = "[" + ",".join(entry % number for number in range(4))
    with document_server({"/cut": Document(whole[:-40]), "/commas": Document(whole + "]")}) as server:
        cut, commas = harvest("dcat", f"{server.url}/cut"), harvest("dcat", f"{server.url}/commas")
    assert len(found(cut)) == 3
    assert isinstance(cut[-1], Incomplete)
    assert len(found(commas)) == 4
    assert isinstance(commas[-1], Complete)


@pytest.mark.parametrize("depth", [200, 50_000])
def test_nesting_without_end_is_survived(depth: int, harvest: Harvest) -> None:
    deep = '{"http://x.example/p":' * depth + "1" + "}" * depth
    with document_server({"/c": Document(deep)}) as server, pytest.raises(SourceError):
        harvest("dcat", f"{server.url}/c")


def test_what_is_only_named_is_asked_for_on_the_same_host(harvest: Harvest) -> None:
    root = PREFIXES + (
        "<{base}/c> a dcat:Catalog ; dcat:catalog <{base}/below> ;\n"
        " dcat:dataset <{base}/d/0>, <{base}/d/1>, <{base}/d/2>, <http://elsewhere.example/3> ."
    )
    described = PREFIXES + '<{base}/d/1> a dcat:Dataset ; dct:title "T" .'
    pages = {"/c": Document(root), "/below": Document(catalog(7)), "/d/1": Document(described)}
    pages["/d/0"] = Document("<html></html>", "text/html")
    with document_server(pages) as server:
        events = harvest("dcat", f"{server.url}/c")
        alone = harvest("dcat", f"{server.url}/c", follow="false")
    assert {event.identifier.rpartition("/")[2] for event in found(events)} == {"7", "1"}
    assert [event.identifier.rpartition("/")[2] for event in failed(events)] == ["0", "2", "3"]
    assert {code for event in failed(events) for code in codes(event)} == {"dataset-not-described"}
    assert isinstance(events[-1], Complete)
    assert found(alone) == []
    assert len(failed(alone)) == 4


def test_run_that_is_told_to_stop_ends_while_a_document_is_read(client: HttpClient) -> None:
    with document_server({"/c": Document(catalog(1))}) as server:
        source = Source(UUID(int=1), "test", "dcat", f"{server.url}/c")
        with pytest.raises(Stopped):
            list(DcatHarvester().harvest(Run(source, client, stopped=lambda: True)))


def test_catalogue_that_is_also_a_dataset_is_no_record(harvest: Harvest) -> None:
    more = "<{base}/catalog> a dcat:Dataset ; dct:title 'All of it' .\n"
    with document_server({"/c": Document(catalog(1, more=more))}) as server:
        assert [event.identifier for event in found(harvest("dcat", f"{server.url}/c"))] == ["http://data.example/1"]


def test_datasets_without_address_or_type_are_told_apart(harvest: Harvest) -> None:
    content = PREFIXES + (
        '[] a dcat:Dataset ; dct:title "A" ; dct:identifier "a-1" .\n'
        '[] a dcat:Dataset ; dct:title "B" ; dcat:landingPage <http://d.example/b> .\n'
        '[] a dcat:Dataset ; dct:title "C" .\n'
        '<c> a dcat:Catalog ; dcat:dataset <untyped> .\n<untyped> dct:title "D" .\n'
    )
    with document_server({"/c": Document(content)}) as server:
        events = harvest("dcat", f"{server.url}/c")
        assert {event.identifier for event in found(events)} == {"a-1", "http://d.example/b", f"{server.url}/untyped"}
    assert [codes(event) for event in failed(events)] == [{"identifier-missing"}]


@pytest.mark.realdata
def test_every_real_file_ends_in_records_or_a_clear_problem(harvest: Harvest, realdata: Path) -> None:
    paths = [path for path in sorted((realdata / "dcat").rglob("*")) if path.is_file()]
    if not os.environ.get("OPENDATA_TEST_FULL"):
        paths = paths[::3]
    records = refused = 0
    for path in paths:
        with document_server({"/c": Document(path.read_bytes().replace(b"{base}", b""), "text/plain")}) as server:
            try:
                events = harvest("dcat", f"{server.url}/c", follow="false", pages="1")
            except SourceError:
                refused += 1
                continue
        records += len(found(events))
        assert found(events) or any(isinstance(event, Failed) for event in events) or len(events) <= 2, path
        assert all(problem.message for event in failed(events) for problem in event.problems)
        assert "unreadable" not in {code for event in failed(events) for code in codes(event)}, path
    assert records > len(paths) * 0.8
    assert refused < len(paths) * 0.3
