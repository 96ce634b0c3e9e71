"""The register in bulk: every study, one by any of its names, and taking in a table of studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog import dates
from opendata.catalog.normalise import keywords
from opendata.catalog.records import (
    Contract,
    Deliverable,
    DeliverableKind,
    Performer,
    StudyRecord,
    StudyStatus,
)
from opendata.catalog.values import OrganizationRef, PartialDate, Period, Subject, Text
from opendata.errors import Invalid, Problem
from opendata.reading.rows import read_rows
from opendata.services import register
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.register_updates import over
from opendata.store import queries
from opendata.store.organizations import Organization
from opendata.store.to_records import organization_ref

MAX_ROWS = 50_000

COLUMNS = {
    "register_number": "Register number (ИРН). Required; of a study that is known, filled cells replace what stood.",
    "title_kk": "Title in Kazakh. One of the three titles is required.",
    "title_ru": "Title in Russian.",
    "title_en": "Title in English.",
    "abstract_kk": "Abstract in Kazakh.",
    "abstract_ru": "Abstract in Russian.",
    "abstract_en": "Abstract in English.",
    "organization": "Slug of the commissioning agency; --organization stands in for an empty cell.",
    "official": "Responsible official.",
    "performer": "Name of the performing body.",
    "performer_bin": "BIN of the performing body.",
    "programme": "Programme.",
    "keywords": "Keywords, separated by semicolons.",
    "grnti": "GRNTI codes, separated by semicolons.",
    "status": "planned, in_progress, completed, suspended or terminated.",
    "start": "First day, month or year of the research.",
    "end": "Last day, month or year of the research.",
    "contract_number": "Number of the contract.",
    "signed": "Day on which the contract was signed.",
    "amount": "Amount of the contract.",
    "currency": "ISO 4217 code of the amount; KZT when empty.",
    "interim_due": "Day on which the interim report is due.",
    "final_due": "Day on which the final report is due.",
}
"""The columns of a table of studies, in any order; docs/register.md lists them from here."""


@dataclass
class ImportReport:
    """How many rows there were, how many were registered (can be, in a dry run), and what is wrong with the rest."""

    rows: int = 0
    taken: int = 0
    problems: list[Problem] = field(default_factory=list)


def every(catalogue: Catalogue) -> Iterator[StudyRecord]:
    """Every study of every state, by id, a page at a time."""
    after = None
    while True:
        with catalogue.sessions.read() as session:
            ids = queries.study_ids_after(session, after, 200)
            found = queries.study_cards(session, ids, public_only=False)
        if not ids:
            return
        yield from found
        after = ids[-1]


def named(catalogue: Catalogue, name: str) -> StudyRecord:
    """The study with that register number, contract number, slug or id. NotFound."""
    with catalogue.sessions.read() as session:
        known = queries.study_by_number(session, name) or queries.address(session, "study", name).id
        return queries.study_page(session, known, public_only=False)


def import_table(catalogue: Catalogue, path: Path, organization: str = "", *, dry_run: bool = False) -> ImportReport:
    """Register the studies of a CSV or XLSX, each row in a transaction of its own: a bad row fails alone.

    Invalid when the table as a whole cannot be read or lacks the columns that every study needs.
    """
    rows = read_rows(path, MAX_ROWS)
    if not rows:
        raise Invalid(f"{path.name} holds no studies: there is nothing below its headings.")
    _check_columns(rows[0])
    report = ImportReport(rows=len(rows))
    for number, row in enumerate(rows, 2):
        try:
            with catalogue.sessions.write() as session, session.begin():
                record = _study(session, row, organization)
                saved = register.save(session, catalogue, SYSTEM, record)
                if dry_run:
                    session.rollback()
            report.taken += 1
            report.problems += [replace(warning, row=str(number)) for warning in saved.warnings]
        except Invalid as error:
            found = error.problems or (Problem("invalid", error.message),)
            report.problems += [replace(problem, row=str(number)) for problem in found]
    return report


def _check_columns(row: Mapping[str, str]) -> None:
    unknown = [name for name in row if name not in COLUMNS]
    if unknown or "register_number" not in row:
        what = f"unknown columns: {', '.join(unknown)}" if unknown else "the column register_number is missing"
        raise Invalid(f"The table cannot be taken: {what}. Allowed: {', '.join(COLUMNS)}.")


def _study(session: Session, row: Mapping[str, str], organization: str) -> StudyRecord:
    cells = _Cells(row)
    known = queries.study_by_register_number(session, cells.get("register_number"))
    record = StudyRecord(
        title=cells.text("title"),
        register_number=cells.get("register_number"),
        description=cells.text("abstract"),
        organization=_agency(session, cells, organization, needed=known is None),
        official=cells.get("official"),
        performers=_performers(cells),
        programme=Text.of(cells.get("programme")),
        keywords=keywords(cells.get("keywords")),
        subjects=tuple(Subject("grnti", code.strip()) for code in cells.get("grnti").split(";") if code.strip()),
        status=cells.status(),
        period=Period(cells.date("start"), cells.date("end")),
        contracts=_contracts(cells),
    )
    if cells.problems:
        raise Invalid("The row has wrong cells.", cells.problems)
    if known is None:
        return record
    return over(record, queries.study_page(session, known, public_only=False), cells.filled)


def _agency(session: Session, cells: _Cells, default: str, *, needed: bool) -> OrganizationRef | None:
    slug = cells.get("organization") or default
    if not slug:
        if needed:
            cells.problem("organization", "No agency is named.", "Fill the cell, or give --organization.")
        return None
    row = session.scalar(select(Organization).where(Organization.slug == slug))
    if row is None:
        cells.problem("organization", f"There is no agency {slug!r}.", "Add it first: opendata organization add.")
    return organization_ref(row)


def _performers(cells: _Cells) -> tuple[Performer, ...]:
    name = cells.get("performer")
    return (Performer(Text.of(name), bin=cells.get("performer_bin")),) if name else ()


def _contracts(cells: _Cells) -> tuple[Contract, ...]:
    number = cells.get("contract_number")
    owed = [
        Deliverable(kind, due=due.first_day())
        for kind, name in ((DeliverableKind.INTERIM_REPORT, "interim_due"), (DeliverableKind.FINAL_REPORT, "final_due"))
        if (due := cells.date(name, whole_day=True))
    ]
    if not number:
        if owed:
            cells.problem("contract_number", "What is due is owed under a contract: give its number.")
        return ()
    signed = cells.date("signed", whole_day=True)
    currency = cells.get("currency") or "KZT"
    day = signed.first_day() if signed else None
    return (Contract(number, day, cells.amount(), currency, deliverables=tuple(owed)),)


class _Cells:
    """The cells of one row, and what is wrong with them."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row
        self.problems: list[Problem] = []

    @property
    def filled(self) -> frozenset[str]:
        """Names of the columns in which something stands."""
        return frozenset(name for name in self._row if self.get(name))

    def problem(self, name: str, message: str, hint: str = "") -> None:
        """Note what is wrong with the cell."""
        self.problems.append(Problem("cell", message, name, hint=hint))

    def get(self, name: str) -> str:
        """The cell without spaces round it, "" where there is none."""
        return self._row.get(name, "").strip()

    def text(self, name: str) -> Text:
        """The three columns of a text in three languages."""
        return Text(**{language: self.get(f"{name}_{language}") for language in ("kk", "ru", "en")})

    def date(self, name: str, *, whole_day: bool = False) -> PartialDate | None:
        """The date in the cell; with `whole_day` one without a day is wrong."""
        if not (given := self.get(name)):
            return None
        found = dates.parse(given).date
        if found is None or (whole_day and not found.day):
            self.problem(name, f"{given!r} is no date.", "Write it as 2026-11-01.")
            return None
        return found

    def amount(self) -> Decimal | None:
        """The amount, with a comma or a point before the decimals and spaces between thousands."""
        if not (given := self.get("amount")):
            return None
        try:
            amount = Decimal(given.replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or not 0 <= amount < 10**16:
            self.problem("amount", f"{given!r} is no amount.")
            return None
        return amount

    def status(self) -> StudyStatus:
        """The status; in progress where the cell is empty."""
        given = self.get("status") or StudyStatus.IN_PROGRESS.value
        if given not in [status.value for status in StudyStatus]:
            self.problem("status", f"{given!r} is no status.", f"Allowed: {', '.join(StudyStatus)}.")
            return StudyStatus.IN_PROGRESS
        return StudyStatus(given)
