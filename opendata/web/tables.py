"""Tables as CSV that spreadsheets open in the right script, and never run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the country."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell that a spreadsheet would run begins with (OWASP, CSV Injection)."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def cell(value: str) -> str:
    """`value`, made text where a spreadsheet would take it for a formula; without what no table can hold."""
    value = _UNPRINTABLE.sub("", value)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def csv_answer(filename: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The rows under their columns, as a file to keep. `filename` is plain ASCII."""
    response = Response(_lines(columns, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield BOM + _line(columns)
    for row in rows:
        yield _line([cell(value) for value in row])


def _line(values: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
