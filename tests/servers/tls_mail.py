"""A mail server that speaks TLS (aiosmtpd), and the certificates that it shows."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Taken:
    """What the server took: bodies as they came, and who signed in, each with the TLS version of the connection."""

    port: int
    bodies: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str | None]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.bodies.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        return "250 taken"

    def let_in(
        self, server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        line = server.transport.get_extra_info("ssl_object") if server.transport else None
        self.logins.append((given.login.decode(), line.version() if line else None))
        return AuthResult(success=given.password == b"secret")


@contextmanager
def tls_mail_server(folder: Path, security: str, address: str = HOST) -> Iterator[Taken]:
    """A server for security "starttls", "tls" or "none", which offers no TLS. Its certificate, of `address`, and the
    key are in `folder`; whoever trusts `certificate.pem` trusts it.
    """
    with socket.create_server((HOST, 0)) as held:
        taken = Taken(held.getsockname()[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certified(folder, address))
    names = {"starttls": "tls_context", "tls": "ssl_context"}
    # What the server itself would insist on is left off: the sender has to take care.
    settings: dict[str, Any] = {"authenticator": taken.let_in, "auth_require_tls": False}
    settings |= {names[security]: context} if security in names else {}
    controller = Controller(taken, HOST, taken.port, **settings)
    controller.start()
    try:
        yield taken
    finally:
        controller.stop()


def _certified(folder: Path, address: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
