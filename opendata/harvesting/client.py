"""HTTP with manners: the only way in which harvesters and the fetching of linked files reach the network.

Time-outs, bounded retries that honour Retry-After, a pace per host, a size cap on what arrives and on what it unpacks
to, http and https only, credentials for one origin, and the guard of opendata.harvesting.guard under every connection.
Redirects are followed here and not by httpx, since each hop is a request of its own: with its own turn at its own host,
and with credentials only where they belong. Cookies are not kept.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import httpx

from opendata.errors import Stopped
from opendata.harvesting import answers
from opendata.harvesting.answers import Take
from opendata.harvesting.contract import Response
from opendata.harvesting.credentials import Bound, Credentials, origin_of, without_credentials
from opendata.harvesting.decoding import BadEncoding
from opendata.harvesting.failures import LOST, RETRIED, FetchError, Passing, reason_of
from opendata.harvesting.guard import AddressPolicy, GuardedBackend, RefusedAddress
from opendata.harvesting.manners import SLICE, Manners
from opendata.harvesting.robots import MAX_BYTES, Robots
from opendata.harvesting.transfer import Transfer, conditions
from opendata.harvesting.transport import Deadline, GuardedTransport

__all__ = ["ClientPolicy", "Credentials", "FetchError", "HttpClient", "Stopped", "transport_for", "without_credentials"]

AGENT = "OpenDataKZ"
"""By this name robots.txt may address us."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """How this client behaves. Times are seconds, sizes bytes.

    `timeout_seconds` is the longest silence; `total_seconds` the most that one whole answer may take;
    `pace_seconds` lies between two requests to one host; `longest_wait` bounds each wait before a retry, and
    `waiting_seconds` all of them together: a source that asks for more by Retry-After is given up for this run.
    """

    allow_addresses: tuple[str, ...] = ()
    timeout_seconds: float = 30.0
    max_bytes: int = 50 * 1024 * 1024
    retries: int = 3
    pace_seconds: float = 0.5
    user_agent: str = f"{AGENT}/0.1 (open catalogue of commissioned research; harvester)"
    connect_seconds: float = 10.0
    total_seconds: float = 600.0
    longest_wait: float = 120.0
    waiting_seconds: float = 300.0
    max_redirects: int = 5
    robots: bool = True


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request. `again` says whether it may be repeated, `taken` which redirects and answers its taker expects."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    again: bool = True


class HttpClient:
    """`opendata.harvesting.contract.Client` over the network. May be shared by threads; close it, or use `with`.

    `credentials` are sent to `origin` (any address of it) alone; `stopped` is asked at least every second, and the
    request ends with Stopped once it says so. `manners` and `transport` may be shared with other clients.
    """

    def __init__(
        self,
        policy: ClientPolicy | None = None,
        *,
        credentials: Credentials | None = None,
        origin: str = "",
        stopped: Callable[[], bool] | None = None,
        manners: Manners | None = None,
        transport: GuardedTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.policy = policy or ClientPolicy()
        self._bound = Bound(credentials, origin_of(_address(origin))) if credentials and origin else Bound()
        self._stop = _Stop(stopped)
        self._sleep = sleep
        self._manners = manners or Manners(clock=clock)
        self._own = None if transport else transport_for(self.policy.allow_addresses, clock)
        self._transport = transport or self._own or transport_for(())
        self._robots = Robots(self._robots_file, AGENT, clock)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = "*/*",
        etag: str = "",
        last_modified: str = "",
    ) -> Response:
        """The answer to a GET, any status below 400. FetchError for all else, TooLarge over the policy's cap.

        With the marks of an earlier answer, one that has not changed since comes back as `not_modified`.
        """
        ask = _Ask("GET", _address(url, params), {"Accept": accept, **conditions(etag, last_modified)})
        return self._try(lambda: ask, answers.whole(self.policy.max_bytes))

    def head(self, url: str) -> Response:
        """The answer to a HEAD, without content. Errors as `get`."""
        ask = _Ask("HEAD", _address(url), {"Accept": "*/*"})
        return self._try(lambda: ask, answers.nothing)

    def peek(self, url: str, size: int = 2048, *, accept: str = "*/*") -> Response:
        """The first `size` bytes, however much there is. Errors as `get`."""
        plain = {"Accept": accept, "Accept-Encoding": "identity", "Range": f"bytes=0-{size - 1}"}
        ask = _Ask("GET", _address(url), plain)
        return self._try(lambda: ask, answers.beginning(size))

    def post(
        self,
        url: str,
        content: bytes,
        media_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Response:
        """The answer to a POST. Errors as `get`. Repeated only with `again`: it must do no harm twice.

        `headers` go to the origin asked and to no other; a redirect elsewhere is not followed.
        """
        sent = {"Accept": "*/*", **(headers or {}), "Content-Type": media_type}
        ask = _Ask("POST", _address(url), sent, content, again)
        return self._try(lambda: ask, answers.whole(self.policy.max_bytes))

    def download(
        self,
        url: str,
        target: Path,
        *,
        max_bytes: int,
        accept: str = "*/*",
        offset: int = 0,
        etag: str = "",
        last_modified: str = "",
        begun: Callable[[Response], None] | None = None,
    ) -> Response:
        """Stream the answer into `target`. TooLarge over `max_bytes`, else as `get`.

        With `offset` bytes there already, and the marks of the answer that they came from, the rest is asked for and
        appended, or all of it written anew. A transfer that breaks off goes on from there, as often as a request is
        repeated. After a failure `target` is removed; with `begun` (called with status and headers, before the
        content) or an `offset` what came stays there, for another day.
        """
        transfer = Transfer(target, max_bytes, offset, etag, last_modified, begun)
        address = _address(url)
        try:
            return self._try(lambda: _Ask("GET", address, {"Accept": accept, **transfer.headers()}), transfer.take)
        except BaseException:
            if not (begun or offset):
                target.unlink(missing_ok=True)
            raise

    def robots(self, url: str) -> bool:
        """Whether robots.txt lets us read `url`. A Crawl-delay there becomes the pace of that host."""
        if not self.policy.robots:
            return True
        address = _address(url)
        if delay := self._robots.delay(address):
            self._manners.slow(address.host, delay)
        return self._robots.allow(address)

    def close(self) -> None:
        """Close every connection that is this client's own."""
        if self._own:
            self._own.close()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _robots_file(self, url: str) -> bytes:
        ask = _Ask("GET", _address(url), {"Accept": "text/plain, */*;q=0.1"})
        return self._try(lambda: ask, answers.beginning(MAX_BYTES)).content

    def _try(self, ask: Callable[[], _Ask], take: Take) -> Response:
        """Repeat what fails in a way that may pass; each attempt asks anew what to ask for."""
        attempt, waited = 0, 0.0
        while True:
            request = ask()
            try:
                return self._follow(request, take)
            except Passing as trouble:
                wait = self._wait_before(attempt, trouble.asked)
                waited += wait
                bearable = wait <= self.policy.longest_wait
                if trouble.asked is not None and bearable:
                    self._manners.hold(trouble.host, wait)  # the next request waits for it, of whichever client
                if attempt >= self.policy.retries or waited > self.policy.waiting_seconds:
                    raise trouble.error from trouble.__cause__
                if not (bearable and request.again):
                    raise trouble.error from trouble.__cause__
                if trouble.asked is None:
                    self._pause(wait)
                attempt += 1

    @staticmethod
    def _wait_before(attempt: int, asked: float | None) -> float:
        """Seconds; where the source does not say, they double and are spread, so that not all come back at once."""
        return asked if asked is not None else 2.0**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _follow(self, ask: _Ask, take: Take) -> Response:
        """The answer after redirects."""
        bound = self._bound_for(ask.url)
        hop = replace(ask, url=bound.shown(ask.url))
        for _ in range(self.policy.max_redirects + 1):
            outcome = self._hop(hop, take, bound)
            if isinstance(outcome, Response):
                return outcome
            hop = outcome
        reason = f"more than {self.policy.max_redirects} redirects"
        raise FetchError(bound.scrubbed(str(hop.url)), 0, reason)

    def _bound_for(self, url: httpx.URL) -> Bound:
        """The client's credentials, or those in the address itself, which are for its origin as well."""
        if url.userinfo and not self._bound.belong_to(url):
            return Bound(Credentials("basic", url.username, url.password), origin_of(url))
        return self._bound

    def _hop(self, ask: _Ask, take: Take, bound: Bound) -> Response | _Ask:
        """One request and its answer, or the request that it leads to."""
        shown = bound.scrubbed(str(ask.url))
        try:
            with self._manners.turn(ask.url.host, self.policy.pace_seconds, self._pause, self._stop.check):
                self._transport.deadline.start(self.policy.total_seconds, self._stop.check)
                answer = self._transport.handle_request(self._request(ask, bound))
                try:
                    return self._judged(ask, answer, take, bound)
                finally:
                    answer.close()
        except RefusedAddress as error:
            raise FetchError(shown, 0, error.message, refused=True) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise FetchError(shown, 0, f"not an address that can be fetched: {error}") from error
        except LOST as error:
            raise Passing(FetchError(shown, 0, bound.scrubbed(reason_of(error))), ask.url.host) from error
        except BadEncoding as error:
            raise Passing(FetchError(shown, 0, str(error)), ask.url.host) from error

    def _request(self, ask: _Ask, bound: Bound) -> httpx.Request:
        timeout = self.policy.timeout_seconds
        waits = {"connect": self.policy.connect_seconds, "read": timeout, "write": timeout, "pool": timeout}
        standing = {"User-Agent": self.policy.user_agent, "Accept-Encoding": "gzip, deflate"}
        headers = standing | dict(ask.headers) | bound.headers(ask.url)
        return httpx.Request(
            ask.method, bound.sent(ask.url), headers=headers, content=ask.content or None, extensions={"timeout": waits}
        )

    def _judged(self, ask: _Ask, answer: httpx.Response, take: Take, bound: Bound) -> Response | _Ask:
        """What the status makes of an answer."""
        status = answer.status_code
        location = answer.headers.get("location", "")
        error = FetchError(
            bound.scrubbed(str(ask.url)), status, bound.scrubbed(answer.reason_phrase) or "no reason given"
        )
        if status in RETRIED:
            raise Passing(error, ask.url.host, answer.headers.get("retry-after", ""))
        if status in _REDIRECTS and location:
            return _redirected(ask, answer, location, bound)
        expected = {
            304: "If-None-Match" in ask.headers or "If-Modified-Since" in ask.headers,
            206: "Range" in ask.headers,
        }
        if status >= 400 or status < 200 or not expected.get(status, status < 300):
            raise error
        return take(answer, bound)

    def _pause(self, seconds: float) -> None:
        """Wait, in pieces where somebody may say stop."""
        if not self._stop.possible:
            self._sleep(seconds)
            return
        while seconds > 0:
            self._stop.check()
            self._sleep(min(SLICE, seconds))
            seconds -= SLICE
        self._stop.check()


