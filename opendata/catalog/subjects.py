"""Subject codes: GRNTI (ГРНТИ/МРНТИ), OECD FORD and UDC. What a code is called, and what it belongs to."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from opendata.catalog.tables import table, text
from opendata.catalog.values import Subject, Text

SCHEMES = ("grnti", "ford", "udc", "other")
GRNTI_LANGUAGE = "ru"
"""The language of the rubricator's own names; those in others are translations of ours, and pages say so."""
_GRNTI = re.compile(r"(?<![\d.])(\d\d)(?:[.,](\d\d))?(?:[.,](\d\d))?(?![\d.]*\d)")
_FORD = re.compile(r"(?<![\d.])([1-6])(?:\.(\d{1,2}))?(?:\.\d{1,2})?(?![\d.]*\d)")


@cache
def grnti() -> dict[str, Text]:
    """Names of the first and second level by code ("06", "06.35"). The second level has no Kazakh names."""
    tables = table("grnti")
    entries = {**tables["level1"], **tables["level2"]}
    return {code: replace(text(entry), original=GRNTI_LANGUAGE) for code, entry in entries.items()}


@cache
def ford() -> dict[str, Text]:
    """Names of both levels of OECD FORD by code ("1", "1.2")."""
    return {code: text(entry) for code, entry in table("ford").items()}


def subject_path(code: str) -> tuple[str, ...]:
    """A code of points with the codes it belongs to, widest first: "06.35.51" is ("06", "06.35", "06.35.51")."""
    parts = [part for part in code.split(".") if part]
    return tuple(".".join(parts[: n + 1]) for n in range(len(parts)))


def subject_label(scheme: str, code: str) -> Text:
    """The name of `code`; of the nearest wider code that has one; the empty Text where nothing is known."""
    names = {"grnti": grnti, "ford": ford}.get(scheme)
    if names is None:
        return Text()
    known = names()
    return next((known[one] for one in reversed(subject_path(code)) if one in known), Text())


def grnti_codes(value: str) -> tuple[str, ...]:
    """The GRNTI codes in a text such as "МРНТИ 06.35.51, 06.75"; only those whose first level exists."""
    return tuple(
        dict.fromkeys(
            ".".join(part for part in found.groups() if part) for found in _GRNTI.finditer(value) if found[1] in grnti()
        )
    )


def ford_code(value: str) -> str:
    """The FORD code, to its second level, in "1.02.00", "1.2 Computer sciences" or "5"; "" where there is none."""
    found = _FORD.search(value)
    if found is None:
        return ""
    second = str(int(found[2])) if found[2] and int(found[2]) else ""
    code = f"{found[1]}.{second}" if second else found[1]
    return code if code in ford() else ""


def subject(scheme: str, code: str) -> Subject:
    """A Subject with its code in one form and with the name that we know for it."""
    if scheme == "grnti":
        code = next(iter(grnti_codes(code)), code)
    elif scheme == "ford":
        code = ford_code(code) or code
    return Subject(scheme if scheme in SCHEMES else "other", code, subject_label(scheme, code))
