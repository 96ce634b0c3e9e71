"""The text of a DOCX whose main part is not called word/document.xml, as Office 365 sometimes writes it.

kreuzberg 4.10 looks for that name only and refuses the rest; this may go when it follows the package's relationships.
"""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path

from lxml import etree

from opendata.reading.outcome import failed, too_large
from opendata.reading.zips import UNKNOWN_COMPRESSION

_MOST_BYTES = 128 * 1024**2
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN = "/relationships/officeDocument"


def main_text(path: Path) -> str:
    """Paragraphs, a line each, of the part that the package names as its document. Stop where there is none."""
    with zipfile.ZipFile(path) as archive:
        root = parsed(part(archive, "_rels/.rels"))
        targets = [each.get("Target", "") for each in root if each.get("Type", "").endswith(_MAIN)]
        if not targets:
            raise failed("broken: the package names no document")
        document = parsed(part(archive, posixpath.normpath(targets[0].lstrip("/"))))
    return "\n".join(paragraph(each) for each in document.iter(_WORD + "p"))


def part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a part of a package. Stop where it is missing, broken or too large."""
    try:
        if archive.getinfo(name).file_size > _MOST_BYTES:
            raise too_large(f"its text is over {_MOST_BYTES // 1024**2} MB")
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, UNKNOWN_COMPRESSION) as error:
        raise failed(f"broken: the package lacks its part {name[:100]}") from error


def parsed(data: bytes) -> etree._Element:
    """The XML, without entities and network. Stop where it is malformed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise failed("broken: its XML is malformed") from error


def paragraph(element: etree._Element) -> str:
    """The text of a w:p."""
    shown = {_WORD + "tab": "\t", _WORD + "br": "\n"}
    return "".join(shown.get(str(each.tag), each.text or "") for each in element.iter(_WORD + "t", *shown))
