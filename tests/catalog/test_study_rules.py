"""What people may not write of a study, each fault at its field and row."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from opendata.catalog.currencies import is_currency
from opendata.catalog.records import (
    Contract,
    Deliverable,
    DeliverableKind,
    Performer,
    RecordState,
    StudyRecord,
    Utilisation,
)
from opendata.catalog.study_rules import MOST_ROWS, problems_of
from opendata.catalog.values import Contributor, Disclosure, DisclosureStatus, PartialDate, Period, Text

TODAY = dt.date(2026, 6, 1)
INTERIM = DeliverableKind.INTERIM_REPORT
FIRST = Deliverable(INTERIM, "2025", dt.date(2025, 11, 1), dt.date(2025, 10, 1), dt.date(2025, 12, 1))
SECOND = Deliverable(INTERIM, "2026", dt.date(2026, 11, 1))
GOOD = StudyRecord(
    title=Text(ru="Водный баланс", original="ru"),
    register_number="BR21881930",
    performers=(
        Performer(
            Text(ru="Институт", original="ru"),
            "990940000006",
            people=(Contributor("Ахметов", orcid="0000-0002-1825-0097"),),
        ),
    ),
    contracts=(
        Contract("7", dt.date(2025, 3, 1), Decimal("1200000.50"), deliverables=(FIRST, SECOND)),
    ),
    period=Period(PartialDate(2025), PartialDate(2026, 12)),
    utilisations=(Utilisation("decision", date=PartialDate(2026), url="https://example.kz/1"),),
)  # fmt: skip


def with_owed(**changes: object) -> StudyRecord:
    first = replace(GOOD.contracts[0].deliverables[0], **changes)  # type: ignore[arg-type]
    owed = (first, *GOOD.contracts[0].deliverables[1:])
    return replace(GOOD, contracts=(replace(GOOD.contracts[0], deliverables=owed),))


def with_contract(**changes: object) -> StudyRecord:
    return replace(GOOD, contracts=(replace(GOOD.contracts[0], **changes),))  # type: ignore[arg-type]


def with_performer(**changes: object) -> StudyRecord:
    return replace(GOOD, performers=(replace(GOOD.performers[0], **changes),))  # type: ignore[arg-type]


def test_nothing_is_wrong_with_a_good_study() -> None:
    assert problems_of(GOOD, TODAY) == []


FAULTS: dict[str, tuple[StudyRecord, str, str]] = {
    "no title": (replace(GOOD, title=Text()), "no_title", "title"),
    "no number": (replace(GOOD, register_number=""), "study_number", "register_number"),
    "period": (replace(GOOD, period=Period(PartialDate(2026), PartialDate(2025))), "study_period", "period.end"),
    "embargo": (
        replace(GOOD, disclosure=Disclosure(DisclosureStatus.EMBARGOED)), "study_embargo", "disclosure.until"
    ),
    "no name": (with_performer(name=Text()), "study_name", "performers.0.name"),
    "bin": (with_performer(bin="990940000007"), "bad_bin", "performers.0.bin"),
    "ror": (with_performer(ror="https://ror.org/03yrm5c27"), "bad_ror", "performers.0.ror"),
    "nobody": (with_performer(people=(Contributor(" "),)), "study_name", "performers.0.people.0.name"),
    "orcid": (
        with_performer(people=(Contributor("A"), Contributor("B", orcid="0000-0002-1825-0098"))),
        "study_orcid", "performers.0.people.1.orcid",
    ),
    "no contract number": (with_contract(contract_number=" "), "study_contract", "contracts.0.contract_number"),
    "contract twice": (
        replace(GOOD, contracts=GOOD.contracts * 2), "contract_twice", "contracts.1.contract_number"
    ),
    "signed tomorrow": (
        with_contract(signed=dt.date(2026, 6, 2), deliverables=()), "study_future", "contracts.0.signed"
    ),
    "amount": (with_contract(amount=Decimal(-1)), "study_amount", "contracts.0.amount"),
    "infinite": (with_contract(amount=Decimal("Infinity")), "study_amount", "contracts.0.amount"),
    "decimals": (with_contract(amount=Decimal("1.005")), "study_decimals", "contracts.0.amount"),
    "currency": (with_contract(currency="TNG"), "study_currency", "contracts.0.currency"),
    "due early": (with_owed(due=dt.date(2025, 1, 1)), "study_order", "contracts.0.deliverables.0.due"),
    "accepted early": (
        with_owed(accepted=dt.date(2025, 9, 1)), "study_order", "contracts.0.deliverables.0.accepted"
    ),
    "delivered tomorrow": (
        with_owed(delivered=dt.date(2026, 6, 2), accepted=None), "study_future", "contracts.0.deliverables.0.delivered",
    ),
    "returned": (with_owed(returned=-1), "study_returned", "contracts.0.deliverables.0.returned"),
    "long ago": (with_owed(due=dt.date(205, 1, 1)), "study_year", "contracts.0.deliverables.0.due"),
    "owed twice": (with_owed(period="2026"), "deliverable_twice", "contracts.0.deliverables.1.period"),
    "kind of use": (replace(GOOD, utilisations=(Utilisation(""),)), "study_kind", "utilisations.0.kind"),
    "address": (
        replace(GOOD, utilisations=(Utilisation("decision", url="javascript:alert(1)"),)),
        "study_url", "utilisations.0.url",
    ),
    "too long": (replace(GOOD, official="я" * 501), "cut", "official"),
    "too many": (
        replace(GOOD, performers=GOOD.performers * (MOST_ROWS["performers"] + 1)), "capped", "performers"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_told_at_its_field(name: str) -> None:
    record, code, path = FAULTS[name]
    found = problems_of(record, TODAY)
    assert (code, path) in [(one.code, one.field) for one in found]
    assert all(one.severity == "error" for one in found)
    assert [one.row for one in found if one.field == "contracts.0.deliverables.1.period"] in ([], ["1.2"])


def test_a_draft_may_lack_its_number() -> None:
    assert problems_of(replace(GOOD, register_number="", state=RecordState.DRAFT), TODAY) == []


def test_whatever_the_store_would_change_is_told_as_well() -> None:
    assert [one.code for one in problems_of(replace(GOOD, themes=("no such theme",)), TODAY)] == ["unknown_theme"]


def test_currencies_are_those_of_the_standard_in_capitals() -> None:
    assert is_currency("KZT")
    assert is_currency("RUR")
    assert not any(map(is_currency, ("kzt", "", "XXX", "KZ", "TENGE")))
