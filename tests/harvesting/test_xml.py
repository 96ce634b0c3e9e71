"""XML from strangers: nothing is fetched or expanded, and what can be read is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opendata.harvesting.xml import (
    CONTROL_CHARACTERS,
    ENTITIES,
    WRONG_BYTES,
    MalformedXml,
    fragments,
    looks_like_html,
    parse,
    parse_fragment,
    parse_leniently,
    text_of,
)


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'
    with pytest.raises(MalformedXml):
        parse(bomb)


def test_outer_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with pytest.raises(MalformedXml):
        parse(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode())


@pytest.mark.parametrize(
    ("content", "text", "repair"),
    [
        (b"<a>x\x00\x0by</a>", "xy", CONTROL_CHARACTERS),
        (b"<a>x&#0;&#x1F;y</a>", "xy", CONTROL_CHARACTERS),
        (b"<a>x\xed\xa0\x80y</a>", "x\ufffd\ufffd\ufffdy", WRONG_BYTES),
        ("<?xml version='1.0' encoding='utf-8'?><a>ж".encode() + b"\xd6</a>", "ж\ufffd", WRONG_BYTES),
    ],
)
def test_illegal_characters_are_taken_out_and_told(content: bytes, text: str, repair: str) -> None:
    parsed = parse_leniently(content)
    assert text_of(parsed.root) == text
    assert repair in parsed.repairs


def test_declared_encodings_are_honoured() -> None:
    content = "<?xml version='1.0' encoding='windows-1251'?><a>Мир</a>".encode("cp1251")
    assert text_of(parse(content)) == "Мир"


def test_well_formed_document_needs_no_repair() -> None:
    assert parse_leniently("<a>Ә 𝒳</a>".encode()).repairs == ()


def test_fragments_are_cut_at_their_own_ends() -> None:
    text = "<o:record>1</o:record> <record><header/>2<record>3</record><records/><record>4"
    assert list(fragments(text, "record")) == [
        "<o:record>1</o:record>",
        "<record><header/>2",
        "<record>3</record>",
        "<record>4",
    ]


def test_fragment_knows_the_namespaces_of_its_document() -> None:
    context = '<OAI-PMH xmlns="urn:oai" xmlns:dc="urn:dc"><ListRecords>'
    parsed = parse_fragment("<record><dc:title>A &nbsp;&amp; B & C &unknown;</dc:title></record>", context)
    assert text_of(parsed.root) == "A & B & C &unknown;"
    assert parsed.repairs == (ENTITIES,)


def test_web_page_is_recognised() -> None:
    assert looks_like_html(b"\xef\xbb\xbf\n<!-- x -->\n<!DOCTYPE HTML><html>")
    assert looks_like_html(b"<?xml version='1.0'?><html xmlns='x'>")
    assert not looks_like_html(b"<?xml version='1.0'?><OAI-PMH/>")


def test_hostile_xml_is_survived() -> None:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: hostile XML is not at hand")
    files = [path for path in sorted((Path(folder) / "hostile" / "xml").rglob("*")) if path.is_file()]
    assert files
    for path in files:
        try:
            text = text_of(parse_leniently(path.read_bytes()).root)
        except MalformedXml:
            continue
        assert len(text) <= path.stat().st_size
        assert "root:" not in text
