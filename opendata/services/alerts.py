"""Who is told when something failed: e-mail addresses and webhooks, each with a digest a day at most.

Nothing is sent when nothing failed. A digest that does not arrive is tried again after growing waits, and after
MOST_FAILURES in a row no more until somebody tests the address.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, undefer

from opendata.catalog.values import LANGUAGES, Text
from opendata.errors import CatalogueError, Invalid, NotFound, Problem
from opendata.services import digests, posting
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.secrets import seal, unseal
from opendata.store import queries
from opendata.store.alerts import ALERT_KINDS, Alert
from opendata.store.base import touched
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from opendata.store.queue import enqueue

logger = logging.getLogger(__name__)

JOB = "alerts"
KINDS = ALERT_KINDS
"""How somebody can be told."""
EVERY = dt.timedelta(minutes=15)
"""How often it is looked whether there is anything to tell."""
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=15), dt.timedelta(hours=24)
"""Before a digest that did not arrive is tried again; it doubles with each failure."""
MOST_FAILURES = 10
NO_ALERT = "There is no such receiver of alerts."

_EMAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]]{1,64}@[^\s@<>,;:\"\\()\[\]]{1,250}\.?", re.ASCII)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """A receiver as the desk lists it. `organization` None: of the whole site; `given_up`: failed too often."""

    id: UUID
    organization: str
    organization_title: Text | None
    kind: str
    address: str
    language: str
    active: bool
    last_sent: dt.datetime | None
    tried: dt.datetime | None
    failures: int
    last_error: str

    @property
    def given_up(self) -> bool:
        """Whether nothing is sent before somebody tests it."""
        return self.failures >= MOST_FAILURES


@dataclass(frozen=True, slots=True)
class Added:
    """A new receiver; `key` signs what a webhook gets, and is told this once."""

    id: UUID
    key: str = ""


def add(
    catalogue: Catalogue, actor: Actor, kind: str, address: str, organization: str = "", language: str = ""
) -> Added:
    """Tell this address (an e-mail address, or the URL of a webhook) what fails in an organisation and those below it,
    or on the whole site where none is named. Invalid, NotFound, NotAllowed.
    """
    kind, address, language = kind.strip(), address.strip(), language.strip()
    with catalogue.sessions.read() as session:
        owner = queries.address(session, "organization", organization).id if organization else None
    _demand(actor, owner)
    problems = list(_problems(kind, address, language))
    if problems:
        raise Invalid(problems[0].message, problems)
    key = secrets.token_urlsafe(32) if kind == "webhook" else ""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = Alert(
            organization_id=owner,
            kind=kind,
            address=urlsplit(address).hostname or "" if key else address,
            secret=seal(catalogue, {"url": address, "key": key}) if key else None,
            language=language,
            created=now,
            user_id=actor.user_id,
        )
        session.add(row)
        session.flush()
        note(session, actor, now, "site", row.id, "alert added", after={"kind": kind, "address": row.address})
        return Added(row.id, key)


def remove(catalogue: Catalogue, actor: Actor, alert_id: UUID) -> None:
    """Tell this address no more. NotFound, NotAllowed."""
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, alert_id)
        said = {"kind": row.kind, "address": row.address}
        note(session, actor, catalogue.now(), "site", row.id, "alert removed", before=said)
        session.delete(row)


def number(catalogue: Catalogue, actor: Actor) -> int:
    """How many receivers `listing` has in all."""
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(Alert).where(*_theirs(actor))) or 0


def _theirs(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    demand(actor, Right.MANAGE_SOURCES)
    allowed = organizations_where(actor, Right.MANAGE_SOURCES)
    return () if allowed is None else (Alert.organization_id.in_(allowed),)


def listing(catalogue: Catalogue, actor: Actor, limit: int | None = None, offset: int = 0) -> tuple[AlertLine, ...]:
    """The receivers of the actor's organisations, and of the site for those who manage it."""
    wanted = (
        select(Alert, Organization.slug, Organization.title)
        .outerjoin(Organization, Organization.id == Alert.organization_id)
        .where(*_theirs(actor))
        .order_by(Organization.slug.nulls_first(), Alert.created, Alert.id)
        .limit(limit)
        .offset(offset)
    )
    with catalogue.sessions.read() as session:
        return tuple(
            AlertLine(
                id=row.id, organization=slug or "", organization_title=title, kind=row.kind, address=row.address,
                language=row.language, active=row.active, last_sent=row.last_sent, tried=row.tried,
                failures=row.failures, last_error=row.last_error,
            )
            for row, slug, title in session.execute(wanted)
        )  # fmt: skip


def try_out(catalogue: Catalogue, actor: Actor, alert_id: UUID) -> str:
    """Send a test message now; what went wrong, "" where it was taken. NotFound, NotAllowed."""
    with catalogue.sessions.read() as session:
        row = _row(session, actor, alert_id)
        language, site = row.language or catalogue.config.languages.default, catalogue.config.site.title
        subject, body = digests.word("test_subject", language, site=site), digests.word("test", language)
        content = {"event": "test", "site": catalogue.config.site.url, "message": body}
        error = _send(catalogue, row, subject, body, content)
    with catalogue.sessions.write.begin() as session:
        _settle(session, alert_id, error)
    return error


