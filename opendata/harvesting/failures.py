"""How a request fails: for good, or in a way that may pass."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from opendata.errors import SourceError
from opendata.harvesting.credentials import shown_address

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others a moment later."""

LOST = (
    httpx.TransportError,
    httpx.StreamError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
)
"""What a broken connection raises."""


class FetchError(SourceError):
    """An address that cannot be read: which one, the HTTP status (0 where there was no answer), and why.

    `refused` says that the address lies inside the house, so that nothing was asked of it.
    """

    def __init__(self, address: str, status: int, reason: str, *, refused: bool = False) -> None:
        answer = f"answered {status}: {reason}" if status else f"did not answer: {reason}"
        self.address = shown_address(address)
        super().__init__(f"{self.address[:500]} {answer}")
        self.status = status
        self.reason = reason
        self.refused = refused


class Passing(Exception):
    """A failure that may pass: the error if it does not, the host, and the source's own Retry-After."""

    def __init__(self, error: FetchError, host: str, retry_after: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.host = host
        self.asked = retry_after_seconds(retry_after)


def reason_of(error: Exception) -> str:
    """What a person is told of a broken connection."""
    text = str(error) or type(error).__name__
    timed_out = isinstance(error, (httpx.TimeoutException, httpcore.TimeoutException))
    return f"time-out ({text})" if timed_out else text


def retry_after_seconds(value: str) -> float | None:
    """Seconds from now, from either form of Retry-After (RFC 9110 §10.2.3); None where it says nothing readable."""
    stripped = value.strip()
    if stripped.isascii() and stripped.isdecimal():
        return float(stripped[:10])
    try:
        moment = parsedate_to_datetime(stripped)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
