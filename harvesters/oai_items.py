"""From a record element of OAI-PMH to an event: raw where it can be mapped, gone, or failed with the reason."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from harvesters.datacite_record import datacite_record
from harvesters.datacite_values import Values
from harvesters.datacite_xml import datacite_resource, datacite_values
from harvesters.dublincore import Context, found_record
from harvesters.oai_answer import Item
from harvesters.xoai import xoai_metadata, xoai_values
from opendata.catalog.values import Extra
from opendata.errors import Invalid, Problem
from opendata.harvesting.contract import Failed, Found, Gone, Raw
from opendata.harvesting.isolation import isolated
from opendata.harvesting.xml import children, local_name, text_of

RAW_TYPE = "application/xml"
_IDENTIFIER = re.compile(rb"<(?:[\w.-]+:)?identifier>\s*([^<]{1,500}?)\s*</")


def stamp_of(item: Item) -> str:
    """The datestamp of a record or header, "" for none."""
    header = _header(item)
    return "" if header is None else text_of(next(iter(children(header, "datestamp")), None))


def identifier_of(item: Item) -> str:
    """The identifier of a record or header, also of a broken one; "" for none."""
    if item.element is None:
        match = _IDENTIFIER.search(item.raw)
        return match.group(1).decode(errors="replace") if match else ""
    header = _header(item)
    return "" if header is None else text_of(next(iter(children(header, "identifier")), None))


def is_deleted(item: Item) -> bool:
    """Whether the repository says that it was deleted."""
    header = _header(item)
    return header is not None and header.get("status") == "deleted"


def has_metadata(item: Item) -> bool:
    """Whether there is anything inside its metadata element."""
    return item.element is not None and any(len(part) for part in children(item.element, "metadata"))


def _header(item: Item) -> etree._Element | None:
    if item.element is None:
        return None
    if local_name(item.element) == "header":
        return item.element
    return next(iter(children(item.element, "header")), None)


def event(item: Item, context: Context) -> Raw | Gone | Failed:
    """What becomes of one record. Nothing is mapped before somebody asks for it."""
    identifier = identifier_of(item)
    if item.element is None:
        return Failed(identifier, (Problem("malformed-xml", item.reason),), item.raw, RAW_TYPE)
    if not identifier:
        return Failed("", (Problem("identifier-missing", "the record has no identifier"),), item.raw, RAW_TYPE)
    if is_deleted(item):
        return Gone(identifier)
    return Raw(
        identifier,
        item.raw,
        RAW_TYPE,
        lambda: isolated(identifier, item.raw, RAW_TYPE, lambda: _found(identifier, item, context)),
        validator=stamp_of(item)[:300],
    )


def _values(element: etree._Element) -> Values | None:
    """The metadata in DataCite's shape, None where they are in Dublin Core or in a format that is read by its names."""
    resource = datacite_resource(element)
    if resource is not None:
        return datacite_values(resource)
    item = xoai_metadata(element)
    return None if item is None else xoai_values(item)


def _found(identifier: str, item: Item, context: Context) -> Found:
    element, header = item.element, _header(item)
    if element is None or header is None:
        raise Invalid("", [Problem("identifier-missing", "the record has no header")])
    specs = tuple(text_of(spec) for spec in children(header, "setSpec"))
    repairs = tuple(Problem("xml-repaired", text, severity="warning") for text in item.repairs)
    values = _values(element)
    if values is None:
        found = found_record(identifier, element, specs, item.raw, repairs, context)
        return Found(
            found.identifier, found.record, item.raw, RAW_TYPE, warnings=found.warnings, validator=stamp_of(item)
        )
    record, warnings = datacite_record(identifier, values, publisher_is_organization=context.publisher_is_organization)
    sets = tuple(Extra("set", f"{spec}: {context.sets[spec]}" if spec in context.sets else spec) for spec in specs)
    record = replace(record, extras=(*sets, *record.extras))
    return Found(identifier, record, item.raw, RAW_TYPE, warnings=(*repairs, *warnings), validator=stamp_of(item))
