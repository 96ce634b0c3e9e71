"""What a document says about itself fills fields that its source left empty, and those alone; each is marked as read.

The title page (GOST 7.32) is believed first, the document's properties after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from opendata.catalog.normalise import detect_language
from opendata.catalog.records import RecordState, ResourceRole
from opendata.catalog.validation import TITLE_FROM_FILE_NAME
from opendata.catalog.values import Contributor, ContributorRole, Keyword, PartialDate, Subject, Text
from opendata.reading import believable, titlepage
from opendata.reading.contract import Extracted, Properties
from opendata.reading.titlemarks import JUNK_TITLE
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource

SURE = 0.7
"""Confidence from which a field of the title page is believed."""
SURE_TITLE = 0.5
"""A guessed heading is better than a file name, which is what it replaces."""


def fill_from_file(session: Session, resource: Resource, extracted: Extracted, now: dt.datetime) -> bool:
    """Fill the empty fields of the resource's dataset from its first file; `resource.dataset` is loaded. Whether there
    was anything to fill.

    A draft that somebody is writing is left to them: its form offers the same (services.told_by_file).
    """
    if resource.position != 0 or not any(extracted.pages):
        return False
    if resource.dataset.state is RecordState.DRAFT and resource.dataset.creator_id is not None:
        return False
    page = titlepage.read(extracted.pages)
    found = fields(extracted, now.date(), page)
    dataset = resource.dataset
    filled = [name for name, value in found.items() if _is_empty(dataset, name) and value]
    for name in filled:
        setattr(dataset, name, found[name])
    is_told = resource.role == ResourceRole.OTHER and page.role is not None
    if is_told and page.role is not None:
        resource.role = page.role
    if "register_number" in filled and dataset.study_id is None:
        dataset.study_id = queries.study_by_number(session, dataset.register_number)
    if filled:
        dataset.read_from_file = tuple(dict.fromkeys((*dataset.read_from_file, *filled)))
        note(session, SYSTEM, now, "dataset", dataset.id, "filled", after={"fields": filled})
    return bool(filled) or is_told


def _is_empty(dataset: Dataset, name: str) -> bool:
    """Whether the source gave nothing, and no person either; a title made of a file's name is nothing, and may be read
    only once.
    """
    if any(field.partition(".")[0] == name for field in dataset.edited):
        return False
    if name == "title":
        from_name = any(extra.key == TITLE_FROM_FILE_NAME for extra in dataset.extras)
        return from_name and "title" not in dataset.read_from_file
    return not getattr(dataset, name)


def fields(extracted: Extracted, today: dt.date, page: titlepage.TitlePage | None = None) -> dict[str, Any]:
    """Every field that the document tells, in the type of the dataset's column. `page` is what its title page says."""
    page = page or titlepage.read(extracted.pages)
    properties = extracted.properties
    guess = page.title if _sure(page.title) else titlepage.plausible_title(extracted.pages, properties)
    title = guess.value if guess.confidence >= SURE_TITLE else ""
    language = detect_language("\n".join(extracted.pages))
    number = _sure(page.project_number) or _sure(page.register_number)
    return {
        "title": Text.of(title, detect_language(title)),
        "register_number": number,
        "report_number": _sure(page.report_number),
        "performer": Text.of(_sure(page.organisation), detect_language(_sure(page.organisation))),
        "issued": _year(_sure(page.year)) or _date(believable.day(properties.created, today)),
        "contributors": _people(_sure(page.leader), properties.author),
        "subjects": _subjects(page),
        "keywords": tuple(Keyword(word, detect_language(word)) for word in properties.keywords[:30]),
        "languages": (language,) if language else (),
    }


FACTS = ("title", "author", "created", "heading")
"""What is kept of the properties of a file, to guess by where it has no title page."""


def facts(properties: Properties) -> dict[str, str]:
    """What is kept of them."""
    return {name: getattr(properties, name) for name in FACTS}


def guessed(said: Mapping[str, str], pages: Sequence[str], today: dt.date) -> dict[str, Any]:
    """Title, people and date of any document by those `facts`, in the types of the columns: for people to look at.

    A title that the page bears out is taken first, what is largest on the page next, and then any that is stated.
    """
    title, author, created, heading = (said.get(name, "") for name in FACTS)
    properties = Properties(title=title, author=author, created=created, heading=heading)
    stated = "" if JUNK_TITLE.search(title) or len(title.split()) < 2 else title
    title = titlepage.plausible_title(pages, properties).value or heading or stated
    return {
        "title": Text.of(title, detect_language(title)),
        "contributors": _people("", author),
        "issued": _date(believable.day(created, today)),
    }


def _sure(reading: titlepage.Reading) -> str:
    return reading.value if reading.confidence >= SURE else ""


def _year(text: str) -> PartialDate | None:
    return PartialDate(int(text)) if text.isdigit() and len(text) == 4 else None


def _date(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text)
    except ValueError:
        return None


def _people(leader: str, author: str) -> tuple[Contributor, ...]:
    """The leader of the research, else the author that the properties name, where that is a person or a body."""
    if leader:
        return (Contributor(leader, ContributorRole.LEADER),)
    if name := believable.person(author):
        return (Contributor(name),)
    body = believable.body(author)
    return (Contributor(body, is_organization=True),) if body else ()


def _subjects(page: titlepage.TitlePage) -> tuple[Subject, ...]:
    codes = [("grnti", code) for code in _sure(page.grnti).split("; ")]
    codes += [("udc", code) for code in _sure(page.udc).split("; ")]
    return tuple(Subject(scheme, code) for scheme, code in codes if code)
