"""What a file is, told by its bytes. The name is only a hint, asked where bytes alone cannot tell (CSV from text).

Needs nothing but the standard library and reads a few kilobytes, so the web may ask it before it serves a file inline.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from opendata.reading import ole2

HEAD = 4096
"""Bytes looked at from the beginning of the file."""


@dataclass(frozen=True, slots=True)
class FileType:
    """The media type (IANA) and the short name that people know it by ("PDF", "XLSX"); both "" where unknown."""

    media_type: str
    format: str


UNKNOWN = FileType("application/octet-stream", "")
EMPTY = FileType("application/x-empty", "")
OLE2 = FileType("application/x-ole-storage", "OLE2")
ENCRYPTED_OFFICE = "application/vnd.ms-office"
"""The media type given to password-protected DOCX, XLSX and PPTX, which are OLE2 files around an encrypted package."""
PDF = FileType("application/pdf", "PDF")
ZIP = FileType("application/zip", "ZIP")
RTF = FileType("application/rtf", "RTF")
HTML = FileType("text/html", "HTML")
XML = FileType("application/xml", "XML")
SVG = FileType("image/svg+xml", "SVG")
TEXT = FileType("text/plain", "TXT")

RASTER = frozenset(f"image/{name}" for name in ("png", "jpeg", "tiff", "gif", "bmp", "webp", "jp2"))
"""Media types of raster images."""

_OPENXML = "application/vnd.openxmlformats-officedocument."
_OPENDOCUMENT = "application/vnd.oasis.opendocument."
DOCX = FileType(_OPENXML + "wordprocessingml.document", "DOCX")
XLSX = FileType(_OPENXML + "spreadsheetml.sheet", "XLSX")
PPTX = FileType(_OPENXML + "presentationml.presentation", "PPTX")

_MAGIC: tuple[tuple[bytes, FileType], ...] = (
    (b"{\\rtf", RTF),
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", "PNG")),
    (b"\xff\xd8\xff", FileType("image/jpeg", "JPEG")),
    (b"GIF87a", FileType("image/gif", "GIF")),
    (b"GIF89a", FileType("image/gif", "GIF")),
    (b"II*\x00", FileType("image/tiff", "TIFF")),
    (b"MM\x00*", FileType("image/tiff", "TIFF")),
    (b"BM", FileType("image/bmp", "BMP")),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", FileType("image/jp2", "JP2")),
    (b"\x1f\x8b", FileType("application/gzip", "GZIP")),
    (b"BZh", FileType("application/x-bzip2", "BZIP2")),
    (b"\xfd7zXZ\x00", FileType("application/x-xz", "XZ")),
    (b"\x28\xb5\x2f\xfd", FileType("application/zstd", "ZSTD")),
    (b"\x04\x22\x4d\x18", FileType("application/x-lz4", "LZ4")),
    (b"7z\xbc\xaf\x27\x1c", FileType("application/x-7z-compressed", "7Z")),
    (b"Rar!\x1a\x07", FileType("application/vnd.rar", "RAR")),
    (b"AT&TFORM", FileType("image/vnd.djvu", "DJVU")),
    (b"SQLite format 3\x00", FileType("application/vnd.sqlite3", "SQLITE")),
    (b"PAR1", FileType("application/vnd.apache.parquet", "Parquet")),
    (b"\x7fELF", FileType("application/x-executable", "")),
)

ODT = FileType(_OPENDOCUMENT + "text", "ODT")
ODS = FileType(_OPENDOCUMENT + "spreadsheet", "ODS")
ODP = FileType(_OPENDOCUMENT + "presentation", "ODP")
EPUB = FileType("application/epub+zip", "EPUB")
_ZIP_MIMETYPES = {
    **{kind.media_type: kind for kind in (ODT, ODS, ODP, EPUB)},
    **{kind.media_type + "-template": kind for kind in (ODT, ODS, ODP)},
}
_ZIP_SUFFIXES = {f".{kind.format.lower()}": kind for kind in (DOCX, XLSX, PPTX, ODT, ODS, ODP, EPUB)}
_ZIP_FOLDERS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))

DOC = FileType("application/msword", "DOC")
XLS = FileType("application/vnd.ms-excel", "XLS")
PPT = FileType("application/vnd.ms-powerpoint", "PPT")
_OLE_STREAMS = (("worddocument", DOC), ("workbook", XLS), ("book", XLS), ("powerpoint document", PPT))
_OLE_SUFFIXES = {".doc": DOC, ".xls": XLS, ".ppt": PPT}

_TEXT_SUFFIXES = {
    ".csv": FileType("text/csv", "CSV"),
    ".tsv": FileType("text/tab-separated-values", "TSV"),
    ".tab": FileType("text/tab-separated-values", "TSV"),
    ".json": FileType("application/json", "JSON"),
    ".jsonl": FileType("application/x-ndjson", "JSONL"),
    ".ndjson": FileType("application/x-ndjson", "JSONL"),
    ".geojson": FileType("application/geo+json", "GeoJSON"),
    ".md": FileType("text/markdown", "MD"),
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".xml": XML,
}


def detect(path: Path, filename: str = "") -> FileType:
    """What the file at `path` is. `filename` (else the name of `path`) is a hint. OSError when it cannot be read."""
    with path.open("rb") as stream:
        return detect_open(stream, filename or path.name)


def detect_open(stream: BinaryIO, filename: str) -> FileType:
    """The same of a file that is open at its beginning and can be sought in: a few kilobytes of it are read."""
    suffix = PurePath(filename).suffix.lower()
    head = stream.read(HEAD)
    if not head:
        return EMPTY
    return _by_magic(head) or _by_container(stream, head, suffix) or _by_text(head, suffix)


def _by_magic(head: bytes) -> FileType | None:
    if _is_pdf(head):
        return PDF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType("image/webp", "WEBP")
    if head[257:262] == b"ustar":
        return FileType("application/x-tar", "TAR")
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return None if found.format == "BMP" and not _is_bitmap(head) else found
    return None


def _is_pdf(head: bytes) -> bool:
    """Whether the header of a PDF stands in the first kilobyte (readers accept that: ISO 32000-1, annex H.3.4.1).

    A text that speaks of "%PDF-" is none: there the header would be amid a line.
    """
    at = head[:1024].find(b"%PDF-")
    if at < 0 or head.lstrip().startswith((b"<", b"{\\rtf", b"PK\x03\x04")):
        return False
    before = head[:at]
    return not before.strip() or before.endswith((b"\n", b"\r")) or not looks_like_text(head)


def _is_bitmap(head: bytes) -> bool:
    """Whether what begins with the letters BM has the header of a bitmap (reserved words zero, known header size)."""
    return head[6:10] == b"\0\0\0\0" and head[14:18] in (b"\x0c\0\0\0", b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")


def _by_container(stream: BinaryIO, head: bytes, suffix: str) -> FileType | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        found = _zip_type(stream)
        # A zip too broken to tell is what its name says, so that the reader hears "broken" and not "unknown type".
        return _ZIP_SUFFIXES.get(suffix, ZIP) if found is None else found
    if head.startswith(ole2.MAGIC):
        names = {name.lower() for name in ole2.names(stream)}
        if "encryptedpackage" in names:
            return FileType(ENCRYPTED_OFFICE, _ZIP_SUFFIXES.get(suffix, OLE2).format)
        known = next((kind for name, kind in _OLE_STREAMS if name in names), None)
        return known or _OLE_SUFFIXES.get(suffix, OLE2)
    return None


def _zip_type(stream: BinaryIO) -> FileType | None:
    """The document type of a zip by its `mimetype` entry or its folders, ZIP for any other; None for a broken one."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                if declared in _ZIP_MIMETYPES:
                    return _ZIP_MIMETYPES[declared]
    # zipfile raises whatever the broken field hits first; every one of these means "not a readable zip".
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, LookupError):
        return None
    if not any(name.lower() == "[content_types].xml" for name in names):
        return ZIP
    return next((kind for folder, kind in _ZIP_FOLDERS if any(n.lower().startswith(folder) for n in names)), ZIP)


