"""The process that reads hostile files: takes requests on stdin, answers on what was stdout, ends with its parent.

Run as `python -m opendata.reading.child`. It lowers its own limits before each file; the parent keeps the clock.
"""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from opendata.reading import documents, recognition, wire
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop, clean, clean_line

_MOST_WRITTEN = 64 * 1024**2
"""Bytes that any file written here may have (a library's temporary file, the log of stderr)."""
_OPEN_FILES = 64
_REQUEST_BYTES = 1024**2

Answer = Callable[[Mapping[str, Any]], None]


def main() -> None:
    """Answer requests until stdin ends."""
    requests, answers = _take_pipes()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))

    def answer(message: Mapping[str, Any]) -> None:
        answers.write(wire.pack(message))
        answers.flush()

    answer({"ready": True})
    while line := requests.readline(_REQUEST_BYTES):
        _serve(wire.unpack(line), answer)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Requests and answers on descriptors of their own, so that what a library prints cannot be taken for an answer."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, answers


def _serve(request: Mapping[str, Any], answer: Answer) -> None:
    limits = wire.limits_from(request["limits"])
    _lower_limits(limits)
    try:
        _JOBS[request["job"]](request, limits, answer)
    except MemoryError:
        answer({"stop": "too_large", "reason": "it needs more memory than the limit", "spent": True})
    except Stop as stop:
        answer({"stop": str(stop.status), "reason": stop.reason, "code": stop.code, "filled": stop.filled})
    except Exception as error:  # The outermost door of this process: whatever a hostile file provokes is its failure.
        answer({"stop": "failed", "reason": f"broken: {type(error).__name__}: {clean_line(str(error), 200)}"})


def _lower_limits(limits: Limits) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits.seconds * (os.cpu_count() or 1)) + 1
    # Only the soft limits move: the next file may have wider ones.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _read(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    result = documents.read(
        Path(request["path"]), request["filename"], limits, lambda page: answer({"page": clean(page)})
    )
    answer({"done": wire.extracted_to(result)})


def _preview(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    # pandas takes a second to import, and most children never see a table.
    from opendata.reading import tables

    found = tables.preview(Path(request["path"]), request["filename"], rows=int(request["rows"]), limits=limits)
    answer({"done": {"preview": found.to_json()}})


def _cells(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    # Most children never see a table that is to be taken in whole.
    from opendata.reading import cells

    for message in cells.messages(Path(request["path"]), request["filename"], limits, int(request["most_rows"])):
        answer(message)
    answer({"done": {}})


def _columns(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    # pandas and the engine take a second to import, and most children never see a table.
    from opendata.reading import columns, tabledata

    for table in columns.copies(Path(request["path"]), request["filename"], Path(request["folder"]), limits):
        answer({"table": tabledata.table_to(table)})
    answer({"done": {}})


def _asides(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    # Most children are asked for the text alone.
    from opendata.reading import asides

    answer({"page": clean(asides.read(Path(request["path"]), request["filename"], limits))})
    answer({"done": {}})


def _count_pages(request: Mapping[str, Any], _limits: Limits, answer: Answer) -> None:
    answer({"done": {"pages": recognition.count_pages(Path(request["path"]), request["media_type"])}})


def _recognise(request: Mapping[str, Any], limits: Limits, answer: Answer) -> None:
    text = recognition.read_page(
        Path(request["path"]), request["media_type"], int(request["number"]), request["languages"]
    )
    answer({"page": clean(text[: limits.characters])})
    answer({"done": {}})


_JOBS: Mapping[str, Callable[[Mapping[str, Any], Limits, Answer], None]] = {
    "read": _read,
    "preview": _preview,
    "cells": _cells,
    "columns": _columns,
    "asides": _asides,
    "count-pages": _count_pages,
    "recognise": _recognise,
}

if __name__ == "__main__":
    main()
