"""What two people wrote into one record at the same time, put together."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from opendata.catalog.records import Contract, StudyRecord
from opendata.catalog.values import Contributor, Disclosure, DisclosureStatus, Keyword, OrganizationRef, Text
from opendata.services.conflicts import Clash, three_way
from tests.factories import EMBARGOED, WITHHELD, link, record, ru

BASE = record("Вода", keywords=(Keyword("вода"), Keyword("лёд")), resources=(link(),))


def test_what_one_side_changed_is_taken() -> None:
    mine = replace(BASE, title=replace(BASE.title, kk="Су"), version="2")
    theirs = replace(BASE, title=replace(BASE.title, en="Water"), license_id="CC0-1.0", views=9)
    found = three_way(BASE, mine, theirs)
    assert found.clashes == ()
    assert found.record.title == Text(kk="Су", ru="Вода", en="Water", original="ru")
    assert isinstance(found.record, type(BASE))
    assert (found.record.version, found.record.license_id, found.record.views) == ("2", "CC0-1.0", 9)


def test_one_text_that_both_wrote_clashes_and_theirs_stands() -> None:
    mine, theirs = replace(BASE, title=ru("Моё")), replace(BASE, title=ru("Их"))
    found = three_way(BASE, mine, theirs)
    assert found.clashes == (Clash("title.ru", "Вода", "Моё", "Их"),)
    assert found.record.title.ru == "Их"


def test_the_same_change_of_both_is_no_clash() -> None:
    both = replace(BASE, title=ru("Вода и лёд"))
    assert three_way(BASE, both, both).clashes == ()


def test_lists_without_order_take_what_either_side_did() -> None:
    mine = replace(BASE, keywords=(Keyword("вода"), Keyword("снег")))
    theirs = replace(BASE, keywords=(Keyword("вода"), Keyword("лёд"), Keyword("река")))
    found = three_way(BASE, mine, theirs)
    assert found.clashes == ()
    assert {one.text for one in found.record.keywords} == {"вода", "снег", "река"}


def test_lists_with_an_order_clash() -> None:
    mine = replace(BASE, contributors=(Contributor("А"),))
    theirs = replace(BASE, contributors=(Contributor("Б"),))
    assert [one.field for one in three_way(BASE, mine, theirs).clashes] == ["contributors"]


def test_files_are_put_together_one_by_one() -> None:
    other, third = link("https://data.example/b.csv"), link("https://data.example/c.csv")
    mine = replace(BASE, resources=(replace(BASE.resources[0], name=ru("Моё")), other))
    theirs = replace(BASE, resources=(replace(BASE.resources[0], license_id="CC0-1.0"), third))
    found = three_way(BASE, mine, theirs).record
    assert isinstance(found, type(BASE))
    assert [one.key[-5:] for one in found.resources] == ["a.csv", "c.csv", "b.csv"]
    assert (found.resources[0].name.ru, found.resources[0].license_id) == ("Моё", "CC0-1.0")


def test_a_file_that_one_took_out_and_the_other_changed_stays_and_clashes() -> None:
    changed = replace(BASE.resources[0], name=ru("Их"))
    found = three_way(BASE, replace(BASE, resources=()), replace(BASE, resources=(changed,)))
    assert [(one.field, one.mine) for one in found.clashes] == [(f"file.{changed.key}", None)]
    assert isinstance(found.record, type(BASE))
    assert found.record.resources == (changed,)
    gone = three_way(BASE, replace(BASE, resources=()), replace(BASE, version="2", resources=BASE.resources))
    assert isinstance(gone.record, type(BASE))
    assert (gone.record.resources, gone.clashes) == ((), ())


def test_of_two_disclosures_the_stricter_stands() -> None:
    def closed(disclosure: Disclosure) -> object:
        return replace(BASE, resources=(replace(BASE.resources[0], disclosure=disclosure),))

    found = three_way(BASE, closed(WITHHELD), closed(EMBARGOED))  # type: ignore[type-var]
    assert isinstance(found.record, type(BASE))
    assert [one.field.rpartition(".")[2] for one in found.clashes] == ["disclosure"]
    assert found.record.disclosure.status is DisclosureStatus.WITHHELD


def test_without_the_base_everything_that_differs_clashes() -> None:
    mine, theirs = replace(BASE, version="1"), replace(BASE, version="2", spatial="Урал")
    assert [one.field for one in three_way(None, mine, theirs).clashes] == ["spatial", "version"]


def test_an_agency_is_the_same_under_another_name() -> None:
    agency = OrganizationRef(slug="su", id=UUID(int=1))
    base = replace(BASE, organization=agency)
    renamed = replace(base, organization=replace(agency, title=ru("Вода")))
    assert three_way(base, base, renamed).clashes == ()


def test_contracts_of_a_study_are_put_together_by_number() -> None:
    base = StudyRecord(ru("Сток"), "0124", contracts=(Contract("1"), Contract("2")))
    mine = replace(base, contracts=(replace(base.contracts[0], contract_type="грант"), base.contracts[1]))
    theirs = replace(base, contracts=(base.contracts[0], replace(base.contracts[1], currency="USD"), Contract("3")))
    found = three_way(base, mine, theirs)
    assert found.clashes == ()
    assert isinstance(found.record, StudyRecord)
    assert [(one.contract_number, one.contract_type, one.currency) for one in found.record.contracts] == [
        ("1", "грант", "KZT"), ("2", "", "USD"), ("3", "", "KZT"),
    ]  # fmt: skip
