"""Which study a record belongs to, by the numbers that it gives: register, state registration, contract.

Numbers are typed on either keyboard and with any dash, so each is looked for in its likely spellings and compared
without them. A contract number ties only where one study alone has it, and where it is long enough to be no accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.identifiers import contract_form, folded_number, in_both_scripts
from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord, StudyRef
from opendata.catalog.values import Text
from opendata.store.datasets import Dataset, DatasetKey, key_value
from opendata.store.register import Contract, Study

REGISTERS = ("register_number", "registration_number")
"""Schemes of identifiers that name a study as the register does."""
MIN_CONTRACT = 5
"""Letters and digits of a contract number that can tell a study: "12" and "2019" cannot."""
_CHUNK = 400
"""Values in one IN: SQLite takes 32,766 at most, and short statements are kept by its cache."""

_REMEMBERED = 20_000
"""Numbers kept: memory must not grow with the source."""


@dataclass
class Studies:
    """Remembers what it has looked up: `registers` and `contracts` by folded number, None for none."""

    registers: dict[str, StudyRef | None] = field(default_factory=dict)
    contracts: dict[str, StudyRef | None] = field(default_factory=dict)

    def study(self, session: Session, record: DatasetRecord) -> StudyRef | None:
        """The study of `record`, None where its numbers name none, or several."""
        self.look_up(session, [record])
        named = [self.registers[key] for key in map(folded_number, register_numbers(record)[:1]) if key]
        if named and named[0]:
            return named[0]
        return _only([self.registers[key] for key in map(folded_number, register_numbers(record)) if key]) or _only(
            [self.contracts[key] for key in map(folded_number, contract_numbers(record))]
        )

    def look_up(self, session: Session, records: Sequence[DatasetRecord]) -> None:
        """Get to know the studies that `records` name: one SELECT for either kind of number."""
        if len(self.registers) + len(self.contracts) > _REMEMBERED:
            self.registers.clear()
            self.contracts.clear()
        numbers = {n for record in records for n in register_numbers(record) if folded_number(n) not in self.registers}
        if numbers:
            self.registers |= dict.fromkeys(map(folded_number, numbers))
            wanted = select(Study.id, Study.slug, Study.register_number)
            for some in _chunks(spellings(numbers)):
                for row in session.execute(wanted.where(Study.register_number.in_(some))):
                    self.registers[folded_number(row.register_number)] = _ref(row)
        numbers = {n for record in records for n in contract_numbers(record) if folded_number(n) not in self.contracts}
        if numbers:
            self._look_up_contracts(session, numbers)

    def _look_up_contracts(self, session: Session, numbers: Iterable[str]) -> None:
        self.contracts |= dict.fromkeys(map(folded_number, numbers))
        wanted = (
            select(Study.id, Study.slug, Study.register_number, Contract.contract_number)
            .join(Contract, Contract.study_id == Study.id)
            .where(Study.state != RecordState.WITHDRAWN)
        )
        found: dict[str, dict[object, StudyRef]] = {}
        for some in _chunks(spellings(numbers)):
            for row in session.execute(wanted.where(Contract.contract_number.in_(some))):
                found.setdefault(folded_number(row.contract_number), {})[row.id] = _ref(row)
        self.contracts |= {key: next(iter(some.values())) for key, some in found.items() if len(some) == 1}


def datasets_that_name(session: Session, study: StudyRecord, study_id: UUID) -> set[UUID]:
    """Datasets whose numbers name this study and no other."""
    own = {key_value(one) for one in spellings([study.register_number])}
    exact = Dataset.register_number.in_(spellings([study.register_number]))
    found = set(session.scalars(select(Dataset.id).where(exact)))
    found |= _by_key(session, REGISTERS, own, allowed=own)
    contracts = [one.contract_number for one in study.contracts]
    long = {one for one in contracts if len(folded_number(one)) >= MIN_CONTRACT}
    for number in sorted(long)[:_CHUNK]:
        forms = spellings([number])
        others = select(Contract.id).where(Contract.contract_number.in_(forms), Contract.study_id != study_id)
        if session.scalar(others.limit(1)) is None:
            found |= _by_key(session, ("contract_number",), {key_value(one) for one in forms}, allowed=own)
    return found


def _by_key(session: Session, schemes: Sequence[str], values: set[str], *, allowed: set[str]) -> set[UUID]:
    """Datasets with one of these keys, but without a register number that is not among `allowed`."""
    named = select(DatasetKey.dataset_id).where(DatasetKey.scheme.in_(schemes), DatasetKey.value.in_(values))
    found = set(session.scalars(named))
    numbers = select(DatasetKey.dataset_id).where(
        DatasetKey.dataset_id.in_(found), DatasetKey.scheme == "register_number", DatasetKey.value.not_in(allowed)
    )
    return found - set(session.scalars(numbers)) if found else found


def register_numbers(record: DatasetRecord) -> list[str]:
    """The numbers by which the register may know the record's study, the surest first."""
    own = [record.register_number] if record.register_number else []
    return [*own, *(one.value for one in record.identifiers if one.scheme in REGISTERS and one.value not in own)]


def contract_numbers(record: DatasetRecord) -> list[str]:
    """The contract numbers of the record that are long enough to tell a study."""
    numbers = (one.value for one in record.identifiers if one.scheme == "contract_number")
    return [number for number in numbers if len(folded_number(number)) >= MIN_CONTRACT]


def spellings(numbers: Iterable[str]) -> list[str]:
    """Each number as it may stand in the register: as given, in one form, in either alphabet, with either dash."""
    found: dict[str, None] = {}
    for number in numbers:
        form = contract_form(number)
        for one in (number, form, *in_both_scripts(form)):
            for dashed in (one, one.replace("-", "–")):
                found |= dict.fromkeys((dashed, f"№ {dashed}", f"№{dashed}"))
    return list(found)


def _chunks(values: list[str]) -> Iterable[list[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def _only(studies: Sequence[StudyRef | None]) -> StudyRef | None:
    """The one study among these; None where there are several, or none."""
    known = {study.id: study for study in studies if study is not None}
    return next(iter(known.values())) if len(known) == 1 else None


def _ref(row: object) -> StudyRef:
    return StudyRef(row.id, row.slug, row.register_number, Text())  # type: ignore[attr-defined]
