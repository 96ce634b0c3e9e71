"""The OAI-PMH repository: the words of the protocol, lists at any length, and what is told of records that are gone."""

from __future__ import annotations

import base64
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.robotparser import RobotFileParser
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import event, update

from opendata.catalog.records import DatasetType
from opendata.catalog.values import OrganizationRef, Text
from opendata.services import oai, writing
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.purged import PurgedRecord
from opendata.web.app import create_app
from tests.conftest import Clock
from tests.factories import Feed, feed, found, organization, record, ru

OAI = "{http://www.openarchives.org/OAI/2.0/}"
LIST = "verb=ListIdentifiers&metadataPrefix=oai_dc"


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    return feed(catalogue, "one")


@pytest.fixture
def client(catalogue: Catalogue) -> FlaskClient:
    return create_app(catalogue).test_client()


@pytest.fixture(scope="module")
def schema(realdata: Path) -> etree.XMLSchema:
    """The protocol's own; what its answers hold is checked by the schemas of the formats."""
    tree = etree.parse(realdata / "oai/pyoai/tests/OAI-PMH.xsd")
    for wildcard in tree.iter("{http://www.w3.org/2001/XMLSchema}any"):
        wildcard.set("processContents", "lax")
    return etree.XMLSchema(tree)


def ask(client: FlaskClient, query: str, status: int = 200) -> etree._Element:
    answer = client.get(f"/oai?{query}")
    assert (answer.status_code, answer.content_type) == (status, "text/xml; charset=utf-8")
    return etree.fromstring(answer.data)


def code(root: etree._Element) -> list[str]:
    return [str(one.get("code")) for one in root.iter(f"{OAI}error")]


def headers(root: etree._Element) -> dict[str, str]:
    """The status of each identifier."""
    return {
        str(one.findtext(f"{OAI}identifier")).rpartition(":")[2]: one.get("status", "")
        for one in root.iter(f"{OAI}header")
    }


def whole(client: FlaskClient, query: str) -> tuple[list[str], int]:
    """The ids of a list, and in how many parts it came."""
    root, ids, parts = ask(client, query), [], 1
    while True:
        ids += list(headers(root))
        token = root.find(f".//{OAI}resumptionToken")
        if token is None or not token.text:
            return ids, parts
        verb = query.partition("&")[0]
        root, parts = ask(client, f"{verb}&resumptionToken={token.text}"), parts + 1


def key(dataset: object) -> str:
    return str(dataset.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", ["badVerb"]),
        ("verb=list", ["badVerb"]),
        ("verb=Identify&verb=Identify", ["badVerb"]),
        ("verb=Identify&verb=", ["badVerb"]),
        ("verb=Identify&set=x", ["badArgument"]),
        ("verb=ListRecords", ["badArgument"]),
        ("verb=GetRecord", ["badArgument", "badArgument"]),
        ("verb=GetRecord&identifier=oai:x:1", ["badArgument"]),
        (f"{LIST}&metadataPrefix=oai_dc", ["badArgument"]),
        (f"{LIST}&from=2020-1-1", ["badArgument"]),
        (f"{LIST}&from=2020-13-01", ["badArgument"]),
        (f"{LIST}&from=2020-01-01T00:00:00", ["badArgument"]),
        (f"{LIST}&from=2020-01-01&until=2020-01-02T00:00:00Z", ["badArgument"]),
        (f"{LIST}&from=2020-01-02&until=2020-01-01", ["badArgument"]),
        (f"{LIST}&set=a%20b", ["badArgument"]),
        (f"{LIST}&resumptionToken=x", ["badArgument"]),
        ("verb=ListRecords&metadataPrefix=marc", ["cannotDisseminateFormat"]),
        ("verb=ListRecords&resumptionToken=", ["badResumptionToken"]),
        ("verb=ListRecords&resumptionToken=AAAA", ["badResumptionToken"]),
        ("verb=ListRecords&resumptionToken=%D0%B9", ["badResumptionToken"]),
        ("verb=ListSets&resumptionToken=x", ["badResumptionToken"]),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:1", ["idDoesNotExist"]),
        ("verb=GetRecord&metadataPrefix=marc&identifier=oai:x:1", ["idDoesNotExist"]),
        ("verb=ListMetadataFormats&identifier=oai:x:1", ["idDoesNotExist"]),
        (LIST, ["noRecordsMatch"]),
        (f"{LIST}&set=organization:nobody", ["noRecordsMatch"]),
        (f"{LIST}&set=unknown", ["noRecordsMatch"]),
        (f"{LIST}&from=2999-01-01", ["noRecordsMatch"]),
        (f"{LIST}&until=9999-12-31", ["noRecordsMatch"]),
    ],
)  # fmt: skip
def test_each_error_has_its_code(
    client: FlaskClient, request: pytest.FixtureRequest, query: str, errors: list[str]
) -> None:
    root = ask(client, query)
    assert code(root) == errors
    asked = root.find(f"{OAI}request")
    assert asked is not None
    assert bool(asked.attrib) is not bool({"badVerb", "badArgument"} & set(errors))
    if os.environ.get("OPENDATA_REALDATA"):
        request.getfixturevalue("schema").assertValid(root)


