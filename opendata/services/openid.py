"""OpenID Connect as this site asks it: discovery, where to send the browser, and the exchange of what it brings back.

Every request goes through the guarded client: with time-outs, size caps, no redirects, and to no private address that
the settings do not name. What a provider says of itself is kept for some minutes, and for a moment that it was silent.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from opendata.catalog.base64url import encoded
from opendata.config import Config
from opendata.errors import SourceError, TooLarge, Unavailable
from opendata.harvesting import json
from opendata.harvesting.client import ClientPolicy, Credentials, HttpClient
from opendata.harvesting.failures import FetchError
from opendata.services import id_tokens
from opendata.services.catalogue import Catalogue
from opendata.services.clients import user_agent
from opendata.services.id_tokens import Expected, Forged, Identity
from opendata.settings import ProviderSettings

DISCOVERY = "/.well-known/openid-configuration"
MAX_BYTES = 512 * 1024
TOTAL_SECONDS = 20.0
KEPT_SECONDS, SILENT_SECONDS = 600, 15
"""How long discovery is kept, and how long nobody is asked again who did not answer."""


class ProviderDown(Unavailable):
    """The provider does not answer, or not as the standard says. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What discovery says (OpenID Connect Discovery 1.0 §3). `post_secret`: the secret goes in the body of the form."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    post_secret: bool
    names_itself: bool
    """Whether its answers must say who sends them (RFC 9207)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One sign-in under way: what only this site and the browser know."""

    state: str
    nonce: str
    verifier: str
    return_url: str


def discover(catalogue: Catalogue, provider: ProviderSettings) -> Endpoints:
    """Where its endpoints are. ProviderDown."""
    kept = _kept(provider.issuer, catalogue.config.sign_in.allow_addresses)
    with kept.lock:  # one asks, the others wait for the answer
        moment = catalogue.now().timestamp()
        if kept.found and moment < kept.until:
            return kept.found
        if moment < kept.silent_until:
            raise ProviderDown(f"{provider.issuer} did not answer a moment ago.")
        try:
            kept.found = _discover(catalogue, provider)
        except ProviderDown:
            kept.silent_until = moment + SILENT_SECONDS
            raise
        kept.until = moment + KEPT_SECONDS
        return kept.found


