"""The state of links for everybody, with its denominators, and "look now" for editors."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services.catalogue import Catalogue
from opendata.services.visits import LinkStatus
from opendata.store.datasets import Dataset, Resource
from opendata.store.links import LinkCheck
from opendata.store.operations import Job
from tests.conftest import Clock
from tests.web.people import HERE, People, sign_in

LINK = "https://example.org/data"


@pytest.fixture
def gone(peopled: Catalogue, clock: Clock) -> UUID:
    """The link of the report leads nowhere any more, and neither does that of its PDF, of which we have a copy."""
    with peopled.sessions.write.begin() as session:
        pdf, link = (session.scalars(select(Resource).where(Resource.key == key)).one() for key in ("pdf", "link"))
        closed = session.scalars(select(Resource).where(Resource.key == "closed")).one()
        closed.download_url = "https://example.org/closed.pdf"
        pdf.download_url = "https://example.org/report.pdf"
        for row in (pdf, link):
            row.link_status, row.link_checked, row.link_problem = LinkStatus.GONE, clock(), "404 Not Found"
        pdf.fetched = clock()
        session.add(LinkCheck(resource_id=pdf.id, checked=clock(), status="gone", http_status=404, reason="404 <b>"))
        return pdf.id


def test_the_page_of_an_agency_tells_its_links_with_their_number(client: FlaskClient, gone: UUID) -> None:
    page = client.get("/en/organization/su/links")
    assert page.status_code == 200
    assert "2 of 2 links have been looked at. 0 of 2 lead to their files." in " ".join(page.text.split())
    assert page.text.count("404 Not Found") == 2
    assert "closed.pdf" not in page.text
    assert "/organization/su/links" in client.get("/en/organization/su").text
    for language in ("kk", "ru"):
        assert client.get(f"/{language}/organization/su/links").status_code == 200


def test_the_tables_have_the_same_rows(client: FlaskClient, gone: UUID) -> None:
    told = client.get("/organization/su/links.json").get_json()
    assert (told["total"], told["looked_at"], told["counts"]) == (2, 2, {"gone": 2})
    rows = list(csv.DictReader(io.StringIO(client.get("/organization/su/links.csv").text.lstrip("\ufeff"))))
    assert rows == told["links"]
    assert {row["url"] for row in rows} == {LINK, "https://example.org/report.pdf"}
    assert client.get("/organization/su/links.json?status=ok").get_json()["links"] == []
    assert client.get("/organization/su/links?status=rotten").status_code == 400
    assert client.get("/organization/nobody/links").status_code == 404


def test_a_private_record_is_not_told_to_the_public(client: FlaskClient, peopled: Catalogue, gone: UUID) -> None:
    with peopled.sessions.write.begin() as session:
        session.scalars(select(Dataset).where(Dataset.slug == "su-balansy")).one().private = True
    assert client.get("/organization/su/links.json").get_json()["total"] == 0


def test_the_page_of_a_file_tells_of_its_address_and_of_our_copy(client: FlaskClient, gone: UUID) -> None:
    for path in ("/en/dataset/su-balansy", f"/en/dataset/su-balansy/resource/{gone}"):
        text = " ".join(client.get(path).text.split())
        assert "the original address gave no file:" in text
        assert "404 Not Found" in text
        assert "This is our copy of" in text


def test_editors_see_the_history_and_have_links_looked_at(
    client: FlaskClient, peopled: Catalogue, people: People, gone: UUID
) -> None:
    assert client.get("/desk/links").status_code == 303
    editor = sign_in(client, people.editor)
    page = editor.get("/en/desk/links")
    assert "closed.pdf" in page.text
    history = editor.get(f"/en/desk/links/{gone}")
    assert "404 &lt;b&gt;" in history.text
    assert editor.post(f"/desk/links/{gone}", headers=HERE).status_code == 303
    assert _looked_at(peopled) == [str(gone)]
    assert editor.post("/desk/links", data={"status": "gone"}, headers=HERE).status_code == 303
    assert str(gone) in _looked_at(peopled)


def _looked_at(catalogue: Catalogue) -> list[str]:
    """The files whose links somebody wants looked at."""
    with catalogue.sessions.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "link-check"))
        return [key for row in jobs for key in row.payload["resources"]]


def test_a_member_and_a_stranger_have_no_say(
    client: FlaskClient, people: People, gone: UUID, peopled: Catalogue
) -> None:
    assert sign_in(client, people.member).get("/desk/links").status_code == 403
    stranger = sign_in(client, people.stranger)
    assert "closed.pdf" not in stranger.get("/desk/links").text
    assert stranger.post(f"/desk/links/{gone}", headers=HERE).status_code == 404


def test_reasons_are_told_in_the_reader_s_language(client: FlaskClient, people: People, gone: UUID) -> None:
    public = client.get("/ru/organization/su/links").text
    assert (public.count("404 не найдено"), public.count("Not Found")) == (2, 0)
    assert "404 табылмады" in client.get(f"/kk/dataset/su-balansy/resource/{gone}").text
    assert "404 не найдено." in client.get("/ru/dataset/su-balansy").text
    history = sign_in(client, people.editor).get(f"/ru/desk/links/{gone}").text
    assert '404 <span lang="en" dir="auto">&lt;b&gt;</span>' in history
