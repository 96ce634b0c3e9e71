"""DCAT: where each property of a dataset and of its distributions goes."""

from __future__ import annotations

import datetime as dt

import pytest

from harvesters.boxes import shape
from harvesters.dcat_record import dataset_record
from harvesters.rdf_spool import Spool
from harvesters.rdf_terms import spellings, written
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    ContributorRole,
    DisclosureStatus,
    Identifier,
    Keyword,
    PartialDate,
    Period,
    Relation,
)
from opendata.errors import Invalid

PREFIXES = """
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix locn: <http://www.w3.org/ns/locn#> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix spdx: <http://spdx.org/rdf/terms#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix time: <http://www.w3.org/2006/time#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix dcatap: <http://data.europa.eu/r5r/> .
@prefix eu: <http://publications.europa.eu/resource/authority/> . @prefix : <http://d.example/> .
@prefix us: <http://resources.data.gov/ontology/dcat-us#> .
"""
BOUNDARIES = frozenset(spellings("dcat:Dataset"))


def record(
    said: str, tmp_path_factory: pytest.TempPathFactory, more: str = "", title: str = 'dct:title "T"'
) -> DatasetRecord:
    """The record of :d, of which `said` is said; `more` are further statements."""
    import pyoxigraph

    turtle = f"{PREFIXES} :d a dcat:Dataset ; {title} {'; ' + said if said else ''} . {more}"
    with Spool(tmp_path_factory.mktemp("spool"), "t") as spool:
        spool.add(
            (written(one.subject), written(one.predicate), written(one.object))
            for one in pyoxigraph.parse(turtle.encode(), pyoxigraph.RdfFormat.TURTLE)
        )
        name, raw = spool.description("<http://d.example/d>", BOUNDARIES)
    return dataset_record("http://d.example/d", raw, name)[0]


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    return lambda said, more="", **given: record(said, tmp_path_factory, more, **given)


def test_texts_stand_in_every_language(made) -> None:  # type: ignore[no-untyped-def]
    found = made('dct:description "Сипаттама"@kk, "<p>Описание</p>"@ru, "More"@en, "Mehr"@de',
                 title='dct:title "Су"@kk, "Вода"@ru-RU, "Water"@en, "Wasser"@de')  # fmt: skip
    assert (found.title.kk, found.title.ru, found.title.en, found.title.other) == ("Су", "Вода", "Water", "Wasser")
    assert found.description.ru == "Описание"
    one = made("dct:language eu:language\\/RUS", title='dct:title "Вода"@ru, "Water"@en')
    assert one.title.original == "ru"
    assert one.languages == ("ru",)


@pytest.mark.parametrize("more", ["", '<{}> skos:prefLabel "Lichens"@en .'])
def test_theme_too_long_for_a_subject_is_kept_whole(made, more: str) -> None:  # type: ignore[no-untyped-def]
    address = f"https://vocabularies.example/{'theme' * 30}"
    found = made(f"dcat:theme <{address}>, :own", more.format(address))
    assert [one.code for one in found.subjects] == ["http://d.example/own"]
    assert [one.value for one in found.extras if one.key == "theme"] == [address]


def test_keywords_keep_their_language_and_themes_become_ours(made) -> None:  # type: ignore[no-untyped-def]
    found = made('dcat:keyword "су"@kk, "water"@en ; dcat:theme eu:data-theme\\/ENVI, :own, "free words"',
                 ':own skos:prefLabel "Hydrology"@en .')  # fmt: skip
    assert set(found.keywords) == {Keyword("су", "kk"), Keyword("water", "en"), Keyword("free words")}
    assert found.themes == ("environment",)
    assert [(one.scheme, one.code, one.label.en) for one in found.subjects] == [
        ("other", "http://d.example/own", "Hydrology")
    ]


def test_dates_keep_their_precision(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        'dct:issued "2019"^^xsd:gYear ; dct:modified "2020-03"^^xsd:gYearMonth, "2020-02-01T10:00:00"^^xsd:dateTime'
    )
    assert (found.issued, found.modified) == (PartialDate(2019), PartialDate(2020, 3))


@pytest.mark.parametrize(
    "temporal",
    [
        '[ dcat:startDate "2019-01-01"^^xsd:date ; dcat:endDate "2019-12-31T23:59:59"^^xsd:dateTime ]',
        '[ time:hasBeginning [ time:inXSDDate "2019-01-01" ] ; time:hasEnd [ time:inXSDDate "2019-12-31" ] ]',
        '[ <http://schema.org/startDate> "2019-01-01" ; <http://schema.org/endDate> "2019-12-31" ]',
        '"2019-01-01/2019-12-31"',
        '[ dcat:startDate "2019-01-01" ; dcat:endDate "2019-06-30" ], "2019-02-01/2019-12-31"',
    ],
)  # fmt: skip
def test_periods_are_read_in_every_form(temporal: str, made) -> None:  # type: ignore[no-untyped-def]
    assert made(f"dct:temporal {temporal}").temporal == Period(PartialDate(2019, 1, 1), PartialDate(2019, 12, 31))


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("POLYGON((70 50, 72 50, 72 52, 70 52, 70 50))", BoundingBox(70, 50, 72, 52)),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(51.1 71.4)", BoundingBox(71.4, 51.1, 71.4, 51.1)),
        ('{"type":"Point","coordinates":[71.4,51.1]}', BoundingBox(71.4, 51.1, 71.4, 51.1)),
        ("46.5,40.5,87.3,55.4", BoundingBox(46.5, 40.5, 87.3, 55.4)),
        ("ENVELOPE(46.5, 87.3, 55.4, 40.5)", BoundingBox(46.5, 40.5, 87.3, 55.4)),
        ("northlimit=55; southlimit=40; eastlimit=87; westlimit=46", BoundingBox(46, 40, 87, 55)),
        ("POINT(710 51)", None),
        ("Astana", None),
        ("{broken", None),
    ],
)
def test_shapes_are_told_from_names(text: str, box: BoundingBox | None) -> None:
    assert shape(text) == box


