"""What the records of an XLS say and its values do not: hidden rows, error cells, macros, links to other files.

Record layouts after MS-XLS 2.4 (BIFF8; those used here are the same in BIFF5). The stream is walked record by record;
what is cut off ends the walk, since the library that reads the values says whether the file is broken.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from opendata.reading import ole2
from opendata.reading.outcome import failed
from opendata.reading.workbook_parts import MOST_NOTED, Parts, SheetParts

_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _SUPBOOK = 0x809, 0x0A, 0x85, 0x2F, 0x1AE
_ROW, _FORMULA, _BOOLERR = 0x208, 0x06, 0x205
_HIDDEN = 0x20
_OWN, _ADD_IN = 0x0401, 0x3A01
"""What a SUPBOOK record says of references within the workbook and to functions of add-ins."""
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MACROS = frozenset(("_vba_project_cur", "_vba_project", "macros"))


def xls_parts(path: Path) -> tuple[list[SheetParts], Parts]:
    """The parts of its sheets in their order (their names are the library's to tell), and of the whole. Stop for one
    that is encrypted.
    """
    with path.open("rb") as stream:
        names = {name.lower() for name in ole2.names(stream)}
        data = ole2.content(stream, ("workbook", "book"))
    offsets, links = _globals(data)
    sheets = [_sheet(data, offset) for offset in offsets]
    return sheets, Parts({}, macros=not names.isdisjoint(_MACROS), links=links)


def _records(data: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, those of charts within it left out, or what there is of them before a cut."""
    depth = 0
    while offset + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, offset)
        body = data[offset + 4 : offset + 4 + size]
        if len(body) < size:
            return
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, body
        offset += 4 + size


def _globals(data: bytes) -> tuple[list[int], bool]:
    """Where the sheets begin, and whether there are links to other files."""
    offsets: list[int] = []
    links = False
    for kind, body in _records(data):
        if kind == _FILEPASS:
            raise failed("encrypted: it needs a password")
        if kind == _BOUNDSHEET and len(body) >= 6:
            offsets.append(struct.unpack_from("<I", body)[0])
        elif kind == _SUPBOOK and len(body) >= 4:
            links = links or struct.unpack_from("<HH", body)[1] not in (_OWN, _ADD_IN)
    return offsets, links


def _sheet(data: bytes, offset: int) -> SheetParts:
    parts = SheetParts()
    for kind, body in _records(data, offset):
        if kind == _ROW and len(body) >= 14:
            if body[12] & _HIDDEN and len(parts.hidden_rows) < MOST_NOTED:
                parts.hidden_rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif kind in (_BOOLERR, _FORMULA) and len(body) >= 8:
            words = _error(kind, body)
            row, column = struct.unpack_from("<HH", body)
            if words and len(parts.errors) < MOST_NOTED:
                parts.errors.setdefault(row + 1, []).append((column + 1, words))
    return parts


def _error(kind: int, body: bytes) -> str:
    """The error that the cell holds, "" for a value."""
    if kind == _BOOLERR:
        return _ERRORS.get(body[6], "#VALUE!") if body[7] else ""
    is_error = len(body) >= 14 and body[6] == 2 and body[12:14] == b"\xff\xff"
    return _ERRORS.get(body[8], "#VALUE!") if is_error else ""
