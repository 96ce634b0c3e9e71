"""DataCite metadata, from XML or JSON, finds its place in a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from harvesters.datacite_record import datacite_record
from harvesters.datacite_xml import datacite_resource, datacite_values
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import (
    BoundingBox,
    ContributorRole,
    DisclosureStatus,
    Identifier,
    Keyword,
    PartialDate,
)
from opendata.errors import Invalid, Problem

KERNEL_4 = "http://datacite.org/schema/kernel-4"
OPENAIRE = "http://namespace.openaire.eu/schema/oaire/"


def of_xml(inner: str, namespace: str = KERNEL_4) -> DatasetRecord:
    xml = f'<record><metadata><oai_datacite><payload><resource xmlns="{namespace}">{inner}</resource></payload>'
    root = etree.fromstring(f"{xml}</oai_datacite></metadata></record>")
    resource = datacite_resource(root)
    assert resource is not None
    return datacite_record("oai:x:1", datacite_values(resource))[0]


def of_json(**values: Any) -> tuple[DatasetRecord, list[Problem]]:
    return datacite_record("x", {"titles": [{"title": "Data"}], **values})


def test_titles_and_descriptions_stand_in_their_languages_and_kinds() -> None:
    record = of_xml(
        '<titles><title xml:lang="ru">Отчёт</title><title xml:lang="kk" titleType="TranslatedTitle">Есеп</title>'
        '<title titleType="Subtitle">Part</title></titles><descriptions>'
        '<description descriptionType="Methods" xml:lang="ru">Методы.</description>'
        '<description descriptionType="Abstract" xml:lang="ru">Реферат.</description>'
        '<description descriptionType="Abstract" xml:lang="kk">Түйін.</description>'
        '<description descriptionType="TableOfContents" xml:lang="ru">1. Введение</description></descriptions>'
    )
    assert (record.title.ru, record.title.kk, record.title.original) == ("Отчёт", "Есеп", "ru")
    assert (record.description.ru, record.description.kk) == ("Реферат.\n\nМетоды.", "Түйін.")
    assert record.table_of_contents.ru == "1. Введение"
    assert ("subtitle", "Part") in {(extra.key, extra.value) for extra in record.extras}


def test_people_have_roles_orcid_ror_and_affiliation() -> None:
    record = of_xml(
        '<titles><title>T</title></titles><creators><creator><creatorName nameType="Personal">Doe, Jane</creatorName>'
        '<nameIdentifier nameIdentifierScheme="ORCID">https://orcid.org/0000-0002-1825-0097</nameIdentifier>'
        "<affiliation>KazNU</affiliation><affiliation>ENU</affiliation></creator></creators>"
        '<contributors><contributor contributorType="ProjectLeader"><contributorName>Kim, A.</contributorName>'
        '</contributor><contributor contributorType="ContactPerson"><contributorName>Lee, B.</contributorName>'
        "</contributor></contributors>"
        '<publisher publisherIdentifier="https://ror.org/05dxps055">Institute</publisher>'
    )
    first, leader, publisher = record.contributors
    assert (first.name, first.orcid, first.affiliation) == ("Doe, Jane", "0000-0002-1825-0097", "KazNU; ENU")
    assert (leader.name, leader.role) == ("Kim, A.", ContributorRole.LEADER)
    assert record.contacts[0].name == "Lee, B."
    assert (publisher.role, publisher.ror) == (ContributorRole.PUBLISHER, "https://ror.org/05dxps055")


def test_dates_go_by_type_and_keep_their_precision() -> None:
    record, _ = of_json(
        publicationYear=2021,
        dates=[
            {"date": "2020-05", "dateType": "Issued"},
            {"date": "2022-01-02", "dateType": "Updated"},
            {"date": "2018/2019", "dateType": "Collected"},
            {"date": "2030-01-01", "dateType": "Available"},
        ],
    )
    assert (record.issued, record.modified) == (PartialDate(2020, 5), PartialDate(2022, 1, 2))
    assert (record.temporal.start, record.temporal.end) == (PartialDate(2018), PartialDate(2019))
    assert of_json(publicationYear="2021", dates=[{"date": "2030", "dateType": "Available"}])[0].issued == PartialDate(
        2021
    )


def test_grants_give_numbers_of_studies_and_contracts_and_name_their_funder() -> None:
    record, _ = of_json(
        fundingReferences=[
            {"funderName": "Комитет науки", "awardNumber": "АР05131234", "awardTitle": "Вода"},
            {"funderName": "EU", "awardNumber": "101000216"},
        ]
    )
    assert record.register_number == "AP05131234"
    assert {Identifier("register_number", "AP05131234"), Identifier("contract_number", "101000216")} <= set(
        record.identifiers
    )
    assert [one.role for one in record.contributors] == [ContributorRole.FUNDER, ContributorRole.FUNDER]
    assert "Комитет науки; АР05131234; Вода" in {extra.value for extra in record.extras}


def test_relations_keep_their_types_and_become_addresses() -> None:
    record, _ = of_json(
        relatedIdentifiers=[
            {"relatedIdentifier": "10.1/ABC", "relatedIdentifierType": "DOI", "relationType": "IsSupplementTo"},
            {"relatedIdentifier": "10.1234/ABC", "relatedIdentifierType": "DOI", "relationType": "Cites"},
            {"relatedIdentifier": "978-3", "relatedIdentifierType": "ISBN", "relationType": "IsPartOf"},
        ],
        relatedItems=[{"relationType": "IsPublishedIn", "titles": [{"title": "Journal"}]}],
    )
    assert [(one.kind, one.target) for one in record.relations] == [
        ("IsSupplementTo", "https://doi.org/10.1/ABC"),
        ("Cites", "https://doi.org/10.1234/abc"),
        ("IsPartOf", "ISBN:978-3"),
        ("IsPublishedIn", ""),
    ]


def test_places_points_and_polygons_make_one_box() -> None:
    places = [
        {"geoLocationPlace": "Алматы", "geoLocationPoint": {"pointLongitude": 76.9, "pointLatitude": "43.2"}},
        {"geoLocationPolygon": [{"polygonPoint": {"pointLongitude": 70, "pointLatitude": 50}}]},
        {"geoLocationPoint": {"pointLongitude": 999, "pointLatitude": 0}},
    ]
    record, _ = of_json(geoLocations=places)
    assert (record.spatial, record.bbox) == ("Алматы", BoundingBox(70, 43.2, 76.9, 50))
    old = of_xml(
        "<titles><title>T</title></titles><geoLocations><geoLocation><geoLocationBox>41 -71 42 -69</geoLocationBox>"
        "</geoLocation></geoLocations>",
        "http://datacite.org/schema/kernel-3",
    )
    assert old.bbox == BoundingBox(-71, 41, -69, 42)


def test_rights_give_licence_and_access() -> None:
    record, _ = of_json(
        rightsList=[
            {"rights": "Creative Commons Attribution 4.0", "rightsUri": "https://creativecommons.org/licenses/by/4.0/"},
            {"rights": "Embargoed Access", "rightsUri": "info:eu-repo/semantics/embargoedAccess"},
        ],
        dates=[{"date": "2031-02-03", "dateType": "Available"}],
        doi="10.5072/x",
    )
    assert record.license_id == "CC-BY-4.0"
    (closed,) = record.resources
    assert (closed.disclosure.status, str(closed.disclosure.until)) == (DisclosureStatus.EMBARGOED, "2031-02-03")
    assert record.landing_page == "https://doi.org/10.5072/x"


def test_subjects_are_codes_or_keywords() -> None:
    record, _ = of_json(
        subjects=[
            {"subject": "FOS: Computer and information sciences", "subjectScheme": "Fields of Science (FOS)"},
            {"subject": "МРНТИ 06.35.51"},
            {"subject": "су", "lang": "kk"},
        ]
    )  # fmt: skip
    assert [(one.scheme, one.code) for one in record.subjects] == [("ford", "1.2"), ("grnti", "06.35.51")]
    assert record.keywords == (Keyword("су", "kk"),)


def test_text_is_told_by_its_exact_type() -> None:
    types = {"resourceTypeGeneral": "Text", "resourceType": "Report"}
    assert of_json(types=types)[0].type is DatasetType.REPORT
    assert of_json(types={"resourceTypeGeneral": "Dataset"})[0].type is DatasetType.DATASET


def test_openaires_format_has_files_with_rights_of_their_own() -> None:
    record = of_xml(
        "<titles><title>T</title></titles><description>О воде</description><language>rus</language>"
        '<rights rightsURI="http://purl.org/coar/access_right/c_abf2">open access</rights>'
        '<file accessRightsURI="http://purl.org/coar/access_right/c_16ec" mimeType="application/pdf">'
        "https://repo.example/bitstream/1/report.pdf</file>"
        '<file mimeType="text/csv">https://repo.example/bitstream/1/data.csv</file>'
        '<licenseCondition uri="https://creativecommons.org/licenses/by/4.0/">CC BY</licenseCondition>',
        OPENAIRE,
    )
    assert (record.license_id, record.languages, record.description.ru) == ("CC-BY-4.0", ("ru",), "О воде")
    assert [(one.format, one.disclosure.status) for one in record.resources] == [
        ("PDF", DisclosureStatus.WITHHELD),
        ("CSV", DisclosureStatus.OPEN),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"creators": "Doe"},
        {"creators": [None, 5, {"name": None}, ["x"]], "contributors": {"name": "A", "nameIdentifiers": "x"}},
        {"titles": "A title", "descriptions": 7, "publisher": None},
        {"dates": [{"date": "когда-то", "dateType": "Issued"}], "publicationYear": "n/a"},
        {"geoLocations": [{"geoLocationBox": {"westBoundLongitude": "NaN"}}, "Almaty"]},
        {"subjects": [1, "a"], "rightsList": ["CC0"], "sizes": 5, "formats": {"a": 1}},
        {"relatedIdentifiers": [{"relatedIdentifier": []}], "fundingReferences": [{}], "types": []},
    ],
)
def test_odd_parts_do_not_cost_the_record(change: dict[str, Any]) -> None:
    assert of_json(**change)[0].title


def test_record_that_says_nothing_is_refused() -> None:
    with pytest.raises(Invalid):
        datacite_record("x", {})
    record, warnings = datacite_record("x", {"doi": "10.5072/x"})
    assert (record.title.other, warnings[0].code) == ("(untitled) x", "title-missing")


@pytest.mark.realdata
def test_published_examples_lose_neither_title_nor_people(realdata: Path) -> None:
    files = sorted((realdata / "oai/datacite/meta").glob("*/example/*.xml"))
    assert len(files) > 100
    for path in files:
        resource = datacite_resource(etree.parse(str(path)).getroot())
        assert resource is not None
        record, warnings = datacite_record(path.stem, datacite_values(resource))
        assert record.title, path
        assert record.contributors, path
        assert record.issued, path
        assert any(one.scheme == "doi" for one in record.identifiers), path
        assert warnings == [], path