def test_places_have_names_and_a_box(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        'dct:spatial eu:country\\/KAZ, [ rdfs:label "Astana"@en ; dcat:bbox "POLYGON((70 50, 72 52, 70 50))" ]'
    )
    assert set(found.spatial.split("; ")) == {"KAZ", "Astana"}
    assert found.bbox == BoundingBox(70, 50, 72, 52)


def test_publisher_brings_the_bodies_above_it(made) -> None:  # type: ignore[no-untyped-def]
    more = (
        ':bureau a org:Organization ; foaf:name "Бюро"@ru, "Bureau"@en ; foaf:homepage <https://b.example/> ; '
        ' org:subOrganizationOf [ foaf:name "Ministry" ; org:subOrganizationOf [ foaf:name "Government" ] ] .'
    )
    found = made("dct:publisher :bureau", more)
    assert found.organization is not None
    assert (found.organization.title.ru, found.organization.title.en) == ("Бюро", "Bureau")
    assert (found.organization.parent, found.organization.homepage) == ("Ministry", "https://b.example/")
    assert found.organization.identifier == "http://d.example/bureau"
    assert "Government > Ministry > " in next(one.value for one in found.extras if one.key == "publisher_hierarchy")


def test_bodies_in_a_ring_end(made) -> None:  # type: ignore[no-untyped-def]
    more = ':a foaf:name "A" ; org:subOrganizationOf :b . :b foaf:name "B" ; org:subOrganizationOf :a .'
    assert made("dct:publisher :a", more).organization.parent == "B"


def test_people_have_orcid_and_role_and_contacts_their_ways(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        'dct:creator <https://orcid.org/0000-0002-1825-0097> ; dct:contributor "Somebody" ; dcat:contactPoint '
        '[ a vcard:Kind ; vcard:fn "Desk" ; vcard:hasEmail <mailto:d@x.example> ; vcard:hasTelephone '
        "[ vcard:hasValue <tel:+77172000000> ] ; vcard:hasURL <https://x.example/> ]",
        '<https://orcid.org/0000-0002-1825-0097> foaf:name "Carberry, Josiah" .',
    )
    assert [(one.name, one.role, one.orcid) for one in found.contributors] == [
        ("Carberry, Josiah", ContributorRole.CREATOR, "0000-0002-1825-0097"),
        ("Somebody", ContributorRole.CONTRIBUTOR, ""),
    ]
    assert found.contacts == (ContactPoint("Desk", "d@x.example", "+77172000000", "https://x.example/"),)


def test_identifiers_of_every_property(made) -> None:  # type: ignore[no-untyped-def]
    found = made('dct:identifier "abc" ; adms:identifier [ skos:notation "https://doi.org/10.5072/x" ]')
    assert found.identifier == "abc"
    assert Identifier("doi", "10.5072/x") in found.identifiers


def test_relations_have_their_kind(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        "dct:isVersionOf :v ; dcat:inSeries :s ; dct:isReferencedBy <https://doi.org/10.5072/y> ; "
        'dct:source "a book" ; '
        "dcat:qualifiedRelation [ dct:relation :q ; dcat:hadRole <http://www.iana.org/assignments/relation/original> ]",
        ':s a dcat:Dataset ; dct:title "Series" ; dct:description "not ours" .',
    )
    kinds = {(one.kind, one.target.rpartition("/")[2]) for one in found.relations}
    assert kinds >= {("IsVersionOf", "v"), ("IsPartOf", "s"), ("IsReferencedBy", "y"), ("IsDerivedFrom", "q")}
    assert next(one for one in found.relations if one.kind == "IsPartOf").title.en == "Series"
    assert any(
        isinstance(one, Relation) and not one.target and str(one.title.show("en")) == "a book"
        for one in found.relations
    )


