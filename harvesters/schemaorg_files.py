"""The files of a schema.org node: its distributions, encodings and content addresses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from harvesters.links import file_name, is_address
from harvesters.schemaorg_graph import Graph, Node, type_names
from harvesters.schemaorg_values import plain_text, text_of, texts
from harvesters.terms import sha256_in, when
from opendata.catalog import licenses, vocabularies
from opendata.catalog.records import ResourceRecord
from opendata.catalog.values import Disclosure, Extra, Text
from opendata.errors import Problem

_SIZE = re.compile(r"([\d .,]{1,20}?)\s*(b|bytes?|байт|[kmgt]i?b|[кмгт]б)?\s*\Z", re.IGNORECASE)
_MAX_FILES = 1_000
_PROPERTIES = ("distribution", "encoding", "encodings", "associatedMedia", "media", "hasDigitalDocument")


def resources_of(
    graph: Graph, node: Node, base: str, disclosure: Disclosure, warnings: list[Problem]
) -> tuple[ResourceRecord, ...]:
    """The files of a record; addresses are completed by `base`. Parts of one archive, and patterns, are no files."""
    made: dict[str, ResourceRecord] = {}
    values = [one for name in _PROPERTIES for one in graph.all(node, name)]
    own = {"contentUrl": node.get("contentUrl") or node.get("downloadUrl"), "fileSize": node.get("fileSize")}
    for value in [*values, *([{**node, **own}] if own["contentUrl"] else [])][:_MAX_FILES]:
        one = _resource(graph, value, len(made), base, warnings)
        if one is not None and one.key not in made:
            made[one.key] = one
    for repository in graph.all(node, "codeRepository"):
        address = _address(plain_text(repository), base)
        if address and address not in made:
            made[address] = ResourceRecord(key=address, position=len(made), access_url=address)
    found = tuple(made.values())
    if not found and disclosure.strictness:
        return (ResourceRecord(key="closed", access_url=_address(plain_text(node.get("url")), base) or base,
                               disclosure=disclosure),)  # fmt: skip
    return tuple(replace(one, disclosure=disclosure) for one in found)


def _resource(graph: Graph, value: Any, position: int, base: str, warnings: list[Problem]) -> ResourceRecord | None:
    if isinstance(value, str):
        value = {"contentUrl": value}
    if not isinstance(value, dict) or "cr:FileSet" in type_names(value) or value.get("containedIn"):
        return None
    url = _address(next(iter(texts(graph.all(value, "contentUrl", "downloadUrl", "embedUrl"))), ""), base)
    page = _address(next(iter(texts(graph.all(value, "url", "accessUrl"))), ""), base)
    if not url and not page:
        stated = plain_text(value.get("contentUrl")) or plain_text(value.get("name"))
        problem = Problem("resource-address", f"a file has no address: {stated[:200]!r}", "resources", str(position),
                          severity="warning", value=stated[:200])  # fmt: skip
        warnings.append(problem)
        return None
    formats = texts(graph.all(value, "encodingFormat", "fileFormat", "programmingLanguage"))
    media_type = next((one.lower() for one in formats if re.fullmatch(r"[\w.+-]+/[\w.+-]+(;.*)?", one)), "")
    name = file_name(url)
    stated = next((one for one in formats if "/" not in one), "")
    stated_license = "\n".join(texts(graph.all(value, "license")))
    matched = licenses.match(stated_license) if stated_license else None
    return ResourceRecord(
        key=url or page,
        name=text_of(graph, graph.all(value, "name")) or Text.of(name),
        description=text_of(graph, graph.all(value, "description")),
        position=position,
        filename=name,
        format=vocabularies.format_of(stated, media_type, name) or stated[:50],
        media_type=media_type.split(";")[0],
        byte_size=size_of(plain_text(value.get("contentSize")) or plain_text(value.get("fileSize"))),
        checksum=_checksum(graph, value),
        download_url=url,
        access_url=page if page != url else "",
        language=next(
            filter(None, (vocabularies.language_code(one) for one in texts(graph.all(value, "inLanguage")))), ""
        ),
        license_id=matched.id if matched else "",
        license_text=stated_license,
        issued=when(plain_text(value.get("datePublished")), "resources", warnings, str(position)),
        modified=when(
            plain_text(value.get("dateModified") or value.get("uploadDate")), "resources", warnings, str(position)
        ),
        extras=tuple(Extra("md5", text) for text in texts(graph.all(value, "md5"))),
    )


def _address(text: str, base: str) -> str:
    """An http address, completed by the page's; "" for none."""
    if not text or text.startswith(("#", "data:", "javascript:")):
        return ""
    try:
        whole = urljoin(base, text.strip())
    except ValueError:
        return ""
    return whole.replace(" ", "%20") if is_address(whole) else ""


def size_of(text: str) -> int | None:
    """Bytes in "12345" or "12345 bytes"; None for "1.2 MB" and the like, which are no counts."""
    found = _SIZE.match(text.strip())
    if found is None or (found[2] or "b").lower() not in ("b", "byte", "bytes", "байт"):
        return None
    digits = re.sub(r"[ ,]", "", found[1])
    return int(digits) if digits.isdecimal() and 0 < len(digits) < 19 else None


def _checksum(graph: Graph, value: Node) -> str:
    stated = [plain_text(value.get(name)) for name in ("sha256", "checksum")]
    spdx = (one for one in graph.all(value, "spdx:checksum") if isinstance(one, dict))
    stated += [plain_text(one.get("spdx:checksumValue")) for one in spdx]
    return next(filter(None, map(sha256_in, stated)), "")
