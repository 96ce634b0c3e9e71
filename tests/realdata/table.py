"""Prints what every real source comes to: python -m tests.realdata.table [FOLDER] (else OPENDATA_REALDATA)."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.realdata.captures import ALL
from tests.realdata.pipeline import answering, count, opened, run, table, work


def main() -> None:
    """Run every source in an empty catalogue, read all files (scanned ones by OCR too), print the table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["OPENDATA_REALDATA"])
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Path(os.environ.get("OPENDATA_HOME", folder)), HARVEST__FETCH_FILES="false") as catalogue,
        answering(ALL, catalogue, root),
    ):
        reports = {capture.name: run(catalogue, capture) for capture in ALL}
        work(catalogue)
        print(table([count(catalogue, capture, reports[capture.name]) for capture in ALL]))


if __name__ == "__main__":
    main()
