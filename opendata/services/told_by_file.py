"""What the first file of a record tells of it on its title page, for whoever fills in the form; and records that begin
with a file. Nothing is written over: what a page tells is offered, and taken by people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from opendata.catalog.languages import detect_language
from opendata.catalog.records import DatasetRecord, DatasetType, RecordState, ResourceRecord, TextStatus
from opendata.catalog.values import OrganizationRef, Text
from opendata.reading import titlepage
from opendata.reading.contract import Extracted
from opendata.reading.filenames import title_from
from opendata.services import attaching, lookinside, writing
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.services.rights import Right, demand_over
from opendata.services.uploads import forgetting

FIELDS = ("title", "type", "performer", "issued", "contributors", "subjects", "register_number", "report_number")
"""Fields of a record that a title page may tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the file called `filename` tells: a record with the `FIELDS` that were read, all else empty. `pending`: it
    is still to be read. `named`: the record is called by the name of its file. `guess`: there is no title page, so it
    is what stands in the properties of the file, or largest on its first page.
    """

    filename: str = ""
    record: DatasetRecord | None = None
    pending: bool = False
    named: bool = False
    guess: bool = False


def told(catalogue: Catalogue, record: DatasetRecord) -> Told:
    """What the first file of the record, which we hold, tells of it. Whoever asks may edit the record.

    At most three pages are looked at, as they were read (and recognised, where the file is a scan).
    """
    file = next((one for one in record.resources if one.stored), None)
    if file is None:
        return Told()
    named = record.title == _title(file.filename)
    if file.text.status is TextStatus.PENDING:
        return Told(file.filename, None, pending=True, named=named)
    pages = _first_pages(catalogue, file)
    if not titlepage.read(pages):
        return _guess(catalogue, record, file, pages, named=named)
    extracted = Extracted(file.text.status, file.media_type, file.format, pages)
    found = lookinside.fields(extracted, catalogue.today())
    said = {name: found[name] for name in FIELDS if name in found}
    return Told(file.filename, DatasetRecord(type=DatasetType.REPORT, **said), named=named)


def _guess(
    catalogue: Catalogue, record: DatasetRecord, file: ResourceRecord, pages: Sequence[str], *, named: bool
) -> Told:
    """What stands in the properties of a file without a title page, and largest on its first page."""
    said = catalogue.page_texts.facts.get(file.checksum, READER_VERSION)
    found = lookinside.guessed(said, pages, catalogue.today())
    if not any(found.values()):
        return Told(file.filename, None, named=named)
    return Told(file.filename, DatasetRecord(type=record.type, **found), named=named, guess=True)


def _first_pages(catalogue: Catalogue, file: ResourceRecord) -> tuple[str, ...]:
    wanted = [(file.checksum, number) for number in range(1, titlepage.PAGES + 1)]
    found = catalogue.page_texts.some(READER_VERSION, wanted)
    return tuple(found.get(one, "") for one in wanted)


def _title(filename: str) -> Text:
    name = title_from(filename)
    return Text.of(name, detect_language(name))


def begin(catalogue: Catalogue, actor: Actor, owner: UUID, stream: BinaryIO, filename: str) -> DatasetRecord:
    """A new draft of that organisation with the file, whose name it bears until somebody gives it a title.

    NotAllowed before anything is taken; Invalid and TooLarge as attaching.attach, and nothing is made then.
    """
    demand_over(actor, Right.EDIT_RECORDS, owner)
    file = attaching.put_away(catalogue, stream, filename)
    try:
        draft = DatasetRecord(
            title=_title(file.filename), state=RecordState.DRAFT, organization=OrganizationRef(id=owner)
        )
        made = writing.create(catalogue, actor, draft)
        with catalogue.files.open(file.checksum) as kept:
            first = attaching.attach(catalogue, actor, str(made.id), kept, filename)
    except BaseException:
        with catalogue.sessions.write.begin() as session:
            forgetting.drop(catalogue, session, file.checksum)
        raise
    return replace(made, resources=(first,))
