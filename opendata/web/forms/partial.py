"""The words of a form with files, without its files: read within a bound, of a body that nobody may have sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

MOST_BYTES = 8 * 1024**2
"""How much of the body is read; words behind a larger file are not had."""
MOST_PARTS = 1_000
PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Words:
    """The fields in their order, and whether there was a file among them that was chosen."""

    pairs: tuple[tuple[str, str], ...]
    file: bool


def words_of(stream: BinaryIO, content_type: str) -> Words:
    """The words of a multipart body as far as it can be read. Nothing of its files is kept anywhere."""
    pairs: list[tuple[str, str]] = []
    name, value, file = "", b"", False
    for event in _events(stream, parse_options_header(content_type)[1].get("boundary", "")):
        if isinstance(event, File):
            name, file = "", file or bool(event.filename)
        elif isinstance(event, Field):
            name, value = event.name, b""
        elif isinstance(event, Data) and name:
            value += event.data
            if not event.more_data:
                pairs.append((name, value.decode("utf-8", "replace")))
    return Words(tuple(pairs), file)


def _events(stream: BinaryIO, boundary: str) -> Iterator[Event]:
    """What stands in the body, until its end, its bound, or what is none."""
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), MOST_BYTES, max_parts=MOST_PARTS)
    left = MOST_BYTES if boundary else 0
    try:
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            left -= len(piece)
            decoder.receive_data(piece)
            while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
                yield event
    except (ValueError, RequestEntityTooLarge):  # cut short, or no multipart body at all
        return