class _Stop:
    """Asks whether to stop, and not at every byte: the answer may cost a look into the store."""

    def __init__(self, stopped: Callable[[], bool] | None) -> None:
        self._stopped = stopped
        self._asked = float("-inf")

    @property
    def possible(self) -> bool:
        return self._stopped is not None

    def check(self) -> None:
        """Stopped, when it is time to."""
        now = time.monotonic()
        if self._stopped is None or now - self._asked < SLICE:
            return
        self._asked = now
        if self._stopped():
            self._asked = float("-inf")
            raise Stopped("The work was told to stop.")


def transport_for(allow: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> GuardedTransport:
    """Connections to public addresses, and to those of `allow`."""
    return GuardedTransport(GuardedBackend(AddressPolicy(allow)), Deadline(clock))


def _redirected(ask: _Ask, answer: httpx.Response, location: str, bound: Bound) -> _Ask:
    """The request that a redirect asks for. FetchError where following it would give something away."""
    shown = bound.scrubbed(str(ask.url))
    status = answer.status_code
    try:
        target = bound.shown(ask.url.join(location))
        same = origin_of(target) == origin_of(ask.url)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchError(shown, 0, f"redirects to what is no address: {error}") from error
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError(shown, 0, f"redirects to a {target.scheme} address; only http and https are fetched")
    if bound.belong_to(ask.url) and ask.url.scheme == "https" and target.scheme == "http":
        raise FetchError(shown, 0, "redirects from https to http, which is not followed with credentials")
    if not bound.belong_to(target) and bound.leaks(str(target)):
        raise FetchError(shown, 0, "redirects elsewhere with the credentials in the address")
    if ask.method == "POST" and status == 303:
        return _Ask("GET", target, {"Accept": ask.headers.get("Accept", "*/*")}, b"", ask.again)
    if ask.method == "POST" and not (same and status in (307, 308)):
        raise FetchError(shown, status, "what was sent is not sent on to another address")
    return replace(ask, url=target)


def _address(url: str, params: Mapping[str, str] | None = None) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(url, 0, "only http and https addresses with a host can be fetched")
        return parsed.copy_merge_params(dict(params)) if params else parsed
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchError(url, 0, f"not an address: {error}") from error
