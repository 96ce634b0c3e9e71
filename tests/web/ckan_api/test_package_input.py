"""What CKAN's clients send back of a dictionary is read as the record that it was made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from hypothesis import given, settings

from opendata.catalog.records import DatasetRecord
from opendata.catalog.validation import clean
from opendata.export import ckan
from opendata.export.entry import Entry
from opendata.export.site import Site
from opendata.services.merging import with_keys
from opendata.web.ckan_api.package_input import PackageInput
from opendata.web.ckan_api.params import Params
from tests.export import rich
from tests.store import filled

SITE = Site(url="https://catalogue.example", title="Каталог", language="ru")
NOT_WRITTEN = ("read_from_file", "study", "organization", "themes", "demo", "metadata_created", "metadata_modified")
"""Fields that a dictionary tells and a client does not write; groups and the organisation are asked of the store."""


def shown(record: DatasetRecord) -> dict[str, Any]:
    """The dictionary of a record."""
    return ckan.package(record, SITE)


def full() -> DatasetRecord:
    """A record with every field filled."""
    record = filled.public("a")
    return replace(record, resources=tuple(replace(one, id=uuid4()) for one in record.resources))


def differing(made: DatasetRecord, record: DatasetRecord) -> dict[str, tuple[Any, Any]]:
    """The fields that are not the same, with both values."""
    both = {name: (getattr(made, name), getattr(record, name)) for name in DatasetRecord.__slots__}
    return {name: values for name, values in both.items() if values[0] != values[1]}


@settings(max_examples=25, deadline=None)
@given(rich.entries())
def test_what_comes_back_as_it_was_shown_is_the_record(entry: Entry) -> None:
    record = clean(replace(entry.record, organization=None))[0]  # which is asked of the store
    for whole in (True, False):
        made = PackageInput(Params(shown(record)), SITE, whole).record(record)
        assert differing(made, record) == {}


@settings(max_examples=25, deadline=None)
@given(rich.entries())
def test_a_dump_makes_the_same_record(entry: Entry) -> None:
    files = tuple(replace(one, stored=False) for one in entry.record.resources)
    record = clean(replace(entry.record, resources=files, study=None))[0]
    made = with_keys(clean(PackageInput(Params(shown(record)), SITE, whole=True).record(None))[0])
    assert shown(replace(made, **{name: getattr(record, name) for name in ("id", *NOT_WRITTEN)})) == shown(record)


def test_every_field_that_is_filled_comes_back() -> None:
    record = full()
    assert PackageInput(Params(shown(record)), SITE, whole=True).record(record) == record


def test_one_changed_field_changes_nothing_else() -> None:
    record = full()
    changes: dict[str, tuple[Any, str]] = {
        "notes": ("Другое", "description"),
        "version": ("2", "version"),
        "url": ("https://other.example/", "landing_page"),
        "license_id": ("CC0-1.0", "license_id"),
        "author": ("Кто-то", "contributors"),
        "maintainer": ("Кто-то", "contacts"),
        "private": (True, "private"),
        "title": ("Имя", "title"),
        "name": ("other", "slug"),
    }
    for key, (value, field) in changes.items():
        made = PackageInput(Params({**shown(record), key: value, "owner_org": "su"}), SITE, whole=True).record(record)
        assert set(differing(made, record)) - {"license_text", "organization"} == {field}, key
