"""What crosses the pipe between parent and child: one JSON object a line, so that nothing in it can run.

The parent trusts nothing that comes back: every value is checked for its type and every text is cleaned again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from opendata.catalog.records import TextStatus
from opendata.reading.contract import Extracted, Limits, Properties
from opendata.reading.outcome import clean, clean_line

_SAID = ("title", "author", "subject", "created", "language", "heading")
"""What properties say in one line each."""


def pack(message: Mapping[str, Any]) -> bytes:
    """`message` as one line. Plain ASCII, so lone surrogates cannot break it."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def unpack(line: bytes) -> dict[str, Any]:
    """The object in `line`. ValueError for anything else."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def limits_from(message: Mapping[str, Any]) -> Limits:
    """The limits that a request carries."""
    return Limits(**message)


def extracted_to(answer: Extracted) -> dict[str, Any]:
    """All of `answer` but its pages, which have gone ahead."""
    message = dataclasses.asdict(answer)
    del message["pages"]
    message["status"] = str(answer.status)
    return message


def extracted_from(message: Mapping[str, Any], pages: tuple[str, ...]) -> Extracted:
    """The answer of a child. KeyError, TypeError or ValueError where it is none."""
    stated = message["properties"]
    return Extracted(
        status=TextStatus(message["status"]),
        media_type=clean_line(str(message["media_type"]), 100),
        format=clean_line(str(message["format"]), 40),
        pages=pages,
        pages_total=max(0, int(message["pages_total"])),
        reason=clean_line(str(message["reason"]), 300),
        truncated=bool(message["truncated"]),
        properties=Properties(
            keywords=tuple(clean_line(str(word), 200) for word in stated["keywords"][:50]),
            **{name: clean_line(str(stated[name])) for name in _SAID},
        ),
    )


def page_from(message: Mapping[str, Any], most: int) -> str:
    """The page text in `message`, clean and of at most `most` characters."""
    return clean(str(message["page"])[:most])