def queue_due(catalogue: Catalogue) -> None:
    """Queue the look at what is to be told, unless it was queued within EVERY, or nobody is to be told."""
    with catalogue.sessions.read() as session:
        if session.scalar(select(Alert.id).where(Alert.active).limit(1)) is None:
            return
        recent = select(Job.id).where(Job.kind == JOB, Job.created > catalogue.now() - EVERY).limit(1)
        if session.scalar(recent) is not None:
            return
    with catalogue.sessions.write.begin() as session:
        enqueue(session, JOB, {}, catalogue.now(), lane=Lane.CARE, dedupe=JOB)


def send_due(catalogue: Catalogue) -> int:
    """Send the digests whose time has come. How many arrived."""
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Alert).where(Alert.active, Alert.failures < MOST_FAILURES)).all()
        due = [row.id for row in rows if _is_due(catalogue, row)]
    return sum(_tell(catalogue, alert_id) for alert_id in due)


def _is_due(catalogue: Catalogue, row: Alert) -> bool:
    now = catalogue.now()
    if row.last_sent is not None and now - row.last_sent < dt.timedelta(hours=catalogue.config.mail.digest_hours):
        return False
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, row.failures - 1))
    return not row.failures or row.tried is None or now - row.tried >= wait


def _tell(catalogue: Catalogue, alert_id: UUID) -> bool:
    """Whether there was something to tell, and it arrived."""
    now, config = catalogue.now(), catalogue.config
    with catalogue.sessions.read() as session:
        row = session.get(Alert, alert_id, options=[undefer(Alert.secret)])
        if row is None:
            return False
        tried, owners = row.tried, _below(session, row.organization_id)
        digest = digests.gather(session, row.last_sent or row.created, owners)
    if not digest.number or not _claim(catalogue, alert_id, tried):
        return False
    language = row.language or config.languages.default
    subject = digests.word("subject", language, site=config.site.title, number=digest.number)
    content = {"event": "digest", "site": config.site.url, **digests.as_json(digest)}
    text = digests.text(digest, language, config.site.url.rstrip("/"), config.site.timezone)
    error = _send(catalogue, row, subject, text, content)
    with catalogue.sessions.write.begin() as session:
        _settle(session, alert_id, error, now)
    logger.log(
        logging.WARNING if error else logging.INFO,
        "digest kind=%s alert=%s number=%d error=%s", row.kind, alert_id, digest.number, error,
    )  # fmt: skip
    return not error


def _claim(catalogue: Catalogue, alert_id: UUID, tried: dt.datetime | None) -> bool:
    """Whether no other worker tells it at this moment."""
    same = Alert.tried.is_(None) if tried is None else Alert.tried == tried
    with catalogue.sessions.write.begin() as session:
        claimed = update(Alert).where(Alert.id == alert_id, same).values(tried=catalogue.now())
        return touched(session, claimed) == 1


def _send(catalogue: Catalogue, row: Alert, subject: str, body: str, content: Mapping[str, object]) -> str:
    """What went wrong, "" where it was taken."""
    try:
        if row.kind == "email":
            posting.mail(catalogue, row.address, subject, body)
        else:
            secret = unseal(catalogue, row.secret or b"")
            sent = {**content, "subject": subject, "text": body, "sent": catalogue.now().isoformat()}
            posting.webhook(catalogue, secret["url"], secret["key"], sent)
    except CatalogueError as error:
        return error.message[:1000]
    return ""


def _settle(session: Session, alert_id: UUID, error: str, sent: dt.datetime | None = None) -> None:
    """Note how it went; `sent` is the moment of a digest, None for a test."""
    row = session.get(Alert, alert_id)
    if row is None:
        return
    row.last_error = error
    row.failures = row.failures + 1 if error else 0
    if sent is not None and not error:
        row.last_sent = sent


def _below(session: Session, organization: UUID | None) -> list[UUID] | None:
    """The organisation and those below it; None for all."""
    if organization is None:
        return None
    paths = queries.organization_paths(session)
    own = paths[organization][0]
    return [key for key, path in paths.items() if own in path]


def _demand(actor: Actor, organization: UUID | None, missing: str = "") -> None:
    demand_over(actor, Right.MANAGE_SOURCES if organization else Right.MANAGE_SITE, organization, missing)


def _row(session: Session, actor: Actor, alert_id: UUID) -> Alert:
    row = session.get(Alert, alert_id, options=[undefer(Alert.secret)])
    if row is None:
        raise NotFound(NO_ALERT)
    _demand(actor, row.organization_id, NO_ALERT)
    return row


def _problems(kind: str, address: str, language: str) -> list[Problem]:
    found = []
    if kind not in KINDS:
        found.append(Problem("alert_kind", f"kind is {kind[:40]!r}; allowed: {', '.join(KINDS)}.", "kind"))
    if kind == "email" and not _EMAIL.fullmatch(address):
        found.append(Problem("no_email", f"{address[:100]!r} is no e-mail address.", "address"))
    if kind == "webhook" and not _is_url(address):
        found.append(Problem("url", "A webhook is an address that begins with https:// or http://.", "address"))
    if language and language not in LANGUAGES:
        found.append(
            Problem("language", f"language is {language[:40]!r}; allowed: {', '.join(LANGUAGES)}.", "language")
        )
    return found


def _is_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and address.isprintable() and " " not in address
