"""The registry of formats: everything in it can be written, and no two have the same address."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import Extra, Text
from opendata.export.entry import Entry
from opendata.export.registry import EXPORTS, STREAMS, Format, export
from opendata.export.site import Site
from opendata.export.tables import COLUMNS
from tests.export.samples import FULL, SITE, TODAY, entry_of
from tests.factories import EMBARGOED, OPENS, WITHHELD, record


@pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.suffix)
def test_every_format_writes_the_fullest_and_the_barest_record(form: Format) -> None:
    bare = DatasetRecord(title=Text(other="?"), id=UUID(int=7), slug="bare")
    for entry in (entry_of(FULL), entry_of(bare)):
        assert form.write(entry, SITE).strip()


@pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.suffix)
def test_no_format_tells_where_a_closed_file_is(form: Format) -> None:
    secret = ResourceRecord(
        key="https://source.example/tajna.pdf",
        id=UUID(int=9),
        filename="report.pdf",
        download_url="https://source.example/tajna.pdf",
        access_url="https://source.example/tajna",
        checksum="ab" * 32,
        text=TextInfo(TextStatus.TEXT, "tajna", 7777, 7777),
        fetch_problem="tajna",
        extras=(Extra("where", "tajna"),),
        disclosure=WITHHELD,
    )
    found = form.write(entry_of(replace(FULL, resources=(secret,))), SITE).decode()
    assert not re.search("tajna|7777|abababab", found)


def test_no_two_formats_have_one_suffix() -> None:
    assert len({one.suffix for one in EXPORTS}) == len(EXPORTS)
    assert len({one.suffix for one in STREAMS}) == len(STREAMS)


def test_a_suffix_that_nobody_writes_is_unknown() -> None:
    with pytest.raises(KeyError):
        export("exe")


def test_a_file_is_open_from_the_day_on_which_its_embargo_ends() -> None:
    file = ResourceRecord(key="a", id=UUID(int=9), stored=True, checksum="ab", filename="a.pdf", disclosure=EMBARGOED)
    closed, opened = (
        Entry.of(record(resources=(file,)), None, day).files[0] for day in (OPENS - dt.timedelta(days=1), OPENS)
    )
    assert (closed.available, closed.disclosure.status, closed.resource.checksum) == (False, "embargoed", "")
    assert (opened.available, opened.disclosure.status, opened.resource.checksum) == (True, "open", "ab")


def test_addresses_are_absolute_and_name_no_language() -> None:
    site = Site("https://data.example", "Data")
    file = ResourceRecord(id=UUID(int=9), filename="Су балансы/1.pdf", stored=True)
    found = record(id=UUID(int=7), slug="su", resources=(file,))
    assert site.dataset(found, "bib") == "https://data.example/dataset/su.bib"
    assert site.download(found, file).startswith(f"https://data.example/dataset/su/resource/{file.id}/download/%D0%A1")
    assert site.download(found, replace(file, stored=False)) == ""
    assert Entry.of(found, None, TODAY).files[0].license_id == "CC-BY-4.0"


def test_every_format_is_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs/formats.md").read_text("utf-8")
    for one in EXPORTS:
        profile = f"`{one.profile}`" if one.profile else ""
        assert f"| {one.name} | `.{one.suffix}` | `{one.media_type}` | {profile} |" in docs
    for stream in STREAMS:
        assert f"| `{stream.name}` | `{stream.media_type}` |" in docs
    assert all(f"`{name}`" in docs for name in COLUMNS)
