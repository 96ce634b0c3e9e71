"""Which address leads to a file and which to a page about it, as far as the address itself tells."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from opendata.catalog.vocabularies import format_of
from opendata.errors import SourceError

_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
# DSpace keeps files under /bitstream/ (with names) and, since version 7, /bitstreams/<uuid>/download; EPrints and older
# DSpace under /retrieve/.
_FILE_PATH = re.compile(r"/(?:bitstream|retrieve)/|/bitstreams/[0-9a-f-]{36}/(?:download|content)\b", re.IGNORECASE)
_PAGE_FORMATS = frozenset({"", "HTML", "XHTML", "PHP", "ASP", "JSP"})
_RESOLVERS = frozenset({"doi.org", "dx.doi.org", "hdl.handle.net", "www.doi.org", "n2t.net", "nbn-resolving.org"})


def source_address(url: str) -> SplitResult:
    """The parts of a source's address. SourceError where it is none."""
    try:
        return urlsplit(url.strip())
    except ValueError as error:
        raise SourceError(f"{url!r} is not an address: {error}") from error


def urls_in(text: str) -> list[str]:
    """The http addresses in `text`, each once; an address with spaces in its path runs to the end of the text."""
    stripped = text.strip()
    if stripped.lower().startswith(("http://", "https://")) and len(_URL.findall(stripped)) == 1:
        return [stripped.replace(" ", "%20")] if is_address(stripped.split()[0]) else []
    found = (match.group(0).rstrip(".,;)]") for match in _URL.finditer(stripped))
    return list(dict.fromkeys(url for url in found if is_address(url)))


def is_address(url: str) -> bool:
    """Whether `url` is http or https with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def leads_to_file(url: str) -> bool:
    """Whether the path says that a document is behind it: a file extension, or a repository's path for files."""
    parts = urlsplit(url)
    if (parts.hostname or "").lower() in _RESOLVERS:
        return False
    return bool(_FILE_PATH.search(parts.path)) or format_of(filename=file_name(url)) not in _PAGE_FORMATS


def is_resolver(url: str) -> bool:
    """Whether it is a DOI, handle or URN as an address: better for people than the repository's own."""
    return (urlsplit(url).hostname or "").lower() in _RESOLVERS


def file_name(url: str) -> str:
    """The last part of the path, readable; "" where it has no extension."""
    name = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")
    return name if "." in name else ""
