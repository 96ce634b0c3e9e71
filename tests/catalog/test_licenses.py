"""Licences: which spellings are recognised, and what the verdict says."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from opendata.catalog import license_spelling, licenses
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import LANGUAGES, Text


def matched(text: str) -> str:
    found = licenses.match(text)
    return found.id if found else ""


@pytest.fixture
def realdata() -> Path:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: real licence lists are not at hand")
    return Path(folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://www.creativecommons.org/licenses/by/4.0", "CC-BY-4.0"),
        ("creativecommons.org/licenses/by/4.0/legalcode.ru", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/deed.ru", "CC-BY-NC-ND-3.0"),
        ("http://creativecommons.org/licenses/by-nc/3.0/deed", "CC-BY-NC-3.0"),
        ("https://creativecommons.org/licenses/by/2.5/dk/", "CC-BY-2.5-DK"),
        ("https://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.kk", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("http://creativecommons.org/licenses/by-sa/", "cc-by-sa"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-DE"),
        ("CC BY4.0", "CC-BY-4.0"),
        ("cc-by", "cc-by"),
        ("cc-nc", "cc-nc"),
        ("cc-zero", "CC0-1.0"),
        ("Attribution-NonCommercial-NoDerivs 3.0 Unported", "CC-BY-NC-ND-3.0"),
        ("Creative Commons Attribution Non Commercial Share Alike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("Creative Commons Namensnennung 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
        ("Creative Commons Attribution (CC-BY 4.0)", "CC-BY-4.0"),
        ("This work is licensed under a Creative Commons Attribution 4.0 International License", "CC-BY-4.0"),
        ("CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)", "CC-BY-4.0"),
        ("Лицензия CC BY 4.0", "CC-BY-4.0"),
        ("Материал распространяется на условиях лицензии Creative Commons «Атрибуция» 4.0", "CC-BY-4.0"),
        ("http://publications.europa.eu/resource/authority/licence/CC_BYNCND_3_0", "CC-BY-NC-ND-3.0"),
        ("http://dcat-ap.de/def/licenses/cc-zero", "CC0-1.0"),
        ("odc-odbl", "ODbL-1.0"),
        ("http://opendatacommons.org/licenses/odbl/", "ODbL-1.0"),
        ("odc-pddl", "PDDL-1.0"),
        ("https://choosealicense.com/licenses/odc-by/", "ODC-By-1.0"),
        ("uk-ogl", "uk-ogl"),
        ("http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("ca-ogl-lgo", "OGL-Canada-2.0"),
        ("dl-de/by-2-0", "DL-DE-BY-2.0"),
        ("Licence Ouverte", "fr-lo"),
        ("KOGL Type 1", "KOGL-1"),
        ("https://data.egov.kz/", "kz-open-data"),
        ("The MIT License", "MIT"),
        ("Released under the MIT license, see LICENSE", "MIT"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ('Licensed under the Apache License, Version 2.0 (the "License")', "Apache-2.0"),
        ("GPLv3+", "GPL-3.0"),
        ("GNU General Public License version 2", "GPL-2.0"),
        ("Public Domain", "other-pd"),
        ("© 2021 Институт. Все права защищены.", "other-closed"),
        ("Другая (открытая)", "other-open"),
        ("License Not Specified", "notspecified"),
    ],
)
def test_spelling_is_recognised(text: str, expected: str) -> None:
    assert matched(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "license",
        "open",
        "Public",
        "Creative Commons",
        "info:eu-repo/semantics/openAccess",
        "info:eu-repo/semantics/restrictedAccess",
        "http://publications.europa.eu/resource/authority/access-right/PUBLIC",
        "CC BY 4.0 or CC BY-NC 4.0, as the author chose",
        "Text: CC BY 4.0. Code: MIT license.",
        "BSD-3-Clause-No-Military-License",
        "https://example.org/licenses/by/4.0/",
        "http://www.dspace.org/license/",
        "Copyright 2001, G. de Jong",
        "We met in the open government commons",
        "\x00\ud800",
    ],
)
def test_nothing_or_more_than_one_is_none(text: str) -> None:
    assert licenses.match(text) is None


def test_several_statements_of_one_record_are_read_together() -> None:
    both = [
        "info:eu-repo/semantics/openAccess",
        "Creative Commons Attribution",
        "https://creativecommons.org/licenses/by/3.0",
    ]
    found = licenses.match_all(both)
    assert found is not None
    assert found.id == "CC-BY-3.0"
    assert licenses.match_all(["CC BY 4.0", "CC BY-SA 4.0"]) is None


def test_every_id_title_and_address_leads_to_its_licence() -> None:
    for one in licenses.licenses().values():
        for spelling in filter(None, (one.id, one.url, one.title.kk, one.title.ru, one.title.en, *one.aliases)):
            assert matched(spelling) == one.id, spelling


def test_ids_are_unique_and_every_licence_has_a_reason_in_three_languages() -> None:
    entries = licenses._table()["license"]
    repeated = [one for one, count in Counter(entry["id"].casefold() for entry in entries).items() if count > 1]
    assert not repeated
    for one in licenses.licenses().values():
        assert one.title.en, one.id
        assert all(one.reason.inside(language) for language in LANGUAGES), one.id


def test_alias_claimed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="both claim"):
        license_spelling.Spellings([("one", "", ["Some Name"]), ("two", "", ["some-name licence"])], [], [])


def test_ckans_own_ids_are_all_known() -> None:
    ids = [
        "notspecified",
        "odc-pddl",
        "odc-odbl",
        "odc-by",
        "cc-zero",
        "cc-by",
        "cc-by-sa",
        "gfdl",
        "other-open",
        "other-pd",
        "other-at",
        "uk-ogl",
        "cc-nc",
        "other-nc",
        "other-closed",
    ]
    assert all(matched(one) for one in ids)


def test_verdict_says_open_not_open_or_unstated() -> None:
    assert licenses.verdict("CC-BY-4.0").open == "yes"
    assert licenses.verdict("CC-BY-NC-4.0").open == "no"
    assert licenses.verdict("CC-BY-2.5-DK").open == "yes"
    assert licenses.verdict("kz-open-data").open == "unstated"
    assert "NC" in licenses.verdict("cc-nc").reason.ru


@pytest.mark.parametrize("license_id", ["", "notspecified", "no-such-licence", "CC-BY-3.0-XX"])
def test_unstated_is_never_open_and_has_a_reason(license_id: str) -> None:
    verdict = licenses.verdict(license_id)
    assert verdict.open == "unstated"
    assert all(verdict.reason.inside(language) for language in LANGUAGES)


def test_file_inherits_the_licence_only_when_it_states_none() -> None:
    dataset = DatasetRecord(title=Text(en="x"), license_id="CC-BY-4.0")
    assert licenses.resource_license_id(ResourceRecord(), dataset) == "CC-BY-4.0"
    assert licenses.resource_license_id(ResourceRecord(license_id="MIT"), dataset) == "MIT"
    assert licenses.resource_license_id(ResourceRecord(license_text="ask us"), dataset) == ""


@pytest.mark.realdata
def test_verdicts_agree_with_the_open_definition(realdata: Path) -> None:
    with (realdata / "vocabularies/open-definition/licenses.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["od_conformance"] in ("approved", "rejected")]
    for row in rows:
        found = licenses.match(row["id"])
        assert found is not None, row["id"]
        assert found.open is (row["od_conformance"] == "approved"), row["id"]


@pytest.mark.realdata
def test_spdx_names_lead_to_the_same_family(realdata: Path) -> None:
    listed = json.loads((realdata / "vocabularies/spdx/spdx.json").read_text("utf-8"))
    for spdx_id, entry in listed.items():
        if re.fullmatch(r"CC-BY[A-Z-]*-(1\.0|2\.0|2\.5|3\.0|4\.0)(-[A-Z]{2,3})?", spdx_id):
            assert matched(spdx_id) == spdx_id
            assert spdx_id.startswith(matched(entry["name"]) or "-"), entry["name"]


@pytest.mark.realdata
def test_canadian_portal_list_is_known(realdata: Path) -> None:
    for entry in json.loads((realdata / "ckan/canada/licenses.json").read_text("utf-8")):
        assert matched(entry["title"]) == matched(entry["url"]) == matched(entry["id"]) != ""


@pytest.mark.realdata
def test_most_captured_rights_that_name_a_licence_are_recognised(realdata: Path) -> None:
    """Statements of copyright or access, and addresses of a site's own page, are no licences."""
    found: Counter[str] = Counter()
    for path in (realdata / "oai").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            found.update(one.strip() for one in re.findall(r"<dc:rights[^>]*>([^<]*)</dc:rights>", text))
    named = {one: n for one, n in found.items() if re.search(r"creative ?commons|licenses/|apache|\bmit\b", one, re.I)}
    unknown = {one: n for one, n in named.items() if not licenses.match(one)}
    assert sum(named.values()) > 100
    assert sum(unknown.values()) <= 0.02 * sum(named.values()), unknown


def test_a_publisher_is_offered_open_licences_of_the_newest_version_first() -> None:
    offered = licenses.offered()
    assert [one.id for one in offered[:2]] == ["CC-BY-4.0", "CC0-1.0"]
    assert all(one.open for one in offered[:5])
    assert len({one.id for one in offered}) == len(offered)
