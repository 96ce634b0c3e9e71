"""The page about the API, in every language of the interface; its examples run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts, webhook_sending, webhooks
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
    organization(catalogue, "demo-water")
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


def test_webhooks_are_known_for_ours_as_the_documentation_says(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    (told,) = (one for one in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "hmac" in one)
    (shell,) = (one for one in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "openssl" in one)
    key, body = webhooks.new_key(), b'{"data":{"items":[]},"title":"\xd0\xa1\xd1\x83"}'
    headers = webhook_sending.signed(key, "msg_1", int(time.time()), body)
    known: dict[str, Any] = {}
    exec(told, known)
    assert known["is_ours"](key, headers, body)
    assert not known["is_ours"](key, headers, body + b" ")
    old = webhook_sending.signed(key, "msg_1", int(time.time()) - 600, body)
    assert not known["is_ours"](key, old, body)
    if not shutil.which("openssl"):
        pytest.skip("no openssl on the PATH: the example with it has not been tried")
    (tmp_path / "body.json").write_bytes(body)
    names = zip(("ID", "TIMESTAMP", "SIGNATURE"), headers.values(), strict=True)
    done = subprocess.run(
        ["sh", "-c", shell], cwd=tmp_path, env={**os.environ, **dict(names), "KEY": key}, capture_output=True, text=True
    )
    assert done.stdout == "genuine\n", done.stderr


def test_the_examples_in_r_close_what_they_open() -> None:
    for sample in examples.SAMPLES.values():
        text = examples.r(sample)
        assert text.count("(") == text.count(")")
        assert text.startswith("library(httr2)")
