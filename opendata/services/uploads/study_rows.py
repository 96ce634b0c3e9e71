"""What the rows of the register's sheets say: a study, a contract, something that is owed; and what a row of datasets
says of its study where everything stands on one sheet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opendata.catalog.normalise import detect_language
from opendata.catalog.people import contributor
from opendata.catalog.records import (
    Contract,
    DatasetType,
    Deliverable,
    DeliverableKind,
    Performer,
    StudyRecord,
    StudyStatus,
)
from opendata.catalog.upload_columns import columns
from opendata.catalog.values import LANGUAGES, ContributorRole, Disclosure, DisclosureStatus, Period, Text
from opendata.reading.sheets.tables import Row
from opendata.reading.sheets.values import Values

OF_STUDY = tuple(column.name for column in columns("datasets") if column.of == "study")
"""Columns of datasets that tell of the study alone."""
_DUE = {"interim_due": DeliverableKind.INTERIM_REPORT, "final_due": DeliverableKind.FINAL_REPORT}


class StudyRow:
    """A row read. Problems go to the row; `filled` are the columns in which something can be read."""

    def __init__(self, row: Row, today: dt.date) -> None:
        self.row = row
        self._values = Values(row, today)
        self.found: Mapping[str, Any] = self._values.read()
        self.number: str = self.found.get("register_number", "")

    @classmethod
    def of_dataset(cls, row: Row, today: dt.date) -> StudyRow:
        """The row of a dataset read again for what it says of its study: its problems are told already."""
        return cls(replace(row, problems=[]), today)

    @property
    def filled(self) -> frozenset[str]:
        """The columns in which something stands, as the register calls them."""
        texts = {f"title_{code}" for code in LANGUAGES if self._values.text("title").inside(code)}
        texts |= {f"abstract_{code}" for code in LANGUAGES if self._values.text("description").inside(code)}
        amount = self.found.get("amount")
        return frozenset(self.found) | texts | ({"currency"} if amount and amount.currency else frozenset())

    def study(self) -> StudyRecord:
        """The study as this row alone has it."""
        found = self.found
        period = found.get("period", Period())
        return StudyRecord(
            title=self._values.text("title"),
            register_number=self.number,
            description=self._values.text("description"),
            keywords=found.get("keywords", ()),
            subjects=(*found.get("grnti", ()), *found.get("udc", ())),
            themes=found.get("theme", ()),
            unit=Text.of(found.get("unit", "")),
            official=found.get("official", ""),
            performers=self._performers(),
            programme=Text.of(found.get("programme", "")),
            call=Text.of(found.get("call", "")),
            priority=Text.of(found.get("priority", "")),
            period=Period(found.get("start") or period.start, found.get("end") or period.end),
            status=StudyStatus(found.get("status", StudyStatus.IN_PROGRESS)),
            disclosure=self._disclosure(),
            contracts=self._contracts(),
        )

    def contract(self) -> Contract | None:
        """The contract that the row names."""
        return next(iter(self._contracts()), None)

    def deliverable(self) -> Deliverable | None:
        """What is owed, of a row of that sheet."""
        found = self.found
        if "kind" not in found:
            return None
        return Deliverable(
            DeliverableKind(found["kind"]),
            period=found.get("period", ""),
            due=found.get("due"),
            delivered=found.get("delivered"),
            accepted=found.get("accepted"),
            returned=found.get("returned", 0),
            withheld=found.get("withheld", False),
        )

    def study_of_dataset(self) -> StudyRecord:
        """The study that a row of datasets tells of; its title is the dataset's where it has none of its own."""
        own = self.found.get("study_title")
        return StudyRecord(
            title=Text.of(own, detect_language(own)) if own else self._values.text("title"),
            register_number=self.number,
            performers=self._performers(),
            contracts=self._contracts(),
        )

    def deliverable_of_dataset(self, kind: DatasetType) -> Deliverable | None:
        """What the dataset of the row meets, where the row says when it was due."""
        if "due" not in self.found:
            return None
        role = self.found.get("report_kind", "")
        known = [one.value for one in DeliverableKind]
        other = DeliverableKind.DATASET if kind is DatasetType.DATASET else DeliverableKind.OTHER
        period = " ".join(self.row.get("period").split())
        return Deliverable(DeliverableKind(role) if role in known else other, period, due=self.found["due"])

    @property
    def tells_of_study(self) -> bool:
        """Whether a row of datasets says more of its study than its number and its contract."""
        return bool(self.number) and any(name in self.found for name in OF_STUDY)

    def _performers(self) -> tuple[Performer, ...]:
        name = self.found.get("performer", "")
        people = tuple(contributor(one, ContributorRole.LEADER) for one in self.found.get("leader", ()))
        if people and not name and self.row.kind == "studies":
            self.row.problems.append(self.row.problem("leader_alone", "leader"))
        return (Performer(Text.of(name), bin=self.found.get("performer_bin", ""), people=people),) if name else ()

    def _contracts(self) -> tuple[Contract, ...]:
        found = self.found
        number = found.get("contract_number", "")
        owed = tuple(Deliverable(kind, due=found[name]) for name, kind in _DUE.items() if name in found)
        if not number:
            told = [name for name in ("signed", "amount", *_DUE) if name in found]
            if told and not any(problem.code == "contract_needed" for problem in self.row.problems):
                self.row.problems.append(self.row.problem("contract_needed", "contract_number"))
            return ()
        amount = found.get("amount")
        currency = found.get("currency") or (amount.currency if amount else "") or "KZT"
        value = amount.value if amount else None
        return (Contract(number, found.get("signed"), value, currency, found.get("contract_type", ""), owed),)

    def _disclosure(self) -> Disclosure:
        status, until = self.found.get("disclosure"), self.found.get("embargo_until")
        if status in (None, DisclosureStatus.OPEN):
            status = DisclosureStatus.EMBARGOED if until else DisclosureStatus.OPEN
        if status is DisclosureStatus.EMBARGOED and until is None and not self.row.get("embargo_until"):
            self._values.wrong("embargo_without_day", "disclosure")
        return Disclosure(status, until, self.found.get("legal_ground", ""))
