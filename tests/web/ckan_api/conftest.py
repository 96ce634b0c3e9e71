"""Asks actions as a client does: a result where it succeeds, kind and details of the error where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Ask = Callable[..., Any]


class Failed(AssertionError):
    """An answer without success."""

    def __init__(self, status: int, error: Any) -> None:
        super().__init__(f"{status}: {error}")
        self.status, self.error = status, error


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """ask("package_show", id="x", token="…"): the result, or Failed."""

    def call(action: str, /, token: str = "", **data: Any) -> Any:
        headers = {"Authorization": token} if token else {}
        answer = client.post(f"/api/action/{action}", json=data, headers=headers)
        body = answer.get_json()
        if not body["success"]:
            raise Failed(answer.status_code, body["error"])
        assert answer.status_code == 200
        return body["result"]

    return call
