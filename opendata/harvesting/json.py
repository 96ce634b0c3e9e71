"""JSON from strangers: parsed within bounds of depth and size, and mended where one bad value would spoil all others.

What sources really send: a byte order mark, UTF-16, NaN, lone surrogates and NUL (no database takes them), numbers of
thousands of digits, a web page under an error. Nesting and the number of values are bounded before anything is built:
64 MB of "[[],[],…" would take two gigabytes of memory.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from opendata.errors import SourceError
from opendata.harvesting.xml import looks_like_html

MAX_DEPTH: Final = 100
"""Lists and objects inside one another. Real metadata stays under 20; Python's own recursion ends near 1,000."""
MAX_CONTAINERS: Final = 2_000_000
"""Lists and objects in one document, about 200 bytes of memory each."""
MAX_VALUES: Final = 8_000_000
"""Values in one document, counted by commas (those in texts as well)."""

_INTEGER_DIGITS: Final = 18  # what every database holds
_BAD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_ESCAPE = re.compile(
    r"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<bad>u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000)|.)"
)


def parsed(content: bytes | str, *, of: str = "The answer") -> Any:
    """What `content` says; SourceError, naming the thing by `of`, where it is not JSON or over the bounds.

    NaN and infinite numbers come as None, whole numbers of more than 18 digits as text; lone surrogates, NUL and bytes
    that are not in the encoding as U+FFFD.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if looks_like_html(raw):
        raise SourceError(f"{of} is a web page, not JSON.")
    text = raw.decode(json.detect_encoding(raw), errors="replace").replace("\0", "\ufffd")
    _check_size(text, of)
    if _BAD_ESCAPE.search(text):
        text = _ESCAPE.sub(_mended, text)
    try:
        value = json.loads(text, parse_float=_float, parse_int=_integer, parse_constant=_none, strict=False)
    except RecursionError:
        raise SourceError(f"{of} nests lists and objects deeper than {MAX_DEPTH}.") from None
    except ValueError as error:
        raise SourceError(f"{of} is not JSON: {error}.") from error
    _check_depth(value, of)
    return value


def _check_size(text: str, of: str) -> None:
    if text.count("{") + text.count("[") > MAX_CONTAINERS:
        raise SourceError(f"{of} holds more than {MAX_CONTAINERS} lists and objects.")
    if text.count(",") > MAX_VALUES:
        raise SourceError(f"{of} holds more than {MAX_VALUES} values.")


def _check_depth(value: Any, of: str) -> None:
    """Level by level and without recursion, so that the check itself cannot be made to overflow."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for container in level for child in _inside(container) if isinstance(child, dict | list)]
        if not level:
            return
    raise SourceError(f"{of} nests lists and objects deeper than {MAX_DEPTH}.")


def _inside(container: Any) -> Any:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()


def _mended(match: re.Match[str]) -> str:
    return "\\ufffd" if match["bad"] else match.group(0)


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _INTEGER_DIGITS else text


def _none(_: str) -> None:
    return None
