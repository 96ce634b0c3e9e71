"""The client against real local servers, well-mannered and not."""

from __future__ import annotations

import gzip
import itertools
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from opendata.errors import SourceError, TooLarge
from opendata.harvesting.client import ClientPolicy, FetchError, HttpClient, without_credentials
from tests.servers.local import Asked, LocalServer, Reply, serve

LOCAL = ("127.0.0.1",)


class Time:
    """A clock that goes on only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def client(clock: Time | None = None, **changes: object) -> HttpClient:
    settings: dict[str, object] = {"allow_addresses": LOCAL, "pace_seconds": 0.0, "retries": 2, "timeout_seconds": 5.0}
    policy = ClientPolicy(**{**settings, **changes})  # type: ignore[arg-type]
    if clock is not None:
        return HttpClient(policy, clock=clock, sleep=clock.sleep)
    return HttpClient(policy, sleep=lambda seconds: None)


@pytest.fixture
def echo() -> Iterator[LocalServer]:
    with serve(lambda asked: Reply(b"hello", media_type="Text/Plain; charset=utf-8")) as server:
        yield server


def test_answer_carries_content_and_type_and_names_the_product(echo: LocalServer) -> None:
    with client() as http:
        answer = http.get(echo.url + "/a?x=1", {"y": "ә"}, accept="text/plain")
    assert (answer.content, answer.status, answer.media_type) == (b"hello", 200, "text/plain")
    assert echo.asked[0].query == {"x": "1", "y": "ә"}
    assert "OpenDataKZ" in echo.asked[0].headers["user-agent"]
    assert echo.asked[0].headers["accept"] == "text/plain"


def test_loopback_is_refused_without_permission_and_not_retried(echo: LocalServer) -> None:
    with client(allow_addresses=()) as http, pytest.raises(FetchError, match="allow_addresses"):
        http.get(echo.url)
    assert echo.asked == []


def test_redirect_to_a_refused_address_is_refused(echo: LocalServer) -> None:
    away = {"Location": f"http://[::ffff:127.0.0.2]:{echo.port}/"}
    with serve(lambda asked: Reply(status=302, headers=away)) as server, client() as http, pytest.raises(FetchError):
        http.get(server.url)
    assert echo.asked == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://"])
def test_only_http_is_followed(target: str) -> None:
    with serve(lambda asked: Reply(status=302, headers={"Location": target})) as server, client() as http:
        with pytest.raises(SourceError):
            http.get(server.url)
        with pytest.raises(FetchError):
            http.get(target)


def test_endless_redirects_end() -> None:
    numbers = itertools.count()
    with serve(lambda asked: Reply(status=302, headers={"Location": f"/{next(numbers)}"})) as server, client() as http:
        with pytest.raises(FetchError, match="5 redirects"):
            http.get(server.url)
        assert len(server.asked) == 6


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_trouble_is_waited_out(status: int) -> None:
    replies = iter([Reply(status=status, headers={"Retry-After": "7"}), Reply(status=status), Reply(b"at last")])
    clock = Time()
    with serve(lambda asked: next(replies)) as server, client(clock, retries=3) as http:
        assert http.get(server.url).content == b"at last"
    assert clock.waits[0] == 7.0
    assert 1.0 <= clock.waits[1] <= 2.0
    assert len(clock.waits) == 2


def test_retries_are_bounded_and_the_error_names_address_status_and_reason() -> None:
    with serve(lambda asked: Reply(status=503)) as server, client() as http:
        with pytest.raises(FetchError, match="503: Service Unavailable") as caught:
            http.get(server.url + "/x")
        assert (caught.value.status, caught.value.address) == (503, server.url + "/x")
        assert len(server.asked) == 3


def test_source_that_asks_for_an_hour_is_given_up() -> None:
    with serve(lambda asked: Reply(status=429, headers={"Retry-After": "3600"})) as server, client() as http:
        with pytest.raises(FetchError):
            http.get(server.url)
        assert len(server.asked) == 1


def test_not_found_is_not_retried() -> None:
    with serve(lambda asked: Reply(status=404)) as server, client() as http:
        with pytest.raises(FetchError, match="404"):
            http.get(server.url)
        assert len(server.asked) == 1


def test_unreachable_server_is_a_source_error() -> None:
    with serve(lambda asked: Reply()) as server:
        url = server.url
    with client() as http, pytest.raises(FetchError, match="did not answer"):
        http.get(url)


def test_announced_size_over_the_cap_is_refused_before_reading() -> None:
    with serve(lambda asked: Reply(b"x" * 2000)) as server, client(max_bytes=1000) as http, pytest.raises(TooLarge):
        http.get(server.url)


def test_unannounced_size_over_the_cap_is_cut() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    with (
        serve(lambda asked: Reply(stream=endless)) as server,
        client(max_bytes=1_000_000) as http,
        pytest.raises(TooLarge),
    ):
        http.get(server.url)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_gzip_bomb_counts_by_what_it_unpacks_to(encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](b"\0" * 50_000_000)
    headers = {"Content-Encoding": encoding}
    with (
        serve(lambda asked: Reply(packed, headers=headers)) as server,
        client(max_bytes=1_000_000) as http,
        pytest.raises(TooLarge),
    ):
        http.get(server.url)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"text" * 1000, mtime=0), "gzip"),
        (gzip.compress(b"text" * 500, mtime=0) + gzip.compress(b"text" * 500, mtime=0), "gzip"),
        (gzip.compress(b"text" * 1000, mtime=0) + b"\0" * 20, "gzip"),
        (zlib.compress(b"text" * 1000), "deflate"),
        (zlib.compress(b"text" * 1000, wbits=-15), "deflate"),
        (b"text" * 1000, "identity"),
    ],
)
def test_encoded_answers_are_unpacked(body: bytes, encoding: str) -> None:
    with serve(lambda asked: Reply(body, headers={"Content-Encoding": encoding})) as server, client() as http:
        assert http.get(server.url).content == b"text" * 1000


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"text" * 1000, mtime=0)[:30], "gzip"), (b"plain", "gzip"), (b"x", "br"), (b"plain", "deflate")],
)
def test_broken_encoding_is_a_source_error(body: bytes, encoding: str) -> None:
    with (
        serve(lambda asked: Reply(body, headers={"Content-Encoding": encoding})) as server,
        client() as http,
        pytest.raises(SourceError),
    ):
        http.get(server.url)


def test_answer_shorter_than_announced_is_not_taken() -> None:
    reply = Reply(b"half", headers={"Content-Length": "400"}, send_length=False)
    with serve(lambda asked: reply) as server, client(retries=0) as http, pytest.raises(FetchError):
        http.get(server.url)


def test_dripping_server_meets_the_deadline() -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b"x"

    started = time.monotonic()
    with (
        serve(lambda asked: Reply(stream=drip)) as server,
        client(total_seconds=0.4, retries=0) as http,
        pytest.raises(FetchError, match="time-out"),
    ):
        http.get(server.url)
    assert time.monotonic() - started < 3


def test_silent_server_meets_the_timeout() -> None:
    def wait(asked: Asked) -> Reply:
        time.sleep(0.5)
        return Reply()

    with (
        serve(wait) as server,
        client(timeout_seconds=0.1, retries=0) as http,
        pytest.raises(FetchError, match="time-out"),
    ):
        http.get(server.url)


def test_requests_to_one_host_keep_their_pace(echo: LocalServer) -> None:
    clock = Time()
    with client(clock, pace_seconds=2.0) as http:
        for _ in range(3):
            http.get(echo.url)
    assert clock.waits == [2.0, 2.0]


def test_download_streams_to_the_file(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(b"%PDF" * 100, media_type="application/pdf")) as server, client() as http:
        answer = http.download(server.url, tmp_path / "a.pdf", max_bytes=1000)
    assert (tmp_path / "a.pdf").read_bytes() == b"%PDF" * 100
    assert (answer.content, answer.media_type) == (b"", "application/pdf")


def test_failed_download_leaves_no_file(tmp_path: Path) -> None:
    with (
        serve(lambda asked: Reply(b"x" * 5000, send_length=False)) as server,
        client() as http,
        pytest.raises(TooLarge),
    ):
        http.download(server.url, tmp_path / "a", max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_credentials_stay_out_of_messages(echo: LocalServer) -> None:
    assert without_credentials("http://u:p@h/x") == "http://h/x"
    with client(allow_addresses=()) as http, pytest.raises(FetchError) as caught:
        http.get(echo.url.replace("//", "//user:secret@"))
    assert "secret" not in caught.value.message


def test_address_that_is_none_is_a_source_error() -> None:
    with client() as http:
        for address in ("", "no address", "http://[::1", "http://\x00/", "javascript:alert(1)", "http://a b/"):
            with pytest.raises(FetchError):
                http.get(address)
