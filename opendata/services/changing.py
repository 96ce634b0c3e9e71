"""A change of a dataset as whoever edits it at the desk makes it: written, or proposed where it is public and only a
reviewer may change that.

Who has a change that waits, or was returned, goes on with it: what they change next is changed in that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord
from opendata.services import proposing, writing
from opendata.services.accepting import with_fresh_bytes
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.submissions import Saying

Change = Callable[[DatasetRecord], DatasetRecord]


def begun(session: Session, actor: Actor, stands: DatasetRecord) -> DatasetRecord:
    """What the actor changes: the record as their own change would have it, where one waits; else as it stands."""
    if not proposing.needs_review(actor, stands, stands):
        return stands
    found = proposing.going_on(session, actor, "dataset", stands)
    return found if isinstance(found, DatasetRecord) else stands


def write(held: writing.Rewriting, wanted: DatasetRecord, fresh: Collection[str] = ()) -> DatasetRecord:
    """Write what was made of `begun`, or propose it; the record as it is then, or would be. `fresh` are the checksums
    of bytes that have come for it. As writing.replace; Conflict where somebody else's change waits.
    """
    if not proposing.needs_review(held.actor, held.before, wanted):
        return held.write(with_fresh_bytes(held.before, wanted, fresh))
    saying = Saying(held.session, held.catalogue, held.actor, held.catalogue.now())
    would = proposing.acceptable(held.catalogue, held.session, held.actor, held.before, wanted, fresh)
    proposing.propose(saying, "dataset", held.before, would, held.why, fresh)
    if not isinstance(would, DatasetRecord):
        raise TypeError("a dataset becomes a dataset")
    return would


def change(
    catalogue: Catalogue, actor: Actor, name: str, change: Change, *, if_version: str | None = None
) -> DatasetRecord:
    """Change the dataset called `name`, as `write`. NotFound; NotAllowed; Invalid; Changed; Conflict."""
    with catalogue.sessions.write.begin() as session:
        held = writing.opened(catalogue, session, actor, name, if_version)
        base = begun(session, actor, held.before)
        wanted = change(base)
        return base if wanted == base else write(held, wanted)
