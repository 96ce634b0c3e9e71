"""Tables as CSV that spreadsheets open in the right script, and never run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

from opendata.catalog.inert import inert

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the country."""


def csv_answer(filename: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The rows under their columns, as a file to keep, sent while they are made. `filename` is plain ASCII."""
    response = Response(stream_with_context(_lines(columns, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield BOM + _line(columns)
    for row in rows:
        yield _line([inert(value) for value in row])


def _line(values: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
