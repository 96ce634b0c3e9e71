"""The watcher of hostile words notices every way in which a page could run some."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser

from opendata.web.security import POLICY
from tests.hostile.poison import EVIL
from tests.hostile.watching import Watcher, serving, watching

WAYS = {
    "a script": "<script>alert(1)</script>",
    "a handler": "<img src=/missing onerror=alert(1)>",
    "words that are no words": EVIL,
    "an element alone": "<x-evil></x-evil>",
    "a style": "<p style='color: red'>x</p>",
    "a script of others": "<script src=https://away.example/x.js></script>",
    "a frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "a script that fails": "<script>no.such.thing()</script>",
    "a page that sends to a script": "<a id=to href='javascript:alert(1)'>x</a><script src=/press.js></script>",
    "what our own script writes": "<p id=words></p><script src=/write.js></script>",
}
SCRIPTS = {
    "press": "document.getElementById('to').click();",
    "write": "document.getElementById('words').innerHTML = '<img src=x onerror=alert(1)>';",
}
ONLY_WITH_POLICY = ("a style", "a script of others")


@pytest.fixture(scope="module")
def watcher(browser: Browser) -> Iterator[Watcher]:
    app = Flask(__name__)

    @app.get("/<policy>/<name>")
    def page(policy: str, name: str) -> Response:
        headers = {"Content-Security-Policy": POLICY} if policy == "with" else {}
        return Response(f"<!doctype html><title>x</title>{WAYS.get(name, '<p>x-evil</p>')}", headers=headers)

    @app.get("/<name>.js")
    def script(name: str) -> Response:
        return Response(SCRIPTS[name], mimetype="text/javascript")

    with serving(app) as url, watching(browser, url) as made:
        yield made


@pytest.mark.browser
@pytest.mark.parametrize("policy", ["with", "without"])
def test_whatever_would_run_is_noticed(watcher: Watcher, policy: str) -> None:
    missed = [name for name in WAYS if not watcher.look(f"/{policy}/{name}")]
    assert missed == (list(ONLY_WITH_POLICY) if policy == "without" else [])


@pytest.mark.browser
def test_words_are_not_taken_for_more(watcher: Watcher) -> None:
    assert watcher.look("/with/words") == watcher.look("/without/words") == []
