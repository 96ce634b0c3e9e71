"""XML from strangers: parsed without entities, network or DTD, within bounds, and survived where it is broken.

What sources really send: control characters that XML 1.0 forbids, bytes that are not in the declared encoding, HTML
entities, bare ampersands, a page that breaks off. Each step of repair is named, so that a record can carry the
warning. lxml's own recovery is not used: it drops what it does not understand without a word.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from html.entities import html5
from typing import Any

from lxml import etree

from opendata.catalog.xmltext import clean

_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,10});")
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"\A\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENTITY = re.compile(r"&(#?[A-Za-z0-9]{1,31};)?")
_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_NAMESPACE = re.compile(r"xmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_TEXT_CODECS = ("utf-8", "utf-16", "utf-32", "iso8859", "cp", "koi8", "mac", "gb", "big5", "euc", "shift", "ascii",
                "ptcp154", "kz1048", "iso2022", "tis", "hz", "johab")  # fmt: skip
"""How Python calls encodings of text. It knows others (zlib, hex, idna), which are none."""

MAX_ELEMENTS = 2_000_000
"""In one document, about 100 bytes of memory each."""
MAX_ATTRIBUTES = 256
"""Of one element: what reads them all takes time with their square."""
_WIDE = re.compile(rb"<[^<]{1000}")

CONTROL_CHARACTERS = "characters that XML does not allow were removed"
WRONG_BYTES = "bytes that are not in the declared encoding were replaced"
ENTITIES = "undeclared entities and bare ampersands were repaired"


class MalformedXml(Exception):
    """Not well-formed, over the parser's bounds, or with a document type that declares entities."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A root element, and what had to be repaired to get it ("" for nothing)."""

    root: etree._Element
    repairs: tuple[str, ...] = ()


def parse(content: bytes) -> etree._Element:
    """The root of well-formed XML. MalformedXml for all else; nothing is fetched, no entity is expanded."""
    if content.count(b"<") > MAX_ELEMENTS:
        raise MalformedXml(f"the document has more than {MAX_ELEMENTS} tags")
    try:
        root = etree.fromstring(content, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedXml(str(error)) from error
    dtd: Any = root.getroottree().docinfo.internalDTD  # the stubs know no entities
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise MalformedXml("the document declares entities, which are not expanded here")
    if _WIDE.search(content) and any(len(element.attrib) > MAX_ATTRIBUTES for element in root.iter(etree.Element)):
        raise MalformedXml(f"an element has more than {MAX_ATTRIBUTES} attributes")
    return root


def parse_leniently(content: bytes) -> Parsed:
    """As `parse`, and where that fails once more with illegal characters and wrong bytes taken out."""
    try:
        return Parsed(parse(content))
    except MalformedXml:
        text, repairs = readable(content)
        if not repairs:
            raise
        return Parsed(parse(text.encode()), repairs)


def readable(content: bytes) -> tuple[str, tuple[str, ...]]:
    """`content` as text without its declaration, holding only characters that XML allows; and what that took."""
    repairs: list[str] = []
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, errors="replace")
        repairs.append(WRONG_BYTES)
    kept = _REFERENCE.sub(_legal_reference, clean(text))
    if kept != text:
        repairs.append(CONTROL_CHARACTERS)
    return _DECLARATION.sub("", kept), tuple(repairs)


def fragments(text: str, name: str) -> Iterator[str]:
    """Each `<name>…</name>` of `text`, the last one to the end of the text where it is not closed. Not for nesting."""
    tag = rf"(?:[\w.-]+:)?{re.escape(name)}"
    opening, closing = re.compile(rf"<{tag}[\s>]"), re.compile(rf"</{tag}\s*>")
    position = 0
    while start := opening.search(text, position):
        following = opening.search(text, start.end())
        end = closing.search(text, start.end(), following.start() if following else len(text))
        position = end.end() if end else following.start() if following else len(text)
        yield text[start.start() : position]


def parse_fragment(fragment: str, context: str) -> Parsed:
    """The element of `fragment`, with the namespaces that the start of the document `context` declares."""
    shell = f"<shell {' '.join(_declared(context))}>"
    try:
        return Parsed(_only_child(f"{shell}{fragment}</shell>"))
    except MalformedXml:
        mended = _ENTITY.sub(_mended_entity, fragment)
        if mended == fragment:
            raise
        return Parsed(_only_child(f"{shell}{mended}</shell>"), (ENTITIES,))


def looks_like_html(content: bytes) -> bool:
    """Whether this is a web page, whatever its media type says."""
    start = re.sub(rb"<\?xml[^>]*\?>|<!--.*?-->", b"", content[:2000], flags=re.DOTALL).lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:15].lower().startswith((b"<!doctype html", b"<html"))


def local_name(element: etree._Element) -> str:
    """The tag without namespace; "" for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children called `name` in any namespace: many sources declare the wrong one."""
    return [child for child in element if local_name(child) == name]


def text_of(element: etree._Element | None) -> str:
    """All text inside, white space collapsed."""
    return "" if element is None else " ".join("".join(map(str, element.itertext(etree.Element))).split())


def prose_of(element: etree._Element) -> str:
    """All text inside, white space collapsed but for the empty lines between paragraphs."""
    return paragraphs("".join(map(str, element.itertext(etree.Element))))


def paragraphs(text: str) -> str:
    """The text with its white space collapsed but for the empty lines between paragraphs."""
    parts = (" ".join(part.split()) for part in _EMPTY_LINE.split(text))
    return "\n\n".join(filter(None, parts))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )


def _encoding(content: bytes) -> str:
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    declared = _ENCODING.match(content[:200])
    name = declared.group(1).decode("ascii") if declared else "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return known if known.startswith(_TEXT_CODECS) else "utf-8"


def _legal_reference(match: re.Match[str]) -> str:
    body = match.group(1)
    code = int(body[1:], 16) if body.startswith("x") else int(body)
    return match.group(0) if code <= 0x10FFFF and clean(chr(code)) else ""


def _mended_entity(match: re.Match[str]) -> str:
    name = match.group(1)
    if name is None:
        return "&amp;"
    if name in _XML_ENTITIES or name.startswith("#"):
        return match.group(0)
    known = html5.get(name)
    return escape(known) if known else f"&amp;{name}"


def _declared(context: str) -> list[str]:
    """The namespace declarations of the document's first elements, the first of each prefix."""
    found: dict[str, str] = {}
    for declaration in _NAMESPACE.findall(context[:4000].partition("<record")[0]):
        found.setdefault(declaration.partition("=")[0].strip(), declaration)
    return list(found.values())


def _only_child(document: str) -> etree._Element:
    shell = parse(document.encode())
    if len(shell) != 1:
        raise MalformedXml("the fragment is not one element")
    return shell[0]
