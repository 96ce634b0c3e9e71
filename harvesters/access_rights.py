"""What sources say about who may have the data, as a Disclosure: shared words of EU, DCAT-US, COAR and repositories."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from opendata.catalog.values import Disclosure, DisclosureStatus, Text

_OPEN, _CLOSED, _LATER = DisclosureStatus.OPEN, DisclosureStatus.WITHHELD, DisclosureStatus.EMBARGOED
# The last part of the address, or the whole word. EU access-right authority table; accessLevel of Project Open Data;
# COAR access rights; info:eu-repo; eprints.org; words that portals use.
_STATUS = {
    "public": _OPEN, "open": _OPEN, "openaccess": _OPEN, "open access": _OPEN, "c_abf2": _OPEN, "unrestricted": _OPEN,
    "restricted": _CLOSED, "non_public": _CLOSED, "non-public": _CLOSED, "non public": _CLOSED, "nonpublic": _CLOSED,
    "confidential": _CLOSED, "sensitive": _CLOSED, "restricted public": _CLOSED, "restricted-public": _CLOSED,
    "private": _CLOSED, "closed": _CLOSED, "closedaccess": _CLOSED, "restrictedaccess": _CLOSED,
    "closed access": _CLOSED, "restricted access": _CLOSED, "c_14cb": _CLOSED, "c_16ec": _CLOSED, "internal": _CLOSED,
    "embargoedaccess": _LATER, "embargoed access": _LATER, "embargoed": _LATER, "c_f1cf": _LATER,
    "restricted - fully": _CLOSED, "restricted - partly": _CLOSED, "restricted - possibly": _CLOSED,
    "publicly available": _OPEN, "freely available": _OPEN,
}  # fmt: skip
_NOTHING = Text()
_LAST = re.compile(r"[/#:]")


def status_of(text: str) -> DisclosureStatus | None:
    """The status that an address or word names, None for a sentence or an unknown one."""
    bare = text.strip().rstrip("/.").casefold()
    return _STATUS.get(bare) or _STATUS.get(_LAST.split(bare)[-1])


def disclosure(
    words: Iterable[str], reason: Text = _NOTHING, until: dt.date | None = None, legal_ground: str = ""
) -> Disclosure | None:
    """The strictest of what `words` name, with its reason; None where none of them names anything.

    What is closed and has a day from which it is available is under embargo until then.
    """
    found = [status for word in words if (status := status_of(word)) is not None]
    if not found:
        return None
    strictest = max(found, key=(_OPEN, _LATER, _CLOSED).index)
    if strictest is _OPEN:
        return Disclosure()
    if until is not None:
        strictest = _LATER
    return Disclosure(strictest, until, legal_ground, reason)
