"""Who may have a file, said by people for one or several files at once: with its ground, its reason and its end.

What a source says of its own file can be made stricter here and never looser (services.accepting.loosened). A day on
which a file opens is a civil day of the site's time zone; services.care.open_due opens it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import clean_text
from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, TextStatus
from opendata.catalog.stored import is_public
from opendata.catalog.values import LANGUAGES, Disclosure, DisclosureStatus, Text
from opendata.errors import Invalid, NotFound, Problem
from opendata.services import changing, proposing, queue, writing
from opendata.services.accepting import with_ours
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.changing import Outcome
from opendata.services.edits import unedited
from opendata.services.locking import readable
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import DatasetEvent
from opendata.store.queue import enqueue

OPENED, CLOSED = "opened", "closed"
MOST_GROUND, LEAST_GROUND, MOST_REASON = 1000, 3, 2000
"""Characters."""
NEEDS_GROUND = (DisclosureStatus.WITHHELD, DisclosureStatus.PARTLY)
CLOSING = (DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD)

Check = Callable[[DatasetRecord], None]
"""Raises where the dataset is not what the change was made for."""


@dataclass(frozen=True, slots=True)
class FileOutlook:
    """What the public has of a file now, and what it would have.

    `said` is what its source says, None where nobody but people does; `refused`: the source is stricter. `held`: its
    bytes are looked through, or bear a mark that somebody must answer for, so that it stays closed whatever is said.
    `open_since` is when the public could first have it, None where it cannot.
    """

    file: ResourceRecord
    now: Disclosure
    then: Disclosure
    said: Disclosure | None = None
    refused: bool = False
    held: bool = False
    open_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a disclosure would come to for some files of a record, and for the record as a whole."""

    files: tuple[FileOutlook, ...]
    record_now: Disclosure
    record_then: Disclosure
    public: bool
    """Whether the record itself is public: else nobody has any of its files, whatever is said of them."""


def checked(wish: Disclosure, today: dt.date) -> Disclosure:
    """The disclosure without what does not belong to its kind. Invalid says what is missing, or cannot be."""
    ground, *reasons = (clean_text(one)[0] for one in (wish.legal_ground, *_words(wish.reason)))
    told = dict(zip((*LANGUAGES, "other"), reasons, strict=True))
    reason = Text(**told, original=_original(wish.reason, reasons))
    wish = replace(wish, legal_ground=ground, reason=reason)
    if wish.status is DisclosureStatus.OPEN:
        return Disclosure()
    if wish.status is DisclosureStatus.PARTLY:
        wish = replace(wish, until=None)
    if problems := list(_problems(wish, today)):
        raise Invalid(" ".join(one.message for one in problems), problems)
    return wish


def _words(reason: Text) -> tuple[str, ...]:
    return (*(reason.inside(language) for language in LANGUAGES), reason.other)


def _original(reason: Text, words: Sequence[str]) -> str:
    """The language that the reason was written in: the one that is said, else the first that there is."""
    there = [language for language, value in zip(LANGUAGES, words, strict=False) if value]
    return reason.original if reason.original in there else next(iter(there), "")


def _problems(wish: Disclosure, today: dt.date) -> Iterator[Problem]:
    if wish.status is DisclosureStatus.EMBARGOED and wish.until is None:
        yield Problem("embargo_open_end", "Say on which day the file opens.", "until")
    if wish.until is not None and wish.until <= today:
        yield Problem("embargo_past", f"The day must lie ahead; today is {today}.", "until", value=str(wish.until))
    if wish.status in NEEDS_GROUND and len(wish.legal_ground) < LEAST_GROUND:
        yield Problem("no_ground", "Say by which act the file, or a part of it, is not public.", "legal_ground")
    if wish.status is DisclosureStatus.EMBARGOED and not (wish.legal_ground or wish.reason):
        yield Problem("no_reason", "Say why the file opens later: a reason, or a legal ground.", "reason")
    if len(wish.legal_ground) > MOST_GROUND:
        yield Problem("too_long", f"At most {MOST_GROUND} characters.", "legal_ground")
    if any(len(one) > MOST_REASON for one in _words(wish.reason)):
        yield Problem("too_long", f"At most {MOST_REASON} characters.", "reason")


def outlook(
    catalogue: Catalogue, actor: Actor, dataset: str, files: Collection[UUID], wish: Disclosure | None = None
) -> Outlook:
    """What the public would have of these files with that disclosure; else what it has. NotFound; NotAllowed."""
    today = catalogue.today()
    with catalogue.sessions.read() as session:
        stands = readable(session, actor, dataset)
        before = changing.begun(session, actor, stands)
        chosen, there = _chosen(before, files), {one.id for one in stands.resources}
        from_source = session.scalar(select(HarvestRecord.id).where(HarvestRecord.dataset_id == before.id).limit(1))
        said = {one.key: one.disclosure for one in unedited(before).resources} if from_source else {}
        held = set(session.scalars(select(Resource.id).where(Resource.id.in_(files), Resource.held)))
        row = session.get_one(Dataset, before.id)
        lines = tuple(
            FileOutlook(
                file=one,
                now=one.disclosure.on(today),
                then=wish or one.disclosure.on(today),
                said=said.get(one.key),
                refused=bool(wish and one.key in said and said[one.key].is_stricter_than(wish)),
                held=one.id in held or (one.stored and one.text.status is TextStatus.PENDING),
                open_since=_open_since(session, row, one, today) if one.id in there - held else None,
            )
            for one in chosen
        )
    after = _with(before, files, wish) if wish else before
    return Outlook(lines, before.disclosure_on(today), after.disclosure_on(today), is_public(before))


