"""One catalogue with every real source in it, read and indexed once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from opendata.services.catalogue import Catalogue
from opendata.web.app import create_app
from tests.realdata.captures import ALL
from tests.realdata.pipeline import Row, answering, count, opened, run, work

FULL = bool(os.environ.get("OPENDATA_TEST_FULL"))
"""Whether scanned pages are recognised and every file is looked at, which takes minutes."""


@dataclass(frozen=True)
class Filled:
    """The catalogue and, by source, what the first run came to."""

    catalogue: Catalogue
    rows: dict[str, Row]

    def client(self) -> FlaskClient:
        """A browser before it."""
        return create_app(self.catalogue).test_client()


@pytest.fixture(scope="package")
def filled(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """All sources, each harvested once and worked off. Links lead to the internet and are not followed."""
    home = tmp_path_factory.mktemp("realdata") / "home"
    settings = {"HARVEST__FETCH_FILES": "false", "JOBS__OCR": str(FULL).lower()}
    with opened(home, **settings) as catalogue, answering(ALL, catalogue, realdata):
        reports = {capture.name: run(catalogue, capture) for capture in ALL}
        work(catalogue)
        yield Filled(catalogue, {c.name: count(catalogue, c, reports[c.name]) for c in ALL})
