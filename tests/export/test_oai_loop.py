"""What our OAI-PMH repository says our own harvester reads back without loss, but for what docs/formats.md lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from harvesters import dublincore
from harvesters.datacite_record import datacite_record
from harvesters.datacite_xml import datacite_resource, datacite_values
from harvesters.links import leads_to_file
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Keyword, Text
from opendata.demo.load import demo_content
from opendata.errors import Problem
from opendata.export.entry import Entry
from opendata.export.oaipmh import PREFIXES
from tests.export import oai_losses, rich
from tests.export.oai_losses import expected, names_of, values_of
from tests.export.samples import FULL, SITE, TODAY, entry_of

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
PLAIN = (
    "title", "type", "description", "table_of_contents", "performer", "license_id", "license_text", "modified",
    "languages", "temporal", "spatial", "bbox", "version", "register_number", "report_number",
)  # fmt: skip
LISTS = ("themes", "relations", "contacts")


def read(entry: Entry, form: str) -> DatasetRecord:
    """The record as our harvester reads it, publishers being agencies."""
    item = etree.Element("record")
    etree.SubElement(item, "metadata").append(PREFIXES[form].write(entry, SITE))
    item = etree.fromstring(etree.tostring(item))
    identifier = f"oai:data.example:{entry.record.id}"
    warnings: list[Problem] = []
    if form == "oai_dc":
        context = dublincore.Context("x", publisher_is_organization=True)
        found = dublincore.map_record(identifier, dublincore.fields_of(item), [], context, warnings)
    else:
        resource = datacite_resource(item)
        assert resource is not None
        values = datacite_values(resource)
        found, warnings = datacite_record(identifier, values, publisher_is_organization=True)
    assert not warnings, warnings
    return found


def differences(entry: Entry, form: str) -> Iterator[str]:
    """Every field that did not come back as docs/formats.md says."""
    wanted, back = expected(entry, SITE, form), read(entry, form)
    for name in PLAIN:
        yield from _unlike(name, _begun(getattr(wanted, name)), _begun(getattr(back, name)))
    for name in LISTS:
        yield from _unlike(name, *(sorted({repr(one) for one in getattr(each, name)}) for each in (wanted, back)))
    if wanted.issued:
        yield from _unlike("issued", wanted.issued, back.issued)
    yield from _unlike("subjects", *({(one.scheme, one.code) for one in each.subjects} for each in (wanted, back)))
    titles = [each.organization.title if each.organization else Text() for each in (wanted, back)]
    yield from _unlike("organization", *(replace(one, original="") for one in titles))
    yield from _unlike("keywords", _keywords(wanted, wanted), _keywords(back, wanted))
    files = {SITE.download(entry.record, one.resource) for one in entry.available}
    got = {one.download_url for one in back.resources if one.download_url}
    told = {one for one in files if leads_to_file(one)} if form == "oai_dc" else files
    yield from _unlike("resources", told, got)
    if form == "oai_dc":
        yield from _unlike("names", names_of(entry.record), names_of(back))
        numbers = values_of(wanted.identifiers) | set(
            filter(None, (entry.record.register_number, entry.record.report_number))
        )
        yield from _unlike("identifiers", numbers, values_of(back.identifiers))
    else:
        yield from _unlike("contributors", set(wanted.contributors), set(back.contributors))
        yield from _unlike("identifiers", set(wanted.identifiers), set(back.identifiers))


def _begun(value: Any) -> Any:
    """A text whose original language nobody told begins with its first."""
    return (
        replace(value, original=value.original or value.values()[0].language)
        if isinstance(value, Text) and value
        else value
    )


def _keywords(record: DatasetRecord, wanted: DatasetRecord) -> set[Keyword]:
    untold = {one.text for one in wanted.keywords if not one.language}
    return {Keyword(one.text, "" if one.text in untold else one.language) for one in record.keywords}


def _unlike(name: str, wanted: Any, back: Any) -> Iterator[str]:
    if wanted != back:
        yield f"{name}: {wanted} | {back}"


@pytest.mark.parametrize("form", PREFIXES)
def test_the_fullest_record_comes_back(form: str) -> None:
    full = replace(FULL, description=Text(kk="Жайық өзені.", original="kk"), contributors=FULL.contributors[:2])
    assert list(differences(entry_of(full), form)) == []


@pytest.mark.parametrize("form", PREFIXES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=rich.entries())
def test_records_with_anything_in_them_come_back(form: str, entry: Entry) -> None:
    found = list(
        differences(replace(entry, record=replace(entry.record, issued=entry.record.issued or FULL.issued)), form)
    )
    assert not found, "\n".join(found)


@pytest.mark.parametrize("form", PREFIXES)
def test_the_demonstration_comes_back(form: str) -> None:
    for number, dataset in enumerate(demo_content(TODAY).datasets):
        files = (replace(one, id=UUID(int=1000 + n)) for n, one in enumerate(dataset.record.resources))
        issued = dataset.record.issued or FULL.issued
        record = replace(
            dataset.record, id=UUID(int=number), slug=f"s{number}", resources=tuple(files), issued=issued, relations=()
        )
        found = list(differences(Entry.of(record, None, TODAY), form))
        assert not found, (record.title, *found)


def test_what_is_not_carried_is_told() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for listed in (oai_losses.BOTH, oai_losses.OAI_DATACITE, oai_losses.OAI_DC):
        for field, words in listed.items():
            assert f"| {field} | {words} |" in text, field
