"""Writes the tables of a file as columnar copies (Parquet), typed by pandas, with the text of every cell beside.

Runs in the child process. A copy has the columns `_id` (the place of a row in its table, from 1), `_row` (its number in
the sheet), `t0`, `t1` … (what stands in the cells, NULL where they are empty), `v0`, `v1` … (their values, of
columns that are not of text, NULL where a cell does not fit), and `_words` (all cells, in small letters, a line each).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from opendata.catalog.records import TextStatus
from opendata.reading import cells, columntypes, delimited, filetype, tables
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop, clean, clean_line, failed, too_large
from opendata.reading.tabledata import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_PROBLEMS,
    MOST_ROWS,
    MOST_TABLES,
    NAME_LENGTH,
    ORIGINAL_LENGTH,
    Field,
    FieldType,
    TableData,
    Unfit,
)

_ROW_GROUP = 50_000
_MEMORY_SHARE = 0.5
"""Of the memory of this process, what the engine may take; pandas has the rest."""
_PARQUET_TYPES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), "BIGINT"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "DOUBLE"),
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "TIMESTAMP"),
}
"""What a column of a Parquet file becomes; all others are text."""
_WITH_ZONE = "TIMESTAMP WITH TIME ZONE"
"""An instant; as any other value of time, it is kept in UTC."""
_FIELD_TYPES = {
    "BIGINT": FieldType.INTEGER,
    "DOUBLE": FieldType.NUMBER,
    "BOOLEAN": FieldType.BOOLEAN,
    "DATE": FieldType.DATE,
    "TIMESTAMP": FieldType.TIMESTAMP,
}


class Rows(list[tuple[int, list[str]]]):
    """The rows of a table, each with its number in its sheet. `cells` counts those of the whole file, but for the first
    row of each table; `unclosed` is the row with a quote that never closes, 0 for none.
    """

    def __init__(self, cells: int = 0) -> None:
        super().__init__()
        self.cells = cells
        self.unclosed = 0

    def take(self, number: int, row: list[str]) -> None:
        """One more row, be it a heading. Stop where there are too many of anything."""
        if self:
            self.cells += len(row)
        if self.cells > MOST_CELLS or len(self) >= MOST_ROWS + tables.HEADER_WITHIN or len(row) > MOST_COLUMNS:
            raise _too_many()
        self.append((number, row))


def _too_many() -> Stop:
    return too_large(f"it has more than {MOST_CELLS} cells, {MOST_ROWS} rows or {MOST_COLUMNS} columns")


def copies(path: Path, filename: str, folder: Path, limits: Limits) -> Iterator[TableData]:
    """Each table of the file in turn, its copy written to `folder`/NUMBER.parquet. Stop where it cannot be read."""
    kind = filetype.detect(path, filename)
    if kind.format == "Parquet":
        yield _parquet(path, folder / "0.parquet", limits)
    elif kind.format in ("CSV", "TSV", "TXT"):
        rows = _delimited(path, "\t" if kind.format == "TSV" else "")
        # Any text is a table of one column; only a name ending in .csv or .tsv makes it one.
        if kind.format == "TXT" and max((len(row) for _, row in rows), default=0) < 2:
            rows = Rows()
        yield _written(0, "", rows, folder / "0.parquet", limits)
    else:
        for number, (name, found) in enumerate(_sheets(path, filename, limits)):
            yield _written(number, name, found, folder / f"{number}.parquet", limits)


def _sheets(path: Path, filename: str, limits: Limits) -> Iterator[tuple[str, Rows]]:
    """Name and filled rows of each sheet of a workbook."""
    rows = Rows()
    name, number = "", -1
    most = MOST_ROWS + tables.HEADER_WITHIN + 1  # which of them is the heading is told below
    for message in cells.messages(path, filename, limits, most):
        if "sheet" in message:
            if number >= 0:
                yield name, rows
            number, name, rows = number + 1, message["sheet"], Rows(rows.cells)
            if number >= MOST_TABLES:
                return
        elif "row" in message:
            rows.take(message["row"], message["cells"])
    if number >= 0:
        yield name, rows


def _delimited(path: Path, hint: str) -> Rows:
    """The filled rows of a CSV or TSV, nothing in them cut."""
    with path.open("rb") as stream:
        data = stream.read(cells.MOST_TEXT_BYTES + 1)
    if len(data) > cells.MOST_TEXT_BYTES:
        raise too_large(f"it has more than {cells.MOST_TEXT_BYTES // 1024**2} MB")
    table = delimited.opened(data, hint)
    if table is None:
        raise failed("it is not text in any charset known here")
    rows = Rows()
    for number, row in table.numbered_rows():
        if any(cell.strip() for cell in row):
            rows.take(number, row)
    rows.unclosed = table.unclosed()
    if rows.unclosed and (not rows or rows[-1][0] != rows.unclosed):  # what follows is too long for a cell
        raise failed(delimited.never_closed(rows.unclosed))
    return rows


def _written(number: int, name: str, rows: Rows, target: Path, limits: Limits) -> TableData:
    header, body, _ = tables.split_header([found for _, found in rows])
    if len(body) > MOST_ROWS:
        raise _too_many()
    numbers = [place for place, _ in rows[len(rows) - len(body) :]]
    width = max((len(found) for found in [header, *body]), default=0)
    if not body or not width:
        return TableData(number, clean_line(name, 100), "no_table")
    names = _unique(tables.column_names(header + [""] * (width - len(header))))
    frame = pd.DataFrame({"_id": range(1, len(body) + 1), "_row": numbers})
    columns: dict[str, pd.Series[Any]] = {}
    fields: list[Field] = []
    problems = [Unfit(number, names[len(found) - 1], found[-1][:ORIGINAL_LENGTH]) for number, found in _open(rows)]
    for place in range(width):
        texts = pd.Series([_text(found[place]) if place < len(found) else None for found in body], dtype=object)
        kind, values, unfit = columntypes.typed(texts)
        columns[f"t{place}"] = texts
        if values is not None:
            columns[f"v{place}"] = values
        count = int(unfit.sum())
        fields.append(Field(names[place], kind, count))
        named = unfit[unfit].index[: MOST_PROBLEMS - len(problems)]
        problems += [Unfit(numbers[at], names[place], texts[at][:ORIGINAL_LENGTH]) for at in named]
    days = {f"v{place}" for place, one in enumerate(fields) if one.type is FieldType.DATE}
    whole = pd.concat([frame, pd.DataFrame(columns)], axis=1)
    with _engine(limits) as engine:
        engine.register("whole", whole)
        _copy(
            engine,
            [f"CAST({name} AS DATE) AS {name}" if name in days else str(name) for name in whole],
            "whole",
            target,
            width,
        )
    return TableData(number, clean_line(name, 100), "ready", tuple(fields), len(body), tuple(problems))


def _open(rows: Rows) -> Iterator[tuple[int, list[str]]]:
    """The row whose last cell has all that follows a quote that never closes."""
    return ((number, found) for number, found in rows[-1:] if rows.unclosed)


def _text(cell: str) -> str | None:
    """A cell without the blanks around it; None for an empty one."""
    return cell.strip() or None


def _unique(names: list[str]) -> list[str]:
    """The headings as names of columns: none twice, none with what clients take for their own."""
    found: list[str] = []
    taken: set[str] = set()
    for number, name in enumerate(names, 1):
        base = clean_line(name, NAME_LENGTH - 10).replace('"', "'").lstrip("_").strip() or f"column {number}"
        unique, again = base, 1
        while unique.casefold() in taken:
            again += 1
            unique = f"{base}_{again}"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def _parquet(path: Path, target: Path, limits: Limits) -> TableData:
    """A Parquet file has types of its own. What is nested is kept as text."""
    with _engine(limits) as engine:
        try:
            engine.execute(f"CREATE VIEW source AS FROM read_parquet({_quoted(path)})")
            described = engine.execute("DESCRIBE source").fetchall()
            counted = engine.execute("SELECT count(*) FROM source").fetchone()
        except duckdb.Error as error:
            raise _broken(error) from error
        rows = int(counted[0]) if counted else 0
        if rows > MOST_ROWS or rows * len(described) > MOST_CELLS or len(described) > MOST_COLUMNS:
            raise too_large(f"it has {rows} rows and {len(described)} columns")
        if not rows:
            return TableData(0, "", "no_table")
        fields, selected = [], ["row_number() OVER () AS _id", "row_number() OVER () AS _row"]
        names = _unique([str(name) for name, *_ in described])
        for place, (name, kind, *_) in enumerate(described):
            column = '"' + str(name).replace('"', '""') + '"'
            if kind == _WITH_ZONE:
                column, kind = f"make_timestamp(epoch_us({column}))", "TIMESTAMP"
            typed = _PARQUET_TYPES.get(str(kind).partition("(")[0])
            fields.append(Field(names[place], _FIELD_TYPES[typed] if typed else FieldType.TEXT))
            selected.append(f"nullif(CAST({column} AS VARCHAR), '') AS t{place}")
            if typed:
                selected.append(f"CAST({column} AS {typed}) AS v{place}")
        _copy(engine, selected, "source", target, len(fields))
    return TableData(0, "", "ready", tuple(fields), rows)


def _engine(limits: Limits) -> duckdb.DuckDBPyConnection:
    """An engine that takes no more than its share, writes nothing but the copy, and fetches nothing."""
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{int(limits.memory_bytes * _MEMORY_SHARE) // 1024**2}MB",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )


def _copy(engine: duckdb.DuckDBPyConnection, columns: list[str], source: str, target: Path, width: int) -> None:
    inner = f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - our own names, and quoted ones
    texts = ", ".join(f"t{place}" for place in range(width))
    query = f"SELECT *, lower(concat_ws(chr(10), {texts})) AS _words FROM ({inner})"  # noqa: S608 - our own names, and quoted ones
    how = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
    try:
        engine.execute(f"COPY ({query}) TO {_quoted(target)} {how}")
    except duckdb.Error as error:
        raise _broken(error) from error


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _broken(error: duckdb.Error) -> Stop:
    if isinstance(error, duckdb.OutOfMemoryException):
        return too_large("it needs more memory than the limit")
    if "File too large" in str(error):
        return Stop(TextStatus.TOO_LARGE, "its copy is larger than the limit")
    return failed(f"broken: {clean(str(error).splitlines()[0])[:200]}")
