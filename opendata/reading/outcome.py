"""How the reading of a file can end before its end, and what may leave the child process as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from opendata.catalog.records import TextStatus

Emit = Callable[[str], None]
"""Takes the text of the next page."""

_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


class Stop(Exception):
    """Reading ends here: with this status, for this reason. `code` and `filled` say the same for a table of messages
    (catalog.upload_problems), where it has one.
    """

    def __init__(
        self, status: TextStatus, reason: str, code: str = "", filled: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.filled = dict(filled or {})


def failed(reason: str) -> Stop:
    """Broken or encrypted."""
    return Stop(TextStatus.FAILED, reason)


def too_large(reason: str) -> Stop:
    """Over a limit."""
    return Stop(TextStatus.TOO_LARGE, reason)


def too_long(sheet: str, most: int) -> Stop:
    """A sheet with more rows than are taken at once."""
    filled = {"sheet": sheet, "most": str(most)}
    return Stop(TextStatus.TOO_LARGE, f"the sheet {sheet!r} has more than {most} filled rows", "sheet_too_long", filled)


def clean(text: str) -> str:
    """`text` with "\\n" line ends, without control characters, signs that turn the direction of what follows,
    byte order marks, lone surrogates and non-characters.
    """
    return _BLANK_LINES.sub("\n\n", clean_lines(text))


def clean_lines(text: str) -> str:
    """As `clean`, with every empty line kept: where lines are counted."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str, most: int = 500) -> str:
    """`text` on one line of at most `most` characters."""
    return " ".join(clean(text[: most * 4]).split())[:most]
