"""Text, keywords and addresses as they come, made into what may be stored: bounded, in NFC, without hidden characters.

Descriptions are stored as plain text: paragraphs are empty lines, list items begin with "- ", and a link whose words
are not its address is followed by the address in brackets. So no sink ever needs to trust stored markup, search and
exports need no second form, and what a source wrote stays in its raw record.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

import nh3

from opendata.catalog.languages import detect_language
from opendata.catalog.slugs import slug
from opendata.catalog.values import Keyword

__all__ = ["clean_html", "clean_text", "detect_language", "html_to_text", "keywords", "slug", "url"]

MAX_KEYWORDS = 100
MAX_KEYWORD = 200
MAX_URL = 2000
MAX_HTML = 1_000_000
"""Characters of markup that are read; the text made of it has a bound of its own."""
MAX_TAGS = 5_000
"""A text with more tags loses them without being parsed: parsing takes time by the square of their depth."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]"
)
"""Control characters, soft hyphens, direction overrides, lone surrogates. Joiners (U+200C, U+200D) carry meaning."""
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_GAPS = re.compile(r"\n\s*\n+")
_PLAIN = re.compile(r"[ -~]*\Z")


def without_hidden(text: str) -> str:
    """The text as it is, without what nobody sees: it may turn or end what stands behind it."""
    return text if _PLAIN.match(text) else _HIDDEN.sub("", text)


def clean_text(text: str, max_length: int = 0, *, lines: bool = False) -> tuple[str, bool]:
    """The text that may be stored, and whether it had to be cut to `max_length` characters (0: no bound).

    One line unless `lines`, which keeps line breaks and at most one empty line between paragraphs.
    """
    # Composing can only shorten; ten times the bound is more than any amount of hidden characters of good faith.
    cut_before = bool(max_length) and len(text) > 10 * max_length
    if cut_before:
        text = text[: 10 * max_length]
    if not _PLAIN.match(text):
        text = unicodedata.normalize("NFC", _HIDDEN.sub("", _LINE_ENDS.sub("\n", text)))
    if lines:
        text = "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n"))
        text = _GAPS.sub("\n\n", text).strip()
    else:
        text = " ".join(text.split())
    if max_length and len(text) > max_length:
        return text[:max_length].rstrip(), True
    return text, cut_before


_ALLOWED = frozenset(("p", "br", "ul", "ol", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "div"))
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:[a-zA-Z]{2,10}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LINK = re.compile(r'<a(?: href="([^"]*)")?[^>]*>(.*?)</a>', re.DOTALL)
_BLOCK = re.compile(r" ?</?(?:p|h[1-6]|div|ul|ol)> ?")
_TAG = re.compile(r"<[^<>]*>")
_CLEANER = nh3.Cleaner(
    tags=set(_ALLOWED),
    clean_content_tags={"script", "style", "template", "title", "noscript", "iframe", "object", "textarea", "select"},
    attributes={"a": {"href"}},
    link_rel=None,
    url_schemes={"http", "https", "ftp", "mailto"},
)


def folded(text: str) -> str:
    """A name as names are compared: without case, every run of white space one space."""
    return " ".join(text.casefold().split())


def clean_html(markup: str) -> str:
    """Markup with nothing but paragraphs, lists, headings and links in it; scripts and styles are gone with content."""
    return str(_CLEANER.clean(markup[:MAX_HTML]))


def html_to_text(text: str) -> str:
    """The plain text of a description that may or may not hold HTML, as the head of this module says.

    A text without tags and entities comes back as it is ("a < b" is no markup).
    """
    if not _MARKUP.search(text):
        return text
    if "<" not in text:
        return html.unescape(text).replace("\xa0", " ")
    if text.count("<") > MAX_TAGS:
        return html.unescape(_TAG.sub(" ", text[:MAX_HTML])).strip()
    # White space means nothing in HTML; with runs of it gone the patterns below cannot become slow.
    safe = re.sub(r"\s+", " ", clean_html(text))
    safe = _LINK.sub(_link_text, safe)
    safe = re.sub(r" ?<br> ?", "\n", safe)
    safe = re.sub(r" ?<li> ?", "\n- ", safe)
    safe = re.sub(r" ?</tr> ?", "\n", re.sub(r" ?</t[dh]> ?", " ", safe))
    safe = _TAG.sub("", _BLOCK.sub("\n\n", safe))
    return _GAPS.sub("\n\n", html.unescape(safe).replace("\xa0", " ")).strip()


def _link_text(found: re.Match[str]) -> str:
    address, words = found[1] or "", _TAG.sub("", found[2]).strip()
    bare = html.unescape(address).removeprefix("mailto:")
    if not bare or bare in html.unescape(words):
        return words
    return f"{words} ({address})" if words else address


def keywords(values: Iterable[str] | str, language: str = "") -> tuple[Keyword, ...]:
    """Keywords without repetition (case ignored), at most MAX_KEYWORDS of MAX_KEYWORD characters each.

    A single string, and a value that holds semicolons, is a list written in one; commas part only when there are no
    semicolons and only in a single string, since "Agriculture, fisheries" of a list is one keyword. `language` "" is
    guessed per keyword.
    """
    given = [values] if isinstance(values, str) else list(values)
    pieces: list[str] = []
    for value in given[: MAX_KEYWORDS * 10]:
        value = value[: MAX_KEYWORDS * MAX_KEYWORD]
        separator = ";" if ";" in value else "\n" if "\n" in value else ","
        pieces += value.split(separator) if separator != "," or len(given) == 1 else [value]
    seen: dict[str, Keyword] = {}
    for piece in pieces:
        word = clean_text(piece)[0].strip(" .,;:•–—-\"'«»")
        if word and len(word) <= MAX_KEYWORD and word.casefold() not in seen:
            seen[word.casefold()] = Keyword(word, language or detect_language(word))
    return tuple(seen.values())[:MAX_KEYWORDS]


_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?\Z"
)
_BARE_HOST = re.compile(
    r"(?:www\.|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:kz|ru|com|org|net|edu|gov|eu|uk|de)(?:[/:?#]|\Z))", re.I
)
_SAFE = "/?#[]@!$&'()*+,;=:~%-._"


@lru_cache(maxsize=4096)
def url(text: str) -> str:
    """An http, https or ftp address in ASCII (IDN hosts in punycode, the rest percent-encoded), "" for all else.

    "www.stat.gov.kz" gets https. Credentials are refused, since a public page would show them.
    """
    text = text.strip().strip("<>\"'").strip()
    if not text or len(text) > MAX_URL or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", text):
        return ""
    if "://" not in text[:10] and _BARE_HOST.match(text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https", "ftp") or parts.username is not None or not host:
        return ""
    host = _ascii_host(host)
    if not host:
        return ""
    netloc = f"{host}:{port}" if port else host
    path, query, fragment = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    whole = urlunsplit((parts.scheme.lower(), netloc, path, query, fragment))
    return whole if len(whole) <= MAX_URL * 3 else ""


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return name if _HOST.match(name) else ""
