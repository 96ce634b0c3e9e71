"""What people and programs must keep to when they write a study: every fault at its field and row, and nothing mended.

Tables and registers of others are taken as far as they can be (validation.clean_study). Who writes a study field by
field is there to be asked, so that nothing is guessed, cut or left out. A field is named by its path: of the second
thing that the first contract owes, `contracts.0.deliverables.1.due`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from opendata.catalog import identifiers
from opendata.catalog.cleaner import LINE, LONG, NAME, SHOWN, Cleaner
from opendata.catalog.currencies import is_currency
from opendata.catalog.records import Contract, Deliverable, Performer, RecordState, StudyRecord, Utilisation
from opendata.catalog.validation import MAX_CONTRIBUTORS, MAX_TITLE, clean_study
from opendata.catalog.values import LANGUAGES, Contributor, DisclosureStatus, Text
from opendata.errors import Problem

MOST_ROWS = {"contracts": 100, "deliverables": 200, "performers": 100, "people": MAX_CONTRIBUTORS, "utilisations": 200}
MOST_RETURNED = 1_000
"""Times that something was returned to its performer: more is a slip of the hand."""
MOST_MONEY = Decimal(10**15)
EARLIEST = 1900
"""Years before are slips of the hand."""
_TOLD = (
    "no_title",
    "cut",
    "capped",
    "bad_period",
    "bad_bin",
    "bad_ror",
    "bad_orcid",
    "bad_amount",
    "bad_currency",
    "bad_url",
)
"""What clean_study says of things that have been told better by then."""

_Row = TypeVar("_Row")


def problems_of(record: StudyRecord, today: dt.date) -> list[Problem]:
    """Everything that is wrong with a study as somebody wrote it, in the order of its fields; empty where nothing is.

    `today` is that of the site: what was delivered cannot have been delivered tomorrow. A draft may lack its number.
    """
    rules = _Rules(today)
    rules.study(record)
    # Whatever else would be changed on the way into the store is told as well, though without its row.
    rest = [one for one in clean_study(record)[1] if not rules.found or one.code not in _TOLD]
    return rules.found + [replace(one, severity="error") for one in rest]


@dataclass
class _Rules:
    today: dt.date
    found: list[Problem] = field(default_factory=list)

    def wrong(self, code: str, path: str, message: str, value: object = "", hint: str = "") -> None:
        """Note what is wrong with the field; its row is that of the list it stands in, from 1 on."""
        rows = [int(part) + 1 for part in path.split(".") if part.isdecimal()]
        self.found.append(Problem(code, message, path, ".".join(map(str, rows)), hint, value=str(value)[:SHOWN]))

    def study(self, one: StudyRecord) -> None:
        """The whole of it."""
        if not one.title:
            self.wrong("no_title", "title", "The study has no title.", hint="Give a title in at least one language.")
        if not one.register_number and one.state is not RecordState.DRAFT:
            message = "A study needs its register number; without one it can only be a draft."
            self.wrong("study_number", "register_number", message)
        self.lines(one)
        if one.period.start and one.period.end and one.period.start.first_day() > one.period.end.last_day():
            said = f"{one.period.start} – {one.period.end}"
            self.wrong("study_period", "period.end", f"The period {said} ends before it begins.", said)
        self.rows("performers", one.performers, self.performer)
        self.rows("contracts", one.contracts, self.contract)
        self.twice("contract_twice", "contracts", "contract_number", [c.contract_number for c in one.contracts])
        self.rows("utilisations", one.utilisations, self.utilisation)
        if one.disclosure.status is DisclosureStatus.EMBARGOED and one.disclosure.until is None:
            message = "The day on which it opens is missing."
            self.wrong("study_embargo", "disclosure.until", message)

    def lines(self, one: StudyRecord) -> None:
        """Texts within their bounds."""
        bounds = {"title": MAX_TITLE, "description": LONG, "unit": LINE, "programme": LINE, "call": LINE,
                  "priority": LINE, "evaluation": LONG}  # fmt: skip
        for name, bound in bounds.items():
            self.text(name, getattr(one, name), bound)
        self.text("disclosure.reason", one.disclosure.reason, LINE)
        self.line("disclosure.legal_ground", one.disclosure.legal_ground, LINE)
        self.line("register_number", one.register_number, 100)
        self.line("official", one.official, NAME)

    def text(self, path: str, value: Text, bound: int) -> None:
        """One text in each of its languages."""
        for language in (*LANGUAGES, "other"):
            self.line(f"{path}.{language}", getattr(value, language), bound)

    def line(self, path: str, value: str, bound: int) -> None:
        """One text within `bound` characters."""
        if len(value) > bound:
            message = f"This has {len(value)} characters; {bound} are the most."
            self.wrong("cut", path, message, value)

    def rows(self, path: str, rows: Sequence[_Row], each: Callable[[str, _Row], None]) -> None:
        """Each of the rows, and no more of them than there may be."""
        most = MOST_ROWS[path.rpartition(".")[2]]
        if len(rows) > most:
            self.wrong("capped", path, f"There are {len(rows)}; {most} are the most.", len(rows))
        for number, one in enumerate(rows[:most]):
            each(f"{path}.{number}", one)

    def twice(self, code: str, path: str, name: str, keys: list[str]) -> None:
        """Rows that have the key of one before them."""
        for number, key in enumerate(keys):
            if key and key in keys[:number]:
                message = f"{key!r} stands here twice: see row {keys.index(key) + 1}."
                self.wrong(code, f"{path}.{number}.{name}", message, key)

    def performer(self, path: str, one: Performer) -> None:
        """A body and its people."""
        if not one.name:
            self.wrong("study_name", f"{path}.name", "Who carries it out needs a name.")
        self.text(f"{path}.name", one.name, LINE)
        self.number("bad_bin", f"{path}.bin", one.bin, identifiers.bin_number)
        self.number("bad_ror", f"{path}.ror", one.ror, identifiers.ror)
        self.rows(f"{path}.people", one.people, self.person)

    def person(self, path: str, one: Contributor) -> None:
        """Somebody who is named for it."""
        if not one.name.strip():
            self.wrong("study_name", f"{path}.name", "Somebody without a name stands here.")
        self.line(f"{path}.name", one.name, NAME)
        self.line(f"{path}.affiliation", one.affiliation, LINE)
        self.number("study_orcid", f"{path}.orcid", one.orcid, identifiers.orcid)
        self.number("bad_ror", f"{path}.ror", one.ror, identifiers.ror)
        self.number("bad_bin", f"{path}.bin", one.bin, identifiers.bin_number)

    def number(self, code: str, path: str, value: str, read: Callable[[str], str]) -> None:
        """A number with a check digit."""
        if value and not read(value):
            kind = path.rpartition(".")[2].upper()
            self.wrong(code, path, f"{value[:SHOWN]!r} is no valid {kind}: see its digits once more.", value)

    def contract(self, path: str, one: Contract) -> None:
        """A contract and what it owes."""
        if not one.contract_number.strip():
            self.wrong("study_contract", f"{path}.contract_number", "The contract has no number.")
        self.line(f"{path}.contract_number", one.contract_number, 200)
        self.line(f"{path}.contract_type", one.contract_type, 200)
        self.day(f"{path}.signed", one.signed)
        self.money(path, one)
        self.rows(f"{path}.deliverables", one.deliverables, self.deliverable)
        for number, owed in enumerate(one.deliverables):
            self.order(f"{path}.deliverables.{number}.due", one.signed, owed.due, "due before the contract was signed")
        keys = [f"{owed.kind} {owed.period}".strip() for owed in one.deliverables]
        self.twice("deliverable_twice", f"{path}.deliverables", "period", keys)

    def money(self, path: str, one: Contract) -> None:
        """Its amount, exact to the hundredth, and the currency."""
        amount = one.amount
        if amount is not None and not (amount.is_finite() and 0 <= amount < MOST_MONEY):
            message = f"The amount {amount} is not one that can be paid."
            self.wrong("study_amount", f"{path}.amount", message, amount)
        elif amount is not None and amount != amount.quantize(Decimal("0.01")):
            message = f"The amount {amount} has more than two decimals."
            self.wrong("study_decimals", f"{path}.amount", message, amount)
        if not is_currency(one.currency):
            message = f"{one.currency[:20]!r} is no code of ISO 4217, such as KZT."
            self.wrong("study_currency", f"{path}.currency", message, one.currency)

    def deliverable(self, path: str, one: Deliverable) -> None:
        """Something that is owed: its days are in order and none of what is done lies in the future."""
        self.line(f"{path}.period", one.period, 100)
        if not 0 <= one.returned <= MOST_RETURNED:
            message = f"{one.returned} is not how often it was returned: give a number from 0 to {MOST_RETURNED}."
            self.wrong("study_returned", f"{path}.returned", message, one.returned)
        if one.due is not None and one.due.year < EARLIEST:
            self.wrong("study_year", f"{path}.due", f"{one.due} is too long ago.", one.due)
        self.day(f"{path}.delivered", one.delivered)
        self.day(f"{path}.accepted", one.accepted)
        self.order(f"{path}.accepted", one.delivered, one.accepted, "accepted before it was delivered")

    def day(self, path: str, day: dt.date | None) -> None:
        """A day on which something was done."""
        if day is not None and day > self.today:
            self.wrong("study_future", path, f"{day} is still to come; give the day on which it was done.", day)
        elif day is not None and day.year < EARLIEST:
            self.wrong("study_year", path, f"{day} is too long ago.", day)

    def order(self, path: str, first: dt.date | None, then: dt.date | None, what: str) -> None:
        """Two days that cannot be the other way round."""
        if first is not None and then is not None and then < first:
            self.wrong("study_order", path, f"It cannot be {what}: {then} is before {first}.", f"{then} < {first}")

    def utilisation(self, path: str, one: Utilisation) -> None:
        """What came of it."""
        if not one.kind.strip():
            self.wrong("study_kind", f"{path}.kind", "Say what kind of use it was.")
        self.line(f"{path}.kind", one.kind, 100)
        self.text(f"{path}.description", one.description, LONG)
        if one.date is not None and one.date.first_day() > self.today:
            self.wrong("study_future", f"{path}.date", f"{one.date} is still to come.", one.date)
        if one.url and not Cleaner().url(one.url, "url"):
            message = f"{one.url[:SHOWN]!r} is no web address."
            self.wrong("study_url", f"{path}.url", message, one.url)
