"""What a study becomes when it is registered again: pure rules, no store.

A register tells what was commissioned. What became of it since (deposits, their days, whether the record is published)
is known here and stays. A row of a table changes only what its cells say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from opendata.catalog.records import Contract, DatasetRef, Deliverable, DeliverableKind, Performer, StudyRecord
from opendata.catalog.values import LANGUAGES, Contributor, Period, Text

SAME_NAME = {
    "organization": "organization",
    "official": "official",
    "keywords": "keywords",
    "status": "status",
    "theme": "themes",
    "disclosure": "disclosure",
}
"""Columns of a table and the field of the record that each fills alone."""

NAMES = ("unit", "programme", "call", "priority")
"""Columns with one text in whatever language: one that is known in several languages is not lost for being named."""

SCHEMES = ("grnti", "udc")
"""Columns of subject codes: each replaces the codes of its own scheme."""

Owed = tuple[str, DeliverableKind, str]
"""What names a deliverable within its study: the number of the contract, the kind, the period."""


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
    for name in NAMES:
        known = [text.value for text in getattr(stored, name).values()]
        if name in filled and getattr(row, name).other not in known:
            changes[name] = getattr(row, name)
    replaced = [scheme for scheme in SCHEMES if scheme in filled]
    if replaced:
        others = tuple(subject for subject in stored.subjects if subject.scheme not in replaced)
        changes["subjects"] = row.subjects + others
    return replace(
        stored,
        title=_text(row.title, stored.title, "title", filled),
        description=_text(row.description, stored.description, "abstract", filled),
        period=Period(row.period.start or stored.period.start, row.period.end or stored.period.end),
        contracts=_contracts(row.contracts, stored.contracts, filled),
        **changes,
    )


def with_contract(stored: StudyRecord, said: Contract, filled: Collection[str]) -> StudyRecord:
    """The study with that contract brought up to date, or added."""
    return replace(stored, contracts=_contracts((said,), stored.contracts, filled))


def with_deliverable(stored: StudyRecord, number: str, said: Deliverable, filled: Collection[str]) -> StudyRecord:
    """The study with what that contract owes brought up to date, or added; kind and period name it."""
    return replace(
        stored,
        contracts=tuple(
            _owing(one, said, filled) if one.contract_number == number else one for one in stored.contracts
        ),
    )


def with_deposits(stored: StudyRecord, deposits: Mapping[Owed, DatasetRef]) -> StudyRecord:
    """The study with the datasets that meet what its contracts owe."""

    def met(number: str, one: Deliverable) -> Deliverable:
        found = deposits.get((number, one.kind, one.period))
        return one if found is None or (one.dataset and one.dataset.id == found.id) else replace(one, dataset=found)

    return replace(
        stored,
        contracts=tuple(
            replace(contract, deliverables=tuple(met(contract.contract_number, one) for one in contract.deliverables))
            for contract in stored.contracts
        ),
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
            return (replace(known, bin=named.bin or known.bin, people=_people(named.people, known.people)), *others)
    return tuple(row)


def _people(named: Sequence[Contributor], known: Sequence[Contributor]) -> tuple[Contributor, ...]:
    """Those that the row names in their roles, and the others that are known."""
    roles = {one.role for one in named}
    kept_on = {(one.name, one.role): one for one in known}
    said = tuple(kept_on.get((one.name, one.role), one) for one in named)
    return said + tuple(one for one in known if one.role not in roles)


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
        place = _place(owed, one.kind)
        if place is None:
            owed.append(one)
        else:
            owed[place] = replace(owed[place], due=one.due)
    return replace(
        stored,
        signed=said.signed or stored.signed,
        amount=stored.amount if said.amount is None else said.amount,
        currency=said.currency if "currency" in filled else stored.currency,
        contract_type=said.contract_type or stored.contract_type,
        deliverables=tuple(owed),
    )


def _place(owed: Sequence[Deliverable], kind: DeliverableKind) -> int | None:
    """Which one is meant where only the kind is told: the one without a period, else the only one."""
    places = [number for number, known in enumerate(owed) if known.kind == kind]
    bare = [number for number in places if not owed[number].period]
    return bare[0] if bare else places[0] if len(places) == 1 else None


def _owing(stored: Contract, said: Deliverable, filled: Collection[str]) -> Contract:
    names = [name for name in ("due", "delivered", "accepted", "returned", "withheld") if name in filled]
    for number, known in enumerate(stored.deliverables):
        if (known.kind, known.period) == (said.kind, said.period):
            new = replace(known, **{name: getattr(said, name) for name in names})
            return replace(
                stored, deliverables=(*stored.deliverables[:number], new, *stored.deliverables[number + 1 :])
            )
    return replace(stored, deliverables=(*stored.deliverables, said))
