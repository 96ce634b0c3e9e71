"""Which records of different sources may be one: proposed to a person, never joined by themselves.

Records that share a fingerprint of their title, or a DOI, are compared; nothing is compared with everything. Care
looks at what changed since it last did, some of it at a time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.rewriting import stored_record
from opendata.store import queries
from opendata.store.datasets import Dataset, DatasetKey
from opendata.store.from_records import ALIKE
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.matches import MatchProposal
from opendata.store.operations import Job
from opendata.store.queue import enqueue

JOB = "propose"
LOOKED_AT = 1_000
"""Changed records that one job looks at; care queues the next one a round later."""
CHUNK = 100
LEAST = 0.75
"""The score from which a pair is proposed."""
LEAST_WORDS = 3
"""A shorter title says too little to be found by, but for an equal one of the same year, organisation and kind."""
LONGEST, FIRST = 5, 4
"""Words of a title that make its two fingerprints: its longest ones, and those it begins with."""
MOST_ALIKE = 20
"""Where more records share a fingerprint, it is a form of words ("Annual report") and finds nobody."""
MOST_PROPOSED = 5
"""Pairs proposed for one record, the likeliest of them."""
WEIGHTS = {"title": 0.55, "organization": 0.2, "year": 0.15, "type": 0.1}
UNKNOWN = 0.5
"""What a sign counts for that one of the two records does not tell."""

_WORD = re.compile(r"\w+")


def fingerprints(record: DatasetRecord) -> frozenset[str]:
    """What a record is found by: two fingerprints of its title in each language; numbers are part of each. A short
    title has one, together with year, organisation and kind.
    """
    found = set()
    for text in record.title.values():
        words, numbers = _words(text.value)
        if len(words) >= LEAST_WORDS:
            longest = sorted(set(words), key=lambda word: (-len(word), word))[:LONGEST]
            found |= {_hash("longest", longest, numbers), _hash("first", words[:FIRST], numbers)}
        elif record.issued and record.organization and (folded := _folded(text.value)):
            body = record.organization
            signs = (folded, str(body.id or body.slug), record.type.value)
            found.add(_hash("equal", signs, (str(record.issued.year),)))
    return frozenset(found)


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold().replace("ё", "е")))


def _words(text: str) -> tuple[list[str], list[str]]:
    """The words of a title without the shortest, and its numbers."""
    found = _folded(text).split()
    return [one for one in found if len(one) > 2 and not one.isdigit()], [one for one in found if one.isdigit()]


def _hash(kind: str, words: Iterable[str], numbers: Iterable[str]) -> str:
    data = "\0".join((kind, *sorted(words), "", *sorted(numbers)))
    return hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure it is that two records are one (0 to 1), and why: "title 0.92", "organization", "year 2023" …"""

    score: float
    reasons: tuple[str, ...]


def likeness(one: DatasetRecord, other: DatasetRecord) -> Likeness | None:
    """How alike the two are; None where something says that they are two: numbers, years, or DOIs that differ."""
    dois = [{each.value.casefold() for each in record.identifiers if each.scheme == "doi"} for record in (one, other)]
    if all(dois):
        return Likeness(1.0, ("doi",)) if dois[0] & dois[1] else None
    title = _title_likeness(one, other)
    years = [record.issued.year if record.issued else None for record in (one, other)]
    if title is None or (all(years) and years[0] != years[1]):
        return None
    signs = {
        "title": title,
        "organization": _same_body(one, other),
        "year": 1.0 if all(years) else UNKNOWN,
        "type": float(one.type == other.type),
    }
    words = {"title": f"title {title:.2f}", "year": f"year {years[0]}", "type": f"type {one.type.value}"}
    reasons = [words.get(name, name) for name, sign in signs.items() if sign == 1.0 or name == "title"]
    return Likeness(round(sum(WEIGHTS[name] * sign for name, sign in signs.items()), 3), tuple(reasons))


def _title_likeness(one: DatasetRecord, other: DatasetRecord) -> float | None:
    """The share of words that two titles have in common, in the languages in which they are closest; None where their
    numbers differ in all of them.
    """
    best: float | None = None
    for first in one.title.values():
        for second in other.title.values():
            words, numbers = _words(first.value)
            others, theirs = _words(second.value)
            if _folded(first.value) == _folded(second.value):
                best = 1.0
            elif sorted(numbers) == sorted(theirs) and words and others:
                common = 2 * len(set(words) & set(others)) / (len(set(words)) + len(set(others)))
                best = max(best or 0.0, common)
    return best


def _same_body(one: DatasetRecord, other: DatasetRecord) -> float:
    if one.organization is None or other.organization is None:
        return UNKNOWN
    if one.organization.id == other.organization.id:
        return 1.0
    names = [{text.value.casefold() for text in ref.title.values()} for ref in (one.organization, other.organization)]
    return 1.0 if names[0] & names[1] else 0.0


def queue_due(catalogue: Catalogue) -> None:
    """Queue the look at what changed since the last one, at most `LOOKED_AT` records; nothing where nothing did.

    Nor where there is only one source, whose records are never one.
    """
    with catalogue.sessions.read() as session:
        if len(session.scalars(select(HarvestSource.id).limit(2)).all()) < 2:
            return
        last = session.scalars(select(Job.payload).where(Job.kind == JOB).order_by(Job.id.desc()).limit(1)).first()
        since = dt.datetime.fromisoformat(last["until"]) if last else None
        after = UUID(last["last"]) if last else None
        changed = queries.changed_since(session, since, after, LOOKED_AT)
    if changed:
        payload = {
            "since": since.isoformat() if since else None,
            "after": str(after) if after else None,
            "until": changed[-1][1].isoformat(),
            "last": str(changed[-1][0]),
        }
        with catalogue.sessions.write.begin() as session:
            enqueue(session, JOB, payload, catalogue.now(), lane=Lane.CARE, priority=-5, dedupe=JOB)