def test_each_file_has_its_own_licence_size_and_checksum(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        "dcat:distribution :r1, :r2, :r10",
        ':r1 dct:title "One" ; dcat:downloadURL <https://f.example/a.csv> ; dcat:byteSize "12.0"^^xsd:decimal ; '
        "dct:license eu:licence\\/CC_BY_4_0 ; dct:format eu:file-type\\/CSV ; "
        f'spdx:checksum [ spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue "{"A" * 64}" ] . '
        ':r2 dcat:accessURL <https://f.example/b.xlsx> ; dcat:byteSize "many" ; '
        'dct:rights [ rdfs:label "All rights" ] ; '
        'spdx:checksum [ spdx:algorithm spdx:checksumAlgorithm_md5 ; spdx:checksumValue "00" ] . '
        ':r10 dcat:accessService [ dct:title "API" ; dcat:endpointURL <https://f.example/api> ] ; '
        "dcatap:availability eu:planned-availability\\/STABLE .",
    )
    first, second, third = found.resources
    assert (first.format, first.byte_size, first.license_id, first.checksum) == ("CSV", 12, "CC-BY-4.0", "a" * 64)
    assert (second.download_url, second.format, second.byte_size) == ("https://f.example/b.xlsx", "XLSX", None)
    assert ("checksum", "md5:00") in {(one.key, one.value) for one in second.extras}
    assert third.access_url == "https://f.example/api"
    assert {one.key for one in third.extras} == {"availability", "access_service"}
    assert found.license_id == ""


def test_file_that_is_only_named_is_a_link(made) -> None:  # type: ignore[no-untyped-def]
    found = made("dcat:distribution <https://f.example/x>, [ a dcat:Distribution ]")
    assert [(one.key, one.access_url) for one in found.resources] == [("https://f.example/x", "https://f.example/x")]


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ("eu:access-right\\/PUBLIC", DisclosureStatus.OPEN),
        ("eu:access-right\\/NON_PUBLIC", DisclosureStatus.WITHHELD),
        ('[ rdfs:label "restricted" ]', DisclosureStatus.WITHHELD),
        ('"embargoed access"', DisclosureStatus.EMBARGOED),
        ('"Ask the department."', DisclosureStatus.OPEN),
    ],
)
def test_access_rights_become_disclosure(rights: str, status: DisclosureStatus, made) -> None:  # type: ignore[no-untyped-def]
    found = made(f"dct:accessRights {rights} ; dcat:distribution [ dcat:accessURL <https://f.example/> ]")
    assert found.resources[0].disclosure.status is status
    closed = made(f"dct:accessRights {rights}").resources
    assert [one.key for one in closed] == (["closed"] if status is not DisclosureStatus.OPEN else [])


def test_file_may_be_closed_until_a_day(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        "dcat:distribution [ dcat:accessURL <https://f.example/> ; dct:accessRights eu:access-right\\/RESTRICTED ; "
        'dct:available "2031-05-01"^^xsd:date ]'
    )
    disclosure = found.resources[0].disclosure
    assert (disclosure.status, disclosure.until) == (DisclosureStatus.EMBARGOED, dt.date(2031, 5, 1))


def test_restrictions_and_boxes_of_dcat_us_3(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        'us:purpose "Planning" ; dct:spatial [ us:geographicBoundingBox [ us:westBoundingLongitude 46.5 ; '
        "us:southBoundingLatitude 40.5 ; us:eastBoundingLongitude 87.3 ; us:northBoundingLatitude 55.4 ] ] ; "
        "dcat:distribution [ dcat:accessURL <https://f.example/1> ; us:accessRestriction [ us:restrictionStatus "
        '"Restricted - Fully" ; us:restrictionNote "By the law of 2015" ] ], [ dcat:accessURL <https://f.example/2> ; '
        'us:cuiRestriction [ us:designationIndicator "CUI of the bureau" ] ]'
    )
    assert found.bbox == BoundingBox(46.5, 40.5, 87.3, 55.4)
    assert {one.disclosure.status for one in found.resources} == {DisclosureStatus.WITHHELD}
    assert {str(one.disclosure.reason.show("en")) for one in found.resources} == {
        "By the law of 2015",
        "CUI of the bureau",
    }
    assert ("purpose", "Planning") in {(one.key, one.value) for one in found.extras}


def test_what_has_no_place_is_an_extra(made) -> None:  # type: ignore[no-untyped-def]
    found = made(
        'dct:provenance [ rdfs:label "Measured" ] ; dct:conformsTo <https://s.example/> ; adms:versionNotes "New" ; '
        '<http://own.example/terms#sampleSize> 12 ; dct:accrualPeriodicity eu:frequency\\/ANNUAL ; dct:type "software"'
    )
    extras = {one.key: one.value for one in found.extras}
    assert extras["provenance"] == "Measured"
    assert extras["conforms_to"] == "https://s.example/"
    assert (extras["version_notes"], extras["sampleSize"]) == ("New", "12")
    assert (found.frequency, found.type) == ("annual", DatasetType.SOFTWARE)


def test_dataset_without_any_name_is_refused(made) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid):
        made("dct:issued 2019", title="dct:language eu:language\\/RUS")
    assert (
        str(made("", title='dct:description "Some of the water. More."').title.show("en")) == "Some of the water. More."
    )


def test_rings_and_crowds_of_blank_nodes_end(made) -> None:  # type: ignore[no-untyped-def]
    crowd = " ".join(f"_:a{n} :p _:a{(n * 7) % 60}, _:a{(n * 11) % 60} ." for n in range(60))
    assert made("dct:relation _:a0", crowd).title
