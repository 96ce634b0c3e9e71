"""The visible text of HTML and of XML. XML is not parsed but stripped of its tags, so no entity is ever expanded."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from opendata.reading.contract import Properties
from opendata.reading.outcome import clean_line, failed

_UNSEEN = frozenset(("script", "style", "template", "noscript", "svg", "head"))
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|body|br|caption|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|html|legend|li|main|nav|ol|option|p|pre|section|table|tbody|tfoot|thead|tr|ul"
)
_CELLS = frozenset(("td", "th"))
_PROLOG = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_SITE = re.compile(r"\s+[-–—|·•:]\s")
"""What stands between the title of a page and the name of its site."""
_SPACES = re.compile(r"[ \f\v\u00a0]+")


def html_text(source: str) -> tuple[str, Properties]:
    """What a browser would show of `source`, a line per block, and its title. Stop where it cannot be read."""
    # The text is decoded already; a declaration of another charset inside it must not be believed.
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise failed(f"broken: it cannot be read as HTML ({clean_line(str(error), 100)})") from error
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(_pieces(root)).split("\n"))
    return "\n".join(line for line in lines if line), Properties(title=_title(root))


def _title(root: etree._Element) -> str:
    """The title that the page states, without the name of its site: the heading, where the title begins with one."""
    stated = clean_line(root.findtext(".//title") or "")
    headings = (clean_line("".join(str(piece) for piece in each.itertext())) for each in root.iter("h1"))
    return next((one for one in headings if one and _SITE.match(stated.removeprefix(one))), stated)


def _pieces(root: etree._Element) -> Iterator[str]:
    """Text in document order. Not recursive, as hostile pages nest deeper than Python's stack."""
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        name = element.tag if isinstance(element.tag, str) else ""
        if _BLOCKS.fullmatch(name):
            yield "\n"
        if event == "end":
            yield ("\t" if name in _CELLS else "") + _flat(element.tail)
        elif name in _UNSEEN:
            walker.skip_subtree()
        else:
            yield _flat(element.text)


def _flat(text: str | None) -> str:
    return text.replace("\n", " ").replace("\t", " ") if text else ""


def xml_text(source: str) -> str:
    """The character data of `source`, one line per element that has any."""
    bare = _PROLOG.sub(" ", _CDATA.sub(lambda found: html.escape(found.group(1)), source))
    lines = (_SPACES.sub(" ", line).strip() for line in html.unescape(_TAG.sub("\n", bare)).split("\n"))
    return "\n".join(line for line in lines if line)
