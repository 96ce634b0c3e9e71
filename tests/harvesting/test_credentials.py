"""A secret is seen by its own origin, and by nobody else: no other host, message, address or record."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from opendata.errors import CatalogueError, Invalid
from opendata.harvesting.client import ClientPolicy, Credentials, FetchError, HttpClient, _Ask, _redirected
from opendata.harvesting.credentials import Bound, origin_of, shown_address
from tests.servers.local import Asked, LocalServer, Reply, serve

POLICY = ClientPolicy(allow_addresses=("127.0.0.1", "::1"), pace_seconds=0, retries=1, timeout_seconds=5.0)
SECRET = "s3cr3t+key/ä&<"
PLAIN = "s3cr3t-key.of-this=source"
KINDS = [
    Credentials("basic", "user", SECRET),
    Credentials("bearer", "", PLAIN),
    Credentials("header", "X-Api-Key", PLAIN),
    Credentials("query", "api_key", SECRET),
]
each = pytest.mark.parametrize("credentials", KINDS, ids=[one.kind for one in KINDS])


def seen(asked: Asked) -> bool:
    token = base64.b64encode(f"user:{SECRET}".encode()).decode()
    text = f"{asked.path} {asked.query} {asked.headers}"
    return any(secret in text for secret in (SECRET, PLAIN, token))


@pytest.fixture
def other() -> Iterator[LocalServer]:
    with serve(lambda asked: Reply(b"other")) as server:
        yield server


def http(server: LocalServer, credentials: Credentials) -> HttpClient:
    return HttpClient(POLICY, credentials=credentials, origin=server.url + "/some/path", sleep=lambda seconds: None)


@each
def test_secret_goes_to_its_own_origin(credentials: Credentials, tmp_path: Path) -> None:
    with serve(lambda asked: Reply(b"x")) as server, http(server, credentials) as client:
        for answer in (
            client.get(server.url + "/a", {"q": "1"}),
            client.head(server.url + "/a?q=1"),
            client.peek(server.url + "/a?q=1"),
            client.post(server.url + "/a?q=1", b"", "text/plain"),
            client.download(server.url + "/a?q=1", tmp_path / "a", max_bytes=100),
        ):
            assert answer.url == server.url + "/a?q=1"
        assert len(server.asked) == 5
        for asked in server.asked:
            assert seen(asked)
            assert asked.query["q"] == "1"


@each
def test_no_other_origin_is_told(credentials: Credentials, other: LocalServer) -> None:
    with serve(lambda asked: Reply()) as server, http(server, credentials) as client:
        client.get(other.url)
    assert other.asked
    assert not seen(other.asked[0])


@each
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_takes_no_secret_along(status: int, credentials: Credentials, other: LocalServer) -> None:
    with serve(lambda asked: Reply(status=status, headers={"Location": other.url + "/x"})) as server:
        with http(server, credentials) as client:
            assert client.get(server.url).content == b"other"
        assert seen(server.asked[0])
    assert not seen(other.asked[0])


@each
def test_redirect_there_and_back_shows_it_at_home_only(credentials: Credentials) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(b"home") if asked.path == "/back" else Reply(status=302, headers={"Location": away.url})

    with serve(answer) as server:
        with serve(lambda asked: Reply(status=302, headers={"Location": server.url + "/back"})) as away:
            with http(server, credentials) as client:
                assert client.get(server.url).content == b"home"
            assert not seen(away.asked[0])
        assert all(seen(asked) for asked in server.asked)


def test_source_that_puts_the_secret_into_its_redirect_is_not_followed_elsewhere(other: LocalServer) -> None:
    def echoing(asked: Asked) -> Reply:
        told = asked.query.get("api_key") or asked.headers.get("x-api-key", "")
        return Reply(status=302, headers={"Location": f"{other.url}/{told}?x={told}"})

    with serve(echoing) as server, http(server, KINDS[2]) as client, pytest.raises(FetchError) as caught:
        client.get(server.url)
    assert PLAIN not in caught.value.message
    assert other.asked == []


def test_parameter_is_dropped_from_a_redirect_elsewhere(other: LocalServer) -> None:
    credentials = Credentials("query", "api_key", PLAIN)

    def echoing(asked: Asked) -> Reply:
        return Reply(status=302, headers={"Location": f"{other.url}/?api_key={asked.query['api_key']}&q=1"})

    with serve(echoing) as server, http(server, credentials) as client:
        client.get(server.url)
    assert other.asked[0].query == {"q": "1"}


def test_parameter_is_not_doubled_by_a_redirect_at_home() -> None:
    credentials = Credentials("query", "api_key", PLAIN)

    def answer(asked: Asked) -> Reply:
        if asked.path == "/b":
            return Reply()
        return Reply(status=302, headers={"Location": f"/b?api_key={PLAIN}"})

    with serve(answer) as server, http(server, credentials) as client:
        assert client.get(server.url).url == server.url + "/b"
        assert server.asked[1].query == {"api_key": PLAIN}


@each
def test_what_a_source_echoes_is_taken_out_again(credentials: Credentials) -> None:
    def echo(asked: Asked) -> Reply:
        told = f"{asked.query} {asked.headers} /x?api_key={SECRET}"
        return Reply(told.encode(), headers={"X-Echo": PLAIN})

    with serve(echo) as server, http(server, credentials) as client:
        answer = client.get(server.url)
    for trace in credentials.traces():
        assert trace.encode() not in answer.content
        assert trace not in str(answer)
    assert b"***" in answer.content


@each
def test_messages_and_logs_know_no_secret(credentials: Credentials, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpcore")  # as opendata.logs does: it would log whole headers
    replies = [
        Reply(status=403),
        Reply(b"x", headers={"Content-Encoding": "br"}),
        Reply(b"", headers={"Content-Length": "99999999999"}, send_length=False),
        Reply(b"half", headers={"Content-Length": "10"}, send_length=False),
        Reply(status=302, headers={"Location": "ftp://x/"}),
        Reply(status=302, headers={"Location": "/loop"}),
        Reply(status=302, headers={"Location": f"http://10.0.0.1/{SECRET}"}),
        Reply(status=302, headers={"Location": f"http://[{PLAIN}/"}),
    ]
    for reply in replies:
        with (
            serve(lambda asked, reply=reply: reply) as server,
            http(server, credentials) as client,
            pytest.raises(CatalogueError) as caught,
        ):
            client.get(server.url + "/a")
        told = f"{caught.value} {caught.value!r} {vars(caught.value)} {caplog.text} {credentials!r} {client!r}"
        for trace in credentials.traces():
            assert trace not in told, reply


def test_https_is_not_left_with_credentials() -> None:
    """What `_redirected` refuses, without a certificate: the rule is about addresses alone."""
    url = httpx.URL("https://source.example/a")
    bound = Bound(KINDS[0], origin_of(url))
    for target in ("http://source.example/a", "http://other.example/"):
        with pytest.raises(FetchError, match="https to http"):
            _redirected(_Ask("GET", url), httpx.Response(302), target, bound)
    assert _redirected(_Ask("GET", url), httpx.Response(302), "http://other.example/", Bound()).url.scheme == "http"


@pytest.mark.parametrize(
    ("origin", "url", "same"),
    [
        ("https://a.kz/x", "https://A.kz:443/y", True),
        ("http://a.kz", "http://a.kz:80/", True),
        ("https://a.kz", "http://a.kz", False),
        ("https://a.kz", "https://a.kz:8443", False),
        ("https://a.kz", "https://b.a.kz", False),
        ("https://a.kz", "https://a.kz.evil.example", False),
        ("https://a.kz", "https://a.kz@evil.example", False),
        ("https://a.kz", "https://evil.example/https://a.kz", False),
        ("https://a.kz", "https://a.kz.", False),
        ("http://127.0.0.1", "http://localhost", False),
    ],
)
def test_origin_is_scheme_host_and_port(origin: str, url: str, same: bool) -> None:
    bound = Bound(KINDS[1], origin_of(httpx.URL(origin)))
    assert bound.belong_to(httpx.URL(url)) is same
    assert bool(bound.headers(httpx.URL(url))) is same


def test_password_in_an_address_is_for_that_address(other: LocalServer) -> None:
    with (
        serve(lambda asked: Reply(status=302, headers={"Location": other.url})) as server,
        HttpClient(POLICY) as client,
    ):
        answer = client.get(server.url.replace("//", "//me:password@"))
        assert server.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"me:password").decode()
    assert answer.url == other.url
    assert "authorization" not in other.asked[0].headers


def test_user_in_a_redirect_is_nobody(other: LocalServer) -> None:
    away = other.url.replace("//", "//admin:admin@")
    with serve(lambda asked: Reply(status=302, headers={"Location": away})) as server, HttpClient(POLICY) as client:
        client.get(server.url)
    assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize(
    "wrong",
    [
        ("header", "X-Key: a", "v"), ("header", "Host", "v"), ("header", "", "v"), ("header", "X", "a\r\nEvil: 1"),
        ("header", "X", "ключ"), ("bearer", "", "a\nb"), ("query", "", "v"), ("basic", "a:b", "v"),
    ],
)  # fmt: skip
def test_secret_that_no_request_can_carry_is_refused(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(Invalid):
        Credentials(*wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://u:p@x.example/a?b=1#c", "https://x.example/a?b=1#c"),
        ("https://x.example/a?apiKey=1&page=2", "https://x.example/a?apiKey=***&page=2"),
        ("https://x.example/a?page=2&X-Amz-Signature=ab%2F#c", "https://x.example/a?page=2&X-Amz-Signature=***#c"),
        ("https://x.example/a?key=1;access_token=2", "https://x.example/a?key=***;access_token=***"),
        ("https://x.example/a?keyword=water&tokens=", "https://x.example/a?keyword=water&tokens="),
        ("/srv/folder", "/srv/folder"),
    ],
)
def test_a_key_that_stands_in_an_address_is_not_shown(address: str, shown: str) -> None:
    assert shown_address(address) == shown
    assert str(FetchError(address, 404, "Not Found")).startswith(f"{shown} answered 404")


def test_a_hostile_address_is_shown_in_linear_time() -> None:
    started = time.monotonic()
    for hostile in ("?auth" * 20_000, "?" * 100_000, "?" + "token" * 20_000, "&key=" * 20_000):
        shown_address(f"https://x.example/{hostile}")
    assert time.monotonic() - started < 2
