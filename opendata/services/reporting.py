"""Readers tell what is wrong with a public record, follow what becomes of it, and may ask once more. No account needed.

Who reported something gets a link that only they have: the store keeps a hash of what it holds, and this site can make
it again for the letter with the answer. Nothing is told of records that are not public: neither that they are there,
nor, behind the link, what has become of one since.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog.base64url import encoded
from opendata.catalog.normalise import clean_text
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, NotFound, Problem, TooMany
from opendata.keys import site_key
from opendata.services import datasets, register
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret
from opendata.store.datasets import Dataset
from opendata.store.operations import ReportedProblem
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study
from opendata.store.states import ReportState

MAX_MESSAGE = 5_000
MAX_CONTACT = 320
MOST_A_DAY = 20
"""Reports that one address may send within a day."""
REOPENED_FOR = dt.timedelta(days=30)
"""How long after the answer the reader may say that it does not help."""
DECIDED = (ReportState.ANSWERED, ReportState.DISMISSED)
KINDS: Mapping[str, type[Dataset] | type[Study]] = {"dataset": Dataset, "study": Study}

_PURPOSE = b"opendata: links of readers' reports, version 1"
"""Sets this key apart from others made of the same secret (RFC 5869 §3.2)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the reader wrote, and what was answered ("" and None before that)."""

    message: str
    created: dt.datetime
    state: ReportState
    answer: str
    answered: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Followed:
    """A report as its reporter sees it. `slug` is "" and `title` empty where the record is not public (any more).

    `until` is how long it may be opened again; None where it may not.
    """

    kind: str
    slug: str
    title: Text
    exchanges: tuple[Exchange, ...]
    until: dt.datetime | None


def record(catalogue: Catalogue, kind: str, name: str) -> DatasetRecord | StudyRecord:
    """The public record that is to be reported. NotFound, Moved and Gone as for everybody."""
    if kind == "study":
        return register.page(catalogue, PUBLIC, name).record
    return datasets.record(catalogue, PUBLIC, name)


def report(
    catalogue: Catalogue,
    kind: str,
    name: str,
    message: str,
    contact: str = "",
    *,
    address: str = "",
    language: str = "",
) -> str:
    """Keep the report for the desk of the record's agency; what comes back leads its reporter to it (`follow`).

    Invalid when there is nothing, or too much, to read; TooMany from one address.
    """
    about = record(catalogue, kind, name)
    said = _said(message, contact)
    key, now = uuid4(), catalogue.now()
    token = _token(catalogue, key)
    with catalogue.sessions.write.begin() as session:
        _demand_patience(session, address[:64], now)
        session.add(
            ReportedProblem(
                id=key, kind=kind, object_id=about.id, message=said, contact=_line(contact), address=address[:64],
                token_hash=hash_secret(token), language=language[:8], created=now,
            )
        )  # fmt: skip
    return token


def follow(catalogue: Catalogue, token: str) -> Followed:
    """The report behind the link. NotFound."""
    with catalogue.sessions.read() as session:
        rows = _rows(session, token)
        kind, slug, title = _public(session, rows[0])
        exchanges = tuple(Exchange(one.message, one.created, one.state, one.answer, one.answered) for one in rows)
        until = reopened_until(rows[-1]) if len(rows) == 1 else None
    return Followed(kind, slug, title, exchanges, until if until is not None and until > catalogue.now() else None)


def reopen(catalogue: Catalogue, token: str, message: str, address: str = "") -> None:
    """Put the report before the desk again, with what is still wrong: once, within `REOPENED_FOR` of the answer.

    NotFound; Invalid; Conflict; TooMany.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        first = select(ReportedProblem.id).where(ReportedProblem.token_hash == hash_secret(token))
        session.execute(first.order_by(ReportedProblem.created).limit(1).with_for_update())
        rows = _rows(session, token)
        said = _said(message, "")
        until = reopened_until(rows[0])
        if len(rows) > 1 or until is None or until <= now:
            raise Conflict("This report cannot be opened again.")
        _demand_patience(session, address[:64], now)
        old = rows[0]
        session.add(
            ReportedProblem(
                kind=old.kind, object_id=old.object_id, message=said, contact=old.contact, address=address[:64],
                token_hash=old.token_hash, language=old.language, created=now,
            )
        )  # fmt: skip


def reopened_until(row: ReportedProblem) -> dt.datetime | None:
    """Until when the answer may be questioned; None before there is one."""
    return row.answered + REOPENED_FOR if row.state in DECIDED and row.answered else None


def link_of(catalogue: Catalogue, session: Session, row: ReportedProblem) -> str:
    """The path that leads the reporter to it; "" for one of former days, or of another site's secret."""
    if not row.token_hash:
        return ""
    same = select(ReportedProblem.id).where(ReportedProblem.token_hash == row.token_hash)
    first = session.scalar(same.order_by(ReportedProblem.created, ReportedProblem.id).limit(1))
    token = _token(catalogue, first or row.id)
    return f"/report/{token}" if hmac.compare_digest(hash_secret(token), row.token_hash) else ""


def _token(catalogue: Catalogue, key: UUID) -> str:
    secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(site_key(catalogue.config.home))
    return encoded(hmac.digest(secret, key.bytes, sha256))


def _rows(session: Session, token: str) -> list[ReportedProblem]:
    wanted = select(ReportedProblem).where(ReportedProblem.token_hash == hash_secret(token))
    rows = list(session.scalars(wanted.order_by(ReportedProblem.created, ReportedProblem.id)))
    if not token or not rows:
        raise NotFound("There is no such report.")
    return rows


def _public(session: Session, row: ReportedProblem) -> tuple[str, str, Text]:
    table = KINDS.get(row.kind)
    if table is not None:
        wanted = select(table.slug, table.title).where(table.id == row.object_id, is_visible(table))
        found = session.execute(wanted).first()
        if found is not None:
            return row.kind, found[0], found[1]
    return row.kind, "", Text()


def _said(message: str, contact: str) -> str:
    said, _ = clean_text(message[: 2 * MAX_MESSAGE], lines=True)
    problems = []
    if not said:
        problems.append(Problem("empty", "Say what is wrong with the record.", "message"))
    if len(message) > MAX_MESSAGE:
        problems.append(Problem("too_long", f"At most {MAX_MESSAGE} characters.", "message"))
    if len(contact) > MAX_CONTACT:
        problems.append(Problem("too_long", f"At most {MAX_CONTACT} characters.", "contact"))
    if problems:
        raise Invalid("The report cannot be taken.", problems)
    return said


def _line(contact: str) -> str:
    return clean_text(contact)[0]


def _demand_patience(session: Session, address: str, now: dt.datetime) -> None:
    if not address:
        return
    since = now - dt.timedelta(days=1)
    lately = select(func.count()).where(ReportedProblem.address == address, ReportedProblem.created > since)
    if (session.scalar(lately) or 0) >= MOST_A_DAY:
        raise TooMany("Too many reports came from your address today; try again tomorrow.", 3600)
