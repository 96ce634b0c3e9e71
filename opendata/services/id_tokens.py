"""What an ID token says, once it is sure who says it, to whom, when, and in answer to what (OIDC Core §3.1.3.7)."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from opendata.errors import NotAllowed

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key that only the provider has: "none", and HMAC with what we know as well, prove nothing."""
LEEWAY = 60
"""Seconds by which its clock and ours may differ."""
OLDEST = 600
"""Seconds since it was issued: it comes at once, in answer to our own request."""
MOST_KEYS = 50
SUBJECT_LENGTH = 255
TOKEN_LENGTH = 32_768


class Forged(NotAllowed):
    """An answer that is not what the provider would send to this site, for this sign-in. The message is for the log."""

    def __init__(self, message: str) -> None:
        super().__init__(message, signed_in=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom it must be from, whom for, and the nonce of the request that it answers."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom a provider knows. `email` is casefolded, "" for none; `verified` as far as the provider says so."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    name: str = ""


def checked(token: str, keys: Any, expected: Expected, now: dt.datetime) -> dict[str, Any]:
    """The claims. `keys` is the provider's JWKS. Forged for whatever is not as it must be."""
    claims = _signed(token, keys)
    if claims.get("iss") != expected.issuer:
        raise Forged(f"The ID token is of {claims.get('iss')!r}, not of {expected.issuer!r}.")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in named:
        raise Forged("The ID token is for another site.")
    if (len(named) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise Forged("The ID token was issued to another site.")
    _check_times(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise Forged("The ID token answers another request.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH:
        raise Forged("The ID token names nobody.")
    return claims


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """Whom checked claims are about."""
    email, name = claims.get("email"), claims.get("name") or claims.get("preferred_username")
    said = email.strip().casefold() if isinstance(email, str) and "@" in email and len(email) <= 320 else ""
    # Some providers write the truth as text.
    verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
    given = " ".join(name.split())[:200] if isinstance(name, str) else ""
    return Identity(str(claims["iss"]), str(claims["sub"]), said, bool(said) and verified, given)


def _signed(token: str, keys: Any) -> dict[str, Any]:
    if len(token) > TOKEN_LENGTH or not token.isascii():
        raise Forged("The ID token is none.")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError):
        raise Forged("The ID token is none.") from None
    if header.get("alg") not in ALGORITHMS:
        raise Forged(f"The ID token is signed by {str(header.get('alg'))[:40]!r}, which proves nothing.")
    for key in _candidates(keys, header.get("kid")):
        try:
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError):
            continue
        return dict(claims)
    raise Forged("The ID token is signed by none of the provider's keys.")


def _candidates(keys: Any, kid: object) -> list[Key]:
    """The public keys for signatures, of that name where the token names one."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    made: list[Key] = []
    for one in listed[:MOST_KEYS] if isinstance(listed, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC", "OKP") or one.get("use", "sig") != "sig":
            continue
        if kid is not None and one.get("kid") not in (kid, None):
            continue
        try:
            made.append(JWKRegistry.import_key(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # a key of a kind that we do not know is no hindrance to the others
    return made


def _check_times(claims: Mapping[str, Any], now: dt.datetime) -> None:
    moment = now.timestamp()
    expires, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    if expires is None or expires < moment - LEEWAY:
        raise Forged("The ID token has expired.")
    if issued is None or not moment - OLDEST - LEEWAY <= issued <= moment + LEEWAY:
        raise Forged("The ID token was not issued just now; do the clocks differ?")
    before = _number(claims.get("nbf", 0))
    if before is None or before > moment + LEEWAY:
        raise Forged("The ID token is not valid yet.")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
