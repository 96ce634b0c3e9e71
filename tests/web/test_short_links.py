"""Short links: made by a button, the same for the same search, followed in the visitor's own language."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from opendata.errors import Unavailable
from opendata.search.query import SearchQuery
from opendata.services import short_links
from opendata.services.catalogue import Catalogue
from opendata.store.searches import ShortLink
from tests.web.people import HERE


def press(client: FlaskClient, path: str) -> str:
    """What the page shows as the short link after its button was pressed; every field of the form is sent."""
    page = html.fromstring(client.get(path).text)
    (form,) = page.xpath("//form[@method='post' and contains(@action, '/s/')]")
    answer = client.post(form.get("action"), data=MultiDict(form.form_values()), headers=HERE, follow_redirects=True)
    assert answer.status_code == 200
    (shown,) = html.fromstring(answer.text).xpath("//*[@data-copy-text]/text()")
    return str(shown)


def links(catalogue: Catalogue) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(ShortLink)) or 0


def test_the_button_shows_a_link_that_leads_back(client: FlaskClient, catalogue: Catalogue) -> None:
    link = press(client, "/ru/dataset/?q=су+%26+жер&year=2019..2021&organization=b&organization=a&sort=title&page=2")
    client.delete_cookie("language")
    assert re.fullmatch(r"http://127\.0\.0\.1:5000/s/[2-9a-z]{8}", link)
    answer = client.get(link)
    assert answer.status_code == 302
    expected = (
        "/dataset/?q=%D1%81%D1%83+%26+%D0%B6%D0%B5%D1%80&organization=a&organization=b&year=2019..2021&sort=title"
    )
    assert answer.headers["Location"] == expected


def test_the_same_search_has_the_same_link_whoever_asks(client: FlaskClient, catalogue: Catalogue) -> None:
    first = press(client, "/search?q=вода&theme=ENVI&theme=AGRI&kind=dataset")
    assert press(client, "/kk/dataset/?theme=AGRI&q=++вода&theme=ENVI&page=3") == first
    assert press(client, "/dataset/?q=водa") != first
    assert links(catalogue) == 2


def test_a_search_for_everything_has_a_link_too(client: FlaskClient) -> None:
    told = client.post("/s/", data={}, headers=HERE).headers["Location"]
    assert re.fullmatch(r"/search\?link=[2-9a-z]{8}#short-link", told)
    assert client.get(told).status_code == 200


def test_the_language_of_the_link_is_kept_and_else_the_visitors(client: FlaskClient, catalogue: Catalogue) -> None:
    code = short_links.make(catalogue, SearchQuery("вода"))
    assert client.get(f"/kk/s/{code}").headers["Location"].startswith("/kk/search?q=")
    assert client.get(f"/s/{code}").headers["Location"].startswith("/search?q=")
    assert client.get(f"/s/{code.upper()}).").headers["Location"].startswith("/search?q=")


@pytest.mark.parametrize("code", ["zzzzzzzz", "00", "x" * 500, "%D0%B0"])
def test_an_unknown_code_is_explained(client: FlaskClient, catalogue: Catalogue, code: str) -> None:
    answer = client.get(f"/en/s/{code}")
    assert answer.status_code == 404
    assert "There is no such short link" in answer.text
    assert 'action="/en/search"' in answer.text
    assert client.get(f"/s/{code}", headers={"Accept": "application/json"}).get_json()["code"] == "not_found"


def test_a_link_of_another_search_is_not_shown(client: FlaskClient, catalogue: Catalogue) -> None:
    code = short_links.make(catalogue, SearchQuery("вода"))
    assert f"/s/{code}" in client.get(f"/search?q=вода&link={code}").text
    for path in (f"/search?q=воздух&link={code}", "/search?q=вода&link=zzzzzzzz", "/search?q=вода&link=<b>"):
        assert "data-copy-text" not in client.get(path).text


def test_a_form_of_another_site_makes_none(client: FlaskClient, catalogue: Catalogue) -> None:
    assert client.post("/s/", data={"q": "вода"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert links(catalogue) == 0


def test_what_is_no_search_and_what_is_too_long_makes_none(client: FlaskClient, catalogue: Catalogue) -> None:
    assert client.post("/s/", data={"year": "never"}, headers=HERE).status_code == 400
    long = {"keyword": ["ы" * 290 + str(n) for n in range(20)]}
    assert client.post("/s/", data=long, headers=HERE).status_code == 400
    assert links(catalogue) == 0


def test_one_address_makes_few(client: FlaskClient, catalogue: Catalogue) -> None:
    far = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [client.post("/s/", data={"q": str(n)}, headers=HERE, environ_base=far).status_code for n in range(11)]
    assert answers == [303] * 10 + [429]


def test_there_is_an_end_to_their_number(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_links, "MAX_LINKS", 1)
    short_links.make(catalogue, SearchQuery("a"))
    with pytest.raises(Unavailable):
        short_links.make(catalogue, SearchQuery("b"))
    assert short_links.make(catalogue, SearchQuery("a"))


def test_two_searches_never_share_a_code(catalogue: Catalogue) -> None:
    code = short_links.make(catalogue, SearchQuery("a"))
    with catalogue.sessions.write.begin() as session:
        session.get_one(ShortLink, code).arguments = "q=other"
    longer = short_links.make(catalogue, SearchQuery("a"))
    assert (len(longer), longer[:8]) == (9, code)
    assert short_links.find(catalogue, code).q == "other"
    assert short_links.find(catalogue, longer).q == "a"
