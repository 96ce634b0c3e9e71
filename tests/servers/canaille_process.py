"""Runs Canaille, a provider of OpenID Connect, with one person and one site that it knows, until it is ended.

    python -m tests.servers.canaille_process PORT RETURN_URL SIGNED_OUT_URL

Says "ready" once it answers. It keeps everything in memory.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys

PERSON, MAIL, PASSWORD = "aigul", "aigul@agency.kz", "a password over there"
CLIENT, SECRET = "catalogue", "s3cret-over-there"


def main(port: int, return_url: str, signed_out_url: str) -> None:
    """Serve."""
    from canaille import create_app
    from joserfc.jwk import RSAKey
    from werkzeug.serving import make_server

    key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}).as_dict(private=True)
    app = create_app(
        {
            "SECRET_KEY": "known to nobody else " * 2,
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "LOGGING": {"version": 1}},
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key]},
        }
    )
    with app.app_context():
        _fill(return_url, signed_out_url)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


def _fill(return_url: str, signed_out_url: str) -> None:
    from canaille.app import models
    from canaille.backends import Backend

    person = models.User(
        user_name=PERSON, formatted_name="Айгүл Серікова", family_name="Серікова", emails=[MAIL], password=PASSWORD
    )
    client = models.Client(
        client_id=CLIENT,
        client_secret=SECRET,
        client_name="Open Data.kz",
        client_uri="http://127.0.0.1/",
        redirect_uris=[return_url],
        post_logout_redirect_uris=[signed_out_url],
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid", "email", "profile"],
        client_id_issued_at=dt.datetime.now(dt.UTC),
    )
    for made in (person, client):
        Backend.instance.save(made)
    client.audience = [client]
    Backend.instance.save(client)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
