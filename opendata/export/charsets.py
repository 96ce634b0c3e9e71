"""Names of charsets as everybody else knows them."""

from __future__ import annotations

import re

_CHARSETS = {
    "utf-8-sig": "utf-8",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "cp866": "ibm866",
    "mac-cyrillic": "x-mac-cyrillic",
}


def charset_name(encoding: str) -> str:
    """The name that browsers know for a charset of Python (WHATWG Encoding, §4.2)."""
    if encoding in _CHARSETS:
        return _CHARSETS[encoding]
    return re.sub(r"^cp(?=125\d$)", "windows-", re.sub(r"^iso8859[-_]", "iso-8859-", encoding))
