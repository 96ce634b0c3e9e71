"""The sheet of the failing rows in the file store, where whoever sent the upload fetches it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from opendata.services.catalogue import Catalogue
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.returning import write_failed

MOST_BYTES = 1024**3


def keep_failed(catalogue: Catalogue, checked: Checked, language: str) -> str:
    """Put the sheet of the failing rows into the file store; its checksum, "" where no row fails."""
    if not checked.strays and all(one.is_good for one in checked.records):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "failed.xlsx"
        write_failed(checked, path, language)
        return catalogue.files.put_path(path, max_bytes=MOST_BYTES).checksum
