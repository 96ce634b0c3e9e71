"""HTTP with manners: the only way in which harvesters and the fetching of linked files reach the network.

Time-outs, bounded retries that honour Retry-After, a pace per host, a size cap on what arrives and on what it unpacks
to, http and https only, and the guard of opendata.harvesting.guard under every connection.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import httpcore
import httpx

from opendata.errors import SourceError, TooLarge
from opendata.harvesting.contract import Response
from opendata.harvesting.decoding import BadEncoding, decoded
from opendata.harvesting.guard import AddressPolicy, GuardedBackend, RefusedAddress
from opendata.harvesting.transport import Deadline, GuardedTransport

_RETRIED = frozenset({429, 502, 503, 504})
_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#]*@")
_LOST = (httpx.TransportError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


class FetchError(SourceError):
    """An address that cannot be read: which one, the HTTP status (0 where there was no answer), and why."""

    def __init__(self, address: str, status: int, reason: str) -> None:
        answer = f"answered {status}: {reason}" if status else f"did not answer: {reason}"
        super().__init__(f"{without_credentials(address)} {answer}")
        self.address = without_credentials(address)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """How this client behaves. Times are seconds, sizes bytes.

    `timeout_seconds` is the longest silence; `total_seconds` the most that one whole answer may take;
    `pace_seconds` lies between two requests to one host; `longest_wait` bounds each wait before a retry: a source
    that asks for more by Retry-After is given up for this run.
    """

    allow_addresses: tuple[str, ...] = ()
    timeout_seconds: float = 30.0
    max_bytes: int = 50 * 1024 * 1024
    retries: int = 3
    pace_seconds: float = 0.5
    user_agent: str = "OpenDataKZ/0.1 (open catalogue of commissioned research; harvester)"
    connect_seconds: float = 10.0
    total_seconds: float = 600.0
    longest_wait: float = 120.0
    max_redirects: int = 5


class HttpClient:
    """`opendata.harvesting.contract.Client` over the network. May be shared by threads; close it, or use `with`."""

    def __init__(
        self,
        policy: ClientPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.policy = policy or ClientPolicy()
        self._deadline = Deadline(clock)
        self._pace = Pace(self.policy.pace_seconds, clock, sleep)
        self._sleep = sleep
        self._http = httpx.Client(
            transport=GuardedTransport(GuardedBackend(AddressPolicy(self.policy.allow_addresses)), self._deadline),
            timeout=httpx.Timeout(self.policy.timeout_seconds, connect=self.policy.connect_seconds),
            headers={"User-Agent": self.policy.user_agent, "Accept-Encoding": "gzip, deflate"},
            follow_redirects=True,
            max_redirects=self.policy.max_redirects,
            trust_env=False,
            # Called before each request, redirects included: the pace holds for them as well.
            event_hooks={"request": [lambda request: self._pace.wait(request.url.host)]},
        )

    def get(self, url: str, params: Mapping[str, str] | None = None, *, accept: str = "*/*") -> Response:
        """The answer to a GET, any status below 400. FetchError for all else, TooLarge over the policy's cap."""

        def whole(answer: httpx.Response) -> Response:
            return _response(answer, b"".join(_body(answer, self.policy.max_bytes)))

        return self._try(_with_params(url, params), accept, whole)

    def download(self, url: str, target: Path, *, max_bytes: int) -> Response:
        """Stream the answer into `target`, which is removed again on failure. TooLarge over `max_bytes`."""

        def to_file(answer: httpx.Response) -> Response:
            with target.open("wb") as file:
                _pour(answer, file, max_bytes)
            return _response(answer, b"")

        try:
            return self._try(_with_params(url, None), "*/*", to_file)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _try(self, url: httpx.URL, accept: str, take: Callable[[httpx.Response], Response]) -> Response:
        attempt = 0
        while True:
            outcome = self._once(url, accept, take)
            if isinstance(outcome, Response):
                return outcome
            wait = outcome.wait_seconds(attempt)
            if attempt >= self.policy.retries or wait > self.policy.longest_wait:
                raise outcome.error
            self._sleep(wait)
            attempt += 1

    def _once(self, url: httpx.URL, accept: str, take: Callable[[httpx.Response], Response]) -> Response | _Retry:
        self._deadline.start(self.policy.total_seconds)
        address = str(url)
        try:
            with self._http.stream("GET", url, headers={"Accept": accept}) as answer:
                address = str(answer.url)
                if answer.status_code in _RETRIED:
                    return _Retry(_status_error(answer), answer.headers.get("retry-after", ""))
                if answer.status_code >= 400:
                    raise _status_error(answer)
                return take(answer)
        except httpx.TooManyRedirects as error:
            raise FetchError(address, 0, f"more than {self.policy.max_redirects} redirects") from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise FetchError(address, 0, f"not an address that can be fetched: {error}") from error
        except RefusedAddress as error:
            raise FetchError(address, 0, error.message) from error
        except _LOST as error:
            return _Retry(FetchError(address, 0, _reason(error)), "")
        except BadEncoding as error:
            return _Retry(FetchError(address, 0, str(error)), "")


@dataclass(frozen=True, slots=True)
class _Retry:
    """A failure that may pass: the error if it does not, and the source's own Retry-After."""

    error: FetchError
    retry_after: str

    def wait_seconds(self, attempt: int) -> float:
        asked = _retry_after_seconds(self.retry_after)
        return asked if asked is not None else float(2**attempt)


class Pace:
    """Keeps `seconds` between two requests to one host, over all threads that share it."""

    def __init__(self, seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + self._seconds
        if turn > now:
            self._sleep(turn - now)


def without_credentials(address: str) -> str:
    """`address` without user and password, for messages."""
    return _USERINFO.sub(r"\1", address)


def _with_params(url: str, params: Mapping[str, str] | None) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(url, 0, "only http and https addresses with a host can be fetched")
        return parsed.copy_merge_params(dict(params)) if params else parsed
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchError(url, 0, f"not an address: {error}") from error


def _body(answer: httpx.Response, cap: int) -> Iterator[bytes]:
    """The decoded body; TooLarge as soon as more than `cap` bytes arrived or were unpacked."""
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > cap:
        raise TooLarge(f"{without_credentials(str(answer.url))} announces {declared} bytes; the cap is {cap}")
    size = 0
    for piece in decoded(_wire(answer, cap), answer.headers.get("content-encoding", "")):
        size += len(piece)
        if size > cap:
            raise TooLarge(f"{without_credentials(str(answer.url))} is larger than the cap of {cap} bytes")
        yield piece


def _wire(answer: httpx.Response, cap: int) -> Iterator[bytes]:
    size = 0
    for piece in answer.iter_raw():
        size += len(piece)
        if size > cap:
            raise TooLarge(f"{without_credentials(str(answer.url))} sends more than the cap of {cap} bytes")
        yield piece


def _pour(answer: httpx.Response, file: BinaryIO, cap: int) -> None:
    for piece in _body(answer, cap):
        file.write(piece)


def _response(answer: httpx.Response, content: bytes) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(
        url=without_credentials(str(answer.url)), status=answer.status_code, headers=headers, content=content
    )


def _status_error(answer: httpx.Response) -> FetchError:
    return FetchError(str(answer.url), answer.status_code, answer.reason_phrase or "no reason given")


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    timed_out = isinstance(error, (httpx.TimeoutException, httpcore.TimeoutException))
    return f"time-out ({text})" if timed_out else text


def _retry_after_seconds(value: str) -> float | None:
    """Seconds from now, from either form of Retry-After (RFC 9110 §10.2.3); None where it says nothing readable."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
