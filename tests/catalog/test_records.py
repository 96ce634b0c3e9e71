"""Records: what follows from their parts."""

from __future__ import annotations

import datetime as dt

import pytest

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text

TODAY = dt.date(2026, 6, 1)
OPEN = Disclosure()
PARTLY = Disclosure(DisclosureStatus.PARTLY, None, "Law, article 5", Text(en="Names were left out"))
EMBARGOED = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2027, 1, 1))
ENDED = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2026, 6, 1))
WITHHELD = Disclosure(DisclosureStatus.WITHHELD, None, "Law, article 6")


def record(*disclosures: Disclosure) -> DatasetRecord:
    files = tuple(ResourceRecord(name=Text(en="File"), disclosure=disclosure) for disclosure in disclosures)
    return DatasetRecord(title=Text(en="Report"), resources=files)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ((), "open"),
        ((OPEN, OPEN), "open"),
        ((OPEN, WITHHELD), "partly"),
        ((OPEN, EMBARGOED), "partly"),
        ((PARTLY, WITHHELD), "partly"),
        ((OPEN, PARTLY), "partly"),
        ((EMBARGOED, EMBARGOED), "embargoed"),
        ((EMBARGOED, WITHHELD), "withheld"),
        ((ENDED, OPEN), "open"),
        ((ENDED, EMBARGOED), "partly"),
    ],
)
def test_a_record_is_partly_open_when_some_of_its_files_may_be_had(files: tuple[Disclosure, ...], status: str) -> None:
    assert record(*files).disclosure_on(TODAY).status == status


def test_a_partly_open_record_gives_no_ground_of_a_closed_file() -> None:
    assert record(OPEN, WITHHELD).disclosure == Disclosure(DisclosureStatus.PARTLY)
    assert record(PARTLY, WITHHELD).disclosure == PARTLY
    assert record(WITHHELD).disclosure == WITHHELD
