"""Reads any file in a child process with limits: text by page, properties, table previews, recognised scans."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opendata.catalog.records import TextStatus
from opendata.reading import filetype, wire
from opendata.reading.contract import Extracted, Limits
from opendata.reading.process import ChildGone, ChildProcess
from opendata.reading.spreadsheet import SheetCells, SheetRow
from opendata.reading.tabledata import TableData, TablesRead, table_from
from opendata.reading.tablepreview import TablePreview

DEFAULT_LIMITS = Limits()
FILES_PER_CHILD = 200
"""Files after which the child is replaced, so that what a library leaks or a file leaves behind does not add up."""
_BYTES_PER_CHARACTER = 12
"""A character beyond the first plane is two escapes of six bytes on the pipe."""


class Reader:
    """A child process that reads files one after another. Use it in `with`, from one thread at a time.

    It never raises for what a file holds: crashes, bombs and endless loops are a status with a reason.
    """

    def __init__(self) -> None:
        self._child: ChildProcess | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the child. The reader cannot be used afterwards."""
        self._closed = True
        self._drop_child()

    def read(self, path: Path, filename: str = "", limits: Limits = DEFAULT_LIMITS) -> Extracted:
        """The text of the file at `path`; `filename` is a hint to its type. OSError only when it cannot be opened."""
        kind = filetype.detect(path, filename)
        request = {"job": "read", "path": str(path.resolve()), "filename": filename or path.name}
        pages: list[str] = []
        try:
            final = self._last(request, limits, pages)
            if "done" in final:
                return wire.extracted_from(final["done"], tuple(pages))
            status, reason = TextStatus(final["stop"]), str(final["reason"])
        except ChildGone as gone:
            status, reason = (TextStatus.TOO_LARGE if gone.limit else TextStatus.FAILED), gone.reason
        except (KeyError, TypeError, ValueError):
            self._drop_child()
            status, reason = TextStatus.FAILED, "the reading process gave an answer that cannot be understood"
        cut = bool(pages) and status is TextStatus.TOO_LARGE
        return Extracted(status, kind.media_type, kind.format, tuple(pages), len(pages), reason[:300], truncated=cut)

    def preview(self, path: Path, filename: str = "", rows: int = 50, limits: Limits = DEFAULT_LIMITS) -> TablePreview:
        """The first rows of the table in the file; what hinders it stands in its `problem`."""
        request = {"job": "preview", "path": str(path.resolve()), "filename": filename or path.name, "rows": rows}
        try:
            final = self._last(request, limits, [])
            return TablePreview.from_json(final["done"]["preview"]) if "done" in final else _no_preview(final["reason"])
        except ChildGone as gone:
            return _no_preview(gone.reason)
        except (KeyError, TypeError, ValueError):
            self._drop_child()
            return _no_preview("the reading process gave an answer that cannot be understood")

    def asides(self, path: Path, filename: str = "", limits: Limits = DEFAULT_LIMITS) -> str:
        """The lines of headers, footers and frames, which `read` leaves out; "" where there are none to be had."""
        request = {"job": "asides", "path": str(path.resolve()), "filename": filename or path.name}
        pages: list[str] = []
        try:
            self._last(request, limits, pages)
        except ChildGone:
            return ""
        return "".join(pages)

    def sheets(self, path: Path, filename: str, rows: int, limits: Limits = DEFAULT_LIMITS) -> list[SheetCells]:
        """The sheets of a table file as far as they can be read, each with `rows` filled rows at most."""
        request = {"job": "cells", "path": str(path.resolve()), "filename": filename or path.name, "most_rows": rows}
        found: list[SheetCells] = []
        try:
            with contextlib.closing(self._ask(request, limits)) as answer:
                for message in answer:
                    if "sheet" in message:
                        found.append(SheetCells(str(message["sheet"])[:100]))
                    elif "row" in message:
                        found[-1].rows.append(SheetRow(int(message["row"]), tuple(map(str, message["cells"]))))
        except (ChildGone, KeyError, IndexError, TypeError, ValueError):
            self._drop_child()
        return found

    def columns(self, path: Path, filename: str, folder: Path, limits: Limits = DEFAULT_LIMITS) -> TablesRead:
        """The tables of a file, each copied to `folder`/NUMBER.parquet; see reading.columns for what stands there."""
        request = {"job": "columns", "path": str(path.resolve()), "filename": filename, "folder": str(folder.resolve())}
        found: list[TableData] = []
        status, reason = "failed", "the reading process gave no answer"
        try:
            with contextlib.closing(self._ask(request, limits)) as answer:
                for message in answer:
                    if "table" in message:
                        found.append(table_from(message["table"]))
                    elif "done" in message:
                        status, reason = _status_of(found)
                    else:
                        large = message["stop"] == TextStatus.TOO_LARGE
                        status, reason = "too_large" if large else "failed", str(message["reason"])[:300]
        except ChildGone as gone:
            status, reason = "too_large" if gone.limit else "failed", gone.reason
        except (KeyError, TypeError, ValueError):
            self._drop_child()
            status, reason = "failed", "the reading process gave an answer that cannot be understood"
        return TablesRead(status, tuple(found) if status == "ready" else (), reason)

    def count_pages(self, path: Path, media_type: str, limits: Limits = DEFAULT_LIMITS) -> int:
        """How many pages there are to recognise; 0 where the file cannot be opened."""
        request = {"job": "count-pages", "path": str(path.resolve()), "media_type": media_type}
        try:
            final = self._last(request, limits, [])
            return max(0, int(final["done"]["pages"])) if "done" in final else 0
        except ChildGone:
            return 0

    def recognise(
        self, path: Path, media_type: str, number: int, languages: str, limits: Limits = DEFAULT_LIMITS
    ) -> tuple[str, str]:
        """The text recognised on page `number` (from 0), and the reason where it could not be."""
        request = {
            "job": "recognise",
            "path": str(path.resolve()),
            "media_type": media_type,
            "number": number,
            "languages": languages,
        }
        pages: list[str] = []
        try:
            final = self._last(request, limits, pages)
        except ChildGone as gone:
            return "", gone.reason
        return "".join(pages), "" if "done" in final else str(final["reason"])[:300]

    def _last(self, request: Mapping[str, Any], limits: Limits, pages: list[str]) -> dict[str, Any]:
        """The last message of the answer; a crash is blamed on the file only where a fresh child crashes too."""
        try:
            return self._answer(request, limits, pages)
        except ChildGone as gone:
            if gone.limit or gone.files < 2:
                raise
            pages.clear()
            return self._answer(request, limits, pages)

    def _answer(self, request: Mapping[str, Any], limits: Limits, pages: list[str]) -> dict[str, Any]:
        """The last message of the answer; the texts of its pages go to `pages` as they come, within the limits."""
        left = limits.characters
        with contextlib.closing(self._ask(request, limits)) as answer:
            for message in answer:
                if "page" not in message:
                    return message
                text = wire.page_from(message, left)
                left -= len(text)
                if len(pages) < limits.pages:
                    pages.append(text)
        raise ChildGone("the reading process gave no answer", limit=False)

    def _ask(self, request: Mapping[str, Any], limits: Limits) -> Generator[dict[str, Any]]:
        if self._closed:
            raise RuntimeError("the reader is closed")
        if self._child is None or not self._child.alive or self._child.asked >= FILES_PER_CHILD:
            self._drop_child()
            self._child = ChildProcess()
        asked = {**request, "limits": dataclasses.asdict(limits)}
        most = limits.characters * _BYTES_PER_CHARACTER + limits.pages * 64 + 4 * 1024**2
        seconds = limits.seconds if math.isfinite(limits.seconds) else 3600.0
        return self._child.ask(asked, seconds=seconds, most_bytes=most)

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


def _status_of(found: Sequence[TableData]) -> tuple[str, str]:
    """Of a file that was read to its end."""
    if any(one.status == "ready" for one in found):
        return "ready", ""
    return "no_table", "it holds no table"


def _no_preview(reason: Any) -> TablePreview:
    return TablePreview(problem=str(reason)[:300])
