"""How often real, public documents are taken for what must not be public: all marks found here but one are false."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from opendata.catalog.sensitive import Finding
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from opendata.services.content import look

MARKED = {"documents/office-tika/testEXCEL_headers_footers.xlsx"}
"""A sample workbook with “For Internal Use Only” in its footer."""
LIMITS = Limits(seconds=20, pages=100)
FOLDERS = ("documents", "tables")


@pytest.fixture(scope="module")
def findings(realdata: Path) -> dict[str, tuple[Finding, ...]]:
    """What is found in every document and table, by path."""
    found = {}
    with Reader() as reader:
        for path in sorted(path for folder in FOLDERS for path in (realdata / folder).rglob("*") if path.is_file()):
            read = reader.read(path, path.name, LIMITS)
            name = str(path.relative_to(realdata))
            found[name] = look(reader, path, path.name, read.format, read.pages, LIMITS)
    assert len(found) > 300
    return found


def test_no_public_document_is_held(findings: dict[str, tuple[Finding, ...]]) -> None:
    """Legal acts about secrets among them."""
    assert {name for name, listed in findings.items() for one in listed if one.blocks} == MARKED


def test_few_numbers_are_taken_for_persons(findings: dict[str, tuple[Finding, ...]]) -> None:
    """Of some 2,500 numbers of twelve digits (of Russian businessmen most) one looks like an ИИН by chance."""
    files = Counter(code for listed in findings.values() for code in {one.code for one in listed})
    assert files["personal_numbers"] <= 2
    assert files["contact_list"] <= 25  # tables of offices with their phones
