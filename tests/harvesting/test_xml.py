"""XML from strangers: nothing is fetched or expanded, and what can be read is read."""

from __future__ import annotations

import os
import time
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


LAUGHS = b"".join(
    f'<!ENTITY {name} "{("&" + inner + ";") * 10}">'.encode()
    for inner, name in zip("abcdefghi", "bcdefghij", strict=True)
)
TEN = b"y" * 100_000
AWAY = b"http://127.0.0.1:9/x"


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE r [<!ENTITY x "y">]><r/>',
        b'<!DOCTYPE r [<!ENTITY x "y">]><r a="&x;"/>',
        b'<!DOCTYPE r [<!ENTITY % p "x">]><r/>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "' + AWAY + b'"> %p;]><r/>',
        b'<!DOCTYPE r [<!ENTITY x PUBLIC "-//x" "' + AWAY + b'">]><r>&x;</r>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>'.encode("utf-16"),
        b'<!DOCTYPE r [<!ENTITY a "lol">' + LAUGHS + b"]><r>&j;</r>",
        b'<!DOCTYPE r [<!ENTITY a "lol">' + LAUGHS + b']><r a="&j;"/>',
        b'<!DOCTYPE r [<!ENTITY x "' + TEN + b'">]><r>' + b"&x;" * 100_000 + b"</r>",
        b'<!DOCTYPE r [<!ENTITY x "' + TEN + b'">]><r a="' + b"&x;" * 100_000 + b'"/>',
        b'<!DOCTYPE r [<!ATTLIST b a CDATA "' + TEN + b'">]><r>' + b"<b/>" * 100_000 + b"</r>",
        b"<a>" * 300_000,
        b"<a>" * 300 + b"</a>" * 300,
        b"<r " + b" ".join(b'a%d="1"' % number for number in range(30_000)) + b"/>",
        b"<" + b"a" * 11_000_000 + b"/>",
        b"<r>" + b"<a/>" * 2_100_000 + b"</r>",
        b"<!--" * 300_000,
        b"<r><![CDATA[" + b"]]" * 100_000,
        b"<?xml" * 300_000,
        b"",
        b"\0",
    ],
    ids=range(21),
)  # fmt: skip
def test_bomb_is_refused_at_once(content: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(MalformedXml):
        parse_leniently(content)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE r SYSTEM "' + AWAY + b'"><r/>',
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r>&x;</r>',
        b'<!DOCTYPE r PUBLIC "-//x" "' + AWAY + b'"><r/>',
        b'<?xml-stylesheet href="' + AWAY + b'"?><r/>',
        b'<r xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></r>',
    ],
)
def test_nothing_outside_the_document_becomes_part_of_it(content: bytes) -> None:
    assert text_of(parse_leniently(content).root) == ""


@pytest.mark.parametrize(
    "name",
    ["rot13", "hex", "zlib", "bz2", "base64", "idna", "punycode", "undefined", "unicode_escape", "no-such", "x" * 40],
)
def test_encoding_that_is_none_is_read_as_utf_8(name: str) -> None:
    content = f'<?xml version="1.0" encoding="{name}"?><r>ә'.encode() + b"\xff</r>"
    assert text_of(parse_leniently(content).root) == "ә\ufffd"


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
