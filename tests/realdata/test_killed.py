"""kill -9 in the middle of a harvest and of the reading; then the same commands again: the undisturbed catalogue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opendata.services import desk, harvest, index_check, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from tests.realdata.conftest import FULL
from tests.realdata.pipeline import NO_LIMITS, opened, records, work

pytestmark = pytest.mark.realdata
FOLDER = "." if FULL else "office-tika"


def _content(catalogue: Catalogue) -> dict[str, object]:
    """What stands in the catalogue, without ids and dates of ours."""
    return {
        identifier: (
            record.title, record.languages, record.contributors, record.issued, record.read_from_file,
            sorted((file.key, file.checksum, file.text, file.format) for file in record.resources),
        )
        for identifier, record in records(catalogue, "documents").items()
    }  # fmt: skip


def _killed(home: Path, words: list[str], when: Callable[[], bool]) -> None:
    """Start the command, and kill it without a word as soon as `when` holds."""
    environ = {**os.environ, **NO_LIMITS, "OPENDATA_HOME": str(home), "OPENDATA_JOBS__OCR": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "opendata.cli.main", *words], env=environ, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 60
    while not when() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_harvest_and_killed_worker_leave_what_an_undisturbed_run_leaves(realdata: Path, tmp_path: Path) -> None:
    folder = str(realdata / "documents" / FOLDER)
    with opened(tmp_path / "calm", JOBS__OCR="false") as calm:
        sources.add(calm, SYSTEM, sources.NewSource("documents", "folder", folder))
        harvest.run(calm, "documents", actor=SYSTEM)
        work(calm)
        wanted = _content(calm)
    home = tmp_path / "disturbed"
    with opened(home, JOBS__OCR="false", JOBS__LEASE_SECONDS="5") as catalogue:
        sources.add(catalogue, SYSTEM, sources.NewSource("documents", "folder", folder))
        files = home / "files"
        _killed(home, ["harvest", "run", "documents"], lambda: len(list(files.glob("*/*/*"))) > 30)
        assert len(records(catalogue, "documents")) < len(wanted)
        harvest.run(catalogue, "documents", actor=SYSTEM)
        assert desk.jobs(catalogue, SYSTEM)[0].status == "complete"
        read = lambda: len(catalogue.page_texts.files())  # noqa: E731
        _killed(home, ["worker"], lambda: read() > 10)
        assert 0 < read() < len(wanted)
        work(catalogue)
        assert _content(catalogue) == wanted
        compared = index_check.compare(catalogue, repair=False)
        assert (compared.missing, compared.surplus, compared.indexed) == (0, 0, len(wanted))
        assert list((home / "files").rglob("*.part")) == []
