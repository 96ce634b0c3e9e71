"""Identifiers are recognised in any field; what only looks like one is not, and a person's number never."""

from __future__ import annotations

import pytest

from opendata.catalog import identifiers
from opendata.catalog.recognising import recognised
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Contributor, ContributorRole, Extra, Identifier, Relation, Text

BODY = "940740000911"
PERSON = next(one for n in range(10) if identifiers.is_bin(one := f"85031530012{n}"))


def record(description: str = "", **changes: object) -> DatasetRecord:
    given = {"title": Text(ru="Отчёт"), "description": Text(ru=description)}
    return DatasetRecord(**{**given, **changes})  # type: ignore[arg-type]


def values(found: DatasetRecord, scheme: str) -> list[str]:
    return [one.value for one in found.identifiers if one.scheme == scheme]


def test_record_without_numbers_is_the_same_object() -> None:
    plain = record("Ничего здесь нет.", extras=(Extra("frequency", "monthly"),))
    assert recognised(plain) is plain


@pytest.mark.parametrize(
    "changes",
    [
        {"title": Text(ru="Отчёт по проекту АР05131234")},
        {"table_of_contents": Text(kk="ЖТН AP05131234 жобасы")},
        {"extras": (Extra("ИРН", "AP 05131234"),)},
        {"resources": (ResourceRecord(key="a", filename="otchet_AP05131234_2023.pdf"),)},
        {"resources": (ResourceRecord(key="a", download_url="https://x.kz/f/otchet-AP05131234.pdf"),)},
        {"relations": (Relation("Other", title=Text(ru="проект ap05131234")),)},
        {"contributors": (Contributor("Комитет науки, грант AP–05131234", ContributorRole.FUNDER),)},
        {"identifiers": (Identifier("register_number", "AP05131234"),)},
    ],
)  # fmt: skip
def test_register_number_is_found_in_any_field(changes: dict[str, object]) -> None:
    found = recognised(record(**changes))  # type: ignore[arg-type]
    assert found.register_number == "AP05131234"
    assert values(found, "register_number") == ["AP05131234"]


@pytest.mark.parametrize(
    "text",
    [
        "data before 20181231 or 20190101",
        "IF NOT 20181231 OR 20190101",
        "тел. +77012345678, 87012345678",
        "part no. cp12345678",
        "AP99123456",
        "XAP05131234 AP051312345",
    ],
)
def test_what_only_looks_like_a_register_number_is_none(text: str) -> None:
    assert recognised(record(text)).identifiers == ()


def test_number_of_the_records_own_fields_goes_before_those_its_text_mentions() -> None:
    found = recognised(record("Продолжает AP05131234.", title=Text(ru="Отчёт BR21881930")))
    assert found.register_number == "BR21881930"
    several = recognised(record("Продолжает AP05131234 и AP05131235."))
    assert (several.register_number, several.identifiers) == ("", ())
    stated = recognised(record("Продолжает AP05131234.", register_number="BR21881930"))
    assert stated.register_number == "BR21881930"
    assert "AP05131234" not in values(stated, "register_number")


def test_state_registration_names_the_work_or_its_report() -> None:
    found = recognised(record("№ госрегистрации 0123PK00456, инв. № 0223РК00789"))
    assert (found.register_number, found.report_number) == ("0123РК00456", "0223РК00789")
    assert values(found, "registration_number") == ["0123РК00456", "0223РК00789"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("по договору № 123–45/2019 от 01.03.2019", "123-45/2019"),
        ("2018 жылғы 5 наурыздағы № 7 шарт № 246-АВ бойынша", "246-АВ"),
        ("under Contract No. HHS-17/A", "HHS-17/A"),
    ],
)
def test_contract_number_follows_its_word_in_three_languages(text: str, number: str) -> None:
    assert values(recognised(record(text)), "contract_number") == [number]


def test_doi_of_the_record_is_its_own_and_one_in_its_text_is_a_relation() -> None:
    found = recognised(
        record("По данным https://doi.org/10.5281/zenodo.9.", landing_page="https://doi.org/10.1234/ABC",
               extras=(Extra("doi", "10.1234/abc"), Extra("related_doi", "10.7777/x"), Extra("uri", "hdl:20.500.1/7")))
    )  # fmt: skip
    assert values(found, "doi") == ["10.1234/abc"]
    assert {one.target for one in found.relations} == {"https://doi.org/10.5281/zenodo.9", "https://doi.org/10.7777/x"}
    assert {one.kind for one in found.relations} == {"References"}


def test_list_of_references_makes_no_relations() -> None:
    found = recognised(record(" ".join(f"doi:10.1234/{n}" for n in range(40))))
    assert (found.relations, found.identifiers) == ((), ())


def test_handle_of_a_repository_without_a_prefix_is_no_identifier() -> None:
    assert recognised(record(landing_page="https://x.kz/handle/123456789/3")).identifiers == ()
    found = recognised(record(landing_page="https://x.kz/handle/20.500.11956/3"))
    assert values(found, "handle") == ["20.500.11956/3"]


def test_orcid_goes_to_the_person_before_it() -> None:
    people = (Contributor("Ахметов, А."), Contributor("Ким, Б."))
    found = recognised(record("Ким Б. (ORCID: https://orcid.org/0000-0002-1825-0097)", contributors=people))
    assert [one.orcid for one in found.contributors] == ["", "0000-0002-1825-0097"]
    nobody = recognised(record("ORCID 0000-0002-1825-0097", contributors=people))
    assert nobody.contributors == people


def test_bin_goes_to_the_body_before_it_or_is_kept_as_an_extra() -> None:
    body = Contributor(f"ТОО «Институт воды» (БИН {BODY})", ContributorRole.PUBLISHER)
    (found,) = recognised(record(contributors=(body,))).contributors
    assert (found.name, found.bin, found.is_organization) == ("ТОО «Институт воды»", BODY, True)
    performer = recognised(record(f"ТОО «Вода», БСН {BODY}", performer=Text(ru="ТОО «Вода»"))).contributors
    assert [(one.name, one.role, one.bin) for one in performer] == [("ТОО «Вода»", ContributorRole.PERFORMER, BODY)]
    assert recognised(record(f"Заказчик: БИН {BODY}")).extras == (Extra("bin", BODY),)


@pytest.mark.parametrize(
    "text",
    [f"ИИН {PERSON}", f"БИН {PERSON}", f"ИИН/БИН: {PERSON}", f"номер {BODY}", f"БИН {BODY[:-1]}2", f"тел. {BODY}"],
)
def test_persons_number_and_bare_digits_are_never_taken(text: str) -> None:
    found = recognised(record(text, contributors=(Contributor(f"Ахметов А. {text}"),)))
    assert PERSON not in {one.bin for one in found.contributors}
    assert all(not one.bin for one in found.contributors)
    assert found.extras == ()
    assert found.identifiers == ()


def test_doing_it_again_changes_nothing() -> None:
    once = recognised(record(f"ИРН AP05131234, 0118РК00123, БИН {BODY}, doi:10.5281/zenodo.9, договор № 12-АВ/2019"))
    assert recognised(once) is once
