"""Pages a second of the reader, which works in a child process with limits, over PDF files.

Against bare pypdfium2 in this very process over the same files: open, every page's text, close. The files are those
below OPENDATA_REALDATA (documents/**/*.pdf); without it, and it says so, those of the demonstration.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2

import opendata.demo
from benchmarks.measure import Figure, median
from benchmarks.sites import Scale
from opendata.catalog.records import TextStatus
from opendata.reading.extract import Reader

MOST_BYTES = 3_000_000
"""Larger files are left out, so that one of them does not decide the figure."""


def run(scale: Scale) -> list[Figure]:
    """Pages a second over the files that both can read."""
    ours, bare = [], []
    with Reader() as reader:
        files = [file for file in documents(scale.files) if reader.read(file).status is TextStatus.TEXT]
        for _ in range(scale.repeats):
            ours.append(_rate(files, lambda file: reader.read(file).pages_total))
            bare.append(_rate(files, _bare))
    what = f"reading {len(files)} PDF files"
    return [Figure(what, median(ours), "pages/s", median(bare), "bare pypdfium2", more_is_better=True)]


def _rate(files: Sequence[Path], read: Callable[[Path], int]) -> float:
    begun = time.perf_counter()
    return sum(map(read, files)) / (time.perf_counter() - begun)


def _bare(path: Path) -> int:
    document = pypdfium2.PdfDocument(path)
    try:
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage()
            text.get_text_bounded()
            text.close()
            page.close()
        return len(document)
    finally:
        document.close()


def documents(count: int) -> list[Path]:
    """At most `count` PDF files, the same ones every time."""
    folder = os.environ.get("OPENDATA_REALDATA")
    if folder:
        found = sorted((Path(folder) / "documents").rglob("*.pdf"))
    else:
        print("# OPENDATA_REALDATA is not set: the PDF files of the demonstration are read instead", file=sys.stderr)
        found = sorted((Path(opendata.demo.__file__).parent / "files").glob("*.pdf"))
    return [file for file in found if file.stat().st_size <= MOST_BYTES][:count]


def copy_documents(folder: Path, count: int) -> None:
    """Put `count` PDF files into `folder`; where there are fewer, they come again with a byte more at their end."""
    found = documents(count)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(count):
        copies, which = divmod(number, len(found))
        content = found[which].read_bytes() + b"\n" * copies
        (folder / f"{number:03}-{found[which].name}").write_bytes(content)
