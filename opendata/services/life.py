"""The life of a record at the desk: where it stands, what may be done with it now, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.records import RecordState
from opendata.catalog.stored import is_known, is_public
from opendata.errors import Invalid, Problem
from opendata.services import handover, history, reviewing, studies_writing, writing
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.four_eyes import Eyes
from opendata.services.reviewing import Talk
from opendata.services.revisions import Record, version
from opendata.services.rights import Right, may_over

NOTHING = Talk((), None, (), sent_by_me=False)

MOST_REASON = 2_000
"""Characters of the reason of a withdrawal."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A record at the desk. `can` names what the asker may do with it now: submit, comment, return, take_back, publish
    (which accepts what waits), withdraw, restore, edit. `version` is what a change is made against.
    """

    kind: str
    record: Record
    version: str
    talk: Talk
    can: frozenset[str]
    responsible: str = ""
    reviewed: bool = False

    @property
    def public(self) -> bool:
        """Whether everybody may see it."""
        return is_public(self.record)


def standing(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Standing:
    """Where the record stands. NotFound; NotAllowed for who does not see what is unpublished there."""
    record, _ = history.history(catalogue, actor, kind, name, limit=1)
    owner = record.organization.id if record.organization else None
    edits = may_over(actor, Right.EDIT_RECORDS, owner)
    talk = reviewing.talk(catalogue, actor, kind, name) if edits else NOTHING
    can = _can(actor, record, talk) if edits else frozenset[str]()
    answers = handover.responsible_of(catalogue, actor, kind, record.slug) if edits else ""
    reviewed = owner is not None and owner in actor.reviewed
    return Standing(kind, record, version(record), talk, can, answers, reviewed)


def _can(actor: Actor, record: Record, talk: Talk) -> frozenset[str]:
    owner = record.organization.id if record.organization else None
    publishes = may_over(actor, Right.PUBLISH_RECORDS, owner)
    reviews = may_over(actor, Right.REVIEW_RECORDS, owner)
    waits = record.state is RecordState.IN_REVIEW or talk.proposal is not None
    another = talk.eyes is not Eyes.OTHER
    found = {"edit", "comment"}
    if record.state is RecordState.DRAFT:
        found |= {"submit", *(["publish"] if publishes and another else [])}
    if waits:
        found.add("take_back")
        if reviews:
            found.add("return")
        if another and publishes and (reviews or talk.proposal is None):
            found.add("publish")
    if talk.returned:
        found.add("take_back")
    if record.state is RecordState.WITHDRAWN:
        found.discard("edit")
    if may_over(actor, Right.WITHDRAW_RECORDS, owner):
        back = publishes or not is_known(record)
        if record.state is not RecordState.WITHDRAWN:
            found.add("withdraw")
        elif back:
            found.add("restore")
    return frozenset(found)


def withdraw(
    catalogue: Catalogue, actor: Actor, kind: str, name: str, reason: str, *, if_version: str | None = None
) -> Record:
    """Withdraw it; its tombstone gives the reason. Invalid without one or with too long a one; as writing.remove."""
    reason = reason.strip()
    if not reason:
        message = "Write why it is withdrawn: its address says so from now on."
        raise Invalid(message, [Problem("no_reason", message, "reason")])
    if len(reason) > MOST_REASON:
        message = f"At most {MOST_REASON} characters."
        raise Invalid(message, [Problem("too_long", message, "reason")])
    remove = studies_writing.remove if kind == "study" else writing.remove
    return remove(catalogue, actor, name, reason, if_version=if_version)


def restore(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Record:
    """Bring a withdrawn record back as what it was. As writing.restore."""
    bring_back = studies_writing.restore if kind == "study" else writing.restore
    return bring_back(catalogue, actor, name)
