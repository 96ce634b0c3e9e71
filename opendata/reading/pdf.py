"""PDF: the text of each page, what the document says of itself, and pages as images for recognition.

pypdfium2 reads a page about three times as fast as kreuzberg (which stands on the same PDFium) and keeps apart words
that kreuzberg glues together in tables, so it is asked directly.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from opendata.reading.contract import Limits, Properties
from opendata.reading.outcome import clean_line, failed, too_large

LEAST_LETTERS = 10
"""A page with fewer letters and digits counts as one without text (a page number, a stamp)."""
_LOOKED_AT = 20
"""Pages without text whose objects are looked at."""
_MANY_DRAWINGS = 200
_MOST_PIXELS = 16_000_000
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The document at `path`. Stop when it is encrypted or broken."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise failed("encrypted: it needs a password") from error
        raise failed("broken: it cannot be opened as a PDF") from error
    try:
        yield document
    finally:
        document.close()


def texts(document: Any, limits: Limits) -> Iterator[str]:
    """The text of each page in order, "" for a page that is broken. Stop after the limit of pages."""
    for number in range(len(document)):
        if number >= limits.pages:
            raise too_large(f"only the first {limits.pages} of {len(document)} pages were read")
        yield _page_text(document, number)


def _page_text(document: Any, number: int) -> str:
    try:
        page = document[number]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""
    try:
        # PDFium writes U+FFFE for a hyphen at the end of a line and drops the line end.
        return str(textpage.get_text_range()).replace("\ufffe", "-\n")
    finally:
        textpage.close()
        page.close()


def has_text(page: str) -> bool:
    """Whether a page holds more than a page number or a stamp."""
    return sum(map(str.isalnum, page)) >= LEAST_LETTERS


def has_pictures(document: Any, pages: list[int]) -> bool:
    """Whether any of `pages` (counted from 0; the first twenty are looked at) shows images or letters as drawings."""
    return any(_is_picture(document, number) for number in pages[:_LOOKED_AT])


def _is_picture(document: Any, number: int) -> bool:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return False
    drawings = 0
    try:
        for found in page.get_objects(max_depth=4):
            if found.type == raw.FPDF_PAGEOBJ_IMAGE:
                return True
            drawings += 1
            if drawings > _MANY_DRAWINGS:
                return True
        return False
    finally:
        page.close()


def properties(document: Any) -> Properties:
    """What the document information dictionary says."""
    stated = {key: clean_line(value) for key, value in document.get_metadata_dict().items()}
    return Properties(
        title=stated.get("Title", ""),
        author=stated.get("Author", ""),
        subject=stated.get("Subject", ""),
        keywords=tuple(word.strip() for word in re.split(r"[;,]", stated.get("Keywords", "")) if word.strip())[:50],
        created=_day(stated.get("CreationDate", "")),
    )


def _day(value: str) -> str:
    found = _DATE.match(value)
    return "-".join(part for part in found.groups() if part) if found else ""


def page_image(document: Any, number: int, dots_per_inch: int) -> bytes:
    """Page `number` (from 0) in grey as PNG; coarser than asked where it would exceed sixteen million pixels."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        raise failed(f"page {number + 1} is broken") from error
    try:
        width, height = page.get_size()
        scale = min(dots_per_inch / 72, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True)
        return _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
    finally:
        page.close()


def _png(data: bytes, width: int, height: int, stride: int) -> bytes:
    """An 8-bit grey image as PNG (W3C PNG, third edition), stored with the fastest compression."""
    rows = b"".join(b"\0" + data[row * stride : row * stride + width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
