"""DSpace's own format gives qualified metadata and the files of an item, and keeps its staff out."""

from __future__ import annotations

from lxml import etree

from harvesters.datacite_record import datacite_record
from harvesters.xoai import xoai_metadata, xoai_values
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContributorRole, Identifier, PartialDate


def record(*fields: tuple[str, str], files: str = "") -> DatasetRecord:
    """The record of an item with these values, each under names with dots between, the last one its language."""
    inner = "".join(
        "".join(f'<element name="{name}">' for name in names.split("."))
        + f'<field name="value">{said}</field>'
        + "</element>" * len(names.split("."))
        for names, said in fields
    )
    xml = (
        f'<record><metadata><metadata xmlns="http://www.lyncode.com/xoai">{inner}{files}</metadata></metadata></record>'
    )
    metadata = xoai_metadata(etree.fromstring(xml))
    assert metadata is not None
    return datacite_record("oai:x:1", xoai_values(metadata))[0]


def bundle(name: str, *names: str) -> str:
    files = "".join(
        f'<element name="bitstream"><field name="name">{one}</field><field name="format">application/pdf</field>'
        f'<field name="size">12</field><field name="url">https://d.kz/bitstream/1/2/{one}</field>'
        '<field name="checksum">abc</field><field name="checksumAlgorithm">MD5</field></element>'
        for one in names
    )
    inner = f'<field name="name">{name}</field><element name="bitstreams">{files}</element>'
    return f'<element name="bundles"><element name="bundle">{inner}</element></element>'


def test_qualified_metadata_find_their_place() -> None:
    found = record(
        ("dc.title.ru_RU", "Отчёт"),
        ("dc.title.translated.kk_KZ", "Есеп"),
        ("dc.contributor.author.none", "Ахметов, А."),
        ("dc.contributor.advisor.none", "Ким, Б."),
        ("dc.date.issued.none", "2021-05"),
        ("dc.date.accessioned.none", "2023-01-01T00:00:00Z"),
        ("dc.description.abstract.ru", "О воде."),
        ("dc.subject.ru_RU", "вода"),
        ("dc.language.iso.none", "ru"),
        ("dc.type.none", "Report"),
        ("dc.identifier.uri.none", "http://hdl.handle.net/20.500.1/7"),
        ("dc.rights.uri.none", "https://creativecommons.org/licenses/by/4.0/"),
    )
    assert (found.title.ru, found.title.kk, found.description.ru) == ("Отчёт", "Есеп", "О воде.")
    assert [(one.name, one.role) for one in found.contributors] == [
        ("Ахметов, А.", ContributorRole.CREATOR),
        ("Ким, Б.", ContributorRole.LEADER),
    ]
    assert (found.issued, found.languages, found.type.value) == (PartialDate(2021, 5), ("ru",), "report")
    assert found.identifiers == (Identifier("handle", "20.500.1/7"),)
    assert (found.license_id, found.landing_page) == ("CC-BY-4.0", "https://hdl.handle.net/20.500.1/7")


def test_files_are_those_that_were_deposited() -> None:
    found = record(
        ("dc.title.none", "T"),
        files=bundle("ORIGINAL", "отчёт.pdf") + bundle("TEXT", "отчёт.pdf.txt") + bundle("LICENSE", "license.txt"),
    )
    (file,) = found.resources
    assert (file.filename, file.format, file.byte_size) == ("отчёт.pdf", "PDF", 12)
    assert [(extra.key, extra.value) for extra in file.extras] == [("hash", "md5:abc")]


def test_names_and_addresses_of_staff_are_not_taken() -> None:
    found = record(("dc.title.none", "T"), ("dc.description.provenance.en", "Submitted by Ivan (ivan@d.kz)"))
    assert "ivan" not in repr(found).lower()


def test_handle_that_was_never_registered_is_no_landing_page() -> None:
    found = record(("dc.title.none", "T"), ("dc.identifier.uri.none", "https://d.kz/handle/123456789/3"))
    assert found.landing_page == "https://d.kz/handle/123456789/3"
