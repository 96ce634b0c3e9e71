"""Pages that describe themselves: which of them are read, and what becomes of what they say."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opendata.catalog.records import DatasetType
from opendata.catalog.values import (
    BoundingBox,
    ContributorRole,
    DisclosureStatus,
    Extra,
    Identifier,
    PartialDate,
    Period,
)
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Gone, Position, Raw, Same
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, gone, reason
from tests.servers.local import LocalServer, Reply
from tests.servers.site import Site, dataset, page, site_server, tags, urlset


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[LocalServer]:
    with site_server(site) as running:
        yield running


def asked(server: LocalServer) -> list[str]:
    """The pages that were asked for, without the files that only say what there is."""
    return [one.path for one in server.asked if one.path not in ("/robots.txt", "/sitemap.xml", "/")]


FULL: dict[str, Any] = {
    "@context": ["https://schema.org/", {"spdx": "http://spdx.org/rdf/terms#"}],
    "@id": "https://doi.org/10.5555/FULL.1",
    "@type": "Dataset",
    "name": [{"@value": "Вода", "@language": "ru"}, {"@value": "Су", "@language": "kk"}],
    "description": "&lt;p&gt;Первый.&lt;/p&gt;&lt;p&gt;Второй.&lt;/p&gt;",
    "creator": {
        "@list": [
            {
                "@type": "Person",
                "givenName": "Алия",
                "familyName": "Касымова",
                "identifier": {"@type": "PropertyValue", "propertyID": "ORCID", "value": "0000-0002-1825-0097"},
                "affiliation": {"@id": "#uni"},
            },
            {"@type": "Role", "roleName": "lead", "creator": {"@type": "Person", "name": "Иванов И. И."}},
        ]
    },
    "publisher": {"@id": "#uni", "@type": "CollegeOrUniversity", "name": "Университет", "url": "https://uni.example/",
                  "parentOrganization": {"name": "Министерство"},
                  "contactPoint": {"@type": "ContactPoint", "email": "mailto:data@uni.example"}},
    "funding": {"@type": "Grant", "identifier": "AP05131234", "funder": {"@type": "Organization", "name": "КН МОН"}},
    "identifier": [{"@type": "PropertyValue", "propertyID": "doi", "value": "10.5555/full.1"}, "hdl:123/456"],
    "license": {"@type": "CreativeWork", "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "datePublished": "2019-03",
    "dateModified": "2020-01-02T03:04:05Z",
    "keywords": ["климат; реки", {"@type": "DefinedTerm", "termCode": "70.27", "inDefinedTermSet": "ГРНТИ"}],
    "inLanguage": [{"@type": "Language", "name": "Russian", "alternateName": "ru"}, "kk"],
    "temporalCoverage": "2001-08-06/2002-09-09",
    "spatialCoverage": {"@type": "Place", "name": "Казахстан",
                        "geo": {"@type": "GeoShape", "box": "40.5 46.4 55.4 87.3"}},
    "isPartOf": {"@type": "CreativeWork", "name": "Серия", "url": "https://uni.example/series"},
    "isBasedOn": "https://doi.org/10.5555/base",
    "citation": ["Иванов И. (2018) Вода. doi:10.5555/cited", "без ссылки"],
    "version": 2,
    "isAccessibleForFree": True,
    "distribution": [
        {"@type": "DataDownload", "contentUrl": "data/water table.csv", "encodingFormat": ["text/csv"],
         "contentSize": "1200 bytes", "name": "Таблица", "license": "https://creativecommons.org/publicdomain/zero/1.0/",
         "dateModified": "2020",
         "spdx:checksum": {"spdx:checksumValue": "a" * 64}},
        {"@type": "DataDownload", "contentUrl": "https://uni.example/report.pdf", "sha256": "b" * 64},
        {"@type": "DataDownload", "name": "нет адреса"},
    ],
    "variableMeasured": [{"@type": "PropertyValue", "name": "pH"}, "temperature"],
}  # fmt: skip


def test_everything_of_a_dataset_finds_its_place(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages["/d/1"] = page(FULL)
    (event,) = found(harvest("schemaorg", server.url, organization_from="publisher"))
    record = event.record
    assert event.identifier == f"{server.url}/d/1"
    assert (record.title.ru, record.title.kk, record.title.original) == ("Вода", "Су", "ru")
    assert record.description.ru == "Первый.\n\nВторой."
    assert record.type is DatasetType.DATASET
    creators = [one for one in record.contributors if one.role is ContributorRole.CREATOR]
    assert [(one.name, one.orcid, one.affiliation) for one in creators] == [
        ("Касымова, Алия", "0000-0002-1825-0097", "Университет"),
        ("Иванов И. И.", "", ""),
    ]
    assert ("КН МОН", ContributorRole.FUNDER) in [(one.name, one.role) for one in record.contributors]
    assert record.organization is not None
    assert (str(record.organization.title.show("ru")), record.organization.parent) == ("Университет", "Министерство")
    assert record.contacts[0].email == "data@uni.example"
    assert {Identifier("doi", "10.5555/full.1"), Identifier("handle", "123/456")} <= set(record.identifiers)
    assert Identifier("register_number", "AP05131234") in record.identifiers
    assert record.license_id == "CC-BY-4.0"
    assert (record.issued, record.modified) == (PartialDate(2019, 3), PartialDate(2020, 1, 2))
    assert {one.text for one in record.keywords} >= {"климат", "реки"}
    assert [(one.scheme, one.code) for one in record.subjects] == [("grnti", "70.27")]
    assert record.languages == ("ru", "kk")
    assert record.temporal == Period(PartialDate(2001, 8, 6), PartialDate(2002, 9, 9))
    assert (record.spatial, record.bbox) == ("Казахстан", BoundingBox(46.4, 40.5, 87.3, 55.4))
    assert {(one.kind, one.target) for one in record.relations} == {
        ("IsPartOf", "https://uni.example/series"),
        ("IsDerivedFrom", "https://doi.org/10.5555/base"),
        ("References", "https://doi.org/10.5555/cited"),
    }
    assert record.version == "2"
    assert Extra("variableMeasured", "pH; temperature") in record.extras
    assert Extra("citation", "без ссылки") in record.extras
    table, report = record.resources
    assert table.download_url == f"{server.url}/d/data/water%20table.csv"
    assert (table.byte_size, table.checksum, table.format, table.license_id) == (1200, "a" * 64, "CSV", "CC0-1.0")
    assert (report.format, report.checksum) == ("PDF", "b" * 64)
    assert codes(event) == {"resource-address"}


@pytest.mark.parametrize(
    "block",
    [
        '{"@context": "http://schema.org", "@type": "Dataset", "name": "n",}',
        '<!-- {"@context": "https://schema.org", "@type": ["Dataset"], "name": "n"} -->',
        '//<![CDATA[\n{"@type": "Dataset", "name": "n"}\n//]]>',
        "{&quot;@type&quot;: &quot;Dataset&quot;, &quot;name&quot;: &quot;n&quot;}",
        '[{"@type": "WebSite", "name": "s"}, {"@type": "http://schema.org/Dataset", "name": "n"}]',
        '{"@context": "https://schema.org", "@graph": [{"@type": "Dataset", "name": "n"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": "Dataset", "name": "n"}}',
        '{"schema:name": "n", "@type": "schema:Dataset"}',
        '{"@context": {"sc": "https://schema.org/"}, "@type": "sc:Dataset", "sc:name": "n"}',
    ],
)
def test_json_ld_is_read_in_every_dress(block: str, site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages["/d"] = page(block)
    assert [str(event.record.title.show("en")) for event in found(harvest("schemaorg", server.url))] == ["n"]


def test_microdata_is_read(site: Site, server: LocalServer, harvest: Harvest) -> None:
    body = (
        '<div itemscope itemtype="http://schema.org/Report"><h1 itemprop="name">Отчёт о воде</h1>'
        '<span itemprop="author" itemscope itemtype="http://schema.org/Person"><b itemprop="name">Иванов И.</b></span>'
        '<time itemprop="datePublished" datetime="2020-05-06">6 мая</time>'
        '<a itemprop="encoding" href="/r.pdf">PDF</a></div>'
    )
    site.pages["/r"] = page(body=body)
    (event,) = found(harvest("schemaorg", server.url))
    assert (event.record.type, event.record.issued) == (DatasetType.REPORT, PartialDate(2020, 5, 6))
    assert [one.name for one in event.record.contributors] == ["Иванов И."]
    assert event.record.resources[0].download_url == f"{server.url}/r.pdf"


def test_citation_tags_stand_in_where_there_is_no_json_ld(site: Site, server: LocalServer, harvest: Harvest) -> None:
    head = tags(
        ("citation_title", "Анализ водных ресурсов"),
        ("citation_author", "Касымова, А."),
        ("citation_author_institution", "Институт воды"),
        ("citation_author_orcid", "https://orcid.org/0000-0002-1825-0097"),
        ("citation_author", "Иванов, И."),
        ("citation_publication_date", "2021/03/04"),
        ("citation_technical_report_institution", "Институт воды"),
        ("citation_technical_report_number", "12-К"),
        ("citation_pdf_url", "https://uni.example/files/r.pdf"),
        ("citation_doi", "10.5555/tags"),
        ("citation_keywords", "вода; реки"),
        ("citation_funding_source", "citation_funder=КН МОН;citation_grant_number=AP05131234"),
        ("DC.rights", "https://creativecommons.org/licenses/by/4.0/"),
        ("DC.description", "Аннотация отчёта."),
    )
    site.pages["/r"] = page({"@type": "WebSite", "name": "s"}, head=head)
    (event,) = found(harvest("schemaorg", server.url))
    record = event.record
    assert (record.type, record.report_number) == (DatasetType.REPORT, "12-К")
    creators = [one for one in record.contributors if one.role is ContributorRole.CREATOR]
    assert [(one.name, one.orcid, one.affiliation) for one in creators] == [
        ("Касымова, А.", "0000-0002-1825-0097", "Институт воды"),
        ("Иванов, И.", "", ""),
    ]
    assert record.issued == PartialDate(2021, 3, 4)
    assert record.license_id == "CC-BY-4.0"
    assert Identifier("doi", "10.5555/tags") in record.identifiers
    assert Identifier("register_number", "AP05131234") in record.identifiers
    assert [one.download_url for one in record.resources] == ["https://uni.example/files/r.pdf"]
    assert record.description.ru == "Аннотация отчёта."


def test_full_text_of_the_tags_is_a_file_of_the_described_work(
    site: Site, server: LocalServer, harvest: Harvest
) -> None:
    head = tags(("citation_pdf_url", "/r/full.pdf"))
    site.pages["/r"] = page({"@type": "ScholarlyArticle", "headline": "Сток рек"}, head=head)
    (event,) = found(harvest("schemaorg", server.url))
    assert [one.download_url for one in event.record.resources] == [f"{server.url}/r/full.pdf"]


def test_closed_work_has_no_open_file(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages["/d"] = page(dataset(1, isAccessibleForFree=False))
    site.pages["/e"] = page(dataset(2, conditionsOfAccess="embargoed access", distribution=None))
    first, second = found(harvest("schemaorg", server.url))
    assert first.record.disclosure.status is DisclosureStatus.WITHHELD
    assert second.record.disclosure.status is DisclosureStatus.EMBARGOED


def test_what_a_record_only_cites_is_no_record(site: Site, server: LocalServer, harvest: Harvest) -> None:
    graph = [
        dataset(1, **{"@id": "#a", "citation": {"@id": "#b"}}),
        {"@type": "ScholarlyArticle", "@id": "#b", "name": "cited", "url": "https://doi.org/10.5555/b"},
    ]
    site.pages["/d"] = page({"@context": "https://schema.org", "@graph": graph})
    (event,) = found(harvest("schemaorg", server.url))
    assert [one.target for one in event.record.relations] == ["https://doi.org/10.5555/b"]


def test_several_records_of_a_page_have_identifiers_of_their_own(
    site: Site, server: LocalServer, harvest: Harvest
) -> None:
    site.pages["/d"] = page(dataset(1), dataset(2, **{"@id": "#second"}))
    events = found(harvest("schemaorg", server.url, known=lambda url: "2020-01-01"))
    assert [event.identifier for event in events] == [f"{server.url}/d#1", f"{server.url}/d#second"]
    assert not any(event.validator for event in events)


def test_page_of_known_lastmod_is_not_fetched(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {f"/d/{number}": page(dataset(number)) for number in range(3)}
    site.lastmod = {"/d/0": "2024-01-02", "/d/1": "2024-01-02T03:04:05Z"}
    first = found(harvest("schemaorg", server.url))
    assert [event.validator for event in first] == ["2024-01-02", "2024-01-02T03:04:05Z", ""]
    known = {event.identifier: event.validator for event in first}
    server.asked.clear()
    events = harvest("schemaorg", server.url, known=lambda identifier: known.get(identifier, ""))
    assert events[:2] == [Same(f"{server.url}/d/0"), Same(f"{server.url}/d/1")]
    assert asked(server) == ["/d/2"]
    assert isinstance(events[-1], Complete)


def test_a_day_that_is_not_over_is_no_mark(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages, site.lastmod = {"/d": page(dataset(1))}, {"/d": "2199-01-01"}
    (event,) = found(harvest("schemaorg", server.url))
    assert event.validator == ""


def test_unchanged_page_gives_the_same_raw(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages["/d"] = page(dataset(1))
    first, second = (harvest("schemaorg", server.url, mapped=False)[0] for _ in range(2))
    assert isinstance(first, Raw)
    assert isinstance(second, Raw)
    assert first.raw == second.raw
    assert json.loads(first.raw)[0]["name"] == "Набор данных 1"


def test_robots_txt_is_obeyed(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {"/open": page(dataset(1)), "/closed": page(dataset(2)), "/was": page(dataset(3))}
    site.robots = "User-agent: *\nDisallow: /closed\nDisallow: /was\n"
    events = harvest("schemaorg", server.url, known=lambda url: "x" if url.endswith("/was") else "")
    assert [event.identifier for event in found(events)] == [f"{server.url}/open"]
    assert [(event.identifier, codes(event)) for event in failed(events)] == [
        (f"{server.url}/was", {"robots-forbidden"})
    ]
    assert asked(server) == ["/open"]
    site.robots = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("filler", ["\n", " ", "sitemap ", "sitemap:\n"])
def test_a_hostile_robots_txt_is_read_in_linear_time(
    site: Site, server: LocalServer, harvest: Harvest, filler: str
) -> None:
    site.pages = {"/d": page(dataset(1))}
    site.robots = "User-agent: *\nAllow: /\n" + filler * (200_000 // len(filler))
    started = time.monotonic()
    assert len(found(harvest("schemaorg", server.url))) == 1
    assert time.monotonic() - started < 5


def test_site_that_forbids_everything_is_a_source_error(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages, site.robots = {"/d": page(dataset(1))}, "User-agent: *\nDisallow: /\n"
    with pytest.raises(SourceError, match=r"robots\.txt"):
        harvest("schemaorg", server.url)


def test_sitemaps_are_found_unpacked_and_followed(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {"/a": page(dataset(1)), "/b": page(dataset(2)), "/c": page(dataset(3))}
    site.robots = "User-agent: *\nAllow: /\nSitemap: {site}/maps/index.xml\n"
    inner = urlset({f"{server.url}/b": "", "https://elsewhere.example/x": ""})
    site.sitemaps = {
        "/maps/index.xml": "<sitemapindex><sitemap><loc>{site}/maps/1.xml.gz</loc></sitemap>"
        "<sitemap><loc>/maps/2.txt</loc></sitemap><sitemap><loc>{site}/maps/index.xml</loc></sitemap></sitemapindex>",
        "/maps/1.xml.gz": gzip.compress(inner.encode()),
        "/maps/2.txt": "{site}/a\n{site}/c\n",
    }
    events = harvest("schemaorg", server.url)
    assert [event.identifier for event in found(events)] == [f"{server.url}/{name}" for name in "bac"]
    assert isinstance(events[-1], Complete)


def test_sitemap_that_cannot_be_read_makes_the_listing_incomplete(
    site: Site, server: LocalServer, harvest: Harvest
) -> None:
    site.pages = {"/a": page(dataset(1))}
    site.sitemaps = {
        "/sitemap.xml": "<sitemapindex><sitemap><loc>{site}/one.xml</loc></sitemap>"
        "<sitemap><loc>{site}/gone.xml</loc></sitemap></sitemapindex>",
        "/one.xml": urlset({f"{server.url}/a": ""}),
    }
    events = harvest("schemaorg", server.url)
    assert len(found(events)) == 1
    assert "gone.xml" in reason(events)


def test_a_gzip_bomb_ends_at_its_bound(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.sitemaps = {"/sitemap.xml": gzip.compress(b"<urlset>" + b" " * 80_000_000)}
    with pytest.raises(SourceError):
        harvest("schemaorg", server.url, sitemap=f"{server.url}/sitemap.xml")


def test_noindex_and_canonical_are_respected(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {
        "/a": page(dataset(1), head=tags(("robots", "noindex, follow"))),
        "/b": Reply(page(dataset(2)).encode(), media_type="text/html", headers={"X-Robots-Tag": "noindex"}),
        "/c?s=1": "",
        "/c": page(dataset(3), head='<link rel="canonical" href="/see/3">'),
        "/d": page(dataset(3), head='<link rel="canonical" href="/see/3">'),
        "/e": page(dataset(4), head='<link rel="canonical" href="https://elsewhere.example/4">'),
    }
    events = found(harvest("schemaorg", server.url, exclude="*?s=1"))
    assert [event.identifier for event in events] == [f"{server.url}/see/3", f"{server.url}/e"]


def test_gone_and_broken_pages_fail_alone(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {
        "/gone": Reply(b"", 410),
        "/locked": Reply(b"", 403),
        "/broken": page('{"@type": "Dataset", "name": '),
        "/about": page({"@type": "Organization", "name": "o"}),
        "/file.json": Reply(b'{"@type": "Thing"}', media_type="application/json"),
        "/picture": Reply(b"\x89PNG", media_type="image/png"),
        "/good": page(dataset(1)),
    }
    events = harvest("schemaorg", server.url)
    assert gone(events) == [f"{server.url}/gone"]
    assert [(event.identifier.rpartition("/")[2], codes(event)) for event in failed(events)] == [
        ("locked", {"page-unreadable"}),
        ("broken", {"jsonld-unreadable"}),
        ("file.json", {"description-missing"}),
    ]
    assert len(found(events)) == 1
    assert isinstance(events[-1], Complete)


def test_site_that_stops_answering_is_given_up(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {f"/d/{number}": Reply(b"", 403) for number in range(40)} | {"/x": page(dataset(1))}
    events = harvest("schemaorg", server.url)
    assert len(failed(events)) == 25
    assert "in a row" in reason(events)


def test_run_goes_on_after_its_position(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {f"/d/{number}": page(dataset(number)) for number in range(45)}
    events = harvest("schemaorg", server.url)
    positions = [event for event in events if isinstance(event, Position)]
    assert len(positions) == 2
    server.asked.clear()
    rest = harvest("schemaorg", server.url, position=positions[1].token)
    assert asked(server) == [f"/d/{number}" for number in range(40, 45)]
    assert isinstance(rest[-1], Complete)
    site.pages = {"/new": page(dataset(99)), **site.pages}
    assert len(found(harvest("schemaorg", server.url, position=positions[1].token))) == 46


def test_pages_are_bounded_and_chosen(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {"/d/1": page(dataset(1)), "/d/2": page(dataset(2, **{"@type": "Report"})), "/n/1": page(dataset(3))}
    assert len(found(harvest("schemaorg", server.url, include="*/d/*"))) == 2
    assert len(found(harvest("schemaorg", server.url, types="Report"))) == 1
    events = harvest("schemaorg", server.url, pages="2")
    assert len(found(events)) == 2
    assert "more than 2 pages" in reason(events)


def test_without_a_sitemap_links_are_followed_on_the_host_alone(
    site: Site, server: LocalServer, harvest: Harvest
) -> None:
    site.sitemaps = {}
    site.pages = {
        "/": page(body='<a href="/a#x">1</a><a href="https://away.example/">3</a><a href="[::1">4</a>'),
        "/a": page(dataset(1), body='<a href="/b">b</a>'),
        "/b": page(dataset(2)),
    }  # fmt: skip
    assert [event.identifier for event in found(harvest("schemaorg", server.url + "/"))] == [f"{server.url}/a"]
    assert len(found(harvest("schemaorg", server.url + "/", depth="2"))) == 2


def test_site_without_descriptions_is_not_complete(site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {"/a": page(), "/b": page()}
    assert "none of the 2 pages" in reason(harvest("schemaorg", server.url))


HOSTILE: dict[str, str] = {
    "deep lists": page("[" * 5000 + "]" * 5000),
    "deep objects": page('{"@type":"Dataset","name":"x","about":' * 3000 + "1" + "}" * 3000),
    "unclosed string": page('{"@type":"Dataset","name":"' + '\\"' * 500_000),
    "commas and spaces": page('{"@type":"Dataset",' + "," + " " * 2_000_000 + "x"),
    "deep markup": "<div>" * 100_000,
    "deep microdata": '<div itemscope itemtype="https://schema.org/Dataset">' + '<b itemprop="name">x' * 3000,
    "many files": page({"@type": "Dataset", "name": "x", "distribution": [f"/f{n}" for n in range(20_000)]}),
    "many nodes": page({"@graph": [{"@type": "Dataset", "@id": f"#{n}", "name": f"n{n}"} for n in range(3_000)]}),
    "circle": page({"@graph": [dataset(1, **{"@id": "#a", "isPartOf": {"@id": "#a"}})]}),
    "wrong types": page(
        {
            "@type": "Dataset", "name": {"@value": ["x"]}, "description": [[["d"]]], "keywords": {"a": 1},
            "version": {}, "creator": [1, None, {"name": {}}], "license": {"url": ["x"]},
            "temporalCoverage": {"startDate": 5},
            "spatialCoverage": [1, {"geo": "x"}, {"geo": {"box": 1}}, {"latitude": "999", "longitude": None}],
            "distribution": [None, 5, {"contentUrl": {"@id": "u"}}], "identifier": [{"value": {}}, 5, None],
            "citation": [{}], "funding": [5, "x", {}], "inLanguage": [{}, 5], "isPartOf": [5, {"isPartOf": {}}],
            "publisher": [{"contactPoint": [5]}], "datePublished": [5, {}],
        }
    ),
    "no text": page('{"@type":"Dataset","name":"a\\u0000b\\ud800"}'),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.timeout(20)
def test_hostile_page_ends_within_bounds(case: str, site: Site, server: LocalServer, harvest: Harvest) -> None:
    site.pages = {"/hostile": HOSTILE[case], "/good": page(dataset(1))}
    events = harvest("schemaorg", server.url)
    assert f"{server.url}/good" in [event.identifier for event in found(events)]
    assert not any(problem.code == "unreadable" for event in failed(events) for problem in event.problems)


@pytest.mark.parametrize("form", ["document", "page"])
def test_all_real_descriptions_end_in_records_or_a_clear_problem(
    form: str, realdata: Path, site: Site, server: LocalServer, harvest: Harvest
) -> None:
    files = sorted(
        one for one in (realdata / "schemaorg").rglob("*.json*") if one.suffix in (".json", ".jsonld") and one.is_file()
    )
    for one in files:
        content = one.read_bytes()
        reply = Reply(content, media_type="application/ld+json")
        site.pages[f"/{one.relative_to(realdata)}"] = reply if form == "document" else page(content.decode())
    events = harvest("schemaorg", server.url)
    records = found(events)
    croissant = [one for one in files if "croissant" in str(one) and one.name == "metadata.json"]
    assert sum("croissant" in event.identifier for event in records) >= len(croissant) - 1
    assert len(records) >= 75
    assert all(problem.message for event in failed(events) for problem in event.problems)
    assert isinstance(events[-1], Complete)
    if form == "document":
        told = {event.identifier.partition("#")[0] for event in (*records, *failed(events))}
        silent = {f"{server.url}{path}" for path in site.pages} - told
        assert not silent
    assert not any(isinstance(event, Gone) for event in events)
