"""One page image to text, inside the child process: Tesseract as kreuzberg carries it, with the data of the system."""

from __future__ import annotations

from pathlib import Path

import kreuzberg

from opendata.reading import pdf
from opendata.reading.outcome import failed, too_large

DOTS_PER_INCH = 300
"""Tesseract is trained on letters of this resolution."""
_IMAGE_BYTES = 100 * 1024**2


def count_pages(path: Path, media_type: str) -> int:
    """How many pages there are to recognise: those of a PDF, one of an image."""
    if media_type != "application/pdf":
        return 1
    with pdf.opened(path) as document:
        return len(document)


def read_page(path: Path, media_type: str, number: int, languages: str) -> str:
    """The text on page `number` (from 0), "" where there is none. `languages` as Tesseract wants them ("kaz+rus")."""
    if media_type == "application/pdf":
        with pdf.opened(path) as document:
            return _recognise(pdf.page_image(document, number, DOTS_PER_INCH), "image/png", languages)
    if path.stat().st_size > _IMAGE_BYTES:
        raise too_large(f"the image is over {_IMAGE_BYTES // 1024**2} MB")
    return _recognise(path.read_bytes(), media_type, languages)


def _recognise(image: bytes, media_type: str, languages: str) -> str:
    tesseract = kreuzberg.TesseractConfig(
        language=languages, output_format="text", enable_table_detection=False, use_cache=False
    )
    settings = kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        output_format="plain",
        ocr=kreuzberg.OcrConfig(backend="tesseract", language=languages, tesseract_config=tesseract),
    )
    try:
        return str(kreuzberg.extract_bytes_sync(image, mime_type=media_type, config=settings).content)
    except kreuzberg.KreuzbergError as error:
        raise failed(f"the page cannot be recognised: {str(error)[:200]}") from error
