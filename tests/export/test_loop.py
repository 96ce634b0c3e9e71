"""What we export is read back by our own harvesters without loss, but for what docs/formats.md lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from harvesters import datajson_record, dcat_record
from harvesters.dcat_page import Page
from harvesters.rdf_parsing import Document
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Contributor, Keyword, Text
from opendata.export import datajson, dcat
from opendata.export.entry import Entry
from opendata.export.rdf import MEDIA_TYPES, Syntax
from tests.export import losses, rich
from tests.export.losses import PUBLISHER, expected
from tests.export.samples import AGENCY, FULL, SITE, entry_of

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def by_dcat(entries: list[Entry], syntax: Syntax = Syntax.TURTLE) -> dict[str, DatasetRecord]:
    """The records as the harvester for DCAT reads them, by address."""
    with TemporaryDirectory() as name:
        file = Path(name) / "catalog"
        file.write_bytes(b"".join(dcat.stream(iter(entries), SITE, syntax)))
        document = Document(file, f"{SITE.url}/catalog.{syntax}", MEDIA_TYPES[syntax], None)
        with Page(document, Path(name)) as page:
            found = {}
            for item in page.items():
                found[item.identifier], warnings = dcat_record.dataset_record(item.identifier, item.raw, item.node)
                assert not warnings, warnings
            return found


def by_datajson(entries: list[Entry]) -> dict[str, DatasetRecord]:
    """The records as the harvester for data.json reads them, by address."""
    found = {}
    for values in json.loads(b"".join(datajson.stream(iter(entries), SITE)))["dataset"]:
        found[values["identifier"]], warnings = datajson_record.dataset_record(values["identifier"], values)
        assert not warnings, warnings
    return found


def differences(entry: Entry, back: DatasetRecord, form: str) -> Iterator[str]:
    """Every field that did not come back as docs/formats.md says."""
    wanted = expected(entry, SITE, form)
    if form == "datajson" and not entry.record.contacts:
        wanted = replace(wanted, contacts=back.contacts)
    if form == "dcat" and entry.record.identifier:
        own = [one for one in back.identifiers if one.value == entry.record.identifier]
        wanted = replace(wanted, identifiers=(*wanted.identifiers, *own))
    untold = {keyword.text for keyword in wanted.keywords if not keyword.language}
    back = replace(back, keywords=tuple(Keyword(k.text, "" if k.text in untold else k.language) for k in back.keywords))
    yield from _unlike(wanted, back, form, "")
    if len(wanted.resources) != len(back.resources):
        yield f"resources: {len(wanted.resources)}, {len(back.resources)}"
    for one, other in zip(wanted.resources, back.resources, strict=False):
        if one.name.other and one.name.other == one.filename == str(other.name.values()[0]):
            one = replace(one, name=other.name)  # whoever reads may guess the language of a file name
        yield from _unlike(one, other, form, "file.")


def _unlike(one: Any, other: Any, form: str, prefix: str) -> Iterator[str]:
    for field in fields(one):
        left, right = (plain(getattr(each, field.name), form) for each in (one, other))
        if field.name != "resources" and left != right:
            yield f"{prefix}{field.name}: {left} | {right}"


def plain(value: Any, form: str) -> Any:
    """What is compared: lists have no order, the agency is named by any of its names, and see losses.DCAT."""
    if isinstance(value, Text):
        texts = value.values()
        told = form == "datajson" and len(texts) > 1
        return (value.kk, value.ru, value.en, value.other, value.original or texts[0].language if told else "")
    if isinstance(value, Contributor) and value.name in AGENCY_NAMES and value.role == "publisher":
        return repr(replace(value, name=PUBLISHER))
    if isinstance(value, tuple):
        return sorted({repr(plain(one, form)) for one in value})
    if is_dataclass(value) and not isinstance(value, type):
        return [plain(getattr(value, field.name), form) for field in fields(value)]
    return value


AGENCY_NAMES = {PUBLISHER, *(name.value for name in AGENCY.title.values())}
READERS: dict[str, Callable[[list[Entry]], dict[str, DatasetRecord]]] = {"dcat": by_dcat, "datajson": by_datajson}


@pytest.mark.parametrize("form", READERS)
def test_the_fullest_record_comes_back(form: str) -> None:
    entry = entry_of(replace(FULL, contributors=FULL.contributors[:2]))
    back = READERS[form]([entry])[SITE.permanent(FULL.id)]
    assert list(differences(entry, back, form)) == []


@pytest.mark.parametrize("form", READERS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(rich.entries(), min_size=1, max_size=2, unique_by=lambda entry: entry.record.id))
def test_records_with_anything_in_them_come_back(form: str, entries: list[Entry]) -> None:
    back = READERS[form](entries)
    for entry in entries:
        found = list(differences(entry, back[SITE.permanent(entry.record.id)], form))
        assert not found, "\n".join(found)


@pytest.mark.parametrize("syntax", Syntax)
def test_every_syntax_says_the_same(syntax: Syntax) -> None:
    entries = [entry_of(FULL)]
    one, other = by_dcat(entries, syntax), by_dcat(entries)
    assert {name: plain(record, "dcat") for name, record in one.items()} == {
        name: plain(record, "dcat") for name, record in other.items()
    }


def test_what_is_not_carried_is_told() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for listed in (losses.OURS_ALONE, losses.OTHERWISE, losses.DCAT, losses.DATAJSON):
        for field, words in listed.items():
            assert f"| {field} | {words} |" in text, field
