"""Any string may be sent to the search pages: they answer with results, a record or a clear refusal."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings

from tests.search.any_string import LONGEST, any_string
from tests.web.conftest import Shelf

PATHS = ("/en/search", "/ru/search/advanced", "/kk/search/advanced/find")


@pytest.mark.parametrize("path", PATHS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_string)
@example("я" * LONGEST)
@example("{{7*7}}<script>alert(1)</script>")
@example('"><img src=x onerror=alert(1)>')
@example("/dataset/../..%2f")
@example("http://[::1")
def test_any_string_gets_an_answer(client: FlaskClient, shelf: Shelf, path: str, text: str) -> None:
    # What is no UTF-8, and NUL, cannot be typed; the site refuses such addresses as a whole.
    name = "every" if path.endswith("find") else "q"
    sent = quote(text.encode("utf-8", "replace").replace(b"\0", b""))
    answer = client.get(f"{path}?{name}={sent}")
    assert answer.status_code in (200, 302)
    if answer.status_code == 200:
        assert answer.text.count("<h1") == 1
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text


@pytest.mark.parametrize("query", ["q=%00", "q=%FF", "q=a&page=0", "q=a&sort=none", "q=a&exact=x", "year=abc"])
def test_what_nobody_types_is_refused_clearly(app: Flask, shelf: Shelf, query: str) -> None:
    answer = app.test_client().get(f"/en/search?{query}")
    assert answer.status_code == 400
    assert "This request cannot be understood" in answer.text
