"""How much one address may ask, and how many may ask at once. In memory: each web process counts for itself."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from opendata.errors import TooMany, Unavailable

_MOST_ADDRESSES = 50_000


def address_group(address: str) -> str:
    """Whom a limit is for: an IPv4 address; the /64 of an IPv6 address, all of which one subscriber holds."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after a request: `left` of `limit`, all of it again in `refill` seconds.

    `wait` is 0 where the request is allowed, else the seconds until one is.
    """

    limit: int
    left: int
    refill: int
    wait: int = 0


class RateLimit:
    """At most `per_minute` requests a minute from one address, as a bucket that refills steadily; 0 means no limit.

    The address heard of longest ago is forgotten when more than `most_addresses` are known.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        most_addresses: int = _MOST_ADDRESSES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute, self._most_addresses, self._clock = per_minute, most_addresses, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Count a request of `address`, or refuse it: TooMany with the seconds until the next one is allowed."""
        if self._per_minute == 0:
            return
        wait = self.take(address_group(address)).wait
        if wait > 0:
            raise TooMany(
                f"more than {self._per_minute} requests a minute came from your address; try again in {wait} s", wait
            )

    @property
    def per_minute(self) -> int:
        """How many; 0 for no limit."""
        return self._per_minute

    def take(self, group: str) -> Allowance:
        """Count a request of `group`, an address or an account, and say what is left to it."""
        if self._per_minute == 0:
            return Allowance(0, 0, 0)
        per_second = self._per_minute / 60
        with self._lock:
            now = self._clock()
            tokens, seen = self._buckets.pop(group, (float(self._per_minute), now))
            tokens = min(self._per_minute, tokens + (now - seen) * per_second)
            allowed = tokens >= 1
            self._buckets[group] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._most_addresses:
                self._buckets.popitem(last=False)
        left = tokens - 1 if allowed else tokens
        refill = math.ceil((self._per_minute - left) / per_second)
        wait = 0 if allowed else max(1, math.ceil((1 - tokens) / per_second))
        return Allowance(self._per_minute, int(left), refill, wait)


class Gate:
    """Lets `concurrent` through at once; who finds no place within `wait_seconds` is turned away. Used by `with`."""

    def __init__(self, concurrent: int, wait_seconds: float, *, part: str = "index") -> None:
        self._places = threading.BoundedSemaphore(concurrent)
        self._wait, self._part = wait_seconds, part

    def __enter__(self) -> None:
        if not self._places.acquire(timeout=self._wait):
            raise Unavailable(
                f"too many are being answered at this moment; none ended within {self._wait:g} s, so try again soon",
                part=self._part,
                retry_after=max(1, math.ceil(self._wait)),
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
