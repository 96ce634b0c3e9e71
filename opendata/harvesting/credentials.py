"""Secrets that a source wants to see, bound to one origin: the scheme, host and port of the source itself.

A name that is looked up, a redirect, a link in a record: all of them may lead elsewhere, and none may take the secret
along. What a source echoes of it (in its links, its messages) is taken out of every answer again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Literal
from urllib.parse import quote, quote_plus

import httpx

from opendata.errors import Invalid

Kind = Literal["basic", "bearer", "header", "query", "s3"]
Origin = tuple[str, str, int]

_PORTS = {"http": 80, "https": 443}
_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#]*@")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection", "range", "user-agent"})
_SECRET = re.compile(
    r"([?&;](?:[^?&;=#]{0,60}(?:token|secret|passw|pwd|signature|credential|auth|api_?-?key|access_?-?key)[^?&;=#]{0,60}"
    r"|key|sig|pass|sid|session)=)[^&;#\s]+",
    re.IGNORECASE,
)
_SHORTEST = 6
"""Characters of a secret that is looked for in answers: "1" or "kz" would be found everywhere."""
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One secret. `name` is the user (basic), the header or the parameter; `value` the password, token or key.

    "s3" is nothing of HTTP's: such keys are the harvester's own.
    """

    kind: Kind
    name: str = ""
    value: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Invalid for what no request can carry; the secret is not in the message."""
        if self.kind == "header" and (not _TOKEN.fullmatch(self.name) or self.name.lower() in _RESERVED):
            raise Invalid(f"{self.name!r} is no header that credentials can be sent in")
        if self.kind == "query" and not self.name:
            raise Invalid("credentials in the query need the name of the parameter")
        if self.kind in ("bearer", "header") and not (self.value.isascii() and self.value.isprintable()):
            raise Invalid("a secret sent in a header holds printable ASCII characters only")
        if self.kind == "basic" and ":" in self.name:
            raise Invalid("a user name sent by HTTP holds no colon")

    def headers(self) -> dict[str, str]:
        """The headers that carry the secret."""
        match self.kind:
            case "basic":
                return {"Authorization": f"Basic {self._basic()}"}
            case "bearer":
                return {"Authorization": f"Bearer {self.value}"}
            case "header":
                return {self.name: self.value}
        return {}

    def with_query(self, url: httpx.URL) -> httpx.URL:
        """`url` with the secret, where it is a parameter."""
        return url.copy_merge_params({self.name: self.value}) if self.kind == "query" else url

    def without_query(self, url: httpx.URL) -> httpx.URL:
        """`url` without the parameter of the secret's name."""
        if self.kind != "query" or self.name not in url.params:
            return url
        return url.copy_remove_param(self.name)

    def traces(self) -> tuple[str, ...]:
        """Every spelling in which the secret may come back, the longest first."""
        spelt = {self.value, quote(self.value, safe=""), quote(self.value), quote_plus(self.value), escape(self.value)}
        if self.kind == "basic":
            spelt.add(self._basic())
        return tuple(sorted((trace for trace in spelt if len(trace) >= _SHORTEST), key=len, reverse=True))

    def _basic(self) -> str:
        return base64.b64encode(f"{self.name}:{self.value}".encode()).decode("ascii")


class Bound:
    """Credentials and the one origin that may see them; with None it knows no secret."""

    def __init__(self, credentials: Credentials | None = None, origin: Origin | None = None) -> None:
        self._credentials = credentials
        self._origin = origin
        self._traces = credentials.traces() if credentials else ()

    def belong_to(self, url: httpx.URL) -> bool:
        """Whether a request to `url` carries them."""
        return self._credentials is not None and self._origin is not None and origin_of(url) == self._origin

    def headers(self, url: httpx.URL) -> dict[str, str]:
        """What a request to `url` gets added."""
        return self._credentials.headers() if self._credentials and self.belong_to(url) else {}

    def sent(self, url: httpx.URL) -> httpx.URL:
        """The address as it goes over the wire: without user and password, with a secret parameter for its origin."""
        clean = self.shown(url)
        return self._credentials.with_query(clean) if self._credentials and self.belong_to(clean) else clean

    def shown(self, url: httpx.URL) -> httpx.URL:
        """The address as it may be shown, kept and followed: without any secret of ours."""
        clean = url.copy_with(userinfo=b"", fragment=None)
        return self._credentials.without_query(clean) if self._credentials else clean

    def leaks(self, text: str) -> bool:
        """Whether the secret is in `text`."""
        return any(trace in text for trace in self._traces)

    def scrubbed(self, text: str) -> str:
        """`text` with the secret made unreadable."""
        for trace in self._traces:
            text = text.replace(trace, _HIDDEN)
        return text

    def scrubbed_bytes(self, content: bytes) -> bytes:
        """As `scrubbed`, for the body of an answer."""
        for trace in _encoded(self._traces):
            content = content.replace(trace, _HIDDEN.encode())
        return content


def origin_of(url: httpx.URL) -> Origin:
    """Scheme, host (lower case, in its ASCII form) and port."""
    return url.scheme, url.raw_host.decode("ascii").lower(), url.port or _PORTS.get(url.scheme, 0)


def without_credentials(address: str) -> str:
    """`address` without user and password, for messages."""
    return _USERINFO.sub(r"\1", address)


def shown_address(address: str) -> str:
    """`address` as anybody may see it: without user and password, and without the values of parameters that are keys by
    their names. Somebody may have typed one there, or a source have put one into its links.
    """
    return _SECRET.sub(rf"\1{_HIDDEN}", without_credentials(address))


def _encoded(traces: Iterable[str]) -> list[bytes]:
    return [trace.encode("utf-8", "replace") for trace in traces]
