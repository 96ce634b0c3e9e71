"""Prints what every real source comes to: python -m tests.realdata.table [FOLDER] (else OPENDATA_REALDATA).

First the services and documents, each read as a whole; then every file of the captures as a source of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.realdata import singles
from tests.realdata.captures import ALL
from tests.realdata.pipeline import answering, count, opened, run, table, work
from tests.servers.everything import everything_server


def main() -> None:
    """Run every source in an empty catalogue, read all files (scanned ones by OCR too), print the tables."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["OPENDATA_REALDATA"])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("OPENDATA_HOME", folder))
        _services(home / "services", root)
        _files(home / "files-alone", root)


def _services(home: Path, root: Path) -> None:
    with opened(home, HARVEST__FETCH_FILES="false") as catalogue, answering(ALL, catalogue, root):
        reports = {capture.name: run(catalogue, capture) for capture in ALL}
        work(catalogue)
        print(table([count(catalogue, capture, reports[capture.name]) for capture in ALL]), flush=True)


def _files(home: Path, root: Path) -> None:
    with opened(home, HARVEST__FETCH_FILES="false") as catalogue, everything_server(root) as server:
        found = singles.run_all(catalogue, root, server.url)
        work(catalogue)
    print("\n" + singles.table(singles.summed(found)))
    for line in singles.unclear(found):
        print(f"UNCLEAR {line}")


if __name__ == "__main__":
    main()
