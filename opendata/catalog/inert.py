"""Text that a spreadsheet shows and never runs: formulas hidden in the cells of an exported table stay words.

After OWASP's page on CSV injection: a cell that begins with = + - @, a tab or a line end may be taken for a formula.
"""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The last four are the full-width signs, which some spreadsheets fold to the first four."""
_NUMBER = re.compile(r"[+-]?\d[\d  \u202f]*(?:[.,]\d+)?(?:[eE][+-]?\d+)?%?\Z")


def inert(text: str) -> str:
    """`text` for a cell of CSV: with an apostrophe before it where it could be a formula; numbers stay as they are."""
    if text.startswith(_STARTS) and not _NUMBER.match(text):
        return f"'{text}"
    return text