def run(catalogue: Catalogue, payload: Mapping[str, str | None]) -> int:
    """Look at the records that the job names by when they changed. How many pairs were proposed."""
    since = dt.datetime.fromisoformat(payload["since"]) if payload["since"] else None
    after = UUID(payload["after"]) if payload["after"] else None
    with catalogue.sessions.read() as session:
        ids = [key for key, _ in queries.changed_since(session, since, after, LOOKED_AT)]
    return propose(catalogue, ids)


def everything(catalogue: Catalogue) -> int:
    """Look at all records. How many pairs were proposed."""
    after, found = None, 0
    while True:
        with catalogue.sessions.read() as session:
            ids = queries.dataset_ids_after(session, after, LOOKED_AT)
        if not ids:
            return found
        found += propose(catalogue, ids)
        after = ids[-1]


def propose(catalogue: Catalogue, ids: Sequence[UUID]) -> int:
    """Compare these records with those that share a fingerprint with them. How many pairs were proposed."""
    found = 0
    for start in range(0, len(ids), CHUNK):
        with catalogue.sessions.write.begin() as session:
            found += _propose(session, catalogue.now(), ids[start : start + CHUNK])
    return found


def _propose(session: Session, now: dt.datetime, ids: Sequence[UUID]) -> int:
    """Six SELECTs at most."""
    rows = queries.dataset_rows(session, ids)
    _keep_fingerprints(rows)
    session.flush()
    pairs = _pairs(session, [row for row in rows if _is_alive(row)])
    if not pairs:
        return 0
    everyone = sorted({key for pair in pairs for key in pair})
    pairs -= _known(session, everyone)
    apart = _sources(session, everyone)
    records = {row.id: stored_record(row) for row in queries.dataset_rows(session, everyone) if _is_alive(row)}
    proposed: dict[UUID, int] = defaultdict(int)
    alike = [
        (found, pair)
        for pair in pairs
        if all(key in records for key in pair)
        and not apart[pair[0]] & apart[pair[1]]
        and (found := likeness(records[pair[0]], records[pair[1]]))
        and found.score >= LEAST
    ]
    count = 0
    for found, pair in sorted(alike, key=lambda one: (-one[0].score, one[1])):
        if all(proposed[key] < MOST_PROPOSED for key in pair):
            session.add(_row(pair, found, now))
            count += 1
            for key in pair:
                proposed[key] += 1
    return count


def _row(pair: tuple[UUID, UUID], found: Likeness, now: dt.datetime) -> MatchProposal:
    return MatchProposal(
        dataset_id=pair[0], other_id=pair[1], score=found.score, reasons=list(found.reasons), created=now
    )


def no_pair(proposal_id: int) -> str:
    """What is said where there is no such pair, or none for the asker to know."""
    return f"There is no proposal {proposal_id}."


def ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """The pair as it is kept: the lower id first."""
    return (one, other) if str(one) < str(other) else (other, one)


def _is_alive(row: Dataset) -> bool:
    return row.state is RecordState.PUBLISHED and row.merged_into_id is None


def _keep_fingerprints(rows: Iterable[Dataset]) -> None:
    for row in rows:
        wanted = fingerprints(stored_record(row)) if _is_alive(row) else frozenset()
        kept = [key for key in row.keys if key.scheme != ALIKE or key.value in wanted]
        missing = wanted - {key.value for key in kept if key.scheme == ALIKE}
        if missing or len(kept) != len(row.keys):
            row.keys = kept + [DatasetKey(scheme=ALIKE, value=value) for value in sorted(missing)]


def _pairs(session: Session, rows: Sequence[Dataset]) -> set[tuple[UUID, UUID]]:
    """Each of these records with those that share a fingerprint or a DOI with it. One SELECT."""
    mine = {(key.scheme, key.value): row.id for row in rows for key in row.keys if key.scheme in (ALIKE, "doi")}
    if not mine:
        return set()
    values = {scheme: [value for kind, value in mine if kind == scheme] for scheme in (ALIKE, "doi")}
    wanted = [
        (DatasetKey.scheme == scheme) & DatasetKey.value.in_(listed) for scheme, listed in values.items() if listed
    ]
    sharing: defaultdict[tuple[str, str], list[UUID]] = defaultdict(list)
    for one in session.execute(select(DatasetKey.scheme, DatasetKey.value, DatasetKey.dataset_id).where(or_(*wanted))):
        sharing[one.scheme, one.value].append(one.dataset_id)
    asked = {row.id for row in rows}
    return {
        ordered(one, other)
        for keys in sharing.values()
        if len(keys) <= MOST_ALIKE
        for one in keys
        if one in asked
        for other in keys
        if other != one
    }


def _known(session: Session, ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Pairs among these that were proposed before, whatever became of it."""
    wanted = select(MatchProposal.dataset_id, MatchProposal.other_id)
    wanted = wanted.where(MatchProposal.dataset_id.in_(ids), MatchProposal.other_id.in_(ids))
    return {(row.dataset_id, row.other_id) for row in session.execute(wanted)}


def _sources(session: Session, ids: Collection[UUID]) -> Mapping[UUID, set[UUID]]:
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    wanted = select(HarvestRecord.dataset_id, HarvestRecord.source_id).where(HarvestRecord.dataset_id.in_(ids))
    for row in session.execute(wanted):
        found[row.dataset_id].add(row.source_id)
    return found
