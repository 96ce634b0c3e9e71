"""What an OAI-PMH answer says: its records, its errors, its resumption token; also where the XML is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from opendata.errors import SourceError
from opendata.harvesting.contract import Response
from opendata.harvesting.xml import (
    MalformedXml,
    children,
    fragments,
    local_name,
    looks_like_html,
    parse_fragment,
    parse_leniently,
    readable,
    text_of,
)

_TOKEN = re.compile(r"<(?:[\w.-]+:)?resumptionToken\b[^>]*?(?:/>|>.*?</(?:[\w.-]+:)?resumptionToken\s*>)", re.DOTALL)

_END = re.compile(r"</(?:[\w.-]+:)?OAI-PMH\s*>\s*\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A resumptionToken (OAI-PMH 2.0 §3.5): value "" ends the list; -1 where a number is not given."""

    value: str
    complete_size: int = -1
    cursor: int = -1


@dataclass(frozen=True, slots=True)
class Item:
    """One record element, or the reason why there is none; `raw` is what it was read from."""

    element: etree._Element | None
    raw: bytes
    reason: str = ""
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `damage` says what was wrong with its XML as a whole, "" where it was well-formed.

    `cut` means that it breaks off: what came after it, and its token, nobody knows.
    """

    root: etree._Element | None
    items: tuple[Item, ...] = ()
    token: Token | None = None
    errors: tuple[tuple[str, str], ...] = ()
    damage: str = ""
    cut: bool = False


def read_answer(response: Response, name: str = "record") -> Answer:
    """The answer in `response`, with its elements called `name`. SourceError where it is no OAI-PMH at all."""
    try:
        parsed = parse_leniently(response.content)
    except MalformedXml as error:
        return _salvaged(response, str(error), name)
    root = parsed.root
    if local_name(root) != "OAI-PMH":
        raise SourceError(_stranger(response, local_name(root)))
    found = [element for verb in root for element in children(verb, name)]
    tokens = [element for verb in root for element in children(verb, "resumptionToken")]
    items = tuple(Item(element, _raw(element), repairs=parsed.repairs) for element in found)
    return Answer(root, items, _token(tokens[0]) if tokens else None, tuple(_errors(root)))


def _salvaged(response: Response, reason: str, name: str) -> Answer:
    """The records that stand whole in a broken document; each broken one is an item with its reason."""
    text, _ = readable(response.content)
    if looks_like_html(response.content) or "OAI-PMH" not in text[:2000]:
        raise SourceError(_stranger(response, ""))
    tokens = [_token(element) for element in _salvaged_tokens(text)]
    items = tuple(_item(fragment, text) for fragment in fragments(text, name))
    return Answer(
        None, items, tokens[-1] if tokens else None, (), f"malformed XML: {reason}", cut=not _END.search(text)
    )


def _item(fragment: str, text: str) -> Item:
    try:
        parsed = parse_fragment(fragment, text)
    except MalformedXml as error:
        return Item(None, fragment.encode(), f"malformed XML: {error}")
    return Item(parsed.root, _raw(parsed.root), repairs=parsed.repairs)


def _salvaged_tokens(text: str) -> Iterator[etree._Element]:
    for match in _TOKEN.finditer(text):
        try:
            yield parse_fragment(match.group(0), text).root
        except MalformedXml:
            continue  # A token that cannot be read is none: the listing then ends as incomplete.


def _stranger(response: Response, root: str) -> str:
    if looks_like_html(response.content):
        what = "a web page (HTML)"
    elif root:
        what = f"XML with the root element {root}"
    elif not response.content.strip():
        what = "an empty answer"
    else:
        what = f"{response.media_type or 'bytes of no stated type'} that is not XML"
    return f"{response.url} should be OAI-PMH and is {what}. Is this the base URL of the repository's OAI interface?"


def _raw(element: etree._Element) -> bytes:
    """The element on its own, with the namespaces it needs."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def _token(element: etree._Element) -> Token:
    return Token(text_of(element), _number(element.get("completeListSize")), _number(element.get("cursor")))


def _number(value: str | None) -> int:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def _errors(root: etree._Element) -> Iterator[tuple[str, str]]:
    for element in children(root, "error"):
        yield element.get("code") or "error", text_of(element)