def test_every_verb_answers_as_the_protocol_has_it(client: FlaskClient, one: Feed, schema: etree.XMLSchema) -> None:
    made = one.one(found("a", record("А\x0b & <б>")))
    for query in (
        "verb=Identify", "verb=ListSets", "verb=ListMetadataFormats", LIST, "verb=ListRecords&metadataPrefix=oai_dc",
        "verb=ListRecords&metadataPrefix=oai_datacite&from=2026-01-01&until=2026-12-31",
        f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:{made.id}",
        f"verb=ListMetadataFormats&identifier=oai:127.0.0.1:{made.id}",
    ):  # fmt: skip
        root = ask(client, query)
        assert code(root) == []
        schema.assertValid(root)


def test_post_is_answered_as_get_is(client: FlaskClient, one: Feed) -> None:
    one.one(found("a", record()))
    form = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    posted = client.post("/oai", data=form)
    assert posted.data == client.get("/oai", query_string=form).data
    assert code(etree.fromstring(client.post("/oai").data)) == ["badVerb"]


def test_it_has_one_address_in_no_language(client: FlaskClient) -> None:
    assert client.get("/ru/oai?verb=Identify").status_code == 404


def test_an_answer_is_packed_where_that_is_asked_for(client: FlaskClient, one: Feed) -> None:
    one.take(*(found(str(n), record(f"A{n}")) for n in range(5)))
    query = "/oai?verb=ListRecords&metadataPrefix=oai_dc"
    packed = client.get(query, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(query).data


@pytest.mark.parametrize(("number", "parts"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3)])
def test_a_list_comes_whole_in_as_many_parts_as_it_needs(
    client: FlaskClient, one: Feed, monkeypatch: pytest.MonkeyPatch, number: int, parts: int
) -> None:
    monkeypatch.setattr(oai, "PAGE", 3)
    ids = [str(made.dataset_id) for made in one.take(*(found(str(n), record(f"A{n}")) for n in range(number)))]
    assert whole(client, LIST) == (sorted(ids), parts)
    assert sorted(whole(client, "verb=ListRecords&metadataPrefix=oai_datacite")[0]) == sorted(ids)


def test_tokens_say_how_long_the_list_is_and_where_it_stands(
    client: FlaskClient, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 2)
    one.take(*(found(str(n), record(f"A{n}")) for n in range(5)))
    said, query = [], LIST
    while True:
        token = ask(client, query).find(f".//{OAI}resumptionToken")
        assert token is not None
        said.append((token.get("completeListSize"), token.get("cursor")))
        if not token.text:
            break
        query = f"verb=ListIdentifiers&resumptionToken={token.text}"
    assert said == [("5", "0"), ("5", "2"), ("5", "4")]


def test_a_token_never_expires_and_its_list_holds_what_changed_meanwhile(
    client: FlaskClient, one: Feed, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 2)
    one.take(*(found(str(n), record(f"A{n}")) for n in range(5)))
    first = ask(client, LIST)
    token = first.find(f".//{OAI}resumptionToken")
    assert token is not None
    clock.advance(days=400)
    gone = next(iter(headers(first)))
    writing.remove(one.catalogue, SYSTEM, gone, "why")
    rest, query = {}, f"verb=ListIdentifiers&resumptionToken={token.text}"
    while True:
        root = ask(client, query)
        rest |= headers(root)
        token = root.find(f".//{OAI}resumptionToken")
        if token is None or not token.text:
            break
        query = f"verb=ListIdentifiers&resumptionToken={token.text}"
    assert rest.pop(gone) == "deleted"
    assert len({**headers(first), **rest}) == 5


