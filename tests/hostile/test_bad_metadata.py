"""Repositories and portals that send what nobody should: each time a clear problem, and all else is stored."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from opendata.catalog.records import DatasetRecord
from opendata.services.results import JobReport
from tests.hostile.conftest import Way, records
from tests.servers.ckan import Portal, ckan_server, package
from tests.servers.local import Asked, Reply, serve
from tests.servers.oai import Repository, escaped, oai_server

POINT = json.dumps({"type": "Point", "coordinates": [1e999, 5]})
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>"
TURNED = "отчёт\u202egpj.exe\u2066\u200f"
CONTROL = "a\x00b\x01c\x08d\x1be\x7ff\x85g\ufffeh\ud800i"


def counts(report: JobReport) -> dict[str, int]:
    """Results that occurred."""
    return {key: value for key, value in report.job.counts.items() if value}


def codes(report: JobReport) -> set[str]:
    """Codes of all problems."""
    return {problem.code for problem in report.problems}


@pytest.mark.parametrize(
    ("fault", "number", "status"),
    [
        ({"broken_record": 12}, 25, "incomplete"),
        ({"nameless_record": 3}, 24, "incomplete"),
        ({"truncated_page": 1}, 26, "complete"),  # its records are asked for one by one
        ({"html_page": 1}, 10, "incomplete"),
        ({"failing_page": 1}, 10, "incomplete"),
        ({"forgotten_page": 1}, 10, "incomplete"),
        ({"repeating_page": 1}, 20, "incomplete"),
    ],
)
def test_what_came_before_a_fault_of_the_listing_is_kept(
    fault: dict[str, int], number: int, status: str, way: Way
) -> None:
    with oai_server(Repository(size=25, **fault)) as server:  # type: ignore[arg-type]
        report = way.harvest("oaipmh", server.url)
    assert report.job.status == status
    assert status == "complete" or report.job.message or report.problems
    assert way.check() >= number - 1
    assert counts(report).get("created", 0) == way.check()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><body>Log in</body></html>", b"{}", b"[]", b"null",
        b'{"success": false, "error": {"message": "no"}}',
        b'{"success": true, "result": {"count": 1, "results": {"a": 1}}}',
        b'{"success": true, "result": ' + b"[" * 100_000,
        b"\xff\xfe\x00", b'{"success": true, "result": {"count": "many", "results": "none"}}',
        b"<?xml version='1.0'?><a/>",
    ],
)  # fmt: skip
def test_portal_that_is_none_ends_its_job_with_the_reason(body: bytes, way: Way) -> None:
    with ckan_server(Portal(body=body)) as server:
        report = way.harvest("ckan", server.url)
    assert report.job.status == "error"
    assert server.url.split("/")[2] in report.job.message or report.job.message
    assert way.check() == 0


@pytest.mark.parametrize("kind", ["oaipmh", "ckan"])
def test_gzip_bomb_is_cut_off(kind: str, way: Way) -> None:
    bomb = gzip.compress(b"<a>" * 25_000_000, 1)
    headers = {"Content-Encoding": "gzip"}
    with serve(lambda asked: Reply(bomb, media_type="text/xml", headers=headers)) as server:
        report = way.harvest(kind, server.url)
    assert report.job.status == "error"
    assert "bytes" in report.job.message
    assert way.check() == 0


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lolololololol">'
    + "".join(f'<!ENTITY {n} "{("&" + p + ";") * 10}">' for p, n in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><OAI-PMH><ListRecords>&j;</ListRecords></OAI-PMH>"
).encode()
FILE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><OAI-PMH><Identify>&x;</Identify></OAI-PMH>'


@pytest.mark.parametrize(
    "body", [LAUGHS, FILE, b"<OAI-PMH>" + b"<a>" * 200_000, b"<?xml version='1.0' encoding='x'?><a/>"]
)
def test_xml_bomb_ends_its_job(body: bytes, way: Way) -> None:
    with serve(lambda asked: Reply(body, media_type="text/xml")) as server:
        report = way.harvest("oaipmh", server.url)
    assert report.job.status == "error"
    assert "root:" not in report.job.message
    assert way.check() == 0


def test_markup_in_every_element_of_dublin_core_is_text(either: Way) -> None:
    evil = escaped(EVIL)
    names = ("title", "creator", "contributor", "publisher", "subject", "description", "date", "type", "format",
             "identifier", "source", "relation", "coverage", "rights", "language")  # fmt: skip
    links = "".join(
        f"<dc:{name}>{link}</dc:{name}>"
        for name in ("identifier", "relation", "rights", "source")
        for link in (
            "javascript:alert(1)",
            "http://a.kz/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;.pdf",
            "data:text/html,x",
        )
    )
    extra = "".join(f"<dc:{name}>{evil}</dc:{name}>" for name in names) + links
    turned = f"<dc:title>{TURNED}</dc:title><dc:creator>{TURNED}</dc:creator><dc:subject>{TURNED}</dc:subject>"
    with oai_server(Repository(size=3, extra=((0, extra), (1, turned)))) as server:
        report = either.harvest("oaipmh", server.url)
    assert counts(report) == {"created": 3}
    assert either.check() == 3


def test_markup_in_every_field_of_a_package_is_text(either: Way) -> None:
    way_in = {"name": EVIL, "title": EVIL, "description": EVIL, "id": "1"}
    evil = package(
        0, title=EVIL, notes=EVIL + "[x](javascript:alert(1)) <a href='javascript:alert(1)'>y</a>", author=EVIL,
        maintainer=EVIL, maintainer_email="x@y.kz" + EVIL, version=EVIL, url="javascript:alert(1)", license_title=EVIL,
        license_id=EVIL, license_url="javascript:alert(1)", organization=way_in, tags=[{"name": EVIL}], groups=[way_in],
        extras=[{"key": EVIL, "value": EVIL}, {"key": "language", "value": EVIL}, {"key": "spatial", "value": EVIL}],
        resources=[
            {"id": EVIL, "name": EVIL, "url": "javascript:alert(1)", "format": EVIL, "mimetype": EVIL,
             "description": EVIL},
            {"id": "2", "name": EVIL, "url": "http://127.0.0.1:9/" + EVIL + ".csv", "format": "CSV"},
            {"id": "3", "name": TURNED, "url": "data:text/html,<script>alert(1)</script>"},
        ],
    )  # fmt: skip
    turned = package(
        1, title=TURNED, notes=TURNED, tags=[{"name": TURNED}], organization={"name": "x", "title": TURNED}
    )
    with ckan_server(Portal(size=3, replaced=((0, evil), (1, turned)))) as server:
        report = either.harvest("ckan", server.url)
    assert counts(report) == {"created": 3}
    assert either.check() == 3


def test_hidden_and_impossible_characters_are_taken_out(either: Way) -> None:
    bad = package(0, title=f"Титул {CONTROL}", notes=CONTROL * 50, author=CONTROL, version=CONTROL,
                  tags=[{"name": CONTROL}], extras=[{"key": CONTROL, "value": CONTROL}],
                  organization={"name": CONTROL, "title": CONTROL, "description": CONTROL},
                  resources=[{"id": CONTROL, "name": CONTROL, "url": "http://127.0.0.1:9/" + CONTROL,
                              "format": CONTROL}],
                  )  # fmt: skip
    named = package(1, id="id" + CONTROL, name=CONTROL)
    with ckan_server(Portal(size=3, replaced=((0, bad), (1, named)))) as server:
        report = either.harvest("ckan", server.url)
        assert counts(report) == {"created": 3}
        assert either.check() == 3
        again = either.harvest("ckan", server.url)
    assert counts(again) == {"unchanged": 3}
    assert any(record.title.show("ru").value.startswith("Титул a\ufffdbcdef") for record in stored(either))


def stored(way: Way) -> list[DatasetRecord]:
    """The records of the source."""
    return list(records(way.catalogue, "source").values())


def test_endless_values_are_bounded_and_it_is_said(either: Way) -> None:
    huge_title, long = "Слово " * 170_000, "Слово " * 20_000
    huge = package(
        0, title=huge_title, notes=huge_title * 2, author=long, maintainer=long, version=long, license_title=long,
        license_id=long,
        organization={"name": long, "title": long, "description": long},
        tags=[{"name": long}] + [{"name": f"t{n}"} for n in range(3000)],
        extras=[{"key": f"k{n}", "value": "v" * 300} for n in range(3000)] + [{"key": long, "value": long}],
        resources=[{"id": f"{n}", "name": long[:500], "url": f"http://127.0.0.1:9/{n}" + "x" * 500}
                   for n in range(20)],
    )  # fmt: skip
    with ckan_server(Portal(size=2, replaced=((0, huge),))) as server:
        report = either.harvest("ckan", server.url)
    assert counts(report) == {"created": 2}
    assert {"cut", "capped"} <= codes(report)
    assert either.check() == 2


@pytest.mark.parametrize(
    "date",
    ["2019-13-45", "б.г.", "2017–2019 гг.", "31.02.2020", "0000-00-00", "99999", "вчера", "-", "2019-02-30T25:61:61Z"],
)
def test_dates_that_are_none_reject_nothing(date: str, way: Way) -> None:
    extra = f"<dc:date>{date}</dc:date><dc:coverage>{date}</dc:coverage>"
    with oai_server(Repository(size=2, extra=((0, extra),))) as server:
        report = way.harvest("oaipmh", server.url)
    assert counts(report) == {"created": 2}
    assert all(problem.severity == "warning" for problem in report.problems)
    assert way.check() == 2


def test_values_of_the_wrong_kind_reject_nothing_else(either: Way) -> None:
    odd: tuple[object, ...] = (
        None, 7, "text", [], {}, {"id": 1}, {"id": "x", "title": {"a": {"b": 1}}}, {"id": "y", "title": ["z"]},
        {"id": "t", "title": "T", "tags": "a,b", "resources": {"a": 1}, "extras": "x", "groups": 5,
         "organization": [1]},
        {"id": "u", "title": "U", "resources": [None, 1, "x", {"url": 5, "size": "9" * 400, "created": {}}]},
        {"id": "v", "title": "V", "author": {"a": 1}, "license_id": ["x"], "version": {"z": 1}, "private": "maybe"},
        {"id": "w", "title": "W", "extras": [{"key": "spatial", "value": POINT}]},
    )  # fmt: skip
    with ckan_server(Portal(size=15, replaced=tuple(enumerate(odd)))) as server:
        report = either.harvest("ckan", server.url)
    assert counts(report)["created"] >= 8
    assert sum(counts(report).values()) >= 14
    assert all(problem.message for problem in report.problems)
    either.check()


def test_linked_files_that_are_bombs_or_pages_or_gone_say_so(way: Way, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 220_000_000, 1)

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("bomb.csv"):
            return Reply(bomb, media_type="text/csv", headers={"Content-Encoding": "gzip"})
        if asked.path.endswith("page.pdf"):
            return Reply(b"<!doctype html><title>Log in</title>", media_type="application/pdf")
        if asked.path.endswith("short.pdf"):
            return Reply(stream=lambda: iter([b"%PDF-1.4 "]), headers={"Content-Length": "500000"})
        if asked.path.endswith("empty.csv"):
            return Reply(b"", media_type="text/csv")
        return Reply(b"", 404)

    with serve(answer) as files:
        resources = [
            {"id": name, "name": name, "url": f"{files.url}/{name}", "format": name[-3:].upper()}
            for name in ("bomb.csv", "page.pdf", "short.pdf", "gone.pdf", "empty.csv")
        ]
        with ckan_server(Portal(size=1, replaced=((0, package(0, resources=resources)),))) as server:
            report = way.harvest("ckan", server.url)
    assert counts(report) == {"created": 1}
    (record,) = stored(way)
    by_name = {resource.key: resource for resource in record.resources}
    for name in ("bomb.csv", "page.pdf", "short.pdf", "gone.pdf", "empty.csv"):
        assert not by_name[name].stored, name
        assert by_name[name].fetch_problem, name
    assert way.check() == 1
    assert list((way.catalogue.config.home / "incoming").glob("*")) == []
