"""DataCite: valid by its own schema, complete, and nothing in it that the record does not say."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import Contributor, ContributorRole, Identifier, PartialDate, Period, Relation, Text
from opendata.catalog.xmltext import clean
from opendata.export import datacite, datacite_xml, dublincore
from opendata.export.datacite import attributes
from tests.export.samples import FULL, REPORT, SITE, entry_of
from tests.factories import EMBARGOED, WITHHELD

BARE = DatasetRecord(title=Text(other="?"), id=UUID(int=7), slug="bare")


@pytest.fixture(scope="module")
def schema(realdata: Path) -> etree.XMLSchema:
    """DataCite's own, of the newest version."""
    return etree.XMLSchema(etree.parse(realdata / f"oai/datacite/meta/kernel-{datacite.VERSION}/metadata.xsd"))


def of(given: DatasetRecord = FULL) -> dict[str, Any]:
    return attributes(entry_of(given), SITE)


STRANGE = replace(
    FULL,
    title=Text(ru="Титул\x0b\ud800\x00", original="ru"),
    description=Text(other="a" * 20_000),
    identifiers=(Identifier("handle", "123/4"), Identifier("urn", "urn:x:y"), Identifier("other", "<&>")),
    contributors=tuple(Contributor(f"N {role}", role, is_organization=True) for role in ContributorRole),
    relations=(
        Relation("Cites", target_id=UUID(int=9), title=Text(ru="Наша")),
        Relation("isNonsense", "ISBN:9786010000001"),
        Relation("References", "without any scheme"),
        Relation("References", title=Text(en="A title")),
        Relation("References", "https://hdl.handle.net/1/2"),
    ),
    license_id="cc-by",
    license_text="Свои слова",
    issued=PartialDate(987),
    temporal=Period(PartialDate(2020), None),
    resources=(replace(REPORT, disclosure=EMBARGOED),),
)


@pytest.mark.parametrize("given", [FULL, BARE, STRANGE, *(replace(BARE, type=kind) for kind in DatasetType)])
def test_every_record_is_valid_by_datacites_own_schema(schema: etree.XMLSchema, given: DatasetRecord) -> None:
    schema.assertValid(etree.fromstring(datacite_xml.write(entry_of(given), SITE)))


def test_json_and_xml_say_the_same() -> None:
    said = json.loads(datacite.write(entry_of(FULL), SITE))
    texts = {text.strip() for text in etree.fromstring(datacite_xml.write(entry_of(FULL), SITE)).itertext()}
    for one in (*said["titles"], *said["creators"], *said["descriptions"], *said["subjects"]):
        assert {one.get("title"), one.get("name"), one.get("description"), one.get("subject")} & texts


def test_everything_of_a_record_has_its_place() -> None:
    said = of()
    assert (said["doi"], said["id"]) == ("10.5555/abc_1", "https://doi.org/10.5555/abc_1")
    assert [one["lang"] for one in said["titles"]] == ["kk", "ru", "en"]
    assert [one.get("titleType") for one in said["titles"]] == [None, "TranslatedTitle", "TranslatedTitle"]
    assert said["types"] == {"resourceTypeGeneral": "Report", "resourceType": "Report"}
    (creator,) = said["creators"]
    assert creator["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"
    assert creator["affiliation"] == [{"name": "Институт географии"}]
    assert said["publisher"] == {"name": "Су комитеті", "lang": "kk"}
    assert {"date": "2025-11", "dateType": "Issued"} in said["dates"]
    assert {"date": "2020/2024-12-31", "dateType": "Coverage"} in said["dates"]
    assert [one["awardNumber"] for one in said["fundingReferences"]] == ["0125РК00001", "123-ГК"]
    assert said["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0"
    assert said["rightsList"][-1]["rightsUri"] == "info:eu-repo/semantics/openAccess"
    assert said["geoLocations"][0]["geoLocationBox"]["westBoundLongitude"] == 46.5
    assert (said["sizes"], said["formats"]) == (["1000 bytes", "200 bytes"], ["application/pdf", "text/csv"])


def test_what_a_record_does_not_say_is_unavailable_or_left_out() -> None:
    said = of(BARE)
    assert said["creators"] == [{"name": ":unav"}]
    assert said["publisher"] == {"name": ":unav"}
    assert said["identifiers"] == [{"identifier": SITE.permanent(BARE.id), "identifierType": "URL"}]
    assert not {"doi", "rightsList", "dates", "subjects", "fundingReferences", "contributors", "sizes"} & said.keys()


def test_a_record_without_a_date_is_of_the_year_in_which_it_became_public() -> None:
    given = replace(BARE, published_at=dt.datetime(2024, 5, 1, tzinfo=dt.UTC))
    assert of(given)["publicationYear"] == "2024"
    assert "dates" not in of(given)


def test_a_licence_of_our_own_list_is_not_said_to_be_of_spdx() -> None:
    (said, *_rest) = of(replace(FULL, license_id="kz-open-data"))["rightsList"]
    assert "rightsIdentifier" not in said


def test_an_embargo_tells_when_it_ends_and_a_withheld_file_nothing() -> None:
    said = of(replace(FULL, resources=(replace(REPORT, disclosure=EMBARGOED),)))
    assert said["rightsList"][-1]["rightsUri"] == "info:eu-repo/semantics/embargoedAccess"
    assert {"date": "2026-07-01", "dateType": "Available"} in said["dates"]
    closed = of(replace(FULL, resources=(replace(REPORT, disclosure=WITHHELD),)))
    assert closed["rightsList"][-1]["rightsUri"] == "info:eu-repo/semantics/restrictedAccess"
    assert not {"sizes", "formats"} & closed.keys()


def test_dublin_core_has_its_fifteen_elements_alone_and_no_empty_one() -> None:
    fifteen = {
        "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format",
        "identifier", "source", "language", "relation", "coverage", "rights",
    }  # fmt: skip
    for given in (FULL, BARE, STRANGE):
        root = dublincore.record(entry_of(given), SITE)
        assert root.tag == f"{{{dublincore.OAI_DC}}}dc"
        assert {etree.QName(one).namespace for one in root} == {dublincore.DC}
        assert {etree.QName(one).localname for one in root} <= fifteen
        assert all((one.text or "").strip() for one in root)
        assert all(set(one.attrib) <= {"{http://www.w3.org/XML/1998/namespace}lang"} for one in root)
        assert not any(len(one) for one in root)


def test_dublin_core_of_a_full_record() -> None:
    root = dublincore.record(entry_of(FULL), SITE)
    said = [(etree.QName(one).localname, one.text) for one in root]
    for name, text in (
        ("title", "Водный баланс & ресурсы"),
        ("creator", "Касымова, Айгуль Сериковна"),
        ("publisher", "Су комитеті"),
        ("subject", "ГРНТИ 70.27"),
        ("identifier", "https://doi.org/10.5555/abc_1"),
        ("identifier", SITE.permanent(FULL.id)),
        ("coverage", "2020/2024-12-31"),
        ("rights", "info:eu-repo/semantics/openAccess"),
        ("language", "kaz"),
    ):
        assert (name, text) in said


@pytest.mark.parametrize("text", ["a\x00b", "a\x1fb", "a\ud800b", "a\ufffeb", "a\x0bb"])
def test_what_xml_cannot_hold_is_left_out(text: str) -> None:
    assert clean(text) == "ab"


def test_what_xml_can_hold_stays() -> None:
    assert clean("Қ\t\n😀") == "Қ\t\n😀"
