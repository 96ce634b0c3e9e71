"""Identifiers found in text, checked and written in one form."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from opendata.catalog import identifiers
from opendata.catalog.values import Identifier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.5281/zenodo.1234567", "10.5281/zenodo.1234567"),
        ("https://doi.org/10.5281/ZENODO.1234567.", "10.5281/zenodo.1234567"),
        ("doi:10.1000/xyz(2019)", "10.1000/xyz(2019)"),
        ("(see 10.1016/j.cell.2019.01.001)", "10.1016/j.cell.2019.01.001"),
        ("DOI: 10.1000/182;", "10.1000/182"),
        ("http://dx.doi.org/10.1002/%28SICI%291097", "10.1002/(sici)1097"),
        ("info:doi/10.1000/182", "10.1000/182"),
        ("10.1000/", ""),
        ("version 10.1234", ""),
        ("", ""),
    ],
)
def test_doi_is_found_in_every_spelling(text: str, expected: str) -> None:
    assert identifiers.doi(text) == expected


def test_orcid_needs_a_right_check_digit() -> None:
    assert identifiers.orcid("https://orcid.org/0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert identifiers.orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"
    assert identifiers.orcid("000000021694233X") == "0000-0002-1694-233X"
    assert identifiers.orcid("0000-0002-1825-0098") == ""


def test_ror_needs_right_check_digits() -> None:
    assert identifiers.ror("https://ror.org/05dxps055") == "https://ror.org/05dxps055"
    assert identifiers.ror("05dxps055") == "https://ror.org/05dxps055"
    assert identifiers.ror("https://ror.org/05dxps056") == ""


def test_handle_isbn_and_issn() -> None:
    assert identifiers.handle("http://hdl.handle.net/20.500.11956/111006.") == "20.500.11956/111006"
    assert identifiers.handle("https://x.org/handle/123456789/3?locale=ru") == "123456789/3"
    assert identifiers.isbn("978-3-16-148410-0") == "9783161484100"
    assert identifiers.isbn("0-306-40615-2") == "9780306406157"
    assert identifiers.isbn("0-306-40615-3") == ""
    assert identifiers.issn("2049-3630") == "2049-3630"
    assert identifiers.issn("2049-3631") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ИРН AP05131234", "AP05131234"),
        ("ИРН АР05131234", "AP05131234"),
        ("№ br 21881930", "BR21881930"),
        ("ВR21881930", "BR21881930"),
        ("XAP05131234", ""),
        ("AP0513123", ""),
        ("AP051312345", ""),
    ],
)
def test_register_number_is_read_from_either_keyboard(text: str, expected: str) -> None:
    assert identifiers.register_number(text) == expected


@pytest.mark.parametrize(
    "text", ["№ госрегистрации 0118РК00123", "0118PK00123", "0118рк 00123", "0118ҚР00123 0118РК00123"]
)
def test_number_of_state_registration_is_read_from_either_keyboard(text: str) -> None:
    assert identifiers.registration_number(text) == "0118РК00123"


def test_contract_number_follows_the_word_contract() -> None:
    assert identifiers.contract_number("Договор № 123-45/2019 от 01.03.2019") == "123-45/2019"
    assert identifiers.contract_number("2018 жылғы 5 наурыздағы шарт № 246") == "246"
    assert identifiers.contract_number("Contract No. 17/A") == "17/A"
    assert identifiers.contract_number("договор без номера") == ""
    assert identifiers.contract_number("дом № 5") == ""


def test_bin_has_a_check_digit_and_a_persons_number_is_told_apart() -> None:
    assert identifiers.is_bin("940740000911")
    assert not identifiers.is_bin("940740000912")
    assert not identifiers.is_bin("94074000091")
    assert not identifiers.is_bin("²" * 12)
    assert not identifiers.is_personal_number("940740000911")
    person = next(one for n in range(10) if identifiers.is_bin(one := f"85031530012{n}"))
    assert identifiers.is_personal_number(person)
    assert identifiers.bin_number(f"ИИН {person}, БИН 940740000911") == "940740000911"


def test_all_identifiers_of_a_text_are_found_once() -> None:
    text = "Отчёт, ИРН AP05131234 (AP05131234), doi:10.5281/zenodo.1, ISBN 978-3-16-148410-0, urn:nbn:de:123."
    assert identifiers.identifiers_in(text) == (
        Identifier("doi", "10.5281/zenodo.1"),
        Identifier("isbn", "9783161484100"),
        Identifier("register_number", "AP05131234"),
        Identifier("urn", "urn:nbn:de:123"),
    )
    assert identifiers.identifiers_in("nothing here") == ()


def test_field_of_its_own_is_an_identifier_of_some_kind() -> None:
    assert identifiers.identifier("https://doi.org/10.1000/182") == Identifier("doi", "10.1000/182")
    assert identifiers.identifier("https://x.kz/1") == Identifier("uri", "https://x.kz/1")
    assert identifiers.identifier("9783161484100") == Identifier("isbn", "9783161484100")
    assert identifiers.identifier("oai:arXiv.org:cs/0001") == Identifier("other", "oai:arXiv.org:cs/0001")


@pytest.mark.realdata
def test_published_ror_identifiers_pass_the_check() -> None:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: ROR's own test records are not at hand")
    found: set[str] = set()
    for path in (Path(folder) / "vocabularies/ror").glob("*.json"):
        found |= set(re.findall(r"https://ror\.org/0[a-z0-9]{8}", path.read_text("utf-8")))
    assert len(found) > 300
    assert sum(1 for one in found if not identifiers.ror(one)) <= 0.01 * len(found)
