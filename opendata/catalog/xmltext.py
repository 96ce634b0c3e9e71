"""Text as XML 1.0 may hold it."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """`text` without the characters that no XML document may contain (XML 1.0 §2.2): control characters, surrogates."""
    return _FORBIDDEN.sub("", text)
