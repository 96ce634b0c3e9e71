"""Forms of the desk as a browser without JavaScript fills them in and sends them."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.people import HERE


def filled(page: str) -> list[tuple[str, str]]:
    """What a browser without JavaScript would send of the form, without a button."""
    form = page[page.index('id="edit"') : page.index('class="edit__bar"')]
    pairs = []
    pattern = (
        r"<input (?P<input>[^>]*)>|<textarea (?P<area>[^>]*)>(?P<text>.*?)</textarea>"
        r"|<select (?P<select>[^>]*)>(?P<options>.*?)</select>"
    )
    for found in re.finditer(pattern, form, re.DOTALL):
        tag = found["input"] or found["area"] or found["select"]
        name = re.search(r'name="([^"]*)"', tag)
        assert name, tag
        if found["select"]:
            chosen = re.search(r'<option value="([^"]*)" selected>', found["options"])
            value = (chosen or re.search(r'<option value="([^"]*)"', found["options"]) or ["", ""])[1]
        elif found["area"]:
            value = found["text"]
        else:
            value = (re.search(r'value="([^"]*)"', tag) or ["", ""])[1]
            if 'type="checkbox"' in tag and " checked" not in tag:
                continue
        pairs.append((unescape(name[1]), unescape(value)))
    return pairs


def changed(pairs: list[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    """The pairs with other values; __ stands for a point and _N_ for a row."""
    return [(name, values.pop(name.replace(".", "__").replace("-", "_"), value)) for name, value in pairs] + [
        (name.replace("__", "."), value) for name, value in values.items()
    ]


def send(browser: FlaskClient, path: str, pairs: list[tuple[str, str]], act: str = "") -> TestResponse:
    """Press the button `act` of the form."""
    data: dict[str, list[str]] = {}
    for name, value in [*pairs, ("act", act)]:
        data.setdefault(name, []).append(value)
    return browser.post(path, data=data, headers=HERE)
