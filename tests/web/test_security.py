"""What protects a reader and the site: headers, hosts, proxies, forms, addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from opendata.web.security import host_name
from tests.web.conftest import Shelf

Site = Callable[..., FlaskClient]
FORM = "/dataset/su-balansy/report"


@pytest.mark.parametrize("path", ["/about", "/nope", "/static/css/base.css", "/healthz", "/api/x"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_https_site_demands_https(site: Site) -> None:
    client = site(site={"url": "https://data.example.kz"})
    answer = client.get("/ru/about", headers={"Host": "data.example.kz"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_pages_have_no_inline_script_or_style(client: FlaskClient, shelf: Shelf) -> None:
    for path in ("/", "/search?q=x", "/dataset/su-balansy", "/study/balans", "/-/patterns"):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        runs = page.count('<script type="module" src="/static/')
        assert page.count("<script") == runs + page.count('<script type="application/ld+json">')


def test_text_of_records_is_escaped(client: FlaskClient, shelf: Shelf) -> None:
    assert "Водный баланс &lt;рек&gt;" in client.get("/study/balans").text
    page = client.get(f"/dataset/su-balansy/resource/{shelf.pdf}?page=2").text
    assert "&lt;b&gt;есептелді&lt;/b&gt;" in page


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "127.0.0.1.evil.example", ""])
def test_foreign_host_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/about", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost", "[::1]:80", "LOCALHOST:1"])
def test_own_hosts_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/about", headers={"Host": host}).status_code == 200


def test_allowed_hosts_replace_the_default(site: Site) -> None:
    client = site(security={"allowed_hosts": ("data.example.kz",)})
    assert client.get("/about", headers={"Host": "data.example.kz"}).status_code == 200
    assert client.get("/about", headers={"Host": "localhost"}).status_code == 400


def test_host_header_is_in_no_link(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/dataset/su-balansy", headers={"Host": "localhost:1234"}).text
    assert "localhost:1234" not in page
    assert f"http://127.0.0.1:5000/id/{shelf.dataset_id}" in page
    assert client.get("/dataset", headers={"Host": "localhost:1234"}).headers["Location"] == "/dataset/"


@pytest.mark.parametrize(
    "path", ["/%00", "/dataset/%00", "/dataset/?q=%00", "/dataset/?q=%ff", "/dataset/%ff%fe", "/?%ED%A0%80=1"]
)
def test_bytes_that_are_no_text_are_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://127.0.0.1:5000"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_forms_of_other_sites_are_refused(
    client: FlaskClient, shelf: Shelf, headers: dict[str, str], status: int
) -> None:
    assert client.post(FORM, data={"message": "Қате"}, headers=headers).status_code == status


def test_session_without_any_origin_changes_nothing(client: FlaskClient, shelf: Shelf) -> None:
    client.set_cookie("session", "abc")
    assert client.post(FORM, data={"message": "Қате"}).status_code == 403


def test_forwarding_headers_of_strangers_are_not_believed(site: Site) -> None:
    client = site(security={"searches_per_minute": 1})
    stranger = {"REMOTE_ADDR": "198.51.100.7"}
    first = client.get("/search", environ_overrides=stranger, headers={"X-Forwarded-For": "203.0.113.1"})
    second = client.get("/search", environ_overrides=stranger, headers={"X-Forwarded-For": "203.0.113.2"})
    assert (first.status_code, second.status_code) == (200, 429)
    assert int(second.headers["Retry-After"]) > 0


def test_trusted_proxy_tells_who_asks(site: Site) -> None:
    client = site(security={"searches_per_minute": 1, "trusted_proxies": ("10.0.0.0/8",)})
    proxy = {"REMOTE_ADDR": "10.0.0.9"}
    for asker in ("203.0.113.1", "203.0.113.2", "203.0.113.9, 203.0.113.3, 10.0.0.5"):
        answer = client.get("/search", environ_overrides=proxy, headers={"X-Forwarded-For": asker})
        assert answer.status_code == 200
    again = client.get("/search", environ_overrides=proxy, headers={"X-Forwarded-For": "203.0.113.8, 203.0.113.3"})
    assert again.status_code == 429


def test_what_has_no_address_is_no_proxy(site: Site) -> None:
    client = site(security={"searches_per_minute": 1, "trusted_proxies": ("0.0.0.0/0",)})
    nobody = {"REMOTE_ADDR": "unix:"}
    told = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in (1, 2)]
    asked = [client.get("/search", environ_overrides=nobody, headers=headers).status_code for headers in told]
    assert asked == [200, 429]


def test_loopback_without_proxy_is_not_limited(site: Site) -> None:
    client = site(security={"searches_per_minute": 1})
    assert [client.get("/search").status_code for _ in range(3)] == [200, 200, 200]
    forwarded = [client.get("/search", headers={"X-Forwarded-For": "203.0.113.1"}).status_code for _ in range(2)]
    assert forwarded == [200, 429]


@pytest.mark.parametrize(
    ("netloc", "name"), [("A.kz:80", "a.kz"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a", "a"), ("", "")]
)
def test_host_name_leaves_the_port_out(netloc: str, name: str) -> None:
    assert host_name(netloc) == name
