"""What differs between two states of a record, in words: for the history, for what is proposed, for two who clash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import LANGUAGES
from opendata.services.differences import Difference, Part, parts, shown
from opendata.web.labels import label
from opendata.web.rendering import filesize

VOCABULARIES = {"type": "dataset_type", "state": "record_state", "role": "resource_role", "status": "study_status"}
"""Fields whose values have names in words."""

MOST_SHOWN = 20_000
"""Characters of a value that are compared on a page; what is longer is cut there, and the API has it."""


SHORT = 60
"""Characters of a value that is told as a whole, unless it is a text."""


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """One value that changed, as one text with what went and what came. `language` of a text, else ""."""

    language: str
    parts: tuple[Part, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A field that changed; of a text every language that changed, side by side."""

    words: str
    cells: tuple[ChangeCell, ...]


def rows(differences: Iterable[Difference], records: Sequence[DatasetRecord | StudyRecord]) -> tuple[ChangeRow, ...]:
    """The differences in words, those of one text together. `records` are both states."""
    made = []
    for name, group in groupby(differences, key=_whole):
        found = list(group)
        made.append(ChangeRow(field_words(name, records), tuple(_cell(one) for one in found)))
    return tuple(made)


def _whole(one: Difference) -> str:
    """The field without the language of its text."""
    last = one.field.rpartition(".")[2]
    return one.field.rpartition(".")[0] if last in (*LANGUAGES, "other") and "." in one.field else one.field


def _cell(one: Difference) -> ChangeCell:
    field = _whole(one).rpartition(".")[2]
    before, after = (_words(field, value) for value in (one.before, one.after))
    if not one.language and max(len(before), len(after)) < SHORT:  # a code or a number is another one as a whole
        told = (Part("removed", before), Part("same", " "), Part("added", after))
        return ChangeCell("", tuple(part for part in told if part.text))
    cut = max(len(before), len(after)) > MOST_SHOWN
    return ChangeCell(one.language, parts(before[:MOST_SHOWN], after[:MOST_SHOWN]), cut)


def _words(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return label("truth", "true" if value else "false")
    if field == "byte_size" and isinstance(value, int):
        return filesize(value)
    text = shown(value)
    return label(VOCABULARIES[field], text) if field in VOCABULARIES and text else text


def field_words(name: str, records: Sequence[DatasetRecord | StudyRecord]) -> str:
    """A field in words; of a file or a contract with what it is called."""
    for prefix, rows_of in (("file", "resources"), ("contract", "contracts")):
        if not name.startswith(f"{prefix}."):
            continue
        for record in records:
            for row in getattr(record, rows_of, ()):
                key = row.key if prefix == "file" else row.contract_number
                if name == f"{prefix}.{key}" or name.startswith(f"{prefix}.{key}."):
                    called = shown(row) if prefix == "file" else row.contract_number
                    field = name.removeprefix(f"{prefix}.{key}").strip(".")
                    whole = (
                        _("File: %(name)s", name=called)
                        if prefix == "file"
                        else _("Contract %(number)s", number=called)
                    )
                    return f"{whole} · {_named(field.partition('.')[0])}" if field else whole
    field, _dot, language = name.partition(".")
    return f"{_named(field)} ({label('language', language)})" if language in LANGUAGES else _named(field)


def _named(field: str) -> str:
    words = label("changed_field", field)
    return words if words != field else label("field", field)
