"""The day an embargo ends: the file is there at midnight of the site, and all who follow changes are told."""

from __future__ import annotations

import datetime as dt
import json

from flask.testing import FlaskClient

from opendata.services import care, indexing, sequence
from opendata.services.catalogue import Catalogue
from tests.conftest import Clock
from tests.web.people import People
from tests.web.test_desk_files import kept, read

MIDNIGHT = dt.datetime(2029, 12, 31, 19, tzinfo=dt.UTC)
"""When 1 January 2030 begins in Almaty."""
STAMP = "2029-12-31T19:00:00"


def told(client: FlaskClient, file: str) -> dict[str, str]:
    """What each of them says of the record and its closed file."""
    item = "oai:localhost:" + client.get("/api/v1/datasets/su-balansy").json["id"]
    asked = {
        "api": f"/api/v1/datasets/su-balansy/resources/{file}?fields=available,disclosure_today",
        "ckan": "/api/3/action/package_show?id=su-balansy",
        "oai": f"/oai?verb=GetRecord&metadataPrefix=oai_datacite&identifier={item}",
        "oai_list": "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&from=2029-12-31T19:00:00Z",
        "sitemap": "/sitemap/dataset-1.xml",
        "dcat": "/dataset/su-balansy.ttl",
        "feed": "/ru/feeds/search.atom?kind=dataset",
        "found": "/ru/search?disclosure=partly",
    }
    return {name: client.get(path).text for name, path in asked.items()}


def test_a_file_opens_at_midnight_and_everybody_hears_of_it(
    client: FlaskClient, people: People, peopled: Catalogue, clock: Clock
) -> None:
    read(peopled, *kept(peopled).resources)
    file = next(str(one.id) for one in kept(peopled).resources if one.key == "closed")
    download = f"/dataset/su-balansy/resource/{file}/download"
    clock.now = MIDNIGHT - dt.timedelta(seconds=1)
    care.tend(peopled)
    assert client.get(download).status_code == 403
    before = told(client, file)
    assert json.loads(before["api"]) == {"available": False, "disclosure_today": "embargoed"}
    assert not any(STAMP[:16] in before[name] for name in ("ckan", "sitemap", "feed"))
    assert "su-balansy" in before["found"]
    clock.now = MIDNIGHT
    assert client.get(download).status_code == 200
    care.tend(peopled)
    sequence.tend(peopled)
    indexing.index_records(peopled, [kept(peopled).id], [])  # type: ignore[list-item]
    after = told(client, file)
    assert json.loads(after["api"]) == {"available": True, "disclosure_today": "open"}
    for name in ("ckan", "oai", "oai_list", "sitemap", "feed"):
        assert STAMP[:16] in after[name] or "2030-01-01T00:00" in after[name], name
    assert "access-right/PUBLIC" in after["dcat"]
    assert "su-balansy" not in after["found"]
