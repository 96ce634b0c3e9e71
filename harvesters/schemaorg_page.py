"""What a web page says of itself to machines: JSON-LD blocks, microdata, meta tags, canonical address, noindex."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as markup

from opendata.errors import Problem, SourceError
from opendata.harvesting.contract import Response
from opendata.harvesting.json import parsed
from opendata.harvesting.xml import looks_like_html

MAX_PAGE = 10 * 1024**2
"""Bytes of a page that are read; the blocks stand in its head."""
MAX_BLOCKS = 200
JSON_TYPES = frozenset(("application/ld+json", "application/json", "text/json", "application/vnd.api+json"))
_OPENING = re.compile(r"(?://|/\*)?\s{0,9}(?:<!\[CDATA\[|<!--)\s*(?:\*/)?")
_CLOSING = re.compile(r"(?://|/\*)?\s{0,9}(?:\]\]>|-->)\s{0,9}(?:\*/)?;?\Z")
_TRAILING = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|,(?=\s*[}\]])', re.DOTALL)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_FULL_TEXTS = ("citation_pdf_url", "bepress_citation_pdf_url", "eprints.document_url")
_QUOTED = 200


@dataclass(slots=True)
class Page:
    """One page. `blocks` are its JSON-LD and microdata, `tags` its meta tags (lower case) in their order."""

    url: str
    canonical: str = ""
    language: str = ""
    noindex: bool = False
    is_json: bool = False
    blocks: list[Any] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def raw(self, node: Any = None) -> bytes:
        """What the record is made of: `node`, else the blocks where there are any, else the tags."""
        said = node if node is not None else self.blocks or self.tags
        if self.blocks and (files := self.files()):
            said = {"described": said, "files": files}
        return json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")

    def files(self) -> list[str]:
        """The addresses of full texts that meta tags name."""
        return list(dict.fromkeys(value for name, value in self.tags if name in _FULL_TEXTS))


def read_page(response: Response, user_agent: str = "opendatakz") -> Page:
    """The page of an answer. SourceError for what is neither HTML nor JSON."""
    page = Page(response.url)
    page.noindex = _is_noindex(response.headers.get("x-robots-tag", ""), user_agent)
    is_html = looks_like_html(response.content) or "html" in response.media_type
    if not is_html and (response.media_type in JSON_TYPES or response.content.lstrip()[:1] in (b"{", b"[")):
        page.is_json = True
        page.blocks.append(parsed(response.content[: MAX_PAGE * 5], of=response.url))
        return page
    if not is_html and response.media_type not in ("", "text/plain", "application/octet-stream"):
        raise SourceError(f"{response.url} is {response.media_type}, not a web page")
    _read_html(page, response)
    return page


def _read_html(page: Page, response: Response) -> None:
    named = _CHARSET.search(response.headers.get("content-type", ""))
    content = response.content[:MAX_PAGE]
    try:
        root = markup.document_fromstring(content, markup.HTMLParser(encoding=_known(named[1] if named else "")))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise SourceError(f"{response.url} holds no page that can be read: {error}") from error
    page.language = str(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    for element in root.iter("meta", "link", "script", "a"):
        _take(page, element)
    page.blocks += microdata(root, page.url)


def _known(charset: str) -> str | None:
    """The charset if Python knows it; None lets the parser look for a meta tag, and take UTF-8 before Latin-1."""
    try:
        return charset if charset and "".encode(charset) == b"" else None
    except LookupError:
        return None


def _take(page: Page, element: Any) -> None:
    if element.tag == "script":
        kind = str(element.get("type") or "").split(";")[0].strip().lower()
        if kind == "application/ld+json" and len(page.blocks) < MAX_BLOCKS:
            _take_block(page, element.text or "")
    elif element.tag == "link":
        if "canonical" in str(element.get("rel") or "").lower().split():
            page.canonical = page.canonical or _joined(page.url, str(element.get("href") or ""))
    elif element.tag == "a":
        if (href := element.get("href")) and len(page.links) < 5_000:
            page.links.append(_joined(page.url, str(href)))
    else:
        name = str(element.get("name") or element.get("property") or "").strip().lower()
        value = " ".join(str(element.get("content") or "").split())
        if name in ("robots", "opendatakz"):
            page.noindex = page.noindex or _is_noindex(value, "")
        elif name and value and len(page.tags) < 2_000:
            page.tags.append((name, value))


def _take_block(page: Page, text: str) -> None:
    try:
        value = tolerant(text)
    except SourceError as error:
        problem = Problem(
            "jsonld-unreadable", f"a block of JSON-LD cannot be read: {error.message}", "", page.url,
            hint="Try the page in a validator of schema.org.", severity="warning", value=text.strip()[:_QUOTED],
        )  # fmt: skip
        page.problems.append(problem)
        return
    if value not in (None, {}, []):
        page.blocks.append(value)


def tolerant(text: str) -> Any:
    """The JSON in a script: in comments or CDATA, escaped as HTML, or with commas too many. SourceError for others."""
    bare = text.strip()
    if opening := _OPENING.match(bare):
        bare = bare[opening.end() :]
    ending = _CLOSING.search(bare[-40:])
    bare = (bare[: len(bare) - len(ending[0])] if ending else bare).strip().rstrip(";")
    if not bare:
        return None
    try:
        return parsed(bare, of="the block")
    except SourceError:
        for mended in (_TRAILING.sub(r"\1", bare), _TRAILING.sub(r"\1", html.unescape(bare))):
            if mended != bare:
                try:
                    return parsed(mended, of="the block")
                except SourceError:
                    continue
        raise


def _is_noindex(directives: str, agent: str) -> bool:
    """Whether `directives` (of a meta tag or of X-Robots-Tag, where they may be one robot's) forbid to index."""
    named = directives.lower()
    robot, colon, rest = named.partition(":")
    if colon and robot.strip() not in ("", agent) and "," not in robot and "unavailable_after" not in robot:
        return False
    words = {part.strip() for part in (rest if colon else named).split(",")}
    return bool(words & {"noindex", "none"})


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:
        return ""


def microdata(root: Any, base: str) -> list[dict[str, Any]]:
    """The outermost items of schema.org in microdata, in the form that JSON-LD has (WHATWG HTML §5)."""
    found = []
    for element in root.iter():
        is_item = isinstance(element.tag, str) and element.get("itemscope") is not None
        if is_item and element.get("itemprop") is None and "schema.org" in str(element.get("itemtype") or ""):
            found.append(_item(element, base, 0))
            if len(found) >= MAX_BLOCKS:
                break
    return found


def _item(element: Any, base: str, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"@type": str(element.get("itemtype") or "").split()}
    if element.get("itemid"):
        made["@id"] = _joined(base, str(element.get("itemid")))
    waiting = list(element)[::-1]
    while waiting:
        child = waiting.pop()
        if not isinstance(child.tag, str):
            continue
        names = str(child.get("itemprop") or "").split()
        inner = child.get("itemscope") is not None
        if names and depth < 8:
            value = _item(child, base, depth + 1) if inner else _value(child, base)
            for name in names:
                if value not in ("", None):
                    made.setdefault(name, []).append(value)
        if not inner:
            waiting += list(child)[::-1]
    return made


def _value(element: Any, base: str) -> str:
    if element.get("content") is not None:
        return str(element.get("content")).strip()
    for name, tags in (("href", ("a", "link", "area")), ("src", ("img", "iframe", "source", "embed")),
                       ("datetime", ("time",)), ("data", ("object",))):  # fmt: skip
        if element.tag in tags and element.get(name):
            return str(element.get(name)) if name == "datetime" else _joined(base, str(element.get(name)))
    return " ".join(str(element.text_content()).split())


def same_host(url: str, other: str) -> bool:
    """Whether both addresses are of one host, with or without www."""
    try:
        first, second = urlsplit(url), urlsplit(other)
        hosts = [(one.hostname or "").lower().removeprefix("www.") for one in (first, second)]
        return bool(hosts[0]) and hosts[0] == hosts[1] and first.port == second.port
    except ValueError:
        return False
