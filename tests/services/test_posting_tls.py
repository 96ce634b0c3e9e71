"""Letters go over TLS to a server that proves who it is, or they do not go at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from opendata.services import posting
from opendata.services.catalogue import Catalogue
from tests.servers.tls_mail import HOST, tls_mail_server

Trust = Callable[[], None]


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trust:
    """Makes this machine trust the certificate of the server, as an operator does (SSL_CERT_FILE of OpenSSL)."""
    return lambda: monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))


def post(catalogue: Catalogue, port: int, security: str) -> None:
    """Send a letter there."""
    config = catalogue.config
    mail = replace(config.mail, host=HOST, port=port, security=security, user="robot", password="secret")
    posting.mail(replace(catalogue, config=replace(config, mail=mail)), "a@example.kz", "Тема", "Здравствуйте.\n")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letter_and_password_go_over_tls(catalogue: Catalogue, tmp_path: Path, trust: Trust, security: str) -> None:
    with tls_mail_server(tmp_path, security) as server:
        trust()
        post(catalogue, server.port, security)
    assert len(server.bodies) == 1
    assert server.logins == [("robot", "TLSv1.3")]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_nothing(catalogue: Catalogue, tmp_path: Path, security: str) -> None:
    with tls_mail_server(tmp_path, security) as server, pytest.raises(posting.NotSent, match="certificate"):
        post(catalogue, server.port, security)
    assert (server.bodies, server.logins) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_host_is_refused(
    catalogue: Catalogue, tmp_path: Path, trust: Trust, security: str
) -> None:
    with tls_mail_server(tmp_path, security, "192.0.2.1") as server:
        trust()
        with pytest.raises(posting.NotSent, match="certificate"):
            post(catalogue, server.port, security)
    assert (server.bodies, server.logins) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nothing_is_sent_in_the_open_where_tls_is_wanted(catalogue: Catalogue, tmp_path: Path, security: str) -> None:
    with tls_mail_server(tmp_path, "none") as server, pytest.raises(posting.NotSent):
        post(catalogue, server.port, security)
    assert (server.bodies, server.logins) == ([], [])
