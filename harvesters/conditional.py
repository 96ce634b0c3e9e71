"""A source that is one document: fetched only where it has changed, as its server or its bytes say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from opendata.errors import SourceError, TooLarge
from opendata.harvesting.contract import Client, Response

MAX_BYTES = 1024**3
"""Of one document. It is on disk, never in memory as a whole."""


class AsBefore(Exception):
    """The document is what it was at the last complete run; `reason` says how that is known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer whose content is in a file; `marks` are what a later run may give as `known`."""

    response: Response
    marks: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """Of the content, in hex."""
        return self.marks["sha256"]


def fetched(client: Client, url: str, path: Path, *, accept: str, known: Mapping[str, str]) -> Fetched:
    """The document at `url` in the file `path`. AsBefore where it is the one that `known` marks."""
    try:
        response = client.download(
            url, path, max_bytes=MAX_BYTES, accept=accept,
            etag=known.get("etag", ""), last_modified=known.get("last_modified", ""),
        )  # fmt: skip
    except TooLarge as error:
        raise SourceError(error.message) from error
    if response.not_modified:
        raise AsBefore("the source answered 304 Not Modified")
    with path.open("rb") as file:
        mark = hashlib.file_digest(file, "sha256").hexdigest()
    if known.get("sha256") == mark:
        raise AsBefore("the document is byte for byte what it was")
    marks = {"etag": response.etag, "last_modified": response.last_modified, "sha256": mark}
    return Fetched(response, {name: value for name, value in marks.items() if value})
