"""A site with records of every kind, and programs with tokens before it; one of each for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from opendata.web.app import create_app
from tests.conftest import settings
from tests.web.people import People

PREFIX = "/api/v1"


@dataclass
class Api:
    """The API as somebody with a token sees it; without a token as everybody does."""

    app: Flask
    catalogue: Catalogue
    tokens: dict[str, str]
    who: str = ""

    def by(self, who: str) -> Api:
        """The same for somebody else."""
        return Api(self.app, self.catalogue, self.tokens, who)

    @property
    def client(self) -> FlaskClient:
        """A new connection."""
        return self.app.test_client()

    def ask(self, method: str, path: str, status: int = 200, headers: Any = None, **more: Any) -> TestResponse:
        """The answer, which must have that status."""
        sent = dict(headers or {})
        if self.who:
            sent["Authorization"] = f"Bearer {self.tokens[self.who]}"
        answer = self.client.open(f"{PREFIX}{path}", method=method, headers=sent, **more)
        assert answer.status_code == status, answer.text
        return answer

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """The JSON there."""
        return self.ask("GET", path, status, **more).json

    def post(self, path: str, data: Any = None, status: int = 201, **more: Any) -> Any:
        """The JSON that comes back."""
        return self.ask("POST", path, status, json=data, **more).json

    def create(self, title: str = "Проба", **fields: Any) -> Any:
        """A new dataset of the agency "su"."""
        return self.post("/datasets", {"title": {"ru": title}, "organization": "su", **fields})


@pytest.fixture(scope="module")
def api(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The site of the module, with a token of everybody who has an account."""
    home = copytree(peopled_site[0], tmp_path_factory.mktemp("api") / "home")
    unlimited = {f"OPENDATA_SECURITY__{name}_PER_MINUTE": "0" for name in ("API", "API_ACCOUNT", "SEARCHES")}
    catalogue = open_catalogue(load_config(environ=settings(home) | unlimited))
    people = peopled_site[1]
    names = ("member", "editor", "admin", "stranger", "sysadmin", "lonely")
    tokens = {name: accounts.create_token(catalogue, getattr(people, name)) for name in names}
    yield Api(create_app(catalogue), catalogue, tokens)
    catalogue.close()
