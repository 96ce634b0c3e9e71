"""The files that cells name: packed beside the spreadsheet, or links; and what became of each packed one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from opendata.catalog import vocabularies
from opendata.catalog.normalise import url
from opendata.catalog.records import ResourceRecord, ResourceRole
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.values import Text
from opendata.reading.sheets.package import PackedFile, PackedFiles
from opendata.reading.sheets.tables import Row
from opendata.reading.sheets.values import TABULAR

MOST_NAMED = 1_000
"""Files without a row, and refused ones, that are told one by one."""


@dataclass(frozen=True, slots=True)
class FileCell:
    """A file as a cell names it: the row, the name or link, and the column."""

    row: Row
    name: str
    field: str

    @property
    def is_link(self) -> bool:
        """Whether it is to be fetched."""
        return self.name.lower().startswith(("http://", "https://", "ftp://"))

    @property
    def key(self) -> str:
        """Two cells of one dataset with the same key mean the same file."""
        return self.name if self.is_link else self.name.replace("\\", "/").casefold().rpartition("/")[2]


@dataclass(slots=True)
class Files:
    """The packed files of an upload, and how often the sheet names each."""

    packed: PackedFiles
    _named: Counter[str] = field(default_factory=Counter)

    def resource(self, cell: FileCell, position: int) -> tuple[ResourceRecord | None, Callable[[], BinaryIO] | None]:
        """The resource that a cell means, and how to open it; None, with a problem at the row, where it means none."""
        if not cell.name:
            return None, None
        if cell.is_link:
            return self._link(cell, position), None
        found = self.packed.named(cell.name)
        if len(found) == 1:
            self._named[found[0].path] += 1
            if self._named[found[0].path] == 2:
                self._problem(cell, "file_twice")
            return _packed(found[0], position), found[0].open
        if found:
            self._problem(cell, "file_ambiguous", choices="; ".join(one.path for one in found[:5]))
        elif reason := self.packed.refusal(cell.name):
            self._problem(cell, "file_refused", reason=reason)
        else:
            self._problem(cell, "file_missing", **_similar(self.packed.like(cell.name)))
        return None, None

    def problems(self) -> Iterator[CellProblem]:
        """The files that no cell names, and those that are refused."""
        unnamed = [one.path for one in self.packed.files if one.path not in self._named]
        for path in unnamed[:MOST_NAMED]:
            yield CellProblem("file_unnamed", value=path)
        for path, reason in self.packed.refused[:MOST_NAMED]:
            yield CellProblem("file_refused", value=path, filled={"reason": reason}, severity="warning")

    def _link(self, cell: FileCell, position: int) -> ResourceRecord | None:
        address = url(cell.name)
        if not address:
            self._problem(cell, "bad_url")
            return None
        filename = address.split("?")[0].rpartition("/")[2]
        return ResourceRecord(key=address, name=Text.of(filename), position=position, download_url=address)

    def _problem(self, cell: FileCell, code: str, **filled: str) -> None:
        cell.row.problems.append(cell.row.problem(code, cell.field, **{"value": cell.name, **filled}))


def _packed(file: PackedFile, position: int) -> ResourceRecord:
    filename = file.path.rpartition("/")[2]
    format_name = vocabularies.format_of(filename=filename)
    return ResourceRecord(
        key=file.path,
        name=Text.of(filename),
        position=position,
        filename=filename,
        format=format_name,
        media_type=vocabularies.media_type_of(format_name) if format_name else "",
        byte_size=file.size,
        role=ResourceRole.DATA if format_name in TABULAR else ResourceRole.OTHER,
    )


def _similar(name: str) -> dict[str, str]:
    """Words for the hint of a missing file."""
    if not name:
        return {}
    return {
        "similar_kk": f" Мүмкін, «{name}»?",
        "similar_ru": f" Может быть, «{name}»?",
        "similar_en": f" Is it “{name}”?",
    }
