"""Text that a spreadsheet shows and never runs: formulas hidden in the cells of an exported table stay words.

After OWASP's page on CSV injection: a cell that begins with = + - @, a tab or a line end may be taken for a formula,
by some programs also behind blanks.
"""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The last four are the full-width signs, which some spreadsheets fold to the first four."""
_NUMBER = re.compile(r"[+-]?\d[\d  \u202f]*(?:[.,]\d+)?(?:[eE][+-]?\d+)?%?\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BLANKS = " \u00a0\u202f"


def inert(text: str) -> str:
    """`text` for a cell of CSV, without what no table can hold, and with an apostrophe before it where it could be a
    formula. Numbers stay as they are.
    """
    text = _UNPRINTABLE.sub("", text)
    if text.lstrip(_BLANKS).startswith(_STARTS) and not _NUMBER.match(text):
        return f"'{text}"
    return text
