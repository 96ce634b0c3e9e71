"""A file on its way: goes on where it broke off, if the source still has the same one (RFC 9110 §13.1.5 and §14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from opendata.errors import TooLarge
from opendata.harvesting.answers import body, nothing
from opendata.harvesting.contract import Response
from opendata.harvesting.credentials import Bound, without_credentials
from opendata.harvesting.failures import FetchError, Passing

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,300}")


def conditions(etag: str, last_modified: str) -> dict[str, str]:
    """Headers that ask only for what has changed since an answer with these marks."""
    named = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
    return {name: value for name, value in named if _PRINTABLE.fullmatch(value)}


@dataclass
class Transfer:
    """One download into `target`, over any number of attempts.

    `offset` bytes of `target` are there already, with the marks of the answer that they came from. `begun` gets status
    and headers of each answer before its body.
    """

    target: Path
    max_bytes: int
    offset: int = 0
    etag: str = ""
    last_modified: str = ""
    begun: Callable[[Response], None] | None = None

    def __post_init__(self) -> None:
        had = self.target.stat().st_size if self.target.exists() else 0
        if self.offset and (self.offset > had or not self._mark()):
            self.offset, self.etag, self.last_modified = 0, "", ""

    def headers(self) -> dict[str, str]:
        """What the next request asks for. Ranges count bytes as they are sent, hence no compression."""
        plain = {"Accept-Encoding": "identity"}
        if self.offset:
            return plain | {"Range": f"bytes={self.offset}-", "If-Range": self._mark()}
        return plain | conditions(self.etag, self.last_modified)

    def take(self, answer: httpx.Response, bound: Bound) -> Response:
        """Write what came. Passing where it broke off: the next attempt goes on from there, or begins anew."""
        said = nothing(answer, bound)
        if said.not_modified:
            return said
        total = self._continued(answer) if answer.status_code == 206 else None
        if answer.status_code != 206:
            self.offset = 0
        self.etag, self.last_modified = said.etag, said.last_modified
        if self.begun:
            self.begun(said)
        self._write(answer)
        if total is not None and self.target.stat().st_size != total:
            have = self.target.stat().st_size
            self._anew()
            raise Passing(_error(answer, f"{total} bytes were announced, {have} are here"), answer.request.url.host)
        return said

    def _continued(self, answer: httpx.Response) -> int | None:
        """The announced size of the whole file. Passing where this is not the part that was asked for."""
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        plain = answer.headers.get("content-encoding", "identity").strip().lower() == "identity"
        if not (match and plain and self.offset and int(match[1]) == self.offset and int(match[2]) >= self.offset):
            self._anew()
            raise Passing(_error(answer, "another part came than was asked for"), answer.request.url.host)
        total = None if match[3] == "*" else int(match[3])
        if max(total or 0, int(match[2]) + 1) > self.max_bytes:
            raise TooLarge(f"{_address(answer)} has {total or int(match[2])} bytes; the cap is {self.max_bytes}")
        return int(match[2]) + 1 if total is None else total

    def _write(self, answer: httpx.Response) -> None:
        try:
            with self.target.open("r+b" if self.offset else "wb") as file:
                file.truncate(self.offset)
                file.seek(self.offset)
                for piece in body(answer, self.max_bytes - self.offset):
                    file.write(piece)
        except BaseException:
            self._broken(answer)
            raise

    def _broken(self, answer: httpx.Response) -> None:
        """What is here counts only if it can be said of which file it is the beginning."""
        plain = answer.headers.get("content-encoding", "identity").strip().lower() == "identity"
        if self._mark() and plain and self.target.exists():
            self.offset = self.target.stat().st_size
        else:
            self._anew()

    def _anew(self) -> None:
        self.offset, self.etag, self.last_modified = 0, "", ""

    def _mark(self) -> str:
        """What If-Range may say: a strong ETag or a date, "" for neither."""
        strong = self.etag if self.etag.startswith('"') else self.last_modified
        return strong if _PRINTABLE.fullmatch(strong) else ""


def _error(answer: httpx.Response, reason: str) -> FetchError:
    return FetchError(_address(answer), answer.status_code, reason)


def _address(answer: httpx.Response) -> str:
    return without_credentials(str(answer.request.url.copy_with(query=None)))
