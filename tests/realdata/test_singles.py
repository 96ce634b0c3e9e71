"""Every real file as a source of its own, over HTTP and through the whole engine: records, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opendata.services.results import JobReport
from tests.realdata.conftest import FULL
from tests.realdata.pipeline import opened, work
from tests.realdata.singles import Single, is_told, run_all, summed, table, unclear
from tests.servers.everything import everything_server

pytestmark = [pytest.mark.realdata, pytest.mark.timeout(900 if FULL else 120)]

EVERY = 1 if FULL else 40
"""One file of so many of each kind."""


@pytest.fixture(scope="module")
def found(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Single, JobReport]]:
    home = tmp_path_factory.mktemp("singles") / "home"
    settings = {"HARVEST__FETCH_FILES": "false", "JOBS__OCR": "false"}
    with opened(home, **settings) as catalogue, everything_server(realdata) as server:
        reports = run_all(catalogue, realdata, server.url, EVERY)
        work(catalogue)
        yield reports


def test_table(found: dict[Single, JobReport], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table(summed(found)))


def test_every_file_gives_records_or_a_clear_problem(found: dict[Single, JobReport]) -> None:
    assert unclear(found) == []
    assert all(is_told(report) for report in found.values())
    assert all(problem.message for report in found.values() for problem in report.problems)


def test_every_kind_gives_records(found: dict[Single, JobReport]) -> None:
    kinds = {single.type for single, report in found.items() if report.job.counts.get("created")}
    assert kinds == {"oaipmh", "ckan", "dcat", "datajson", "schemaorg", "spreadsheet"}
