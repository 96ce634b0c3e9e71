"""A change of a dataset as whoever edits it makes it: written, or kept for a reviewer where the agency wants that.

A change of what is public is proposed; what would become public by it is sent in. Who has a change that waits, or was
returned, goes on with it: what they change next is changed in that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.stored import is_known, is_public, record_id
from opendata.errors import NotAllowed
from opendata.services import four_eyes, grouping, proposing, submissions, writing
from opendata.services.accepting import with_fresh_bytes
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.differences import differences
from opendata.services.four_eyes import Eyes
from opendata.services.locking import unique
from opendata.services.submissions import Saying
from opendata.services.unchanged import Versions
from opendata.store.states import ReviewAction as ReviewAction

Change = Callable[[DatasetRecord], DatasetRecord]
Choice = Callable[[DatasetRecord, DatasetRecord], DatasetRecord]
"""Of a record as it stands and as a change of the actor's own would have it, the one that is changed."""

NO_GROUPS = (
    "The agency reviews what is public, and no change that waits puts a dataset into groups or takes it out of them. "
    "Leave its groups as they are, or ask a reviewer."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: the record as it stands now, or as it would be where the change waits.

    `review`: PROPOSED, the record stays what it was; SUBMITTED, it was written and is in review; None, it was written.
    """

    record: DatasetRecord
    review: ReviewAction | None = None


def begun(session: Session, actor: Actor, stands: DatasetRecord) -> DatasetRecord:
    """What the actor changes: the record as their own change would have it, where one waits; else as it stands."""
    if not proposing.needs_review(actor, stands, stands):
        return stands
    found = proposing.going_on(session, actor, "dataset", stands)
    return found if isinstance(found, DatasetRecord) else stands


def write(
    held: writing.Rewriting,
    wanted: DatasetRecord,
    fresh: Collection[str] = (),
    groups: Collection[UUID] | None = None,
) -> Outcome:
    """Write what was made of `begun`, or keep it for a reviewer. `fresh` are the checksums of bytes that have come for
    it. As writing.replace; Conflict where somebody else's change waits.
    """
    if _has_to_be_sent_in(held, wanted):
        return _sent_in(held, wanted, fresh, groups)
    gone = RecordState.WITHDRAWN in (held.before.state, wanted.state)  # which waits for nobody
    if gone or not proposing.needs_review(held.actor, held.before, wanted):
        return Outcome(held.write(with_fresh_bytes(held.before, wanted, fresh), groups))
    if groups is not None and not grouping.is_in(held.session, record_id(held.before), groups):
        raise NotAllowed(NO_GROUPS)
    return _proposed(held, wanted, fresh)


def _has_to_be_sent_in(held: writing.Rewriting, wanted: DatasetRecord) -> bool:
    """Whether the record would become public by it, and somebody else has to make it so. What was public and withdrawn
    does not wait: its tombstone is to stay until somebody decides, and what is in review has none.
    """
    before = held.before
    if before.state is RecordState.PUBLISHED or not is_public(wanted) or is_known(before):
        return False
    if proposing.needs_review(held.actor, before, wanted):
        return True
    if before.state is RecordState.WITHDRAWN:
        return False
    sent = before.state is RecordState.IN_REVIEW
    return four_eyes.eyes(held.session, held.actor, before, sent=sent) is Eyes.OTHER


def _sent_in(
    held: writing.Rewriting, wanted: DatasetRecord, fresh: Collection[str], groups: Collection[UUID] | None
) -> Outcome:
    waits = replace(wanted, state=RecordState.IN_REVIEW)
    stored = held.write(with_fresh_bytes(held.before, waits, fresh), groups)
    if held.before.state is not RecordState.IN_REVIEW:
        _saying(held).say("dataset", stored, ReviewAction.SUBMITTED)
    return Outcome(stored, ReviewAction.SUBMITTED)


def _proposed(held: writing.Rewriting, wanted: DatasetRecord, fresh: Collection[str]) -> Outcome:
    """Propose it. What changes nothing is no proposal; what waits already is none that waits anew."""
    session, actor, before = held.session, held.actor, held.before
    would = _acceptable(held, wanted, fresh)
    base = begun(session, actor, before)
    same = would.state is base.state and not differences(base, would)
    if same and base is before:
        return Outcome(before)
    if same and _waits(held):
        return Outcome(would, ReviewAction.PROPOSED)
    proposing.propose(_saying(held), "dataset", before, would, held.why, fresh)
    return Outcome(would, ReviewAction.PROPOSED)


def _acceptable(held: writing.Rewriting, wanted: DatasetRecord, fresh: Collection[str] = ()) -> DatasetRecord:
    would = proposing.acceptable(held.catalogue, held.session, held.actor, held.before, wanted, fresh)
    if not isinstance(would, DatasetRecord):
        raise TypeError("a dataset becomes a dataset")
    return would


def _waits(held: writing.Rewriting) -> bool:
    """Whether a change of it does; where the actor has begun one, it is that."""
    return submissions.open_proposal(held.session, record_id(held.before)) is not None


def _saying(held: writing.Rewriting) -> Saying:
    return Saying(held.session, held.catalogue, held.actor, held.catalogue.now())


def change(
    catalogue: Catalogue,
    actor: Actor,
    name: str,
    change: Change,
    *,
    if_version: Versions = None,
    groups: Collection[UUID] | None = None,
    choose: Choice | None = None,
) -> Outcome:
    """Change the dataset called `name`, as `write`. NotFound; NotAllowed; Invalid; Changed; Conflict.

    `choose` may say which of two states is changed where a change of the actor's own waits: that is what it is else.
    """
    with unique(), catalogue.sessions.write.begin() as session:
        held = writing.opened(catalogue, session, actor, name, if_version)
        base = begun(session, actor, held.before)
        chosen = choose(held.before, base) if choose and base is not held.before else base
        wanted = change(chosen)
        if wanted == base and groups is None:
            if base is held.before:
                return Outcome(base)
            return Outcome(_acceptable(held, base), ReviewAction.PROPOSED if _waits(held) else None)
        return write(held, wanted, groups=groups)
