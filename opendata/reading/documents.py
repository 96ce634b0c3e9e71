"""Any file to text: its type decides who reads it. Runs inside the child process; nothing here is safe outside it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kreuzberg

from opendata.catalog.records import TextStatus
from opendata.reading import charset, filetype, garbled, headings, markup, packages, pdf, wordpart
from opendata.reading.contract import Extracted, Limits, Properties
from opendata.reading.filetype import FileType
from opendata.reading.outcome import Emit, Stop, clean_line, failed, too_large

_LIBRARY_PACKAGES = frozenset(("DOCX", "XLSX", "PPTX", "ODT", "ODS", "ODP", "EPUB"))
_LIBRARY_FILES = frozenset(("DOC", "XLS", "PPT", "RTF"))
_BOLD = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")
_PLAIN = frozenset(("TXT", "MD", "CSV", "TSV", "JSON", "JSONL", "GeoJSON"))
_DATA = frozenset(("CSV", "TSV", "JSON", "JSONL", "GeoJSON", "XML", "SVG", "XLSX", "XLS", "ODS"))
"""Formats whose text may rightly be codes and numbers, so that nobody calls it garbled."""


class Collector:
    """Hands pages on as they come, within the limit of characters, and keeps them for the judgement at the end."""

    def __init__(self, emit: Emit, characters: int) -> None:
        self._emit = emit
        self._left = self._most = characters
        self.pages: list[str] = []

    def add(self, page: str) -> None:
        """Stop once the limit of characters is passed, with what fitted handed on."""
        fitting = page[: self._left]
        self._left -= len(fitting)
        self.pages.append(fitting)
        self._emit(fitting)
        if len(fitting) < len(page):
            raise too_large(f"only the first {self._most} characters were read")


def read(path: Path, filename: str, limits: Limits, emit: Emit) -> Extracted:
    """Read the file at `path`, handing every page to `emit`; the answer holds all but the pages."""
    kind = filetype.detect(path, filename)
    pages = Collector(emit, limits.characters)
    answer = Extracted(TextStatus.TEXT, kind.media_type, kind.format)
    try:
        if path.stat().st_size > limits.input_bytes:
            raise too_large(f"the file is over {limits.input_bytes // 1024**2} MB")
        answer = _reader(kind)(path, answer, limits, pages)
        return _judged(answer, pages.pages)
    except Stop as stop:
        total = max(answer.pages_total, len(pages.pages))
        cut = stop.status is TextStatus.TOO_LARGE
        return dataclasses.replace(
            answer, status=stop.status, reason=stop.reason, truncated=cut and bool(pages.pages), pages_total=total
        )


_Reader = Callable[[Path, Extracted, Limits, Collector], Extracted]


def _reader(kind: FileType) -> _Reader:
    """Who reads files of `kind`. Stop where nobody does."""
    if kind == filetype.EMPTY:
        raise Stop(TextStatus.NO_TEXT, "the file is empty")
    if kind.media_type == filetype.ENCRYPTED_OFFICE:
        raise failed("encrypted: it needs a password")
    if kind.media_type in filetype.RASTER:
        raise Stop(TextStatus.SCANNED, "it is an image")
    if kind.format in _PLAIN:
        return _read_plain
    if kind.format in _LIBRARY_PACKAGES | _LIBRARY_FILES:
        return _read_with_library
    readers: Mapping[str, _Reader] = {"PDF": _read_pdf, "HTML": _read_html, "XML": _read_xml, "SVG": _read_xml}
    if kind.format not in readers:
        raise Stop(TextStatus.UNSUPPORTED, _unsupported_reason(kind))
    return readers[kind.format]


def _unsupported_reason(kind: FileType) -> str:
    if kind == filetype.ZIP:
        return "it is an archive, which is not unpacked"
    return f"files of the type {kind.format or kind.media_type} are not read"


def _judged(answer: Extracted, pages: list[str]) -> Extracted:
    """The status of what was read to its end: no text, garbled, or as the reader said."""
    if answer.status is not TextStatus.TEXT:
        return answer
    if not any(any(map(str.isalnum, page)) for page in pages):
        return dataclasses.replace(answer, status=TextStatus.NO_TEXT, reason="it holds no text")
    if answer.format not in _DATA and garbled.is_garbled(pages):
        reason = "what is written cannot be told from the file: its letters come out as no language"
        return dataclasses.replace(answer, status=TextStatus.GARBLED, reason=reason)
    return answer


def _read_pdf(path: Path, answer: Extracted, limits: Limits, pages: Collector) -> Extracted:
    with pdf.opened(path) as document:
        said = dataclasses.replace(pdf.properties(document), heading=headings.of_pdf(document))
        answer = dataclasses.replace(answer, pages_total=len(document), properties=said)
        try:
            for text in pdf.texts(document, limits):
                pages.add(text)
        except Stop as stop:
            return dataclasses.replace(answer, status=stop.status, reason=stop.reason, truncated=True)
        bare = [number for number, text in enumerate(pages.pages) if not pdf.has_text(text)]
        if len(bare) == len(pages.pages) and pdf.has_pictures(document, bare):
            return dataclasses.replace(answer, status=TextStatus.SCANNED, reason="its pages are images without text")
        return answer


def _read_with_library(path: Path, answer: Extracted, limits: Limits, pages: Collector) -> Extracted:
    if answer.format in _LIBRARY_PACKAGES:
        packages.check(path, limits)
    settings = kreuzberg.ExtractionConfig(use_cache=False, enable_quality_processing=False, output_format="plain")
    settings.max_archive_depth = 0  # Documents inside documents are not opened.
    try:
        result = kreuzberg.extract_file_sync(path, mime_type=answer.media_type, config=settings)
    except kreuzberg.KreuzbergError as error:
        if "word/document.xml" in str(error):
            pages.add(wordpart.main_text(path))
            return dataclasses.replace(answer, pages_total=1)
        raise _library_stop(str(error)) from error
    # Even its plain output keeps the marks of bold text in the cells of tables.
    pages.add(_BOLD.sub(r"\1", str(result.content)))
    said = _properties(dict(result.metadata or {}))
    if answer.format == "DOCX":
        said = dataclasses.replace(said, heading=headings.of_word(path))
    return dataclasses.replace(answer, pages_total=1, properties=said)


def _library_stop(message: str) -> Stop:
    message = message.removeprefix("ParsingError: ")
    plain = message.lower()
    if "password" in plain or "encrypt" in plain:
        return failed("encrypted: it needs a password")
    if ("security limit" in plain or "bomb" in plain) and "invalid" not in plain:
        return too_large(f"over a limit of the reader: {clean_line(message, 200)}")
    return failed(f"broken: {clean_line(message, 200)}")


def _properties(stated: dict[str, Any]) -> Properties:
    def line(key: str) -> str:
        return clean_line(str(stated.get(key) or ""))

    def lines(key: str) -> list[str]:
        value = stated.get(key) or []
        return [clean_line(str(item)) for item in value if item] if isinstance(value, list) else [line(key)]

    created = line("created_at")[:10]
    return Properties(
        title=line("title"),
        author="; ".join(lines("authors")),
        subject=line("subject"),
        keywords=tuple(lines("keywords"))[:50],
        created=created if created[:4].isdigit() and created[4:5] in ("", "-") else "",
        language=line("language"),
    )


def _decoded(path: Path, limits: Limits, *, declares: bool = False) -> tuple[str, bool]:
    """The text, and whether the file goes on after it. Stop where it is not text. `declares`: it may name a charset."""
    most = limits.characters * 4
    with path.open("rb") as stream:
        data = stream.read(most + 1)
    declared = charset.declared_in(data) if declares else ""
    found = charset.decode(data[:most], declared)
    if found is None:
        raise failed("broken: it is not text in any charset known here")
    return found.text, len(data) > most


def _read_plain(path: Path, answer: Extracted, limits: Limits, pages: Collector) -> Extracted:
    text, cut = _decoded(path, limits)
    pages.add(text)
    if cut:
        raise too_large(f"only the first {limits.characters} characters were read")
    return dataclasses.replace(answer, pages_total=1)


def _read_html(path: Path, answer: Extracted, limits: Limits, pages: Collector) -> Extracted:
    source, cut = _decoded(path, limits, declares=True)
    text, properties = markup.html_text(source)
    pages.add(text)
    if cut:
        raise too_large(f"only the first {limits.characters} characters were read")
    return dataclasses.replace(answer, pages_total=1, properties=properties)


def _read_xml(path: Path, answer: Extracted, limits: Limits, pages: Collector) -> Extracted:
    source, cut = _decoded(path, limits, declares=True)
    pages.add(markup.xml_text(source))
    if cut:
        raise too_large(f"only the first {limits.characters} characters were read")
    return dataclasses.replace(answer, pages_total=1)
