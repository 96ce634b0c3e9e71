"""A spreadsheet that somebody filled in for us: its sheets with every filled row, read in a process of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opendata.catalog.upload_refusals import NotTaken, OverLimit, not_taken, over_limit
from opendata.reading.contract import Limits
from opendata.reading.outcome import clean_line
from opendata.reading.process import ChildGone, ChildProcess

MOST_ANSWER_BYTES = 1024**3
"""Bytes that the child may answer with, for all sheets together."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One filled row: its number in the sheet (from 1) and its cells as text, from column A, without empty ones at the
    end.
    """

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class SheetCells:
    """One sheet. Rows and columns are numbered from 1; `merged` holds (top, left, bottom, right); `uncomputed` are
    cells (row, column) with a formula of which the file stores no value.
    """

    name: str = ""
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    rows: list[SheetRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """All sheets of a file. `notes`: macros, external_links."""

    sheets: tuple[SheetCells, ...]
    notes: tuple[str, ...] = ()


def read_spreadsheet(path: Path, filename: str, most_rows: int, limits: Limits | None = None) -> Spreadsheet:
    """The sheets of an XLSX, XLS, ODS or CSV. NotTaken, or OverLimit, in words for who made the file."""
    limits = limits or Limits()
    request = {
        "job": "cells",
        "path": str(path.resolve()),
        "filename": filename,
        "most_rows": most_rows,
        "limits": dataclasses.asdict(limits),
    }
    child = ChildProcess()
    try:
        return _gathered(child, request, filename, limits)
    except ChildGone as gone:
        if gone.limit:
            raise over_limit("spreadsheet_over_limit", filename, reason=gone.reason) from gone
        raise not_taken("spreadsheet_broken", filename, reason=gone.reason) from gone
    except (KeyError, TypeError, ValueError) as error:
        raise not_taken("spreadsheet_broken", filename, reason="its reader gave an unknown answer") from error
    finally:
        child.kill()


def _gathered(child: ChildProcess, request: Mapping[str, Any], filename: str, limits: Limits) -> Spreadsheet:
    sheets: list[SheetCells] = []
    notes: list[str] = []
    for message in child.ask(request, seconds=limits.seconds, most_bytes=MOST_ANSWER_BYTES):
        if "row" in message:
            cells = tuple(str(cell) for cell in message["cells"])
            sheets[-1].rows.append(SheetRow(int(message["row"]), cells))
        elif "sheet" in message:
            sheets.append(_sheet(message))
        elif "note" in message:
            notes.append(str(message["note"]))
        elif "stop" in message:
            raise _stopped(message, filename)
    return Spreadsheet(tuple(sheets), tuple(notes))


def _stopped(message: Mapping[str, Any], filename: str) -> NotTaken | OverLimit:
    reason = clean_line(str(message["reason"]), 300)
    filled = {str(name): clean_line(str(value), 300) for name, value in message.get("filled", {}).items()}
    code = str(message.get("code", ""))
    if message["stop"] == "too_large":
        return over_limit(code or "spreadsheet_over_limit", filename, **{"reason": reason, **filled})
    if reason.startswith("encrypted"):
        return not_taken("spreadsheet_encrypted", filename)
    return not_taken(code or "spreadsheet_broken", filename, **{"reason": reason.removeprefix("broken: "), **filled})


def _sheet(message: Mapping[str, Any]) -> SheetCells:
    return SheetCells(
        name=clean_line(str(message["sheet"]), 100),
        hidden=bool(message["hidden"]),
        merged=tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in message["merged"]),
        hidden_rows=frozenset(int(row) for row in message["hidden_rows"]),
        uncomputed=frozenset((int(row), int(column)) for row, column in message["uncomputed"]),
    )
