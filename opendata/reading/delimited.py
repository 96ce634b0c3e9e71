"""CSV and TSV to rows: charset and delimiter told from the text itself, ragged rows and stray quotes borne."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opendata.reading import charset
from opendata.reading.outcome import clean_lines

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 60
_LONGEST_FIELD = 1024**2
_END = "\x03"
"""Stands in no text that was cleaned."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """The text of a table, its delimiter ("," where there is one column) and the charset it was in."""

    text: str
    delimiter: str
    encoding: str

    def rows(self) -> Iterator[list[str]]:
        """Its rows, empty lines left out. A quote that never closes has all that follows in its cell, or ends the table
        where that would be too long; `unclosed` tells.
        """
        yield from (row for _, row in _rows(self.text, self.delimiter))

    def numbered_rows(self) -> Iterator[tuple[int, list[str]]]:
        """As `rows`, each with the number that a spreadsheet gives it, empty rows counted, from 1."""
        yield from _rows(self.text, self.delimiter)

    def unclosed(self) -> int:
        """The number of the row with a quote that never closes, 0 where there is none. It reads all of the table."""
        if '"' not in self.text:
            return 0
        # A line behind the last one is a row of its own, unless a quote is open there.
        lines = itertools.chain(self.text.splitlines(keepends=True), ("\n", _END))
        number = 0
        try:
            for number, row in enumerate(_reader(lines, self.delimiter), 1):  # noqa: B007 -- the last one is wanted
                pass
        except csv.Error:
            return number + 1
        return 0 if row == [_END] else number


def opened(data: bytes, hint: str = "") -> Delimited | None:
    """`data` as a table; `hint` is the delimiter its type promises. None where it is not text."""
    decoded = charset.decode(data)
    if decoded is None:
        return None
    text = clean_lines(decoded.text)
    first, _, rest = text.partition("\n")
    # Excel's own way to name the delimiter, a line before the header.
    if first.strip().strip('"').lower().startswith("sep=") and len(first.strip().strip('"')) <= 5:
        named = first.strip().strip('"')[4:] or "\t"
        return Delimited(rest, named, decoded.encoding)
    return Delimited(text, delimiter_of(text, hint), decoded.encoding)


def delimiter_of(text: str, hint: str = "") -> str:
    """The delimiter by which the first rows fall into the most regular columns; `hint`, else ",", where none does."""
    sample = text[:_SAMPLE_CHARACTERS]
    if len(sample) < len(text):
        sample = sample[: sample.rfind("\n") + 1] or sample
    scores = {each: _regularity(sample, each) + (0.1 if each == hint else 0.0) for each in DELIMITERS}
    best = max(scores, key=lambda each: scores[each])
    return best if scores[best] > 0.2 else hint or ","


def _regularity(sample: str, delimiter: str) -> float:
    """0 where nothing is divided; near 1 where the header and every row have the same number of cells."""
    widths = [len(row) for _, row in itertools.islice(_rows(sample, delimiter), _SAMPLE_ROWS)]
    if not widths or max(widths) < 2:
        return 0.0
    width, count = Counter(widths).most_common(1)[0]
    if width < 2:
        return 0.1 * sum(1 for each in widths if each > 1) / len(widths)
    # Decimal commas are as regular as delimiters in the rows; only the header tells them apart.
    header = 1.0 if widths[0] == width else 0.7
    return header * count / len(widths) + min(width, 50) / 1000


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = _reader(text.splitlines(keepends=True), delimiter)
    for number in itertools.count(1):
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            return
        if any(row):
            yield number, row


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    return csv.reader(lines, delimiter=delimiter)


def never_closed(row: int) -> str:
    """What is said of it."""
    return f"a quotation mark in row {row} is never closed, so the rows after it cannot be told apart"