def test_a_token_of_another_verb_or_with_a_changed_letter_is_none(
    client: FlaskClient, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "PAGE", 1)
    one.take(*(found(str(n), record(f"A{n}")) for n in range(3)))
    token = str(ask(client, LIST).findtext(f".//{OAI}resumptionToken"))
    assert code(ask(client, f"verb=ListRecords&resumptionToken={token}")) == ["badResumptionToken"]
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    assert code(ask(client, f"verb=ListIdentifiers&resumptionToken={changed}")) == ["badResumptionToken"]
    assert code(ask(client, f"verb=ListIdentifiers&resumptionToken={token[:-4]}")) == ["badResumptionToken"]


@pytest.mark.parametrize(
    "said",
    [
        b"[" * 2900,
        b'["ListIdentifiers","oai_dc","","","","2026-01-01T00:00:00+00:00","00000000-0000-4000-8000-000000000000",1e999,1]',
        b'["ListIdentifiers","oai_dc","","","","2026-01-01T00:00:00+00:00","00000000-0000-4000-8000-000000000000",1,NaN]',
        b'["ListIdentifiers","oai_dc","","","","0001-01-01T00:00:00+23:00","00000000-0000-4000-8000-000000000000",1,1]',
        b'["ListIdentifiers","oai_dc","","","","9999-12-31T23:59:59-23:00","00000000-0000-4000-8000-000000000000",1,1]',
        b"null",
        b"\xff",
    ],
)
def test_a_token_that_somebody_made_up_is_none(client: FlaskClient, said: bytes) -> None:
    token = base64.urlsafe_b64encode(zlib.crc32(said).to_bytes(4, "big") + said).decode().rstrip("=")
    answer = ask(client, f"verb=ListIdentifiers&resumptionToken={token}")
    assert code(answer) == ["badResumptionToken"]


def test_from_and_until_are_both_included_by_day_and_by_second(client: FlaskClient, one: Feed, clock: Clock) -> None:
    ids = []
    for name in ("a", "b", "c"):
        ids.append(key(one.one(found(name, record(name)))))
        ask(client, "verb=Identify")
        clock.advance(days=1)
    assert [*headers(ask(client, f"{LIST}&from=2026-06-02"))] == ids[1:]
    assert [*headers(ask(client, f"{LIST}&until=2026-06-02"))] == ids[:2]
    assert [*headers(ask(client, f"{LIST}&from=2026-06-02&until=2026-06-02"))] == [ids[1]]
    second = "2026-06-02T06:00:00Z"
    assert [*headers(ask(client, f"{LIST}&from={second}&until={second}"))] == [ids[1]]
    assert [*headers(ask(client, f"{LIST}&from=2026-06-02T06:00:01Z"))] == [ids[2]]
    earliest = ask(client, "verb=Identify").findtext(f".//{OAI}earliestDatestamp")
    assert earliest == "2026-06-01T06:00:00Z"


def test_what_is_withdrawn_privatised_or_purged_is_deleted_and_what_never_was_public_unknown(
    client: FlaskClient, one: Feed, clock: Clock
) -> None:
    withdrawn, hidden, stays, never = (
        one.one(found(name, record(name, private=name == "never")))
        for name in ("withdrawn", "hidden", "stays", "never")
    )
    ask(client, "verb=Identify")
    clock.advance(hours=1)
    purged = uuid4()
    writing.remove(one.catalogue, SYSTEM, withdrawn.slug, "why")
    with one.catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == hidden.id).values(private=True))
        note(session, SYSTEM, clock.now, "dataset", UUID(key(hidden)), "edited")
        session.add(PurgedRecord(id=purged, slug="p", type="dataset", purged=clock.now, published_at=clock.now))
        note(session, SYSTEM, clock.now, "dataset", purged, "purged")
    listed = headers(ask(client, LIST))
    assert listed == {key(withdrawn): "deleted", key(hidden): "deleted", str(purged): "deleted", key(stays): ""}
    assert key(stays) not in headers(ask(client, f"{LIST}&from=2026-06-01T06:30:00Z"))
    get = "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:"
    for one_id in (key(withdrawn), key(hidden), str(purged)):
        root = ask(client, get + one_id)
        assert headers(root) == {one_id: "deleted"}
        assert root.find(f".//{OAI}metadata") is None
    assert code(ask(client, get + key(never))) == ["idDoesNotExist"]


