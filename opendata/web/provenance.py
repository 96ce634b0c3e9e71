"""Where a record comes from and what was written by hand over it, as its page shows that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from opendata.catalog.provenance import Edit, SourceRef
from opendata.catalog.records import DatasetRecord
from opendata.harvesting.credentials import shown_address
from opendata.services.editing import said_text
from opendata.services.edits import FILE, file_field
from opendata.web.labels import label

MOST_SAID = 300
"""Characters of what a source says that are shown."""
PEOPLE = ("contacts", "contributors")
"""Fields that name people: who took a name or an address out of a record did not mean it to stand beside it."""
MOST_SHOWN = 60
"""Characters of an address that are shown."""

_OTHER_FIELDS = {
    "modified": _l("Changed by the publisher"),
    "name": _l("Name of the file"),
    "role": _l("What the file is"),
    "language": _l("Language"),
    "own": _l("File added or replaced"),
    "gone": _l("File taken out"),
    "bbox": _l("Box around the place"),
    "private": _l("For the people of the agency alone, also when it is published"),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A source that has the record. `why` says which word of it stands, where there are several."""

    source: SourceRef
    url: str
    original: str
    original_short: str
    why: str


@dataclass(frozen=True, slots=True)
class EditedField:
    """A field that was written by hand; `said` is what the sources say of it now."""

    label: str
    edit: Edit
    said: str


def origins(sources: Sequence[SourceRef]) -> tuple[Origin, ...]:
    """The sources of a record, the one that it follows first."""
    return tuple(
        Origin(
            source=one,
            url=shown_address(one.url) if one.url.startswith(("http://", "https://")) else "",
            original=original,
            original_short=original if len(original) <= MOST_SHOWN else original[: MOST_SHOWN - 1] + "…",
            why=_why(one, sources),
        )
        for one in sources
        for original in (shown_address(one.original) if one.original.startswith(("http://", "https://")) else "",)
    )


def _why(one: SourceRef, sources: Sequence[SourceRef]) -> str:
    if one.lost:
        return str(_("has it no more"))
    others = [other for other in sources if other is not one and not other.lost]
    if not others:
        return ""
    if not one.leads:
        return str(_("fills what the first source leaves empty"))
    if all(one.priority < other.priority for other in others):
        return str(_("its word stands: it has precedence"))
    return str(_("its word stands: it had the record first"))


def edited_fields(record: DatasetRecord, *, full: bool) -> tuple[EditedField, ...]:
    """What was written by hand, in words; without `full` what the sources say of people is left out."""
    shown = (one for one in record.edited if full or one.field not in PEOPLE)
    return tuple(EditedField(field_label(record, one.field), one, _short(said_text(one))) for one in shown)


def _short(text: str) -> str:
    return text if len(text) <= MOST_SAID else text[: MOST_SAID - 1] + "…"


def field_label(record: DatasetRecord, name: str) -> str:
    """An editable field in words: with its language, or with its file."""
    if name.startswith(FILE):
        key, field = file_field(name)
        file = next((one.filename or one.key for one in record.resources if one.key == key), key)
        return f"{_words(field)} ({file})"
    field, _dot, language = name.partition(".")
    return f"{_words(field)} ({label('language', language)})" if language else _words(field)


def _words(field: str) -> str:
    return str(_OTHER_FIELDS.get(field) or label("field", field))
