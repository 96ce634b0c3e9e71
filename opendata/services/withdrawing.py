"""What becomes of records that their source no longer has.

A record that the source itself calls deleted is withdrawn at the end of the run. One that is merely missing is
withdrawn once complete listings came without it for the grace period. Where more than a share of the source's records
would go, nobody but a person withdraws them; and a listing without any record withdraws nothing, whatever it says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.config import Config
from opendata.services.ingest import DELETED_AT_SOURCE, MISSING_AT_SOURCE, Ingest, Outcome
from opendata.store import seen
from opendata.store.harvests import HarvestSource

ASKED = sentence("ask_person")
"""What the message of a job says while it waits."""
DELETED_FREELY = 10
"""So many records may be called deleted by their source in one run, whatever share of it they are."""

BATCH = 100

Withdrawal = Callable[[Session], list[Outcome]]
"""What is to be done in a transaction, and comes to these outcomes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be withdrawn: until when it must have been missing (None: nothing). `missing` have their grace period
    still; `pending` wait for a person, being missing at `pending_until` or before; `trouble`: the listing is not to be
    believed.
    """

    until: dt.datetime | None = None
    missing: int = 0
    pending: int = 0
    message: str = ""
    trouble: bool = False
    pending_until: dt.datetime | None = None


def grace(row: HarvestSource, config: Config) -> dt.timedelta:
    """How long a record of the source may be missing."""
    return dt.timedelta(days=config.harvest.grace_days if row.grace_days is None else row.grace_days)


def judge_complete(
    session: Session, row: HarvestSource, config: Config, first: int, now: dt.datetime, *, nameless: int
) -> Verdict:
    """After a complete listing of everything, begun by the job `first`: marks what is missing, and says what to do.

    `nameless` items of the listing could be any record, so with them nothing counts as missing.
    """
    published = seen.count_published(session, row.id)
    if published and not seen.count_listed(session, row.id, first):
        text = sentence("listed_none", number=published)
        return Verdict(message=text, trouble=True)
    if nameless:
        text = sentence("nameless", number=nameless)
        return judge_deleted(session, row, config, message=text)
    seen.mark_missing(session, row.id, first, now)
    until = now - grace(row, config)
    due = seen.count_missing(session, row.id, until)
    missing = seen.count_missing(session, row.id) - due
    return _judged(session, row, config, until, due, missing)


def judge_deleted(session: Session, row: HarvestSource, config: Config, message: str = "") -> Verdict:
    """After any other listing: what the source itself called deleted."""
    due = seen.count_missing(session, row.id, seen.DELETED)
    verdict = _judged(session, row, config, seen.DELETED, due, 0)
    if verdict.pending:
        text = sentence("deleted_wait", number=due)
        return Verdict(message=f"{message} {text}".strip(), trouble=True)
    return Verdict(verdict.until, message=message)


def _judged(
    session: Session, row: HarvestSource, config: Config, until: dt.datetime, due: int, missing: int
) -> Verdict:
    deleted = seen.count_missing(session, row.id, seen.DELETED)
    published = seen.count_published(session, row.id)
    share = config.harvest.withdraw_share if row.withdraw_share is None else row.withdraw_share
    asked = due if deleted > DELETED_FREELY else due - deleted
    text = sentence("missing", number=missing) if missing else ""
    if asked > share * published:
        told = sentence("too_many", number=asked, total=published, share=f"{share:.0%}")
        freely = seen.DELETED if asked < due else None
        return Verdict(freely, missing, asked, f"{told} {ASKED} {text}".strip(), pending_until=until)
    return Verdict(until if due else None, missing, 0, text)


def withdraw(ingest: Ingest, until: dt.datetime, commit: Callable[[Withdrawal], None]) -> None:
    """Withdraw what has been missing since `until` or longer, batch by batch, each in a transaction of `commit`."""
    after = 0
    while True:
        with ingest.catalogue.sessions.read() as session:
            found = seen.missing(session, ingest.source_id, until, after, BATCH)
        if not found:
            return
        after = found[-1][0]
        for reason, identifiers in _by_reason(found):
            commit(partial(_withdraw, ingest, identifiers, reason))


def _withdraw(ingest: Ingest, identifiers: Sequence[str], reason: str, session: Session) -> list[Outcome]:
    return ingest.withdraw(session, identifiers, reason)


def _by_reason(found: Sequence[tuple[int, str, bool]]) -> Iterator[tuple[str, list[str]]]:
    for deleted, reason in ((True, DELETED_AT_SOURCE), (False, MISSING_AT_SOURCE)):
        identifiers = [identifier for _, identifier, said in found if said == deleted]
        if identifiers:
            yield reason, identifiers
