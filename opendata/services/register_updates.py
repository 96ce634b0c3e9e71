"""What a study becomes when it is registered again: pure rules, no store.

A register tells what was commissioned. What became of it since (deposits, their days, whether the record is published)
is known here and stays. A row of a table changes only what its cells say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from opendata.catalog.records import Contract, Deliverable, Performer, StudyRecord
from opendata.catalog.values import LANGUAGES, Period, Text

SAME_NAME = {
    "organization": "organization",
    "official": "official",
    "keywords": "keywords",
    "status": "status",
}
"""Columns of a table and the field of the record that each fills alone."""


def kept(given: StudyRecord, stored: StudyRecord) -> StudyRecord:
    """`given` with what is known of the study already: ids, address, state, and the datasets that meet what it owes."""
    known = {contract.contract_number: contract for contract in stored.contracts}
    return replace(
        given,
        id=stored.id,
        slug=stored.slug,
        state=stored.state,
        private=stored.private,
        tombstone=stored.tombstone,
        datasets=stored.datasets,
        contracts=tuple(_with_deposits(one, known.get(one.contract_number)) for one in given.contracts),
        metadata_created=stored.metadata_created,
        metadata_modified=stored.metadata_modified,
    )


def same(given: StudyRecord, stored: StudyRecord) -> bool:
    """Whether writing `given` (as `kept` gives it) would change nothing."""
    organizations = [record.organization.id if record.organization else None for record in (given, stored)]
    return organizations[0] == organizations[1] and (
        replace(given, organization=None) == replace(stored, organization=None)
    )


def _with_deposits(given: Contract, stored: Contract | None) -> Contract:
    left = list(stored.deliverables) if stored else []
    owed = []
    for one in given.deliverables:
        known = next((d for d in left if (d.kind, d.period) == (one.kind, one.period)), None)
        if known is not None:
            left.remove(known)
            one = replace(one, id=known.id, dataset=one.dataset or known.dataset)
        owed.append(one)
    return replace(given, deliverables=tuple(owed))


def over(row: StudyRecord, stored: StudyRecord, filled: Collection[str]) -> StudyRecord:
    """`stored` with what the `filled` cells of its row say; an empty cell, like a missing column, changes nothing."""
    changes = {field: getattr(row, field) for column, field in SAME_NAME.items() if column in filled}
    if "performer" in filled:
        changes["performers"] = _performers(row.performers, stored.performers)
    if "programme" in filled and row.programme.other not in [text.value for text in stored.programme.values()]:
        changes["programme"] = row.programme
    if "grnti" in filled:
        others = tuple(subject for subject in stored.subjects if subject.scheme != "grnti")
        changes["subjects"] = row.subjects + others
    return replace(
        stored,
        title=_text(row.title, stored.title, "title", filled),
        description=_text(row.description, stored.description, "abstract", filled),
        period=Period(row.period.start or stored.period.start, row.period.end or stored.period.end),
        contracts=_contracts(row.contracts, stored.contracts, filled),
        **changes,
    )


def _text(row: Text, stored: Text, column: str, filled: Collection[str]) -> Text:
    said = {language: row.inside(language) for language in LANGUAGES if f"{column}_{language}" in filled}
    return replace(stored, **said)


def _performers(row: Sequence[Performer], stored: Sequence[Performer]) -> tuple[Performer, ...]:
    """The performer that the row names, with the people and numbers known of it, before the others."""
    named = row[0]
    for known in stored:
        if named.name.other in [text.value for text in known.name.values()]:
            others = tuple(one for one in stored if one is not known)
            return (replace(known, bin=named.bin or known.bin), *others)
    return tuple(row)


def _contracts(row: Sequence[Contract], stored: Sequence[Contract], filled: Collection[str]) -> tuple[Contract, ...]:
    """The contracts with the one that the row names brought up to date, or added."""
    if not row:
        return tuple(stored)
    said = row[0]
    if said.contract_number not in [contract.contract_number for contract in stored]:
        return (*stored, said)
    return tuple(_contract(said, c, filled) if c.contract_number == said.contract_number else c for c in stored)


def _contract(said: Contract, stored: Contract, filled: Collection[str]) -> Contract:
    owed = list(stored.deliverables)
    for one in said.deliverables:
        place = next((number for number, known in enumerate(owed) if known.kind == one.kind), None)
        if place is None:
            owed.append(one)
        else:
            owed[place] = _due(one, owed[place])
    return replace(
        stored,
        signed=said.signed or stored.signed,
        amount=stored.amount if said.amount is None else said.amount,
        currency=said.currency if "currency" in filled else stored.currency,
        deliverables=tuple(owed),
    )


def _due(said: Deliverable, stored: Deliverable) -> Deliverable:
    return replace(stored, due=said.due)