def test_sets_are_of_agencies_with_those_below_of_types_and_of_what_is_open(
    client: FlaskClient, catalogue: Catalogue, one: Feed
) -> None:
    above = organization(catalogue, "ministry")
    below = organization(catalogue, "bureau", above)
    refs = {
        slug: OrganizationRef(slug=slug, title=ru(slug), id=each)
        for slug, each in (("ministry", above), ("bureau", below))
    }
    mine = key(one.one(found("a", record("A", organization=refs["ministry"]))))
    theirs = key(one.one(found("b", record("B", organization=refs["bureau"], type=DatasetType.REPORT))))
    other = key(one.one(found("c", record("C"))))
    specs = {str(each.findtext(f"{OAI}setSpec")) for each in ask(client, "verb=ListSets").iter(f"{OAI}set")}
    assert {"organization", "organization:ministry", "organization:bureau", "type:report", "open_access"} <= specs
    for spec, ids in (
        ("organization:ministry", {mine, theirs}), ("organization:bureau", {theirs}), ("organization", {mine, theirs}),
        ("type:report", {theirs}), ("type", {mine, theirs, other}),
    ):  # fmt: skip
        assert set(headers(ask(client, f"{LIST}&set={spec}"))) == ids
    header = next(each for each in ask(client, LIST).iter(f"{OAI}header") if theirs in str(each[0].text))
    assert [each.text for each in header.iter(f"{OAI}setSpec")] == [
        "organization:bureau", "organization:ministry", "type:report",
    ]  # fmt: skip


def test_a_page_costs_the_same_number_of_questions_wherever_it_is(
    client: FlaskClient, one: Feed, monkeypatch: pytest.MonkeyPatch, selects: list[str]
) -> None:
    monkeypatch.setattr(oai, "PAGE", 5)
    one.take(*(found(str(n), record(f"A{n}")) for n in range(18)))
    query, costs = "verb=ListRecords&metadataPrefix=oai_datacite", []
    ask(client, "verb=Identify")
    while True:
        selects.clear()
        root = ask(client, query)
        costs.append(len(selects))
        token = root.find(f".//{OAI}resumptionToken")
        assert token is not None
        if not token.text:
            break
        query = f"verb=ListRecords&resumptionToken={token.text}"
    assert len(set(costs[1:])) == 1
    assert max(costs) <= 14


@pytest.fixture
def selects(catalogue: Catalogue) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(catalogue.engine, "before_cursor_execute", hear)
    yield said
    event.remove(catalogue.engine, "before_cursor_execute", hear)


def test_the_settings_say_whom_to_write_to(catalogue: Catalogue) -> None:
    config = replace(catalogue.config, site=replace(catalogue.config.site, contact_email="data@example.kz"))
    client = create_app(replace(catalogue, config=config)).test_client()
    assert ask(client, "verb=Identify").findtext(f".//{OAI}adminEmail") == "data@example.kz"


def test_programs_are_told_where_it_is_and_may_ask_there(client: FlaskClient) -> None:
    assert "http://127.0.0.1:5000/oai" in client.get("/en/about").text
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.can_fetch("*", "/oai?verb=Identify")


def test_a_title_in_any_letters_comes_through(client: FlaskClient, one: Feed) -> None:
    one.one(found("a", replace(record(), title=Text(kk="Қағаз «&» 1 < 2", original="kk"))))
    root = ask(client, "verb=ListRecords&metadataPrefix=oai_dc")
    assert root.findtext(".//{http://purl.org/dc/elements/1.1/}title") == "Қағаз «&» 1 < 2"
