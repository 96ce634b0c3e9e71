"""Sources that send what nobody should: every kind of harvest ends by itself, soon, and in words."""

from __future__ import annotations

import gzip
import io
import re
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from opendata.harvesting import registry
from opendata.services import clients, desk, harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobReport
from tests.hostile.conftest import SETTINGS, records
from tests.realdata.pipeline import opened
from tests.servers.hostile import Script, answer, at_once, dripping, hostile

WEB = tuple(name for name in registry.names() if name != "folder")
OPTIONS = {"datacite": {"prefix": "10.5072"}}
"""What a kind cannot do without."""
LIMIT = 300_000
SECONDS = 20.0
"""What one job may take on a busy machine: its limits are half a second and 300 kB, and it asks twice."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEEP = b"[" * 100_000
LAUGHS = b'<!DOCTYPE r [<!ENTITY a "lololol">' + b"".join(
    f'<!ENTITY {name} "{("&" + inner + ";") * 10}">'.encode()
    for inner, name in zip("abcdefgh", "bcdefghi", strict=True)
) + b"]><r>&i;</r>"  # fmt: skip
PAGE = "<!DOCTYPE html><html><head><title>Ошибка</title></head><body>Войдите в систему</body></html>".encode()


def led(location: str, status: str = "302 Found") -> Script:
    return answer(b"", status=status, headers=[f"Location: {location}"])


def packed(body: bytes, encoding: str) -> Script:
    return answer(body, headers=[f"Content-Encoding: {encoding}"])


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/{number}.xml", b"\0" * 30_000_000)
    return file.getvalue()


def endless(request: bytes) -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    while True:
        yield b'{"a": "' + b"x" * 60_000 + b'"}, '


BOMB = gzip.compress(b" " * 40_000_000, 1)
ZIPPED = zip_bomb()

HTTP: dict[str, Script] = {
    "gzip bomb": packed(BOMB, "gzip"),
    "deflate bomb": packed(zlib.compress(b" " * 40_000_000, 1), "deflate"),
    "nested gzip": packed(gzip.compress(BOMB), "gzip, gzip"),
    "unknown encoding": packed(b"x" * 100, "br"),
    "broken gzip": packed(BOMB[:200], "gzip"),
    "gzip that is none": packed(b"{}", "gzip"),
    "zip bomb": answer(ZIPPED, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "endless body": endless,
    "endless chunks": dripping(b"fff0\r\n" + b"x" * 0xFFF0 + b"\r\n", 0, HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "10 GB announced": at_once(HEAD + b"Content-Length: 10000000000\r\n\r\n", b"{"),
    "length of a thousand digits": at_once(HEAD + b"Content-Length: " + b"9" * 1000 + b"\r\n\r\n"),
    "negative length": at_once(HEAD + b"Content-Length: -5\r\n\r\n{}"),
    "two lengths": at_once(HEAD + b"Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}"),
    "body shorter than announced": at_once(HEAD + b'Content-Length: 5000\r\n\r\n{"a"'),
    "chunk of no size": at_once(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "chunk of sixteen exabytes": at_once(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"),
    "header flood": at_once(HEAD + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(20_000)) + b"\r\n{}"),
    "header of a megabyte": at_once(HEAD + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n{}"),
    "endless header": dripping(b"a" * 60_000, 0, HEAD + b"X-A: "),
    "endless 100 Continue": dripping(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "dripping header": dripping(b"X", 0.05, HEAD),
    "dripping body": dripping(b" ", 0.05, HEAD + b"Content-Length: 5000\r\n\r\n"),
    "silence": dripping(b"", 0.1),
    "silence after the header": dripping(b"", 0.1, HEAD + b"Content-Length: 5000\r\n\r\n"),
    "nothing": at_once(b""),
    "no HTTP": at_once(b"220 smtp.example ESMTP ready\r\n" * 50),
    "HTTP 0.9": at_once(b"<html>hello"),
    "status of four digits": at_once(b"HTTP/1.1 9999 What\r\n\r\n"),
    "status of letters": at_once(b"HTTP/1.1 OK OK\r\n\r\n"),
    "NUL in the header": at_once(HEAD + b"X-A: a\0b\r\n\r\n{}"),
    "204": answer(b"", status="204 No Content"),
    "206 unasked": answer(b'{"half":', status="206 Partial Content", headers=["Content-Range: bytes 0-7/100"]),
    "304 unasked": at_once(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "300": answer(b"choose", status="300 Multiple Choices"),
    "401": answer(b"", status="401 Unauthorized", headers=["WWW-Authenticate: Basic realm=" + "x" * 3000]),
    "418 in Kazakh": at_once("HTTP/1.1 418 Мен шәйнекпін\r\nContent-Length: 0\r\n\r\n".encode()),
    "later, in a million years": answer(b"", status="503 Later", headers=["Retry-After: 99999999999999999999"]),
    "later, on a day that is none": answer(b"", status="429 No", headers=["Retry-After: Fri, 99 Foo 99999 99:99 GMT"]),
    "redirect to itself": led("/"),
    "redirect to a private address": led("http://10.0.0.1/"),
    "redirect to metadata": led("http://169.254.169.254/latest/meta-data/"),
    "redirect to a spelling of loopback": led("http://0x7f.0.0.2/"),
    "redirect to a file": led("file:///etc/passwd"),
    "redirect to what is no address": led("http://[::1"),
    "redirect to a port of mail": led("http://127.0.0.1:25/"),
    "redirect of a megabyte": led("/" + "a" * 90_000),
}  # fmt: skip
"""What is wrong with the answer itself, whatever it is an answer to."""

CONTENT: dict[str, Script] = {
    "web page": answer(PAGE, "text/html; charset=utf-8"),
    "web page that says it is JSON": answer(PAGE),
    "web page that says it is XML": answer(PAGE, "application/rdf+xml"),
    "empty": answer(b""),
    "NULs": answer(b"\0" * 5000),
    "UTF-16 without an end": answer(b"\xff\xfe{"),
    "broken UTF-8": answer(b"\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x28\x8c\x28" * 100),
    "noise": answer(bytes((n * 7919 + n // 251) % 256 for n in range(50_000)), "application/octet-stream"),
    "null": answer(b"null"),
    "number": answer(b"9" * 6000),
    "text": answer(b'"\\ud800"'),
    "list of everything": answer(b'[null, 1, "a", [], {}, [[]], {"a": null}, NaN, 1e999]'),
    "object of nothing": answer(b"{}"),
    "deep JSON": answer(DEEP),
    "deep JSON in an object": answer(b'{"dataset": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}"),
    "laughs": answer(LAUGHS, "text/xml"),
    "laughs in RDF": answer(LAUGHS.replace(b"<r>", b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">')
                            .replace(b"</r>", b"</rdf:RDF>"), "application/rdf+xml"),
    "file as an entity": answer(b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "text/xml"),
    "deep XML": answer(b"<a>" * 90_000, "text/xml"),
    "deep Turtle": answer(b"@prefix a: <http://a/> . a:a a:b " + b"[ a:b " * 40_000, "text/turtle"),
    "lists in Turtle": answer(b"@prefix a: <http://a/> . a:a a:b " + b"(" * 100_000, "text/turtle"),
    "sitemap that holds itself": answer(b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>'
                                        b"/sitemap.xml</loc></sitemap></sitemapindex>", "application/xml"),
}  # fmt: skip
"""What is wrong with what the answer holds."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """One catalogue for all of them, with small limits."""
    with pytest.MonkeyPatch.context() as patch:
        usual = clients.policy
        small = {"timeout_seconds": 0.4, "total_seconds": 0.8, "max_bytes": LIMIT, "retries": 1, "longest_wait": 0.3}
        patch.setattr(clients, "policy", lambda config: replace(usual(config), **small, waiting_seconds=1.0))
        with opened(tmp_path_factory.mktemp("hostile"), **SETTINGS) as catalogue:
            yield catalogue


def harvested(house: Catalogue, name: str, kind: str, url: str, **options: str) -> JobReport:
    """The report of a job that must end within SECONDS."""
    sources.add(house, SYSTEM, sources.NewSource(name, kind, url, options=options))
    started = time.monotonic()
    report = harvest.run(house, name, actor=SYSTEM)
    assert time.monotonic() - started < SECONDS
    return desk.report(house, SYSTEM, report.job.id, limit=1000)


def fallen(house: Catalogue, case: str, script: Script, kinds: Iterable[str]) -> list[object]:
    """The kinds that broke, or said nothing, or stored something."""
    found: list[object] = []
    with hostile(script) as server:
        for kind in kinds:
            name = re.sub(r"[^a-z0-9]+", "-", f"{case}-{kind}".lower())
            report = harvested(house, name, kind, server.url + "/sitemap.xml", **OPTIONS.get(kind, {}))
            told = [report.job.message, *(f"{one.code} {one.message}" for one in report.problems)]
            stored, words = len(records(house, name)), " ".join(told).strip()
            broke = "Unexpected" in words or "cannot be mapped" in words
            if report.job.status not in ("error", "incomplete") or stored or broke or not words:
                found.append((kind, report.job.status, stored, [line[:200] for line in told]))
    return found


@pytest.mark.parametrize("case", HTTP)
def test_no_answer_is_too_bad_to_be_told(case: str, house: Catalogue) -> None:
    """The client is one for all kinds, so each kind takes its turn; a zip is unpacked by one of them."""
    kind = "spreadsheet" if case == "zip bomb" else WEB[list(HTTP).index(case) % len(WEB)]
    assert not fallen(house, case, HTTP[case], [kind])


@pytest.mark.parametrize("case", CONTENT)
def test_every_kind_of_harvest_survives(case: str, house: Catalogue, full: bool) -> None:
    """Three kinds at a time, each in its turn, and all of them where everything is to be tried."""
    first = list(CONTENT).index(case) * 2
    turn = [WEB[(first + step) % len(WEB)] for step in range(3)]
    assert not fallen(house, case, CONTENT[case], WEB if full else turn)
