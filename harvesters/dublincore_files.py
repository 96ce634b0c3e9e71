"""From identifiers, formats and rights of Dublin Core to the files of a record, and who may have them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harvesters.links import file_name, is_resolver, leads_to_file, urls_in
from harvesters.terms import when
from opendata.catalog import vocabularies
from opendata.catalog.records import ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.errors import Problem

# https://guidelines.openaire.eu: access levels and embargo dates of info:eu-repo, COAR access rights, and plain words.
_LEVEL = re.compile(
    r"info:eu-repo/semantics/(\w+)|purl\.org/coar/access_right/(c_\w+)|^\s*(\w+)[ -]?access\s*$", re.IGNORECASE
)
_EMBARGO_END = re.compile(r"info:eu-repo/date/embargoEnd/\s*(.+)", re.IGNORECASE)
_STATUS = {
    "closedaccess": DisclosureStatus.WITHHELD,
    "restrictedaccess": DisclosureStatus.WITHHELD,
    "embargoedaccess": DisclosureStatus.EMBARGOED,
    "openaccess": DisclosureStatus.OPEN,
    "c_14cb": DisclosureStatus.WITHHELD,
    "c_16ec": DisclosureStatus.WITHHELD,
    "c_f1cf": DisclosureStatus.EMBARGOED,
    "c_abf2": DisclosureStatus.OPEN,
}
BYTES = re.compile(r"^\s*(\d{1,15})\s*(?:bytes?|b)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Access:
    """What rights and dates say about access; `dates` are the texts that were read as the embargo's end."""

    disclosure: Disclosure
    dates: tuple[str, ...] = ()


def access_of(rights: Sequence[str], dates: Sequence[str], warnings: list[Problem]) -> Access:
    """The strictest level stated. An embargo with an end that nobody can read stays closed, with a warning."""
    levels = [level for text in rights if (level := _level(text)) is not None]
    ends = [(text, match.group(1)) for text in [*dates, *rights] if (match := _EMBARGO_END.search(text))]
    days = [date.first_day() for _, end in ends if (date := when(end, "access", warnings))]
    texts = tuple(text for text, _ in ends)
    if DisclosureStatus.WITHHELD in levels:
        return Access(Disclosure(DisclosureStatus.WITHHELD), texts)
    if DisclosureStatus.EMBARGOED in levels or ends:
        return Access(Disclosure(DisclosureStatus.EMBARGOED, until=max(days, default=None)), texts)
    return Access(Disclosure(), texts)


def resources_of(
    texts: Sequence[str], formats: Sequence[str], access: Access
) -> tuple[str, tuple[ResourceRecord, ...]]:
    """The landing page ("" for none) and the files behind the addresses in `texts`."""
    urls = list(dict.fromkeys(url for text in texts for url in urls_in(_without_type(text))))
    files = [url for url in urls if leads_to_file(url)]
    pages = sorted((url for url in urls if url not in files), key=lambda url: not is_resolver(url))
    landing_page = pages[0] if pages else ""
    types = [name for text in formats if (name := vocabularies.format_of(media_type=_without_url(text)))]
    sizes = [int(match.group(1)) for text in formats if (match := BYTES.match(text))]
    # Types and sizes are the record's, not a file's: they are believed only where there is no choice.
    stated = types[0] if len(files) == 1 and len(set(types)) == 1 else ""
    size = sizes[0] if len(files) == 1 and len(sizes) == 1 else None
    found = [_file(url, n, stated, size, access) for n, url in enumerate(files)]
    others = [url for url in pages[1:] if not is_resolver(url)]
    found += [_page(url, n, access) for n, url in enumerate(others, start=len(found))]
    if not found and access.disclosure.strictness:
        # Nothing to open, but a reader should learn that there is something, and that it is closed.
        found = [ResourceRecord(key="closed", access_url=landing_page, disclosure=access.disclosure)]
    return landing_page, tuple(found)


def _level(text: str) -> DisclosureStatus | None:
    match = _LEVEL.search(text)
    if match is None:
        return None
    word = next(group for group in match.groups() if group).lower()
    return _STATUS.get(word) or _STATUS.get(f"{word}access")


def _file(url: str, position: int, stated: str, size: int | None, access: Access) -> ResourceRecord:
    name = file_name(url)
    format_name = vocabularies.format_of(filename=name) or stated
    return ResourceRecord(
        key=url,
        name=Text.of(name),
        position=position,
        filename=name,
        format=format_name,
        media_type=vocabularies.media_type_of(format_name) if format_name else "",
        byte_size=size,
        download_url=url,
        disclosure=access.disclosure,
    )


def _page(url: str, position: int, access: Access) -> ResourceRecord:
    return ResourceRecord(key=url, position=position, access_url=url, disclosure=access.disclosure)


def _without_type(text: str) -> str:
    """The address in "application/pdf https://…", spaces in its path included."""
    return re.sub(r"^[a-z]+/[\w.+-]+\s+(?=https?://)", "", text.strip(), flags=re.IGNORECASE)


def _without_url(text: str) -> str:
    return re.sub(r"https?://.*", "", text, flags=re.IGNORECASE).strip()
