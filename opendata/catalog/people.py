"""Cells and fields that hold people, bodies or lists, as publishers write them."""

from __future__ import annotations

import re

from opendata.catalog import identifiers
from opendata.catalog.values import Contributor, ContributorRole

_ORCID_PART = re.compile(
    r"[\s,;(\[]*(?:orcid(?:\s*id)?\s*:?\s*)?(?:https?://(?:www\.)?orcid\.org/)?\d{4}-\d{4}-\d{4}-\d{3}[\dXx][\s)\]]*",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"\b(?:university|institute?|ministry|department|agency|committee|laborator|universit|centre|center|llp|ltd|gmbh"
    r"|council|bureau|office|authority|hochschule|stadt|kanton)|(?:amt|betriebe|departement|direktion|ministerium)\b"
    r"|университет|институт|министерств|комитет|департамент|агентств|академия|центр|лаборатори|ТОО|АО «|РГП"
    r"|министрліг|ғылыми|орталығы|академиясы|ЖШС",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*[;\n]\s*")


def contributor(name: str, role: ContributorRole = ContributorRole.CREATOR, *, hint: str = "") -> Contributor:
    """A person or body; an ORCID written into the name, or given in `hint`, is taken out of it."""
    orcid = identifiers.orcid(hint) or identifiers.orcid(name)
    bare = " ".join(_ORCID_PART.sub(" ", name).split()).strip(" ;") if orcid else " ".join(name.split())
    return Contributor(bare.rstrip(","), role, orcid=orcid, is_organization=bool(_BODY.search(bare)) and not orcid)


def split_list(text: str, *, people: bool = False) -> list[str]:
    """The parts of a cell that holds a list: by semicolons or lines; failing these by commas, save in names."""
    separator = _LIST if people or _LIST.search(text) else re.compile(r"\s*[;,]\s*")
    return [part for part in separator.split(text.strip()) if part]
