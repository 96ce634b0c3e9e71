"""Every value of a valid answer replaced by something it cannot be: the job ends in words, and no code breaks."""

from __future__ import annotations

import json
import random
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from opendata.harvesting import registry
from opendata.services import desk, harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from tests.hostile.conftest import SETTINGS
from tests.hostile.mutations import mutations
from tests.realdata.pipeline import opened
from tests.servers import egovkz, rest
from tests.servers.ckan import Portal, ckan_server
from tests.servers.local import Asked, LocalServer, Reply, serve
from tests.servers.oai import Repository, oai_server

TRIED, SEED = 6, 20261122
"""Mutations of each kind; all of them where everything is to be tried."""

CATALOG = {
    "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
    "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
    "dataset": [
        {
            "@type": "dcat:Dataset", "identifier": "d1", "title": "Вода", "description": "Описание",
            "modified": "2021-05-01", "issued": "2021", "language": ["ru"], "license": "https://creativecommons.org/licenses/by/4.0/",
            "keyword": ["вода"], "theme": ["Environment"], "accessLevel": "public", "temporal": "2020-01-01/2021-01-01",
            "spatial": "Алматы", "accrualPeriodicity": "R/P1Y", "bureauCode": ["010:04"], "references": ["https://a.kz/x"],
            "publisher": {"name": "Бюро", "subOrganizationOf": {"name": "Министерство"}},
            "contactPoint": {"fn": "А. Б.", "hasEmail": "mailto:a@b.kz"},
            "distribution": [{"title": "Т", "downloadURL": "https://a.kz/a.csv", "mediaType": "text/csv",
                              "format": "CSV"}],
        }
    ],
}  # fmt: skip
LINKED = {
    "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
                 "vcard": "http://www.w3.org/2006/vcard/ns#"},
    "@graph": [
        {"@id": "https://a.kz/catalog", "@type": "dcat:Catalog", "dcat:dataset": [{"@id": "https://a.kz/d1"}]},
        {
            "@id": "https://a.kz/d1", "@type": "dcat:Dataset", "dct:identifier": "d1",
            "dct:title": [{"@value": "Вода", "@language": "ru"}], "dct:description": "Описание",
            "dcat:keyword": ["вода"],
            "dct:issued": {"@value": "2021-05-01", "@type": "http://www.w3.org/2001/XMLSchema#date"},
            "dct:publisher": {"@type": "foaf:Agent", "foaf:name": "Бюро"},
            "dct:temporal": {"dcat:startDate": "2020-01-01", "dcat:endDate": "2021-01-01"},
            "dcat:contactPoint": {"vcard:fn": "А. Б.", "vcard:hasEmail": {"@id": "mailto:a@b.kz"}},
            "dcat:distribution": [{"@id": "https://a.kz/d1#f", "dcat:downloadURL": {"@id": "https://a.kz/a.csv"},
                                   "dcat:mediaType": "text/csv", "dcat:byteSize": 5}],
        },
    ],
}  # fmt: skip
ARTICLE = {
    "@context": "https://schema.org", "@type": "Dataset", "name": "Вода", "description": "Описание",
    "identifier": "10.5072/x1", "datePublished": "2021-05", "inLanguage": "ru", "keywords": ["вода"],
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "creator": [{"@type": "Person", "name": "А. Б.", "identifier": "https://orcid.org/0000-0002-1825-0097",
                 "affiliation": {"name": "Институт"}}],
    "publisher": {"@type": "Organization", "name": "Бюро"}, "temporalCoverage": "2020/2021",
    "spatialCoverage": {"@type": "Place", "geo": {"@type": "GeoShape", "box": "1 2 3 4"}},
    "distribution": [{"@type": "DataDownload", "contentUrl": "https://a.kz/a.csv", "encodingFormat": "text/csv"}],
}  # fmt: skip
TABLE = """identifier;title;description;issued;keywords;license
d1;Вода;Описание;2021-05-01;вода;CC-BY-4.0
d2;Ауа;Сипаттама;2022;ауа;
"""


def fixed(content: bytes, media_type: str) -> Callable[[], AbstractContextManager[LocalServer]]:
    return lambda: serve(lambda asked: Reply(content, media_type=media_type))


