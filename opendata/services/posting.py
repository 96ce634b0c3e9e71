"""Sends a message: by e-mail through the site's mail server, or to a webhook, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import replace
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit

from opendata.config import Config
from opendata.errors import CatalogueError
from opendata.harvesting.failures import FetchError
from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from opendata.services.emails import is_email
from opendata.settings import MailSettings

SECONDS = 30.0
"""How long the mail server may be silent."""
WEBHOOK_SECONDS = 30.0
"""The most that a webhook's answer may take: somebody at the desk may wait for it."""
MOST_ANSWERED = 64 * 1024
"""Bytes of an answer that nobody reads."""
SIGNATURE = "X-OpenData-Signature"
"""Header with `sha256=` and the HMAC-SHA256 of the body in hex."""
_SEPARATORS = re.compile(r"[/?&=:;#]")
_SHORTEST = 6
"""Characters of a part that is taken for a secret: shorter ones would be found everywhere."""


class NotSent(CatalogueError):
    """It did not reach its receiver, and why. `status` is what a webhook answered, 0 where nothing came. `final`: a
    second try with the letter cannot end better.
    """

    def __init__(self, message: str, status: int = 0, *, final: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.final = final


def mail(catalogue: Catalogue, receiver: str, subject: str, body: str) -> None:
    """Send a plain letter. NotSent."""
    settings = catalogue.config.mail
    if not settings.host:
        raise NotSent("No mail server is named: set [mail] host.")
    message = EmailMessage()
    try:
        if not is_email(receiver):
            raise ValueError("that is not the address of one receiver")
        message["From"], message["To"] = sender(catalogue.config), receiver
        message["Subject"] = " ".join(subject.split())
        message["Date"], message["Message-ID"] = format_datetime(catalogue.now()), make_msgid(domain="opendata")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
        message.set_content(body)
        with _connected(catalogue.config) as server:
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
        # Without its cause, which would stand in a log: there are servers that repeat what they were sent.
        told = _without_password(f"{settings.host}:{settings.port}: {_reason(error)}", settings)
        raise NotSent(told, final=_is_final(error)) from None


def sender(config: Config) -> str:
    """Whom mail comes from."""
    return config.mail.sender or config.site.contact_email or "opendata@localhost"


def _connected(config: Config) -> smtplib.SMTP:
    settings = config.mail
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(settings.host, settings.port, timeout=SECONDS)
    if settings.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_decoded(said)}" for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return str(error) or type(error).__name__


def _is_final(error: Exception) -> bool:
    """Whether the receiver is refused for good, or is none.

    A wrong password of ours is put right by the operator, and the letter goes then.
    """
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, (MessageError, ValueError)) and not isinstance(error, OSError)


def _without_password(message: str, settings: MailSettings) -> str:
    """The message without the password, however it went over the line (RFC 4616, and AUTH LOGIN)."""
    if settings.password:
        for said in (settings.password, f"\0{settings.user}\0{settings.password}"):
            encoded = base64.b64encode(said.encode("utf-8")).decode("ascii").rstrip("=")
            message = message.replace(encoded, "…").replace(said, "…")
    return message


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def webhook(catalogue: Catalogue, url: str, key: str, content: Mapping[str, Any]) -> None:
    """POST the content as JSON, signed with `key`. NotSent; private addresses are refused as for harvests."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    post(catalogue, url, body, {SIGNATURE: signature(key, body)})


def post(catalogue: Catalogue, url: str, body: bytes, headers: Mapping[str, str], retries: int | None = None) -> int:
    """POST the JSON once, or with the client's own `retries`; the status of the answer. NotSent, which tells of the
    address no more than its host.
    """
    try:
        with client_for(catalogue) as client:
            seconds = WEBHOOK_SECONDS
            limits = {"timeout_seconds": seconds, "total_seconds": seconds, "max_bytes": MOST_ANSWERED}
            client.policy = replace(client.policy, **limits)  # type: ignore[arg-type]
            if retries is not None:
                client.policy = replace(client.policy, retries=retries)
            return client.post(url, body, "application/json", headers=headers).status
    except FetchError as error:
        status = f"{error.status} " if error.status else ""
        raise NotSent(_without_secrets(f"{status}{error.reason}", url), error.status or 0) from None
    except CatalogueError as error:
        raise NotSent(_without_secrets(error.message, url)) from None


def signature(key: str, body: bytes) -> str:
    """What the receiver compares with, over the very bytes of the body."""
    return f"sha256={hmac.new(key.encode('utf-8'), body, hashlib.sha256).hexdigest()}"


def _without_secrets(message: str, url: str) -> str:
    """The message without any part of the webhook's address behind its host: those are as good as a password."""
    parts = urlsplit(url)
    texts = parts.path, parts.query, parts.netloc.rpartition("@")[0]
    secrets = {part for text in texts for part in _SEPARATORS.split(text)}
    for secret in sorted((one for one in secrets if len(one) >= _SHORTEST), key=len, reverse=True):
        message = message.replace(secret, "…")
    return message
