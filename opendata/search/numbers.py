"""Numbers that name a study, a contract or a publication: the spellings under which a text may hold them."""

from __future__ import annotations

import re

from opendata.catalog import identifiers

_BREAKS = re.compile(r"[\W_]+")
_DOI_ADDRESS = re.compile(
    r"^(?:https?://(?:dx\.|www\.)?doi\.org/|doi\.org/|doi:|info:doi/|urn:doi:|(?=10\.\d))", re.IGNORECASE
)


def spellings(piece: str) -> tuple[str, ...]:
    """What to look for instead of `piece`: a DOI without its address, a register number in letters of both scripts."""
    if _DOI_ADDRESS.match(piece) and (doi := identifiers.doi(piece)):
        return (doi,)
    bare = _BREAKS.sub("", piece)
    if len(bare) <= 14:
        for number in (identifiers.register_number(piece), identifiers.registration_number(piece)):
            if len(number) == len(bare):
                return identifiers.in_both_scripts(number)
    return (piece,)