def _discover(catalogue: Catalogue, provider: ProviderSettings) -> Endpoints:
    with _client(catalogue.config) as client:
        found = _document(client, provider.issuer.rstrip("/") + DISCOVERY)
    if found.get("issuer") != provider.issuer:
        raise ProviderDown(f"{provider.issuer} calls itself {str(found.get('issuer'))[:200]!r}: set issuer to that.")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Endpoints(
        authorization=_endpoint(provider, found, "authorization_endpoint"),
        token=_endpoint(provider, found, "token_endpoint"),
        keys=_endpoint(provider, found, "jwks_uri"),
        userinfo=_endpoint(provider, found, "userinfo_endpoint", needed=False),
        end_session=_endpoint(provider, found, "end_session_endpoint", needed=False),
        post_secret="client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(provider: ProviderSettings, found: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    """As safe as the issuer itself: https, but where the issuer is on this machine."""
    url = found.get(name)
    scheme = urlsplit(url).scheme if isinstance(url, str) and url.isascii() and url.isprintable() else ""
    if scheme == "https" or (scheme == "http" and provider.issuer.startswith("http:")):
        return str(url)
    if needed:
        raise ProviderDown(f"{provider.issuer} names no {name} that can be used.")
    return ""


def address(endpoints: Endpoints, provider: ProviderSettings, request: Request) -> str:
    """Where the browser goes to sign in there (Core §3.1.2.1, with PKCE: RFC 7636)."""
    challenge = encoded(hashlib.sha256(request.verifier.encode("ascii")).digest())
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": request.return_url,
        "scope": " ".join(provider.scopes),
        "state": request.state,
        "nonce": request.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return _with(endpoints.authorization, asked)


def sign_out_address(endpoints: Endpoints, provider: ProviderSettings, back: str) -> str:
    """Where the browser goes to sign out there as well (RP-Initiated Logout 1.0 §2); "" where it cannot."""
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
    return _with(endpoints.end_session, asked) if endpoints.end_session else ""


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"


def identify(catalogue: Catalogue, provider: ProviderSettings, request: Request, code: str) -> Identity:
    """Who has signed in there. ProviderDown, or Forged where the code or its ID token is not for this sign-in."""
    endpoints = discover(catalogue, provider)
    with _client(catalogue.config) as client:
        keys = _document(client, endpoints.keys)
    answer = _exchange(catalogue.config, endpoints, provider, request, code)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise Forged("The provider sent no ID token.")
    expected = Expected(provider.issuer, provider.client_id, request.nonce)
    claims = id_tokens.checked(token, keys, expected, catalogue.now())
    if "email" not in claims and "email" in provider.scopes and endpoints.userinfo:
        claims = claims | _userinfo(catalogue.config, endpoints, answer.get("access_token"), claims["sub"])
    return id_tokens.identity_of(claims)


def _exchange(
    config: Config, endpoints: Endpoints, provider: ProviderSettings, request: Request, code: str
) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": request.return_url}
    form |= {"client_id": provider.client_id, "code_verifier": request.verifier}
    secret, credentials = config.sign_in.secrets.get(provider.name, ""), None
    if secret and endpoints.post_secret:
        form["client_secret"] = secret
    elif secret:  # RFC 6749 §2.3.1: both are encoded as in a form before
        credentials = Credentials("basic", quote_plus(provider.client_id), quote_plus(secret))
    with _client(config, credentials, endpoints.token) as client:
        try:
            response = client.post(endpoints.token, urlencode(form).encode(), "application/x-www-form-urlencoded")
        except FetchError as error:
            if error.status in (400, 401, 403):
                raise Forged(f"The provider does not take the code, or not from this site: {error.message}") from error
            raise ProviderDown(error.message) from error
        except TooLarge as error:
            raise ProviderDown(error.message) from error
    return _object(response.content, endpoints.token)


def _userinfo(config: Config, endpoints: Endpoints, token: object, subject: str) -> dict[str, Any]:
    """E-mail and name (Core §5.3), for providers whose ID tokens hold neither. It must be of the same person."""
    if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        return {}
    with _client(config, Credentials("bearer", value=token), endpoints.userinfo) as client:
        found = _document(client, endpoints.userinfo)
    if found.get("sub") != subject:
        raise Forged("The provider tells of somebody else than who has signed in.")
    return {name: found[name] for name in ("email", "email_verified", "name", "preferred_username") if name in found}


def _client(config: Config, credentials: Credentials | None = None, origin: str = "") -> HttpClient:
    policy = ClientPolicy(
        allow_addresses=config.sign_in.allow_addresses,
        timeout_seconds=config.sign_in.timeout_seconds,
        connect_seconds=config.sign_in.timeout_seconds,
        total_seconds=TOTAL_SECONDS,
        max_bytes=MAX_BYTES,
        max_redirects=0,
        retries=0,
        pace_seconds=0,
        user_agent=user_agent(config),
        robots=False,
    )
    return HttpClient(policy, credentials=credentials, origin=origin)


def _document(client: HttpClient, url: str) -> dict[str, Any]:
    try:
        return _object(client.get(url, accept="application/json").content, url)
    except (FetchError, TooLarge) as error:
        raise ProviderDown(error.message) from error


def _object(content: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.parsed(content, of=url)
    except SourceError as error:
        raise ProviderDown(error.message) from error
    if not isinstance(found, dict):
        raise ProviderDown(f"{url} answers with something else than an object.")
    return found


@dataclass(slots=True)
class _Kept:
    """What one process knows of a provider."""

    found: Endpoints | None = None
    until: float = 0.0
    silent_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@cache
def _kept(issuer: str, allowed: tuple[str, ...]) -> _Kept:  # noqa: ARG001 - other settings, other answers
    return _Kept()