def _by_text(head: bytes, suffix: str) -> FileType:
    if not looks_like_text(head):
        return UNKNOWN
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")[:1024].lower()
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start):
        return HTML
    if start.startswith(b"<svg") or (start.startswith((b"<?xml", b"<!")) and b"<svg" in start):
        return SVG
    if start.startswith(b"<?xml"):
        return XML
    if suffix in (".html", ".htm", ".xhtml", ".xml"):
        return _TEXT_SUFFIXES[suffix] if b"<" in head else TEXT
    return _TEXT_SUFFIXES.get(suffix, TEXT)


def looks_like_text(head: bytes) -> bool:
    """Whether `head` may be text in some charset: few control characters (of UTF-16: among what it decodes to)."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if 0 not in head:
        return _few_controls(head)
    # UTF-16 of a European language has a zero, or the 0x04 of Cyrillic, in every second byte; anything else that
    # holds zero bytes is not text, unless there are a few of them only, as some databases export them.
    even, odd = (part.count(0) + part.count(4) for part in (head[0::2], head[1::2]))
    if max(even, odd) < 0.4 * len(head):
        return head.count(0) <= len(head) // 100 and _few_controls(head)
    text = head[: len(head) // 2 * 2].decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    return _few_controls(text.encode("utf-8"))


def _few_controls(data: bytes) -> bool:
    return sum(1 for byte in data if byte < 32 and byte not in b"\t\n\r\f\x1b\x1a") <= len(data) // 100
