"""What the client asks beyond a plain GET: conditions, parts, posts, and robots.txt; and that it ends when told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opendata.errors import Stopped, TooLarge
from opendata.harvesting.client import ClientPolicy, FetchError, HttpClient
from opendata.harvesting.contract import Response
from opendata.harvesting.manners import Manners
from tests.servers.local import Asked, Reply, serve

POLICY = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=2, timeout_seconds=5.0)
FILE = bytes(range(256)) * 40
TAG = '"v1"'


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(POLICY, sleep=lambda seconds: None) as client:
        yield client


def unchanged(asked: Asked) -> Reply:
    known = asked.headers.get("if-none-match") == TAG or asked.headers.get("if-modified-since") == "yesterday"
    return Reply(status=304) if known else Reply(FILE, headers={"ETag": TAG, "Last-Modified": "yesterday"})


def test_what_is_known_is_not_sent_again(http: HttpClient, tmp_path: Path) -> None:
    with serve(unchanged) as server:
        first = http.get(server.url)
        assert (first.content, first.etag, first.not_modified) == (FILE, TAG, False)
        assert http.get(server.url, etag=TAG).not_modified
        assert http.get(server.url, last_modified="yesterday").not_modified
        assert not http.get(server.url, etag='"v0"').not_modified
        assert http.download(server.url, tmp_path / "a", max_bytes=20_000, etag=TAG).not_modified
        assert not (tmp_path / "a").exists()


def test_not_modified_that_nobody_asked_for_is_an_error(http: HttpClient) -> None:
    with serve(lambda asked: Reply(status=304)) as server, pytest.raises(FetchError, match="304"):
        http.get(server.url)


@pytest.mark.parametrize("mark", ["a\r\nX-Evil: 1", "\u04d9", "x" * 5000, "\0"])
def test_mark_that_no_header_can_carry_is_not_sent(mark: str, http: HttpClient) -> None:
    with serve(unchanged) as server:
        assert http.get(server.url, etag=mark, last_modified=mark).content == FILE
        assert not {"x-evil", "if-none-match", "if-modified-since"} & set(server.asked[0].headers)


def test_head_has_no_content_and_the_same_errors(http: HttpClient) -> None:
    with serve(lambda asked: Reply(FILE, 404 if asked.path == "/no" else 200)) as server:
        answer = http.head(server.url)
        assert (answer.status, answer.content, answer.headers["content-length"]) == (200, b"", str(len(FILE)))
        assert server.asked[0].method == "HEAD"
        with pytest.raises(FetchError) as caught:
            http.head(server.url + "/no")
        assert caught.value.status == 404


def test_peek_takes_the_beginning_of_what_never_ends(http: HttpClient) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"%PDF" * 1000

    with serve(lambda asked: Reply(stream=endless)) as server:
        assert http.peek(server.url, 10).content == b"%PDF%PDF%P"
        assert server.asked[0].headers["range"] == "bytes=0-9"


def test_post_is_sent_once_unless_it_may_be_repeated(http: HttpClient) -> None:
    with serve(lambda asked: Reply(status=503)) as server:
        with pytest.raises(FetchError):
            http.post(server.url, b"{}", "application/json", headers={"X-Signature": "s"})
        assert len(server.asked) == 1
        assert (server.asked[0].body, server.asked[0].headers["x-signature"]) == (b"{}", "s")
        with pytest.raises(FetchError):
            http.post(server.url, b"{}", "application/json", again=True)
        assert len(server.asked) == 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_what_is_posted_is_not_sent_on_to_another_address(status: int, http: HttpClient) -> None:
    with serve(lambda asked: Reply()) as other:
        away = {"Location": other.url}
        with serve(lambda asked: Reply(status=status, headers=away)) as server, pytest.raises(FetchError):
            http.post(server.url, b"secret", "text/plain")
        assert other.asked == []


def test_post_follows_its_own_origin_and_reads_the_answer_of_303(http: HttpClient) -> None:
    def answer(asked: Asked) -> Reply:
        status = {"/a": 307, "/b": 303}.get(asked.path, 200)
        return Reply(asked.method.encode() + asked.body, status, headers={"Location": "/b" if status == 307 else "/c"})

    with serve(answer) as server:
        assert http.post(server.url + "/a", b"x", "text/plain").content == b"GET"
        assert [(one.method, one.body) for one in server.asked] == [("POST", b"x"), ("POST", b"x"), ("GET", b"")]


class Faulty:
    """Serves FILE; each answer breaks off after `steps` bytes until there are no more of them."""

    def __init__(self, *steps: int, headers: dict[str, str] | None = None, ranges: bool = True) -> None:
        self.steps = list(steps)
        self.headers = {"ETag": TAG} if headers is None else headers
        self.ranges = ranges

    def __call__(self, asked: Asked) -> Reply:
        start = int(asked.headers.get("range", "bytes=0-")[6:-1])
        fresh = asked.headers.get("if-range") not in (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        if start == 0 or fresh or not self.ranges:
            start = 0
        body = FILE[start:]
        part = {"Content-Range": f"bytes {start}-{len(FILE) - 1}/{len(FILE)}"} if start else {}
        headers = {**self.headers, **part, "Content-Length": str(len(body))}
        sent = body[: self.steps.pop(0)] if self.steps else body
        return Reply(sent, 206 if start else 200, headers=headers, send_length=False)


@pytest.mark.parametrize(
    ("source", "starts"),
    [
        (Faulty(3000, 4000), [None, "bytes=3000-", "bytes=7000-"]),
        (Faulty(3000, headers={"Last-Modified": "yesterday"}), [None, "bytes=3000-"]),
        (Faulty(3000, headers={}), [None, None]),
        (Faulty(3000, headers={"ETag": 'W/"weak"'}), [None, None]),
        (Faulty(3000, ranges=False), [None, "bytes=3000-"]),
        (Faulty(0, 0), [None, None, None]),
    ],
)
def test_broken_transfer_goes_on_where_it_can(
    source: Faulty, starts: list[str], http: HttpClient, tmp_path: Path
) -> None:
    with serve(source) as server:
        http.download(server.url, tmp_path / "a", max_bytes=len(FILE))
        assert [asked.headers.get("range") for asked in server.asked] == starts
    assert (tmp_path / "a").read_bytes() == FILE


def test_download_goes_on_another_day(http: HttpClient, tmp_path: Path) -> None:
    target, begun = tmp_path / "a", list[Response]()
    with serve(Faulty(1000, 0, 0)) as server:
        with pytest.raises(FetchError):
            http.download(server.url, target, max_bytes=20_000, begun=begun.append)
        assert target.read_bytes() == FILE[:1000]
        assert begun[0].etag == TAG
        target.write_bytes(FILE[:1000] + b"what came after the mark was noted")
        answer = http.download(server.url, target, max_bytes=20_000, offset=1000, etag=begun[0].etag)
        assert (answer.status, target.read_bytes()) == (206, FILE)
        http.download(server.url, target, max_bytes=20_000, offset=1000, etag='"v0"')
        assert target.read_bytes() == FILE
        http.download(server.url, target, max_bytes=20_000, offset=90_000, etag=TAG)
        assert target.read_bytes() == FILE


@pytest.mark.parametrize(
    "said",
    ["bytes 0-9/10240", "bytes 2000-10239/10240", "bytes 1000-999/10240", "lines 1-2/3", "", "bytes 1000-10239/9"],
)
def test_part_that_was_not_asked_for_is_not_taken(said: str, http: HttpClient, tmp_path: Path) -> None:
    def lying(asked: Asked) -> Reply:
        if "range" in asked.headers:
            return Reply(b"lies", 206, headers={"Content-Range": said, "ETag": TAG})
        return Reply(FILE, headers={"ETag": TAG})

    (tmp_path / "a").write_bytes(FILE[:1000])
    with serve(lying) as server:
        http.download(server.url, tmp_path / "a", max_bytes=20_000, offset=1000, etag=TAG)
    assert (tmp_path / "a").read_bytes() == FILE


def test_part_of_a_file_over_the_bound_is_refused_unread(http: HttpClient, tmp_path: Path) -> None:
    headers = {"Content-Range": "bytes 1000-9999999999/10000000000"}
    (tmp_path / "a").write_bytes(FILE[:1000])
    with serve(lambda asked: Reply(b"", 206, headers=headers)) as server, pytest.raises(TooLarge):
        http.download(server.url, tmp_path / "a", max_bytes=20_000, offset=1000, etag=TAG)


RULES = (
    b"User-agent: opendatakz\nDisallow: /closed\nAllow: /closed/open*.html$\nCrawl-delay: 3\n"
    b"\nUser-agent: *\nDisallow: /\n"
)


@pytest.mark.parametrize(
    ("reply", "open_", "closed"),
    [
        (Reply(RULES), True, False),
        (Reply(b"\xef\xbb\xbf" + RULES), True, False),
        (Reply(b"", 404), True, True),
        (Reply(b"", 403), True, True),
        (Reply(b"", 500), False, False),
        (Reply(b"<!DOCTYPE html><html>Not found, with status 200</html>"), True, True),
        (Reply(RULES + b"#" * 600_000 + b"\nUser-agent: opendatakz\nDisallow: /page\n"), True, False),
        (Reply(b"\xff\xfe\x00\x80" * 100), True, True),
    ],
)
def test_robots_txt_is_honoured(reply: Reply, open_: bool, closed: bool, http: HttpClient) -> None:
    with serve(lambda asked: reply if asked.path == "/robots.txt" else Reply()) as server:
        assert http.robots(server.url + "/page?a=1") is open_
        assert http.robots(server.url + "/closed/x") is closed
        assert http.robots(server.url + "/closed/open1.html") is open_
        assert [asked.path for asked in server.asked].count("/robots.txt") == (3 if reply.status == 500 else 1)


def test_robots_txt_of_a_dead_server_forbids_everything(http: HttpClient) -> None:
    with serve(lambda asked: Reply()) as server:
        url = server.url
    assert http.robots(url) is False


def test_operator_may_do_without_robots_txt() -> None:
    policy = ClientPolicy(allow_addresses=("127.0.0.1",), robots=False)
    with serve(lambda asked: Reply(b"User-agent: *\nDisallow: /")) as server, HttpClient(policy) as http:
        assert http.robots(server.url)
        assert server.asked == []


def test_crawl_delay_becomes_the_pace_of_the_host() -> None:
    waits: list[float] = []
    still = HttpClient(POLICY, clock=lambda: 0.0, sleep=waits.append)
    with serve(lambda asked: Reply(RULES)) as server, still as http:
        http.robots(server.url + "/a")
        http.get(server.url)
        http.get(server.url)
    assert waits == [3.0]


def test_retry_after_holds_the_host_for_all_clients() -> None:
    now, waits = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    def clock() -> float:
        return now[0]

    manners = Manners(clock=clock)
    replies = iter([Reply(status=503, headers={"Retry-After": "60"}), Reply()])
    hasty = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=0)
    with (
        serve(lambda asked: next(replies)) as server,
        HttpClient(hasty, manners=manners, clock=clock, sleep=sleep) as one,
        HttpClient(POLICY, manners=manners, clock=clock, sleep=sleep) as other,
    ):
        with pytest.raises(FetchError):
            one.get(server.url)
        other.get(server.url)
    assert waits == [60.0]


def test_waiting_has_a_bound_in_all() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    policy = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=50)
    with serve(lambda asked: Reply(status=503, headers={"Retry-After": "100"})) as server:
        with HttpClient(policy, clock=lambda: now[0], sleep=sleep) as http, pytest.raises(FetchError):
            http.get(server.url)
        assert len(server.asked) == 4
    assert now[0] == 300


def test_requests_to_one_host_at_once_are_bounded() -> None:
    busy, most, lock = [0], [0], threading.Lock()

    def slow(asked: Asked) -> Reply:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.05)
        with lock:
            busy[0] -= 1
        return Reply()

    with serve(slow) as server, HttpClient(POLICY, manners=Manners(most=2)) as http:
        threads = [threading.Thread(target=http.get, args=(server.url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [2]


def test_connections_are_used_again() -> None:
    with serve(lambda asked: Reply(FILE)) as server, HttpClient(POLICY) as http:
        for _ in range(5):
            http.get(server.url)
        assert len({asked.line for asked in server.asked}) == 1


def silent(asked: Asked) -> Reply:
    time.sleep(3)
    return Reply()


def dripping(asked: Asked) -> Reply:
    def drops() -> Iterator[bytes]:
        for _ in range(60):
            time.sleep(0.05)
            yield b"x"

    return Reply(stream=drops)


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        dripping,
        lambda asked: Reply(status=503, headers={"Retry-After": "100"}),
        lambda asked: Reply(status=500),
    ],
    ids=["silent", "dripping", "later", "failing"],
)
def test_request_ends_within_a_second_when_told_to(answer: Callable[[Asked], Reply]) -> None:
    told = threading.Event()
    threading.Timer(0.3, told.set).start()
    started = time.monotonic()
    with serve(answer) as server, HttpClient(POLICY, stopped=told.is_set) as http, pytest.raises(Stopped):
        http.get(server.url)
    assert time.monotonic() - started < 1.3


def test_name_that_is_looked_up_for_ever_does_not_hold_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def looking_up(*args: object, **kwargs: object) -> object:
        over.wait(5)
        raise OSError("nobody knows")

    monkeypatch.setattr(socket, "getaddrinfo", looking_up)
    told = threading.Event()
    threading.Timer(0.2, told.set).start()
    with HttpClient(POLICY, stopped=told.is_set) as http, pytest.raises(Stopped):
        http.get("http://slow.example/")
    policy = ClientPolicy(connect_seconds=0.1, retries=0)
    with HttpClient(policy) as http, pytest.raises(FetchError, match="time-out"):
        http.get("http://slow.example/")
    over.set()
