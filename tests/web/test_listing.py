"""Leafing and the tree of agencies."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.web.listing import organization_tree, pagination


def shown(page: int, pages: int) -> str:
    """The links as one line, the present one in brackets."""
    leaf = pagination(page, pages, str)
    return " ".join("…" if link is None else f"[{link.label}]" if link.current else link.label for link in leaf.links)


@pytest.mark.parametrize(
    ("page", "pages", "line"),
    [
        (1, 1, "[1]"),
        (1, 3, "[1] 2 3"),
        (1, 9, "[1] 2 3 … 9"),
        (5, 9, "1 2 3 4 [5] 6 7 8 9"),
        (6, 12, "1 … 4 5 [6] 7 8 … 12"),
        (12, 12, "1 … 10 11 [12]"),
    ],
)
def test_near_pages_and_both_ends_are_offered(page: int, pages: int, line: str) -> None:
    assert shown(page, pages) == line


def test_ends_have_nothing_before_or_after() -> None:
    first, last = pagination(1, 4, str), pagination(4, 4, str)
    assert (first.previous, first.next) == ("", "2")
    assert (last.previous, last.next) == ("3", "")


def test_page_behind_the_last_leads_back_to_it() -> None:
    assert pagination(9, 3, str).previous == "3"
    assert pagination(9, 3, str).next == ""


def record(slug: str, parent: str = "") -> OrganizationRecord:
    """An agency below `parent`."""
    above = OrganizationRef(slug=parent, title=Text(en=parent)) if parent else None
    return OrganizationRecord(id=uuid4(), slug=slug, title=Text(en=slug), parent=above)


def test_agencies_stand_below_those_they_belong_to(app: Flask) -> None:
    records = (record("ministry"), record("committee", "ministry"), record("lost", "unknown"))
    with app.test_request_context():
        roots = organization_tree(records)
    assert [root.record.slug for root in roots] == ["ministry", "lost"]
    assert [child.record.slug for child in roots[0].children] == ["committee"]
