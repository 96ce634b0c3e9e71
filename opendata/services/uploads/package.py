"""What was sent: a spreadsheet alone, or a zip of one and the files that it names. Nothing is unpacked."""

from __future__ import annotations

import difflib
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from opendata.errors import Invalid, SourceError, TooLarge
from opendata.reading import filetype
from opendata.reading.archive import Entry, ZipEntries
from opendata.reading.filenames import extension
from opendata.reading.spreadsheet import Spreadsheet, read_spreadsheet
from opendata.services.uploads.tables import recognised

SPREADSHEETS = frozenset(("xlsx", "xlsm", "xls", "ods", "csv", "tsv"))
MOST_SPREADSHEET_BYTES = 100 * 1024**2
MOST_TRIED = 10
"""Spreadsheets of an archive that are opened to find the one with the records."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that came with the spreadsheet: its path as the spreadsheet sees it, its size in bytes."""

    path: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(slots=True)
class PackedFiles:
    """The files beside the spreadsheet, found by path or, where only one has it, by name; case does not matter."""

    files: tuple[PackedFile, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    """Path and reason of what is not taken."""
    _by_name: dict[str, list[PackedFile]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.files:
            for name in {_folded(one.path), _folded(one.path.rpartition("/")[2])}:
                self._by_name.setdefault(name, []).append(one)

    def named(self, name: str) -> list[PackedFile]:
        """The files that `name` may mean: that path exactly, else every one of that name."""
        wanted = _folded(name)
        found = self._by_name.get(wanted, [])
        exact = [one for one in found if _folded(one.path) == wanted]
        return exact if len(exact) == 1 else found

    def refusal(self, name: str) -> str:
        """Why the file of that name is not taken, "" where there is none."""
        wanted = _folded(name)
        reasons = (why for path, why in self.refused if wanted in (_folded(path), _folded(path.rpartition("/")[2])))
        return next(reasons, "")

    def like(self, name: str) -> str:
        """The name of the file that was probably meant, "" where none is near."""
        near = difflib.get_close_matches(_folded(name), list(self._by_name)[:5000], 1, 0.75)
        return self._by_name[near[0]][0].path if near else ""


@dataclass(frozen=True, slots=True)
class Package:
    """The spreadsheet with its name, and the files that came with it."""

    filename: str
    spreadsheet: Spreadsheet
    files: PackedFiles


@contextmanager
def opened(path: Path, filename: str, most_rows: int) -> Iterator[Package]:
    """What is in the file at `path`, whose files can be read inside the block. Invalid or TooLarge in plain words."""
    if filetype.detect(path, filename).format != "ZIP":
        yield Package(filename, _read(path, filename, most_rows), PackedFiles())
        return
    try:
        archive = ZipEntries(path)
        entries = list(archive.entries())
    except SourceError as error:
        raise Invalid(f"{filename}: {error.message}.") from error
    try:
        yield _package(entries, filename, most_rows)
    finally:
        archive.close()


def _package(entries: Sequence[Entry], filename: str, most_rows: int) -> Package:
    cut = next((entry for entry in entries if entry.unseen), None)
    if cut is not None:
        raise TooLarge(f"{filename}: {cut.refused}. Send it in several parts.")
    sheet, spreadsheet = _spreadsheet(entries, filename, most_rows)
    folder = sheet.path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    others = [entry for entry in entries if entry is not sheet]
    files = tuple(
        PackedFile(entry.path.removeprefix(prefix), entry.size, entry.open)
        for entry in others
        if entry.open is not None
    )
    refused = tuple((entry.path.removeprefix(prefix), entry.refused) for entry in others if entry.refused)
    return Package(sheet.path, spreadsheet, PackedFiles(files, refused))


def _spreadsheet(entries: Sequence[Entry], filename: str, most_rows: int) -> tuple[Entry, Spreadsheet]:
    """The one spreadsheet with records: the nearest to the root that has our columns. Others are files of records."""
    named = [entry for entry in entries if extension(entry.path) in SPREADSHEETS]
    named.sort(key=lambda entry: (entry.path.count("/"), entry.path))
    found: list[tuple[Entry, Spreadsheet]] = []
    reasons: list[str] = []
    for entry in named[:MOST_TRIED]:
        if found and entry.path.count("/") > found[0][0].path.count("/"):
            break
        try:
            spreadsheet = _from_archive(entry, most_rows)
        except (Invalid, TooLarge) as error:
            reasons.append(error.message)
            continue
        if any(table.kind == "datasets" for table in recognised(spreadsheet)[0]):
            found.append((entry, spreadsheet))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(entry.path for entry, _ in found)
        raise Invalid(f"{filename} holds several tables of records: {names}. Leave one.")
    why = " ".join(reasons[:3]) or "No XLSX, XLS, ODS or CSV in it has a column for the title."
    raise Invalid(f"{filename} holds no table of records. {why}")


def _from_archive(entry: Entry, most_rows: int) -> Spreadsheet:
    if entry.open is None:
        raise Invalid(f"{entry.path} is refused: {entry.refused}.")
    if entry.size > MOST_SPREADSHEET_BYTES:
        raise TooLarge(f"{entry.path} is larger than {MOST_SPREADSHEET_BYTES // 1024**2} MB.")
    with tempfile.NamedTemporaryFile(suffix=f".{extension(entry.path)}") as copy:
        try:
            with entry.open() as stream:
                shutil.copyfileobj(stream, copy)
        except SourceError as error:
            raise Invalid(f"{error.message}.") from error
        copy.flush()
        return read_spreadsheet(Path(copy.name), entry.path, most_rows)


def _read(path: Path, filename: str, most_rows: int) -> Spreadsheet:
    if path.stat().st_size > MOST_SPREADSHEET_BYTES:
        raise TooLarge(f"{filename} is larger than {MOST_SPREADSHEET_BYTES // 1024**2} MB.")
    return read_spreadsheet(path, filename, most_rows)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).replace("\\", "/").removeprefix("./").strip("/ ").casefold()
