"""Where Tesseract's language data lies, and which of our languages it holds."""

from __future__ import annotations

import os
from pathlib import Path

LANGUAGES = ("kaz", "rus", "eng")
"""Tesseract's names, the first being tried first."""
_USUAL = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def folder() -> Path | None:
    """The folder named by TESSDATA_PREFIX, else the usual one of Debian and others; None without data of ours."""
    named = os.environ.get("TESSDATA_PREFIX")
    candidates = (named,) if named else _USUAL
    return next((Path(each) for each in candidates if _present(Path(each))), None)


def languages() -> tuple[str, ...]:
    """Those of LANGUAGES that can be recognised; none where there is no data."""
    found = folder()
    return _present(found) if found else ()


def _present(candidate: Path) -> tuple[str, ...]:
    return tuple(each for each in LANGUAGES if (candidate / f"{each}.traineddata").is_file())