def disclose(
    catalogue: Catalogue,
    actor: Actor,
    dataset: str,
    files: Collection[UUID],
    wish: Disclosure,
    *,
    check: Check | None = None,
    propose: bool = False,
) -> Outcome:
    """Say it of these files, all in one transaction. What is closed by it is closed at once. With `propose`, what the
    actor may not change is kept for a reviewer (services.changing).

    NotFound; NotAllowed; Invalid also where the source of a file is stricter; whatever `check` raises.
    """
    wish = checked(wish, catalogue.today())
    with catalogue.sessions.write.begin() as session:
        change = writing.opened(catalogue, session, actor, dataset)
        base = changing.begun(session, actor, change.before) if propose else change.before
        if check is not None:
            check(base)
        _chosen(base, files)
        was = _opened(session, change.row, change.before, catalogue.today())
        wanted = _with(base, files, wish)
        if propose and proposing.needs_review(actor, change.before, wanted):
            return changing.write(change, wanted)
        after = change.write(with_ours(change.before, wanted))
        tell_all(session, catalogue, actor, change.before, after, was)
        return Outcome(after)


Since = Mapping[UUID | None, dt.datetime | None]
"""Since when everybody could have each file."""


def opened(session: Session, record: DatasetRecord, today: dt.date) -> Since:
    """As the record stands, which is still to be changed."""
    return _opened(session, session.get_one(Dataset, record.id), record, today)


def _opened(session: Session, row: Dataset, record: DatasetRecord, today: dt.date) -> Since:
    return {one.id: _open_since(session, row, one, today) for one in record.resources}


def tell_all(
    session: Session, catalogue: Catalogue, actor: Actor, before: DatasetRecord, after: DatasetRecord, since: Since
) -> None:
    """The events of files that a change of the record has opened or closed; `since` is what `opened` gave before it."""
    had = {one.id: one for one in before.resources if one.id}
    now, today = catalogue.now(), catalogue.today()
    for one in after.resources:
        earlier = had.get(one.id) if one.id else None
        if earlier is not None and earlier.disclosure != one.disclosure:
            _tell(session, actor, now, earlier, one.disclosure, since.get(one.id), today)


def _tell(
    session: Session,
    actor: Actor,
    now: dt.datetime,
    before: ResourceRecord,
    wish: Disclosure,
    open_since: dt.datetime | None,
    today: dt.date,
) -> None:
    """An event of the file; what was kept back while it was closed is read once more when it opens."""
    if before.id is None:
        return
    was, is_open = before.disclosure.is_open(today), wish.is_open(today)
    if was == is_open:
        return
    told: dict[str, object] = {"status": wish.status}
    if open_since is not None:
        told |= {"open_since": open_since.isoformat(), "open_days": (now - open_since).days}
    note(
        session, actor, now, "resource", before.id, OPENED if is_open else CLOSED,
        before={"status": before.disclosure.status}, after=told,
    )  # fmt: skip
    if is_open and before.stored and before.text.status is not TextStatus.OCR:
        enqueue(session, "read", {"resource": str(before.id)}, now, lane=queue.Lane.READ)


def _chosen(record: DatasetRecord, files: Collection[UUID]) -> list[ResourceRecord]:
    found = [one for one in record.resources if one.id in files]
    if len(found) != len(set(files)) or not found:
        raise NotFound(f"The dataset {record.slug!r} does not have all of these files.")
    return found


def _with(record: DatasetRecord, files: Collection[UUID], wish: Disclosure) -> DatasetRecord:
    changed = (replace(one, disclosure=wish) if one.id in files else one for one in record.resources)
    return replace(record, resources=tuple(changed))


def _open_since(session: Session, row: Dataset, file: ResourceRecord, today: dt.date) -> dt.datetime | None:
    """Since when everybody may have the file: the record was public, the file there, and nothing closed it."""
    if row.published_at is None or row.private or row.state is not RecordState.PUBLISHED:
        return None
    if not file.disclosure.is_open(today):
        return None
    opened = select(func.max(DatasetEvent.at)).where(
        DatasetEvent.kind == "resource", DatasetEvent.object_id == file.id, DatasetEvent.action == OPENED
    )
    moments = (row.published_at, file.created, session.scalar(opened))
    return max(moment for moment in moments if moment is not None)
