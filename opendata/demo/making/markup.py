"""Reads the texts of the demonstration reports: a few header lines, a line `---`, then a handful of marks.

`= TITLE` a part on a new page (РЕФЕРАТ, ВВЕДЕНИЕ) · `# 1 Title` a chapter · `## 1.1 Title` a section · `- item` ·
`| a | b |` rows under a `@table caption` · `@data file | caption | column=Label; … | step` every nth row of
a data file ·
`@bars caption | unit | label=1 label=2` and `@line …` charts · anything else is a paragraph, one a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opendata.demo.making.tables import TABLES


@dataclass(frozen=True, slots=True)
class Line:
    """A part, chapter, section, item or paragraph: `kind` is "=", "#", "##", "-" or "p"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption; the first row is the header."""

    caption: str
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars or a line: one value a label, in `unit`."""

    shape: str
    caption: str
    unit: str
    points: list[tuple[str, float]]


Block = Line | Grid | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A report or summary: `head` holds the header lines by their name."""

    name: str
    head: dict[str, str]
    blocks: list[Block]

    def count(self, kind: type[Block]) -> int:
        """How many tables or charts it has."""
        return sum(isinstance(block, kind) for block in self.blocks)


def read(path: Path) -> Document:
    """The document in the text file at `path`."""
    header, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    head = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in header.splitlines())}
    return Document(path.stem, head, list(_blocks(body.splitlines())))


def _blocks(lines: list[str]) -> Iterator[Block]:
    rest = [line.strip() for line in lines if line.strip()]
    while rest:
        line = rest.pop(0)
        mark, _, text = line.partition(" ")
        if mark == "@table":
            rows = []
            while rest and rest[0].startswith("|"):
                rows.append([cell.strip() for cell in rest.pop(0).strip("|").split("|")])
            yield Grid(text, rows)
        elif mark == "@data":
            yield _data(*(part.strip() for part in text.split("|")))
        elif mark in ("@bars", "@line"):
            yield _chart(mark[1:], *(part.strip() for part in text.split("|")))
        elif mark in ("=", "#", "##", "-"):
            yield Line(mark, text)
        else:
            yield Line("p", line)


def _data(file: str, caption: str, columns: str, step: str) -> Grid:
    header, *rows = TABLES[file]()
    names = [pair.strip().partition("=") for pair in columns.split(";")]
    places = [header.index(name) for name, _, _ in names]
    labels = [label or name for name, _, label in names]
    return Grid(caption, [labels, *([_cell(row[place]) for place in places] for row in rows[:: int(step)])])


def _cell(value: str | int | float) -> str:
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _chart(shape: str, caption: str, unit: str, points: str) -> Chart:
    pairs = (point.rpartition("=") for point in points.split(";"))
    return Chart(shape, caption, unit, [(label.strip(), float(value)) for label, _, value in pairs])
