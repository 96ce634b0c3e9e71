"""What a document says beside its text: headers, footers, frames. Readers of text leave it out; stamps stand there.

Runs in the child process.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from opendata.reading import filetype, packages, wordpart
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop

MOST_CHARACTERS = 100_000
MOST_PARTS = 60
_TAIL = 64 * 1024
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_HEADER = re.compile(rb"<(?:odd|even|first)(?:Header|Footer)>(.*?)</", re.DOTALL)
# &L, &C, &R begin a part; &"font,style", &12, &K colour and single letters (page, date) are its looks.
_LOOKS = re.compile(r'&"[^"]*"|&K[0-9A-Fa-f+-]{6}|&\d{1,3}|&[A-KM-QS-Z]')


def read(path: Path, filename: str, limits: Limits) -> str:
    """The lines of headers, footers and frames of a DOCX, XLSX, ODT or ODS, each once; "" for other kinds."""
    kind = filetype.detect(path, filename).format
    reader = {"DOCX": _word, "XLSX": _workbook, "ODT": _open_text, "ODS": _open_text}.get(kind)
    if reader is None:
        return ""
    packages.check(path, limits)
    with zipfile.ZipFile(path) as archive:
        lines = dict.fromkeys(line for text in reader(archive) for line in text.splitlines() if line.strip())
    return "\n".join(lines)[:MOST_CHARACTERS]


def _word(archive: zipfile.ZipFile) -> Iterator[str]:
    for name in _named(archive, r"word/header\d*\.xml"):
        yield from _paragraphs(_root(archive, name))
    for name in _named(archive, r"word/document\d*\.xml"):
        root = _root(archive, name)
        for frame in root.iter(f"{_W}txbxContent") if root is not None else ():
            yield from _paragraphs(frame)
    for name in _named(archive, r"word/footer\d*\.xml"):
        yield from _paragraphs(_root(archive, name))


def _paragraphs(root: etree._Element | None) -> Iterator[str]:
    for each in root.iter(f"{_W}p") if root is not None else ():
        yield wordpart.paragraph(each)


def _workbook(archive: zipfile.ZipFile) -> Iterator[str]:
    for name in _named(archive, r"xl/worksheets/[^/]+\.xml"):
        for found in _HEADER.findall(_tail(archive, name)):
            text = re.sub(r"&amp;", "&", found.decode("utf-8", "replace"))
            yield re.sub(r"&[LCR]", "\n", _LOOKS.sub("", text))
    for name in _named(archive, r"xl/drawings/drawing\d+\.xml"):
        root = _root(archive, name)
        for each in root.iter(f"{_A}p") if root is not None else ():
            yield "".join(run.text or "" for run in each.iter(f"{_A}t"))


def _open_text(archive: zipfile.ZipFile) -> Iterator[str]:
    styles, content = (_root(archive, name) for name in ("styles.xml", "content.xml"))
    wanted = [(styles, f"{_STYLE}header"), (styles, f"{_STYLE}footer"), (content, f"{_DRAW}text-box")]
    for root, tag in wanted:
        for frame in root.iter(tag) if root is not None else ():
            for each in frame.iter(f"{_TEXT}p", f"{_TEXT}h"):
                yield "".join(str(part) for part in each.itertext())


def _named(archive: zipfile.ZipFile, pattern: str) -> list[str]:
    return [name for name in archive.namelist() if re.fullmatch(pattern, name)][:MOST_PARTS]


def _root(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """The part, None where it cannot be read: the others may."""
    try:
        return wordpart.parsed(wordpart.part(archive, name))
    except Stop:
        return None


def _tail(archive: zipfile.ZipFile, name: str) -> bytes:
    """The end of a part, which is where a sheet keeps its headers."""
    end = b""
    with archive.open(name) as stream:
        while chunk := stream.read(1024**2):
            end = (end + chunk)[-_TAIL:]
    return end
