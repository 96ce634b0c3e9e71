"""The page about the API, in every language of the interface; its examples run as they stand there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from opendata.web.api import examples
from opendata.web.api.contract import TABLE
from tests.conftest import settings
from tests.factories import organization
from tests.web.api.conftest import Api
from tests.web.people import People
from tests.web.served import serving

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
WORDS = {"en": "All addresses", "ru": "Все адреса", "kk": "Барлық мекенжайлар"}


def test_the_page_stands_in_every_language_and_names_every_address(api: Api) -> None:
    for language in WORDS:
        page = api.client.get(f"/{language}/api/docs")
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text
        assert all(f"{op.method} /api/v1{op.path}" in page.text for op in TABLE.operations)
    assert "/api/docs" in api.client.get("/en/about").text
    assert api.client.get("/en/api/v1/datasets").status_code == 404


def test_the_written_documentation_names_every_address() -> None:
    told = DOCS.read_text(encoding="utf-8")
    assert [op.id for op in TABLE.operations if f"`{op.method} {op.path}`" not in told] == []


@dataclass
class Place:
    """Where the examples run: variables of the environment, and a folder with the file that is sent."""

    environ: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def place(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("examples")
    home = shutil.copytree(peopled_site[0], folder / "home")
    catalogue = open_catalogue(load_config(environ=settings(home)))
    organization(catalogue, "water-agency")
    token = accounts.create_token(catalogue, peopled_site[1].sysadmin)
    catalogue.close()
    (folder / "balance.csv").write_text("year,value\n2024,1\n", encoding="utf-8")
    with serving(home, folder / "log", "--no-worker") as served:
        yield Place({**os.environ, "SITE": served.url, "TOKEN": token, "PYTHONUTF8": "1"}, folder)


def test_the_examples_run_as_they_stand(place: Place) -> None:
    """Those in curl first, as a reader would; then those in Python, on what these left."""
    for name, sample in examples.SAMPLES.items():
        if shutil.which("curl"):
            _run(place, name, ["bash", "-c", examples.curl(sample)])
    for name, sample in examples.SAMPLES.items():
        if not shutil.which("curl") or name != "create":
            _run(place, name, [sys.executable, "-W", "ignore", "-c", examples.python(sample)])


def _run(place: Place, name: str, command: list[str]) -> None:
    done = subprocess.run(command, env=place.environ, cwd=place.folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (name, done.stdout, done.stderr)
    assert done.stdout.startswith("{"), (name, done.stdout)


def test_the_examples_in_r_close_what_they_open() -> None:
    for sample in examples.SAMPLES.values():
        text = examples.r(sample)
        assert text.count("(") == text.count(")")
        assert text.startswith("library(httr2)")
