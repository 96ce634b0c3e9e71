"""RDF as it is written: the same in every syntax, whole in pieces, and whatever stands in a text."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pyoxigraph
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContactPoint, Extra, Relation, Text
from opendata.export import dcat
from opendata.export.dcat_values import Profile
from opendata.export.entry import Entry
from opendata.export.rdf import PREFIXES, Document, Literal, Node, Syntax, iri_of
from tests.export import rich
from tests.export.samples import FULL, SITE, entry_of

FORMS = {
    Syntax.TURTLE: pyoxigraph.RdfFormat.TURTLE,
    Syntax.XML: pyoxigraph.RdfFormat.RDF_XML,
    Syntax.JSON: pyoxigraph.RdfFormat.JSON_LD,
}


def graph(document: bytes, syntax: Syntax) -> pyoxigraph.Dataset:
    """What is said, whatever its blank nodes are called."""
    found = pyoxigraph.Dataset(pyoxigraph.parse(document, FORMS[syntax]))
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return found


def written(entries: list[Entry], syntax: Syntax, profile: Profile = Profile.AP3) -> bytes:
    return b"".join(dcat.stream(iter(entries), SITE, syntax, profile))


@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(
    st.lists(rich.entries(), max_size=3, unique_by=lambda entry: entry.record.id), st.sampled_from(Profile)
)  # fmt: skip
def test_every_syntax_says_the_same(entries: list[Entry], profile: Profile) -> None:
    one, *others = (graph(written(entries, syntax, profile), syntax) for syntax in Syntax)
    assert all(other == one for other in others)


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.text(st.characters(codec=None), min_size=1))
def test_any_text_can_be_written(text: str) -> None:
    record = DatasetRecord(
        title=Text.of(text, "ru"),
        id=UUID(int=1),
        slug="x",
        license_text=text,
        version=text,
        landing_page=text,
        contacts=(ContactPoint(text, text, text, text),),
        relations=(Relation("Cites", text), Relation("Cites", title=Text(other=text, original=text[:3]))),
        extras=(Extra(text, text), Extra("conforms_to", f"http://{text}")),
    )
    one, *others = (graph(written([entry_of(record)], syntax), syntax) for syntax in Syntax)
    assert len(one) > 10
    assert all(len(other) == len(one) for other in others)


def test_json_ld_of_a_record_is_one_object_with_its_parts_inside() -> None:
    tree = json.loads(dcat.json_ld(entry_of(FULL), SITE))
    assert tree["@context"] == PREFIXES
    assert tree["@type"] == "dcat:Dataset"
    assert tree["dct:publisher"]["foaf:name"][0] == {"@language": "kk", "@value": "Су комитеті"}
    assert [one["@type"] for one in tree["dcat:distribution"]] == ["dcat:Distribution"] * 2


def test_what_was_told_once_is_only_named_again() -> None:
    shared = Node("https://x.example/s", ("foaf:Agent",)).add("foaf:name", "S")
    first, second = (Node(f"https://x.example/{name}").add("dct:publisher", shared) for name in "ab")
    said = b"".join(Document(Syntax.TURTLE).whole([first, second])).decode()
    assert said.count('foaf:name "S"') == 1
    assert said.count("dct:publisher <https://x.example/s>") == 2


def test_what_is_told_otherwise_is_told() -> None:
    page = Node("https://x.example/s", ("foaf:Document",))
    title = Node("https://x.example/s").add("dct:title", Literal("Ж", "ru"))
    top = Node("https://x.example/a").add("dcat:landingPage", page).add("dct:relation", title)
    said = b"".join(Document(Syntax.TURTLE).whole([top])).decode()
    assert '"Ж"@ru' in said
    assert "foaf:Document" in said


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("https://x.example/a b<c>", "https://x.example/a%20b%3Cc%3E"),
        ("https://x.example/Қ", "https://x.example/Қ"),
        (" urn:x:1 ", "urn:x:1"),
        ("x.example/a", ""),
        ("http://[x", ""),
        ("", ""),
    ],
)
def test_an_address_is_one_that_rdf_may_hold_or_none(text: str, iri: str) -> None:
    assert iri_of(text) == iri


def test_an_empty_catalogue_is_a_catalogue() -> None:
    for syntax in Syntax:
        assert len(graph(written([], syntax), syntax)) > 10


def test_a_record_without_anything_names_only_what_is_known() -> None:
    bare = replace(FULL, contributors=(), contacts=(), relations=(), resources=(), organization=None, study=None)
    entry = entry_of(bare)
    said = dcat.turtle(entry, SITE).decode()
    for absent in ("dct:publisher", "dct:creator", "dcat:contactPoint", "dcat:distribution", "dct:isPartOf"):
        assert f"\t{absent}" not in said
