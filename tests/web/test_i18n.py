"""One page, three languages: the path decides, then the cookie, the browser, the setting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Shelf

Site = Callable[..., FlaskClient]
HTML_LANG = '<html lang="{}">'


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_prefix_decides_over_cookie_and_browser(client: FlaskClient, language: str) -> None:
    client.set_cookie("language", "en")
    answer = client.get(f"/{language}/about", headers={"Accept-Language": "de"})
    assert HTML_LANG.format(language) in answer.text
    assert answer.headers["Content-Language"] == language


def test_cookie_decides_over_browser(client: FlaskClient) -> None:
    client.set_cookie("language", "ru")
    assert HTML_LANG.format("ru") in client.get("/about", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(
    ("accepted", "language"), [("en-GB,ru;q=0.5", "en"), ("ru-KZ", "ru"), ("de", "kk"), ("", "kk")]
)
def test_browser_decides_over_default(client: FlaskClient, accepted: str, language: str) -> None:
    assert HTML_LANG.format(language) in client.get("/about", headers={"Accept-Language": accepted}).text


def test_unknown_cookie_is_ignored(client: FlaskClient) -> None:
    client.set_cookie("language", "../x")
    assert HTML_LANG.format("kk") in client.get("/about").text


def test_prefixed_page_is_remembered(client: FlaskClient) -> None:
    client.get("/ru/about")
    assert HTML_LANG.format("ru") in client.get("/about").text


def test_page_without_prefix_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/about").headers


def test_vary_names_what_the_language_depends_on(client: FlaskClient) -> None:
    assert "Accept-Language" in client.get("/about").headers["Vary"]
    assert "Cookie" in client.get("/about").headers["Vary"]
    assert "Accept-Language" not in client.get("/ru/about").headers["Vary"]


def test_prefix_without_slash_leads_to_the_home_page(client: FlaskClient) -> None:
    answer = client.get("/kk?q=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/kk/?q=1")


def test_links_keep_the_prefix_and_assets_do_not(client: FlaskClient) -> None:
    page = client.get("/ru/about").text
    assert 'href="/ru/organization/"' in page
    assert 'href="/static/css/tokens.css?v=' in page
    assert "/ru/static/" not in page


@pytest.mark.parametrize("path", ["/kk/static/css/base.css", "/ru/healthz", "/en/api/x", "/de/about"])
def test_no_prefix_where_none_belongs(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_switch_leads_to_the_same_page_with_its_query(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/?q=%D1%81%D1%83&format=PDF").text
    assert 'href="/kk/dataset/?q=%D1%81%D1%83&amp;format=PDF"' in page
    assert 'hreflang="ru" href="http://127.0.0.1:5000/ru/dataset/?q=' in page
    assert 'hreflang="x-default" href="http://127.0.0.1:5000/dataset/?q=' in page


def test_only_enabled_languages_are_offered(site: Site) -> None:
    client = site(languages={"enabled": ("ru", "en"), "default": "ru"})
    assert client.get("/kk/about").status_code == 404
    assert HTML_LANG.format("ru") in client.get("/about", headers={"Accept-Language": "kk"}).text


def test_text_in_another_language_is_marked(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/kk/dataset/su-balansy").text
    assert "<h1>Су балансы</h1>" in page
    assert '<span lang="ru" dir="auto">Отчёт о &lt;балансе&gt;.</span>' in page
    assert '<p class="lede" lang="ru">Водный баланс</p>' in page


@pytest.mark.parametrize(("language", "words"), [("kk", "1 жазба"), ("ru", "1 запись"), ("en", "1 record")])
def test_numbers_take_the_right_plural(client: FlaskClient, shelf: Shelf, language: str, words: str) -> None:
    assert f"<strong>{words}</strong>" in client.get(f"/{language}/study/").text
