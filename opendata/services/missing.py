"""What a record lacks before it is shown to everybody: what publishing would refuse, and what readers would miss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.study_rules import problems_of
from opendata.catalog.validation import clean
from opendata.catalog.values import LANGUAGES, Text

BLOCKING = ("no_title",)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not there. `code` is language (of `language`), empty, or that of a problem in `message` with
    what stands there, `value`.

    `blocking`: it cannot be published like this.
    """

    field: str
    code: str
    language: str = ""
    message: str = ""
    blocking: bool = False
    value: str = ""


def missing(record: DatasetRecord | StudyRecord, today: dt.date) -> tuple[Missing, ...]:
    """All that is missing of it, what is blocking first."""
    found = [
        *_refused(record, today),
        *_languages("title", record.title),
        *_languages("description", record.description),
    ]
    wanted: tuple[str, ...] = ("organization", "performers", "contracts", "subjects")
    if isinstance(record, DatasetRecord):
        wanted = ("license_id", "organization", "keywords", "contributors", "issued", "resources")
    found += [Missing(name, "empty") for name in wanted if not getattr(record, name)]
    return tuple(sorted(found, key=lambda one: not one.blocking))


def _refused(record: DatasetRecord | StudyRecord, today: dt.date) -> Iterator[Missing]:
    """What the write path refuses of a public record."""
    if isinstance(record, StudyRecord):
        for one in problems_of(replace(record, state=RecordState.PUBLISHED), today):
            yield Missing(one.field, one.code, message=one.message, blocking=True, value=one.value)
        return
    if not record.title:
        yield Missing("title", "empty", blocking=True)
    for one in clean(record)[1]:
        if one.severity == "error" and one.code not in BLOCKING:
            yield Missing(one.field, one.code, message=one.message, blocking=True, value=one.value)


def _languages(name: str, text: Text) -> Iterator[Missing]:
    """The languages that a text is not in; all of it where there is none."""
    if not text:
        yield Missing(name, "empty")
        return
    for language in LANGUAGES:
        if not text.inside(language):
            yield Missing(name, "language", language)
