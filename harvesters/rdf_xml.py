"""RDF/XML: streamed where it is sound, mended or taken apart where it is not, and never expanded without bound.

The parser expands entities, so a document type that could make them grow is refused before it sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from pathlib import Path

import pyoxigraph
from lxml import etree

from harvesters.rdf_troubles import Triple, Troubles, Unreadable, reason, triple
from opendata.errors import SourceError
from opendata.harvesting.xml import MalformedXml, fragments, parse, parse_fragment, readable

MAX_MENDED = 64 * 1024 * 1024
"""Bytes of a broken document that are read into memory to be mended."""
_HEAD = 256 * 1024
_FORMAT = pyoxigraph.RdfFormat.RDF_XML
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_NAME = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_ASIDE = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_TAIL = 4096
_ROOT = re.compile(rb"<[A-Za-z_]")
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?\S+\s+(?:\"([^\"]*)\"|'([^']*)'|(\w+))")
_MAX_ENTITIES, _MAX_ENTITY = 200, 300
_FOREIGN = re.compile(rb"\A\s*<\?xml[^>]*?\bencoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE)
_REFERENCE = re.compile(r"&(#?[A-Za-z0-9]{1,31};)?")
_OWN = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_PARTS = ("Dataset", "DatasetSeries", "Distribution", "Organization", "Agent", "Description")


def triples(path: Path, base: str, troubles: Troubles) -> Iterator[Triple]:
    """Every triple that can be read; what could not is named in `troubles`. SourceError for dangerous documents."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    _refuse_growing(head, base)
    foreign = head[:2] in (b"\xff\xfe", b"\xfe\xff") or bool(_FOREIGN.match(head))
    if not foreign and _is_closed(path, head) and not _fault(path, base):
        yield from _parsed(path, base)
    elif path.stat().st_size > MAX_MENDED:
        raise SourceError(f"{base} is RDF/XML that is not well-formed, and with more than {MAX_MENDED} bytes too large "
                          "to be mended")  # fmt: skip
    else:
        yield from _mended(path.read_bytes(), base, troubles)


def _refuse_growing(head: bytes, base: str) -> None:
    """SourceError for entities that hold entities, that are read from elsewhere, or that are many or long."""
    start = head.find(b"<!DOCTYPE")
    if start < 0:
        return
    root = _ROOT.search(head, start)
    declared = head[start : root.start() if root else len(head)]
    entities = _ENTITY.findall(declared)
    wrong = any(percent or word or b"&" in one + two or len(one + two) > _MAX_ENTITY
                for percent, one, two, word in entities)  # fmt: skip
    if root is None or wrong or declared.count(b"<!ENTITY") != len(entities) or len(entities) > _MAX_ENTITIES:
        raise SourceError(f"{base} declares entities that could grow without bound; it is not read")


def _is_closed(path: Path, head: bytes) -> bool:
    """Whether the last tag closes the first one: the parser takes a document that breaks off between tags for whole."""
    root = _NAME.search(_ASIDE.sub(b"", head))
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        tail = _ASIDE.sub(b"", file.read()).rstrip()
    return root is not None and re.search(rb"</" + re.escape(root[1]) + rb"\s*>\Z", tail) is not None


def _parsed(source: Path | bytes, base: str) -> Iterator[Triple]:
    """The triples of a well-formed document. SyntaxError where it is none."""
    given = {"path": source} if isinstance(source, Path) else {"input": source}
    for quad in pyoxigraph.parse(format=_FORMAT, base_iri=base, lenient=True, **given):
        yield triple(quad)


def _fault(source: Path | bytes, base: str) -> str:
    """Why it cannot be parsed to its end, "" where it can: a second pass is cheap, and taking triples back is not."""
    try:
        for _ in _parsed(source, base):
            pass
    except Unreadable as error:
        return reason(error) or "not RDF/XML"
    return ""


def _mended(content: bytes, base: str, troubles: Troubles) -> Iterator[Triple]:
    """The triples of a document with wrong bytes or entities, in another encoding, or inside another document."""
    text, repairs = readable(content)
    text = _REFERENCE.sub(_reference, text)
    for repair in repairs:
        troubles.mended(repair)
    try:
        inside = [_without_stray_text(element) for element in parse(text.encode()).iter(_RDF)]
        why = "the XML is sound, but there is no RDF in it"
    except MalformedXml as error:
        inside, why = [], str(error)
    faults = [fault for one in inside if (fault := _fault(one, base))]
    if inside and not faults:
        for one in inside:
            yield from _parsed(one, base)
    else:
        yield from _by_parts(text, base, (faults or [why])[0], troubles)


def _without_stray_text(element: etree._Element) -> bytes:
    """The element without the labels that some programs write beside rdf:resource, where nothing may stand."""
    for one in element.iter():
        if isinstance(one.tag, str) and one.get(_RESOURCE) is not None:
            one.text = None
            for child in list(one):
                one.remove(child)
    return etree.tostring(element, with_tail=False)


def _by_parts(text: str, base: str, why: str, troubles: Troubles) -> Iterator[Triple]:
    """The triples of each dataset, distribution and body that is sound by itself."""
    lost = False
    for name in _PARTS:
        for fragment in fragments(text, name):
            if troubles.is_full:
                return
            try:
                part = _without_stray_text(parse_fragment(fragment, text).root)
                fault = _fault(part, base)
            except MalformedXml as error:
                part, fault = b"", str(error)
            if not fault:
                yield from _parsed(part, base)
                continue
            lost = True
            line = text.count("\n", 0, max(0, text.find(fragment[:300]))) + 1
            troubles.add(line, f"{name}: {fault}", value=fragment[:300])
    if not lost:
        troubles.add(_line_of(why), why)


def _line_of(why: str) -> int:
    found = re.search(r"line (\d+)", why)
    return int(found[1]) if found else 0


def _reference(match: re.Match[str]) -> str:
    """A reference that XML knows as it is, one of HTML as its character, a bare ampersand escaped."""
    name = match.group(1)
    if name is None:
        return "&amp;"
    if name in _OWN or name.startswith("#"):
        return match.group(0)
    known = html5.get(name)
    return escape(known) if known else f"&amp;{name}"
