"""A number of the register or of a contract ties a record to its study, however the two of them are spelt."""

from __future__ import annotations

from uuid import UUID

import pytest

from opendata.catalog.records import Contract, StudyRecord
from opendata.catalog.values import Identifier, OrganizationRef
from opendata.services import register
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.studies_named import register_numbers, spellings
from tests.factories import Feed, found, organization, record, ru, stored


@pytest.fixture
def ours(catalogue: Catalogue) -> UUID:
    """The agency that commissions."""
    return organization(catalogue, "ours")


def study(catalogue: Catalogue, agency: UUID, number: str, *contracts: str) -> UUID:
    given = StudyRecord(
        title=ru(f"Исследование {number}"),
        register_number=number,
        organization=OrganizationRef(id=agency),
        contracts=tuple(Contract(one) for one in contracts),
    )
    with catalogue.sessions.write.begin() as session:
        return register.save(session, catalogue, SYSTEM, given).id


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("AP05131234", "Грант АР 05131234"),
        ("АР05131234", "ИРН AP–05131234"),
        ("0118PK00123", "гос. регистрация 0118рк00123"),
        ("0118 РК 00123", "0118PK00123"),
    ],
)
def test_register_number_ties_in_either_alphabet(
    number: str, text: str, catalogue: Catalogue, ours: UUID, one: Feed
) -> None:
    before = one.one(found("a", record("До", description=ru(text))))
    known = study(catalogue, ours, number)
    after = one.one(found("b", record("После", description=ru(text))))
    assert after.study is not None
    assert after.study.id == known
    tied = stored(catalogue, before.id).study  # type: ignore[arg-type]
    assert tied is not None
    assert tied.id == known


@pytest.mark.parametrize(
    ("number", "text"), [("№ 123–АВ/19", "договор № 123-AB/19"), ("77/2019", "Contract No 77/2019")]
)
def test_contract_number_ties_to_the_one_study_that_has_it(
    number: str, text: str, catalogue: Catalogue, ours: UUID, one: Feed
) -> None:
    before = one.one(found("a", record("До", description=ru(text))))
    known = study(catalogue, ours, "AP05131234", number)
    after = one.one(found("b", record("После", description=ru(text))))
    assert after.study is not None
    assert after.study.id == known
    assert stored(catalogue, before.id).study is not None  # type: ignore[arg-type]


def test_contract_number_of_two_studies_or_a_short_one_ties_nothing(
    catalogue: Catalogue, ours: UUID, one: Feed
) -> None:
    study(catalogue, ours, "AP05131234", "77/2019", "12")
    study(catalogue, ours, "AP05131235", "77/2019")
    assert one.one(found("a", record("A", description=ru("договор № 77/2019")))).study is None
    assert one.one(found("b", record("B", description=ru("договор № 12")))).study is None


def test_register_number_goes_before_the_contract(catalogue: Catalogue, ours: UUID, one: Feed) -> None:
    first = study(catalogue, ours, "AP05131234")
    study(catalogue, ours, "AP05131235", "77/2019")
    text = ru("договор № 77/2019 по проекту AP05131234")
    tied = one.one(found("a", record("A", description=text))).study
    assert tied is not None
    assert tied.id == first


def test_record_that_names_another_study_is_not_tied_by_a_contract(catalogue: Catalogue, ours: UUID, one: Feed) -> None:
    other = Identifier("register_number", "AP09990001")
    before = one.one(found("a", record("A", description=ru("договор № 77/2019"), identifiers=(other,))))
    study(catalogue, ours, "AP05131234", "77/2019")
    assert stored(catalogue, before.id).study is None  # type: ignore[arg-type]


def test_spellings_hold_both_alphabets_and_dashes() -> None:
    assert {"12-AB", "12-АВ", "12–AB", "№ 12-АВ"} <= set(spellings(["№12–AB"]))


def test_a_record_without_a_number_is_looked_for_by_none() -> None:
    assert register_numbers(record()) == []
