"""A telephone with an app for one-time codes, and what a browser does with it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from tests.conftest import Clock
from tests.web.people import HERE, PASSWORD


@dataclass(frozen=True)
class App:
    """Made of the key on the page of the second factor, by arithmetic of its own (RFC 4226 §5.3)."""

    secret: bytes
    sealed: str

    @classmethod
    def of(cls, page: str) -> App:
        """The app, after the key on the page was typed into it."""
        words = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
        sealed = re.search(r'name="sealed" value="([^"]+)"', page)
        assert words is not None
        assert sealed is not None
        return cls(base64.b32decode(words[1].replace(" ", "")), sealed[1])

    def code(self, clock: Clock, *, later: bool = False) -> str:
        """What it shows now; `later`: half a minute later, to which the clock is moved."""
        if later:
            clock.advance(seconds=30)
        return self.at(clock.now)

    def at(self, now: dt.datetime) -> str:
        """What it shows at that moment."""
        counter = struct.pack(">Q", int(now.timestamp()) // 30)
        digest = hmac.new(self.secret, counter, hashlib.sha1).digest()
        start = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def set_up(client: FlaskClient, clock: Clock) -> tuple[App, list[str]]:
    """The app and the recovery codes of who is signed in there."""
    app = App.of(client.get("/account/second-factor").text)
    form = {"sealed": app.sealed, "code": app.code(clock), "password": PASSWORD}
    answer = client.post("/account/second-factor", data=form, headers=HERE)
    assert answer.status_code == 200, answer.text
    return app, recovery_codes(answer.text)


def recovery_codes(page: str) -> list[str]:
    """Those on the page that shows them."""
    return re.findall(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", page)


def second_step(client: FlaskClient, code: str) -> Any:
    """The answer to a code."""
    return client.post("/account/sign-in/code", data={"code": code}, headers=HERE)
