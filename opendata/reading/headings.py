"""The lines of the first page that stand out by the size of their letters: a guess at what a document is called."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pypdfium2
from lxml import etree
from pypdfium2 import raw

from opendata.reading.outcome import Stop, clean_line
from opendata.reading.wordpart import paragraph, parsed, part

MOST_SIGNS = 4_000
"""Characters of the page that are looked at."""
MOST_PARAGRAPHS = 60
LEAST, MOST = 12, 300
"""Characters of a heading."""
_STANDS_OUT = 1.15
"""How many times as large as the middle line of the page it is at least."""
_ALIKE = 0.93
"""How many times as large as the largest line the others of the same heading are at least."""
_TITLES = ("title", "heading 1")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the height of its letters, in any unit."""

    text: str
    size: float


def largest(lines: Sequence[Line]) -> str:
    """The largest lines that stand one after the other; "" where none stands out, or they are no title."""
    worded = [one for one in lines if sum(map(str.isalpha, one.text)) > 2]
    if not worded:
        return ""
    most = max(one.size for one in worded)
    if len(worded) > 1 and most < _STANDS_OUT * median(one.size for one in worded):
        return ""
    first = next(number for number, one in enumerate(worded) if one.size == most)
    found = []
    for one in worded[first:]:
        if one.size < _ALIKE * most:
            break
        found.append(one.text)
    title = clean_line(" ".join(found))
    return title if LEAST <= len(title) <= MOST and len(title.split()) > 1 else ""


def of_pdf(document: Any) -> str:
    """That of the first page, "" for one that cannot be read."""
    try:
        page = document[0]
        textpage = page.get_textpage()
    except (pypdfium2.PdfiumError, IndexError):
        return ""
    try:
        return largest(list(_lines(textpage)))
    finally:
        textpage.close()
        page.close()


def _lines(textpage: Any) -> Iterator[Line]:
    signs: list[str] = []
    heights: list[float] = []
    for number in range(min(textpage.count_chars(), MOST_SIGNS)):
        sign = chr(raw.FPDFText_GetUnicode(textpage, number))
        if sign in "\r\n":
            yield from _line(signs, heights)
            signs, heights = [], []
            continue
        signs.append(sign)
        if sign.isalpha():
            heights.append(_height(textpage, number))
    yield from _line(signs, heights)


def _line(signs: Sequence[str], heights: Sequence[float]) -> Iterator[Line]:
    if heights:
        yield Line("".join(signs).strip(), median(heights))


def _height(textpage: Any, number: int) -> float:
    """That of the font as it is drawn: the same for all letters of a line."""
    box = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(textpage, number, byref(box)):
        return 0.0
    return float(abs(box.top - box.bottom))


def of_word(path: Path) -> str:
    """What is set as the title of a DOCX, else its largest lines among the first paragraphs, else ""."""
    try:
        with zipfile.ZipFile(path) as archive:
            document = parsed(part(archive, "word/document.xml"))
            styled = "word/styles.xml" in archive.namelist()
            titles = _title_styles(parsed(part(archive, "word/styles.xml"))) if styled else set()
    except (Stop, zipfile.BadZipFile, OSError):
        return ""
    lines = []
    for number, one in enumerate(document.iter(_WORD + "p")):
        if number >= MOST_PARAGRAPHS:
            break
        text = clean_line(paragraph(one))
        if text and _style(one) in titles and LEAST <= len(text) <= MOST:
            return text
        lines.append(Line(text, _size(one)))
    return largest(lines)


def _title_styles(styles: etree._Element) -> set[str]:
    """The ids of the styles of titles, which differ from one language of Word to another; their names do not."""
    found = set()
    for one in styles.iter(_WORD + "style"):
        name = one.find(_WORD + "name")
        if name is not None and str(name.get(_WORD + "val", "")).casefold() in _TITLES:
            found.add(str(one.get(_WORD + "styleId", "")))
    return found


def _style(element: etree._Element) -> str:
    named = element.find(f"{_WORD}pPr/{_WORD}pStyle")
    return str(named.get(_WORD + "val", "")) if named is not None else ""


def _size(element: etree._Element) -> float:
    """The largest size that a run states, in half points; that of a text without one where none does."""
    return max(_sizes(element.iter(_WORD + "sz")), default=22.0)


def _sizes(stated: Iterable[etree._Element]) -> Iterator[float]:
    for one in stated:
        value = str(one.get(_WORD + "val", ""))
        if value.isdecimal() and len(value) < 4:
            yield float(value)