def site() -> AbstractContextManager[LocalServer]:
    page = f'<html><head><script type="application/ld+json">{json.dumps(ARTICLE)}</script></head><body>x</body></html>'

    def answer(asked: Asked) -> Reply:
        if asked.path == "/sitemap.xml":
            where = f"http://{asked.headers['host']}/page"
            body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{where}</loc></url></urlset>'
            return Reply(body.encode(), media_type="application/xml")
        return Reply(page.encode(), media_type="text/html") if asked.path == "/page" else Reply(status=404)

    return serve(answer)


VALID: dict[str, tuple[str, Callable[[], AbstractContextManager[LocalServer]]]] = {
    "oaipmh": ("oaipmh", lambda: oai_server(Repository(size=2))),
    "ckan": ("ckan", lambda: ckan_server(Portal(size=2))),
    "datajson": ("datajson", fixed(json.dumps(CATALOG).encode(), "application/json")),
    "dcat": ("dcat", fixed(json.dumps(LINKED).encode(), "application/ld+json")),
    "schemaorg": ("schemaorg", site),
    "spreadsheet": ("spreadsheet", fixed(TABLE.encode(), "text/csv")),
    "datacite": ("datacite", lambda: rest.datacite_server(rest.Held(size=2))),
    "invenio": ("invenio", lambda: rest.invenio_server(rest.Held(size=2))),
    "egovkz": ("egovkz", lambda: egovkz.egovkz_server(egovkz.Portal(size=2, open=True))),
}
OPTIONS = {"datacite": {"prefix": "10.5072"}}
"""What a kind cannot do without."""


@dataclass
class Twisting:
    """Passes requests on to a well-behaved server; keeps the answers, and gives `wrong` in place of one of them."""

    real: LocalServer
    kept: dict[str, bytes] = field(default_factory=dict)
    wrong: tuple[str, bytes] = ("", b"")

    def __call__(self, asked: Asked) -> Reply:
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        address = f"http://127.0.0.1:{self.real.port}{asked.path}{query}"
        passed = {"Accept": asked.headers.get("accept", "*/*"), "Host": asked.headers["host"]}
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=passed), timeout=5) as answer:
                body, media_type = answer.read(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return Reply(status=error.code)
        key = asked.path + query
        self.kept.setdefault(key, body)
        return Reply(self.wrong[1] if key == self.wrong[0] else body, media_type=media_type)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with opened(tmp_path_factory.mktemp("wrong"), **SETTINGS, HARVEST__FETCH_FILES="false") as catalogue:
        yield catalogue


def test_every_kind_of_source_is_tried() -> None:
    assert {kind for kind, _ in VALID.values()} == set(registry.names()) - {"folder"}


@pytest.mark.parametrize("case", VALID)
def test_no_value_breaks_the_harvest(case: str, house: Catalogue, full: bool) -> None:
    kind, server = VALID[case]
    with server() as real:
        twisting = Twisting(real)
        with serve(twisting) as between:
            address = between.url + re.sub(r"^https?://[^/]+", "", real.url)
            sources.add(house, SYSTEM, sources.NewSource(case, kind, address, options=OPTIONS.get(kind, {})))
            first = harvest.run(house, case, actor=SYSTEM)
            assert first.job.counts["created"], (first.job.message, first.problems)
            wrongs = [(key, wrong) for key, body in twisting.kept.items() for wrong in mutations(body)]
            assert len(wrongs) > 30
            chosen = wrongs if full else random.Random(SEED).sample(wrongs, TRIED)
            broken = []
            for twisting.wrong in chosen:
                if told := _unexpected(house, case):
                    broken.append((*twisting.wrong, told))
    assert not broken, "\n".join(f"{told} <- {key} {wrong[:300]!r}" for key, wrong, told in broken)


def _unexpected(house: Catalogue, name: str) -> str:
    """What of a run nobody had thought of, "" for nothing."""
    report = harvest.run(house, name, actor=SYSTEM, full=True)
    assert report.job.finished is not None
    report = desk.report(house, SYSTEM, report.job.id, limit=100)
    told = [report.job.message, *(f"{one.code} {one.message}" for one in report.problems)]
    if report.job.status not in ("complete", "incomplete", "error", "waiting"):
        return str(report.job.status)
    return next((line[:300] for line in told if "Unexpected" in line or "cannot be mapped" in line), "")
