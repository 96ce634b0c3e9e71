"""How commands print: rows as a table for people or as JSON for machines, talk on stderr."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import click

from opendata.catalog.inert import inert


def plain(value: object) -> Any:
    """`value` as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Decimal)) or not isinstance(value, _JSON) else value


_JSON = (str, int, float, bool, type(None))


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool = False, as_csv: bool = False) -> None:
    """Rows with the same keys, as an aligned table, a JSON list, or CSV with a heading."""
    if as_json:
        print_json(list(rows))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if rows:
            writer.writerow(rows[0])
        writer.writerows([inert(_cell(value)) for value in row.values()] for row in rows)
    elif rows:
        cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
        widths = [min(60, max(len(row[i]) for row in cells)) for i in range(len(cells[0]))]
        for row in cells:
            click.echo("  ".join(cell[:width].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def counted(number: int, one: str, many: str = "") -> str:
    """So many of them: "1 study", "2 studies"; of most words the plural is made by an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(plain(value)).split())


def say(message: str) -> None:
    """A line for the person at the terminal, on stderr."""
    click.echo(message, err=True)
