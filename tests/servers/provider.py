"""A provider of OpenID Connect that says whatever a test wants: the truth, or what somebody would forge.

A real one, in a process of its own, is in tests/servers/canaille_process.py; no real one forges its own ID tokens.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.conftest import Clock

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
"""Of the same name, and published by nobody."""
CLIENT, SECRET = "catalogue", "s3cret: and +more"


@dataclass
class Provider:
    """Who signs in there, what its tokens say, and what it was asked."""

    clock: Clock
    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "42", "email": "", "email_verified": True})
    metadata: dict[str, Any] = field(default_factory=dict)
    """Over what discovery says otherwise."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Over what an ID token says otherwise; None takes a claim out."""
    sign: Callable[[dict[str, Any]], str] | None = None
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    """What came as the password of HTTP's basic authentication, decoded as RFC 6749 §2.3.1 has it."""
    userinfo: dict[str, Any] = field(default_factory=dict)

    def visit(self, address: str) -> str:
        """What a browser does there that was sent to `address`: sign in, and be sent back; the path and query."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def token(self, nonce: str) -> str:
        """The ID token in answer to that nonce."""
        now = int(self.clock.now.timestamp())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {key: value for key, value in (said | self.person | self.claims).items() if value is not None}
        return self.sign(claims) if self.sign else signed(claims)

    @Request.application
    def answer(self, request: Request) -> Response:
        """One request of the site."""
        self.asked.append(request.path)
        if request.path == "/.well-known/openid-configuration":
            return _json(self._metadata())
        if request.path == "/keys":
            return _json({"keys": [{"kty": "odd", "kid": "one"}, KEY.as_dict(private=False)]})
        if request.path == "/token":
            return self._exchange(request)
        if request.path == "/elsewhere":
            return Response(status=302, headers={"Location": f"{self.issuer}/keys"})
        if request.path == "/me" and request.headers.get("Authorization") == "Bearer a token":
            return _json(self.userinfo)
        return Response(status=404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def _exchange(self, request: Request) -> Response:
        form = request.form.to_dict()
        self.forms.append(form)
        if request.authorization is not None and request.authorization.password is not None:
            self.secrets.append(unquote_plus(request.authorization.password))
        begun = self.codes.pop(form.get("code", ""), None)  # a code works once
        if begun is None:
            return _json({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != begun["code_challenge"]:
            return _json({"error": "invalid_grant"}, 400)
        return _json({"access_token": "a token", "token_type": "Bearer", "id_token": self.token(begun["nonce"])})


def signed(claims: dict[str, Any], key: RSAKey = KEY, alg: str = "RS256") -> str:
    """A token of these claims."""
    return jwt.encode({"alg": alg, "kid": "one"}, claims, key, algorithms=[alg])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that nobody signed (alg none)."""
    parts = ({"alg": "none", "kid": "one"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name of the library
        """Nothing: the tests' output is theirs."""


@contextmanager
def running(clock: Clock) -> Iterator[Provider]:
    """The provider on a free port of loopback."""
    provider = Provider(clock)
    server: BaseWSGIServer = make_server("127.0.0.1", 0, provider.answer, threaded=True, request_handler=_Silent)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
