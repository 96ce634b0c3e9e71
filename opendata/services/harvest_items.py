"""What becomes of listed items, before anything is written: which are unchanged, which are ready, which are refused."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from opendata.errors import Problem, Stopped, Unavailable
from opendata.harvesting.contract import Failed, Found, Gone, Raw, Same, Source
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import Begun
from opendata.services.harvest_plan import raw_hash
from opendata.services.harvest_problems import storable, unnamed
from opendata.services.preparing import Prepared, Refused, prepare
from opendata.services.timelimit import Limiter, TooSlow
from opendata.store.harvests import HarvestProblem, HarvestRecord
from opendata.store.states import ItemResult

logger = logging.getLogger(__name__)

Item = Found | Raw | Same | Gone | Failed

VALIDATOR_LENGTH = 300

UNEXPECTED, TOO_SLOW = "unexpected", "too_slow"
FAULTS = frozenset({UNEXPECTED, TOO_SLOW})
"""Codes of problems that may pass without the source changing anything."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Items by what is to be done: `same`, `listed` and `gone` hold ids of harvest records.

    `same` came unchanged; `listed` are there, though what came of them now was refused; `nameless` of the refused
    could be any record. `faults`: something failed that was no fault of the source's data.
    """

    ready: list[Prepared] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    nameless: list[Refused] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    raw_hash: str
    seen_job_id: int | None
    stands: bool
    """It has a dataset, and its source has not withdrawn it."""


@dataclass(frozen=True)
class Sorter:
    """Sorts the items of one run of one source."""

    catalogue: Catalogue
    source: Source
    begun: Begun
    limits: Limiter

    def sort(self, items: Sequence[Item]) -> Sorted:
        """Maps, cleans and checks what has changed, and nothing else. Two SELECTs; nothing is written but files."""
        found = Sorted()
        known = self._known([item.identifier for item in items])
        taken: set[str] = set()
        for item in items:
            row = known.get(item.identifier)
            if isinstance(item, Gone):
                found.gone.extend([row.id] if row else [])
            elif item.identifier in taken or (row and row.seen_job_id == self.begun.id):
                if not self.begun.may_have_seen:
                    found.repeated.append(item.identifier)
            else:
                taken |= {item.identifier} - {""}
                self._sort(item, row, found)
        self._forget_refused(found)
        return found

    def _sort(self, item: Found | Raw | Same | Failed, row: _Known | None, found: Sorted) -> None:
        if isinstance(item, Same):
            if row and row.stands:
                found.same.append(row.id)
            return
        if isinstance(item, Failed):
            self._refuse(Refused(item.identifier, item.problems, item.raw), row, found)
            return
        digest = raw_hash(self.begun.plan.mapping, item.raw_type, item.raw)
        if isinstance(item, Raw) and row and row.stands and row.raw_hash == digest:
            found.same.append(row.id)
            return
        made = unnamed(item.identifier, item.raw) or guarded(self.catalogue, item, self.limits)
        if isinstance(made, Prepared):
            found.ready.append(replace(made, raw_hash=digest, validator=item.validator[:VALIDATOR_LENGTH]))
        elif isinstance(made, Gone):
            found.gone.extend([row.id] if row else [])
        else:
            self._refuse(made, row, found)

    def _refuse(self, refused: Refused, row: _Known | None, found: Sorted) -> None:
        found.refused.append(refused)
        if any(problem.code in FAULTS for problem in refused.problems):
            found.faults.append(refused.identifier)
        if row:
            found.listed.append(row.id)
        elif not refused.identifier:
            found.nameless.append(refused)

    def _known(self, identifiers: Sequence[str]) -> dict[str, _Known]:
        record = HarvestRecord
        wanted = select(
            record.id, record.identifier, record.raw_hash, record.seen_job_id, record.dataset_id, record.result
        ).where(record.source_id == self.source.id, record.identifier.in_({storable(one) for one in identifiers}))
        with self.catalogue.sessions.read() as session:
            return {
                identifier: _Known(key, hashed, seen, stands=dataset_id is not None and result != ItemResult.WITHDRAWN)
                for key, identifier, hashed, seen, dataset_id, result in session.execute(wanted)
            }

    def _forget_refused(self, found: Sorted) -> None:
        """Leave out what this very job refused and told before it was taken over."""
        if not (self.begun.may_have_seen and found.refused):
            return
        names = [storable(one.identifier) for one in found.refused if one.identifier]
        told = select(HarvestProblem.identifier).where(
            HarvestProblem.job_id == self.begun.id, HarvestProblem.identifier.in_(names)
        )
        with self.catalogue.sessions.read() as session:
            before = set(session.scalars(told))
        found.refused[:] = [one for one in found.refused if storable(one.identifier) not in before]


def guarded(
    catalogue: Catalogue, item: Found | Raw, limits: Limiter, *, store_files: bool = True
) -> Prepared | Refused | Gone:
    """The record of one item; whatever it does, it fails alone. Unavailable where our store is away: all would fail."""
    seconds = catalogue.config.harvest.record_seconds
    try:
        with limits.within(seconds):
            return _made(catalogue, item, store_files=store_files)
    except (Unavailable, Stopped):
        raise
    except TooSlow:
        if limits.is_over:
            raise
        hint = "Look at the original of this record: it may be very large, or nested very deeply."
        problem = Problem(TOO_SLOW, f"The record took longer than {seconds:g} seconds.", hint=hint)
    except Exception as error:
        logger.exception("item broke identifier=%s", item.identifier)
        problem = Problem(UNEXPECTED, f"Unexpected {type(error).__name__}: {error}")
    return Refused(item.identifier, (problem,), item.raw)


def _made(catalogue: Catalogue, item: Found | Raw, *, store_files: bool) -> Prepared | Refused | Gone:
    found = item.read() if isinstance(item, Raw) else item
    if isinstance(found, Gone):
        return found
    if isinstance(found, Failed):
        return Refused(item.identifier, found.problems, found.raw or item.raw)
    made = prepare(catalogue, replace(found, identifier=item.identifier), store_files=store_files)
    if isinstance(made, Prepared) and isinstance(item, Raw):
        return replace(made, raw=item.raw, raw_type=item.raw_type)
    return made
