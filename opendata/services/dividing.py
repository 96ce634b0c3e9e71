"""Taking one source's record out of a dataset that several sources have: for a DOI that stands in two records."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import DatasetRecord
from opendata.errors import Conflict, NotFound
from opendata.services import content, leading, queue, revisions
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.combining import said
from opendata.services.joining import BY_HAND, take_bytes
from opendata.services.merging import merged
from opendata.services.proposals import ordered
from opendata.services.rewriting import rewrite, stored_record
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.from_records import new_dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.matches import MatchProposal
from opendata.store.states import ProposalStatus


def divide(catalogue: Catalogue, actor: Actor, name: str, source: str) -> str:
    """Make what the source of that name says of the dataset a record of its own, and give its slug.

    The two stay apart from then on, whatever identifiers they share. NotFound; NotAllowed; Conflict where the source is
    the only one, or where two records were joined, which are to be split instead.
    """
    now, fetch = catalogue.now(), catalogue.config.harvest.fetch_files
    with catalogue.sessions.write.begin() as session:
        (row,) = queries.dataset_rows(session, [queries.address(session, "dataset", name).id])
        demand_over(actor, Right.PUBLISH_RECORDS, row.organization_id, queries.unless_known("dataset", row, name))
        held = leading.holders(session, [row.id]).get(row.id, ())
        link = _link(session, held, source)
        stored = stored_record(row)
        leading.led(held, stored)  # so that what each says is kept
        word = leading.word_of(link) or said(stored)
        record = merged(word, None, catalogue.today(), fetch=fetch)
        made = new_dataset(session, replace(record, id=uuid4(), slug=_slug(session, record)), now)
        session.flush()
        link.dataset_id, link.leads = made.id, True
        take_bytes(row, made)
        if found := leading.led([one for one in held if one is not link], stored):
            told = {"into": str(made.id)}
            change = rewrite(session, catalogue, actor, row, found, now=now, action="divided", told=told)
            revisions.keep_all(session, "dataset", [change], now, actor)
        note(session, actor, now, "dataset", made.id, "created", after={"divided from": str(row.id)})
        pair = ordered(row.id, made.id)
        session.add(
            MatchProposal(
                dataset_id=pair[0], other_id=pair[1], score=1.0, reasons=[BY_HAND], status=ProposalStatus.SPLIT,
                user_id=actor.user_id, created=now, decided=now,
            )
        )  # fmt: skip
        session.flush()
        content.settle(session, now, [row.id, made.id])
        queue.index_datasets(session, now, [row.id, made.id])
        queue.follow_files(session, now, [row.id, made.id], fetch=fetch)
        return made.slug


def _link(session: Session, held: leading.Held, source: str) -> HarvestRecord:
    link = next((one for one in held if one.source.name == source), None)
    if link is None:
        raise NotFound(f"The dataset is not from {source!r}.")
    if len(held) < 2:
        raise Conflict(f"The dataset is from {source!r} alone.")
    wanted = select(MatchProposal).where(MatchProposal.status == ProposalStatus.JOINED)
    wanted = wanted.where((MatchProposal.dataset_id == link.dataset_id) | (MatchProposal.other_id == link.dataset_id))
    for one in session.scalars(wanted.options(undefer(MatchProposal.moved))):
        if one.moved and link.id in one.moved["records"]:
            raise Conflict(f"The records were joined as pair {one.id}. Split that instead.")
    return link


def _slug(session: Session, record: DatasetRecord) -> str:
    base = make_slug(record.title)
    return base if base not in queries.taken_slugs(session, "dataset", base) else f"{base}-{uuid4().hex[:8]}"
