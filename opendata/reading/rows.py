"""All rows of a table file as texts by heading; for tables that people fill in for us, such as the register.

Imports pandas, so it is imported only by those who take such tables.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pandas as pd

from opendata.errors import Invalid
from opendata.reading import delimited, filetype
from opendata.reading.broken import BROKEN_WORKBOOK
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop
from opendata.reading.packages import check

MAX_BYTES = 64 * 1024**2


def read_rows(path: Path, most: int) -> list[dict[str, str]]:
    """The rows of the first sheet of a CSV, XLSX, XLS or ODS, empty ones left out; headings in lower case.

    Invalid for a file that is no such table, is over 64 MiB, or holds more than `most` rows.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Invalid(f"{path.name} is larger than {MAX_BYTES // 1024**2} MiB.")
    kind = filetype.detect(path, path.name)
    table = _workbook(path, kind.format) if kind.format in ("XLSX", "XLS", "ODS") else _delimited(path)
    if not table:
        raise Invalid(f"{path.name} holds no rows.")
    headings = [" ".join(cell.split()).lower() for cell in table[0]]
    rows = [dict(zip_longest(headings, row[: len(headings)], fillvalue="")) for row in table[1:] if any(row)]
    rows = [row for row in rows if any(cell.strip() for cell in row.values())]
    if len(rows) > most:
        raise Invalid(f"{path.name} holds {len(rows)} rows; at most {most} are taken at once.")
    return [{name: cell for name, cell in row.items() if name} for row in rows]


def _workbook(path: Path, kind: str) -> list[list[str]]:
    try:
        if kind != "XLS":
            check(path, Limits())
        frame = pd.read_excel(path, header=None, dtype=object, na_filter=False, engine="calamine")
    except (*BROKEN_WORKBOOK, Stop) as error:
        raise Invalid(f"{path.name} cannot be read as a workbook: {error}") from None
    return [[_shown(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]


def _delimited(path: Path) -> list[list[str]]:
    table = delimited.opened(path.read_bytes(), "")
    if table is None:
        raise Invalid(f"{path.name} is neither a workbook nor text in a known charset.")
    if row := table.unclosed():
        raise Invalid(f"{path.name}: {delimited.never_closed(row)}.")
    return [list(row) for row in table.rows()]


def _shown(cell: object) -> str:
    """Whole numbers without decimals, days without midnight."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")
