"""A whole folder of real files over HTTP: each as what it is, and as the answer of the service that it was taken from.

/<path> gives the file. /oai/<path> is an OAI interface whose only list is the file (of a folder: all records in it; of
a bare record, or the answer to GetRecord: that one); what the file has no answer to is stood in for, as in
tests.servers.replay. /ckan/<path> is a CKAN with the packages that the file holds, or, where it holds none, with the
file as its answer to package_search and package_list. /sitemap/<path> lists all that is below a folder.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tests.servers.ckan import Portal, portal_answer
from tests.servers.local import Asked, LocalServer, Reply, serve
from tests.servers.replay import Answers, by_cassette, by_recording, oai_answer, plain_xml
from tests.servers.site import urlset

_MEDIA_TYPES = {
    ".jsonld": "application/ld+json",
    ".ttl": "text/turtle",
    ".rdf": "application/rdf+xml",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
}
_RECORD = re.compile(rb"<record[ >].*?</record>", re.DOTALL)
_FORMATS = {"dc": "oai_dc", "metadata": "xoai", "rioxx": "rioxx", "codeBook": "oai_ddi25", "resource": "oai_datacite"}
"""The format of a bare record by its root element."""
_API = "/api/3/action/"


@contextmanager
def everything_server(root: Path) -> Iterator[LocalServer]:
    """The folder `root` until the end of the block."""
    oai = cache(lambda path: _oai(root / path))
    ckan = cache(lambda path: _portal(root / path))

    def answer(asked: Asked) -> Reply:
        kind, _, rest = unquote(asked.path).lstrip("/").partition("/")
        if kind == "robots.txt":
            return Reply(b"User-agent: *\nAllow: /\n")
        if kind == "sitemap":
            listed = {f"{server.url}/{quote(path)}": "" for path in files_below(root, rest)}
            return Reply(urlset(listed).encode(), media_type="application/xml")
        if kind == "oai":
            answers, prefix = oai(rest)
            return oai_answer(answers, asked.query, prefix)
        if kind == "ckan":
            path, api, _ = rest.partition(_API)
            return portal_answer(ckan(path), asked, f"/ckan/{path}") if api else Reply(status=404)
        return _file(root / kind / rest)

    with serve(answer) as server:
        yield server


def files_below(root: Path, folder: str) -> list[str]:
    """Paths of all files below a folder of `root`, from there, in order."""
    return sorted(str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file())


def packages_in(path: Path) -> list[Any]:
    """The CKAN packages of a file, whatever they are wrapped in; those without an id get the file's name."""
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    found: list[Any] = []
    for number, line in enumerate(lines):
        with suppress(ValueError):  # not every file is JSON
            found += _inside(json.loads(line), f"{path.stem}-{number}")
    return found


def _inside(value: Any, name: str) -> list[Any]:
    if isinstance(value, dict) and ("resources" in value or "notes" in value or "notes_translated" in value):
        return [{"id": name} | value]
    if isinstance(value, dict):
        value = next((value[key] for key in ("result", "results") if key in value), [])
    if isinstance(value, dict):
        return _inside(value, name)
    parts = value if isinstance(value, list) else []
    return [one for number, part in enumerate(parts) for one in _inside(part, f"{name}-{number}")]


def _file(path: Path) -> Reply:
    if not path.is_file():
        return Reply(b"nothing here", 404)
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Reply(path.read_bytes(), media_type=media_type)


def _portal(path: Path) -> Portal:
    packages = packages_in(path)
    if not packages:
        return Portal(only={"package_search": path.read_bytes(), "package_list": path.read_bytes()})
    return Portal(size=len(packages), replaced=tuple(enumerate(packages)))


def oai_format(path: Path) -> str:
    """The metadataPrefix that the interface made of a file or folder offers."""
    if path.is_dir():
        return "xoai" if _RECORD.search(_first(path)) else "oai_datacite"
    content = path.read_text("utf-8", "replace")
    if path.suffix == ".xml" and (root := _root(content)) != "OAI-PMH":
        return _FORMATS.get(root, "oai_dc")
    asked = re.search(r"metadataPrefix=[\"']?(\w+)", content)
    return asked[1] if asked else "oai_dc"


def _oai(path: Path) -> tuple[Answers, str]:
    """The answers of a file or folder, and the format that it offers."""
    offered = oai_format(path)
    if path.suffix == ".yaml":
        return by_cassette(path.read_text(), lambda query: True), offered
    if path.suffix == ".json":
        return by_recording(path), offered
    if path.is_dir():
        return _only_list(_listed(sorted(path.glob("*.xml")))), offered
    content = path.read_bytes()
    if path.suffix == ".xml" and _root(content.decode("utf-8", "replace")) in _FORMATS:
        content = _listed([path])
    return _only_list(content.replace(b"GetRecord>", b"ListRecords>")), offered


def _root(content: str) -> str:
    """Name of the root element, without its prefix."""
    found = re.search(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)", re.sub(r"<!--.*?-->", "", content, flags=re.DOTALL))
    return found[1] if found else ""


def _only_list(body: bytes) -> Answers:
    page = plain_xml(body)

    def answers(query: Mapping[str, str]) -> Reply | None:
        return page if query.get("verb") == "ListRecords" and "resumptionToken" not in query else None

    return answers


def _first(folder: Path) -> bytes:
    return min(folder.glob("*.xml")).read_bytes()


def _listed(paths: list[Path]) -> bytes:
    """Files as one list: whole records as they are, others as the metadata of one."""
    records = []
    for path in paths:
        content = re.sub(rb"<\?xml.*?\?>|<!--.*?-->", b"", path.read_bytes().removeprefix(b"\xef\xbb\xbf"), flags=re.S)
        name = quote(str(path.relative_to(path.parents[2]))).encode()
        header = b"<header><identifier>" + name + b"</identifier><datestamp>2024-01-01</datestamp></header>"
        whole = b"<record>" + header + b"<metadata>" + content + b"</metadata></record>"
        records.append(content if _RECORD.search(content) else whole)
    body = b"<ListRecords>" + b"".join(records) + b"</ListRecords>"
    return b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">' + body + b"</OAI-PMH>"
