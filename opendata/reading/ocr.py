"""Text recognised from page images, one page at a time, so that a job that is killed keeps what it has read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from pathlib import Path

from opendata.catalog.records import TextStatus
from opendata.reading import filetype, tessdata
from opendata.reading.contract import Extracted, Limits
from opendata.reading.extract import Reader

SECONDS_PER_PAGE = 60.0
OnPage = Callable[[int, str], None]
"""Takes the number of a page, counted from 1, and its text ("" where nothing was recognised)."""


def available() -> bool:
    """Whether Tesseract's data for any of our languages is there."""
    return bool(tessdata.languages())


def read_pages(
    path: Path,
    media_type: str,
    limits: Limits = Limits(seconds=SECONDS_PER_PAGE, pages=500),  # noqa: B008 - a frozen value
    on_page: OnPage | None = None,
    *,
    done: Collection[int] = (),
    reader: Reader | None = None,
) -> Extracted:
    """Recognise the file at `path`. `limits.seconds` is for each page; `on_page` gets every page as it is read.

    Pages numbered in `done` (from 1) were read by an earlier job: they are passed over and stand as "". A page that
    crashes the reader or takes too long is left empty and named in the reason. Never raises for what the file holds.
    """
    kind = filetype.detect(path)
    if reader is None:
        with Reader() as own:
            return _read_pages(own, path, kind, media_type, limits, on_page, done)
    return _read_pages(reader, path, kind, media_type, limits, on_page, done)


def _read_pages(
    reader: Reader,
    path: Path,
    kind: filetype.FileType,
    media_type: str,
    limits: Limits,
    on_page: OnPage | None,
    done: Collection[int],
) -> Extracted:
    languages = "+".join(tessdata.languages())
    empty = Extracted(TextStatus.SCANNED, media_type, kind.format)
    if not languages:
        return dataclasses.replace(empty, reason="its pages are images, and text recognition is not installed")
    total = reader.count_pages(path, media_type, limits)
    if not total:
        return dataclasses.replace(empty, status=TextStatus.FAILED, reason="broken: its pages cannot be opened")
    pages: list[str] = []
    problems: list[str] = []
    for number in range(1, min(total, limits.pages) + 1):
        text, reason = "", ""
        if number not in done:
            text, reason = reader.recognise(path, media_type, number - 1, languages, limits)
            if on_page is not None:
                on_page(number, text)
        if reason:
            problems.append(f"page {number}: {reason}")
        pages.append(text)
    return _judged(empty, pages, problems, total, limits, resumed=bool(done))


def _judged(
    empty: Extracted, pages: list[str], problems: list[str], total: int, limits: Limits, *, resumed: bool
) -> Extracted:
    some = resumed or any(page.strip() for page in pages)
    if not some and len(problems) == len(pages):
        status = TextStatus.FAILED
    else:
        status = TextStatus.OCR if some else TextStatus.NO_TEXT
    reasons = problems[:3] or ([] if some else ["nothing was recognised on its pages"])
    if total > limits.pages:
        reasons.append(f"only the first {limits.pages} of {total} pages were read")
    return dataclasses.replace(
        empty,
        status=status,
        pages=tuple(pages),
        pages_total=total,
        reason="; ".join(reasons),
        truncated=total > limits.pages,
    )
