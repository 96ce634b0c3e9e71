"""A dataset as its form holds it, and back. A field that nobody touched stays as it is, to the last letter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from opendata.catalog.languages import language_code
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import (
    LANGUAGES,
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Identifier,
    Keyword,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.services.dataset_forms import owner
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import MARK, OTHER
from opendata.web.forms.typed import Typed

Pairs = Iterator[tuple[str, str]]
TEXTS = ("title", "description", "table_of_contents", "performer")
LINES = (
    "license_id",
    "license_text",
    "register_number",
    "report_number",
    "version",
    "landing_page",
    "spatial",
    "frequency",
)
SIDES = ("west", "south", "east", "north")
YES = "yes"


def typed_of(record: DatasetRecord, slugs: Mapping[UUID, str]) -> Typed:
    """What the form holds for the record. `slugs` are those of the records that it is related to."""
    return Typed(tuple(_pairs(record, slugs)))


def _pairs(record: DatasetRecord, slugs: Mapping[UUID, str]) -> Pairs:
    organization = record.organization
    yield "organization", str(organization.id) if organization and organization.id else ""
    yield "type", record.type.value
    for name in TEXTS:
        yield from text_pairs(name, getattr(record, name))
    yield from _keyword_pairs(record.keywords)
    for code in record.themes:
        yield "themes", code
    for name in LINES:
        yield name, getattr(record, name)
    yield "private", YES if record.private else ""
    for name in ("issued", "modified"):
        yield name, str(getattr(record, name) or "")
    yield "temporal.start", str(record.temporal.start or "")
    yield "temporal.end", str(record.temporal.end or "")
    for code in record.languages:
        yield "languages", code
    for side in SIDES:
        yield f"bbox.{side}", repr(getattr(record.bbox, side)) if record.bbox else ""
    yield from _row_pairs("subjects", ({"scheme": one.scheme, "code": one.code} for one in record.subjects))
    yield from _row_pairs("contributors", map(_contributor_values, record.contributors))
    contacts = ({"name": one.name, "email": one.email, "phone": one.phone, "url": one.url} for one in record.contacts)
    yield from _row_pairs("contacts", contacts)
    yield from _row_pairs("identifiers", ({"scheme": one.scheme, "value": one.value} for one in record.identifiers))
    relations = ({"kind": one.kind, "target": _target(one, slugs)} for one in record.relations)
    yield from _row_pairs("relations", relations)
    yield from _row_pairs("extras", ({"key": one.key, "value": one.value} for one in record.extras))


def text_pairs(name: str, value: Text) -> Pairs:
    """A text in its languages."""
    for code in (*LANGUAGES, OTHER):
        yield f"{name}.{code}", getattr(value, code)


def _keyword_pairs(words: Iterable[Keyword]) -> Pairs:
    by_language: dict[str, list[str]] = {}
    for one in words:
        by_language.setdefault(one.language if one.language in LANGUAGES else OTHER, []).append(one.text)
    for code, texts in by_language.items():
        yield f"keywords.{code}", "\n".join(texts)


def _row_pairs(name: str, rows: Iterable[Mapping[str, str]]) -> Pairs:
    for number, values in enumerate(rows):
        yield f"{name}-{number}-{MARK}", ""
        for key, value in values.items():
            yield f"{name}-{number}-{key}", value


def _contributor_values(one: Contributor) -> dict[str, str]:
    values = {name: getattr(one, name) for name in ("name", "orcid", "affiliation", "bin", "ror")}
    return {**values, "role": one.role.value, "is_organization": YES if one.is_organization else ""}


def _target(one: Relation, slugs: Mapping[UUID, str]) -> str:
    return slugs.get(one.target_id, str(one.target_id)) if one.target_id else one.target


Targets = Callable[[list[str]], Mapping[str, UUID]]
"""Which of our records the names mean, of those that the asker may know of."""


def record_of(answers: Answers, before: DatasetRecord, stored: Typed, targets: Targets) -> DatasetRecord:
    """`before` with what was typed. `stored` is what the form held for `before`: what is the same there stays as it is.

    Problems are noted in `answers`.
    """
    fields = {part.name.partition(".")[0] for part in answers.form.parts}
    touched = [name for name in fields if answers.typed.of(name) != stored.of(name)]
    values = {name: _READ[name](answers) for name in touched if name in _READ}
    values |= {name: _READ_OVER[name](answers, before) for name in touched if name in _READ_OVER}
    values |= {name: answers.line(name) for name in touched if name in LINES}
    values |= {name: answers.text(name, getattr(before, name)) for name in touched if name in TEXTS}
    if "relations" in touched:
        values["relations"] = _relations(answers, before, targets)
    return replace(before, **values)


def _type(answers: Answers, before: DatasetRecord) -> DatasetType:
    code = answers.line("type")
    return DatasetType(code) if code in DatasetType.__members__.values() else before.type


def _keywords(answers: Answers, before: DatasetRecord) -> tuple[Keyword, ...]:
    """Those without a language of ours keep the one that they had."""
    had = {one.text: one for one in before.keywords if one.language not in LANGUAGES}
    return tuple(had.get(one.text, one) if not one.language else one for one in answers.words("keywords"))


def _subjects(answers: Answers, before: DatasetRecord) -> tuple[Subject, ...]:
    had = {(one.scheme, one.code): one for one in before.subjects}
    given = ((row.line("scheme"), row.line("code")) for row in answers.rows("subjects"))
    return tuple(had.get(key) or Subject(*key) for key in given)


def _contributors(answers: Answers) -> tuple[Contributor, ...]:
    found = []
    for row in answers.rows("contributors"):
        if not row.line("name"):
            row.say("form_required", "name", "A person or body has a name.")
        role = row.line("role")
        found.append(
            Contributor(
                name=row.line("name"),
                role=ContributorRole(role) if role in list(ContributorRole) else ContributorRole.CREATOR,
                orcid=row.line("orcid"),
                affiliation=row.line("affiliation"),
                is_organization=row.flag("is_organization"),
                ror=row.line("ror"),
                bin=row.line("bin"),
            )
        )
    return tuple(found)


def _contacts(answers: Answers) -> tuple[ContactPoint, ...]:
    names = ("name", "email", "phone", "url")
    return tuple(ContactPoint(*(row.line(name) for name in names)) for row in answers.rows("contacts"))


def _identifiers(answers: Answers) -> tuple[Identifier, ...]:
    return tuple(Identifier(row.line("scheme"), row.line("value")) for row in answers.rows("identifiers"))


def _extras(answers: Answers) -> tuple[Extra, ...]:
    found = []
    for row in answers.rows("extras"):
        if not row.line("key"):
            row.say("form_required", "key", "A field has a name.")
        found.append(Extra(row.line("key"), row.line("value")))
    return tuple(found)


def _relations(answers: Answers, before: DatasetRecord, targets: Targets) -> tuple[Relation, ...]:
    """An address leads there; any other word must mean a record of ours, unless it stood there before."""
    rows = list(answers.rows("relations"))
    ours = targets([row.line("target") for row in rows])
    had = {(one.kind, one.target): one for one in before.relations if not one.target_id}
    found = []
    for row in rows:
        kind, target = row.line("kind"), row.line("target")
        if target in ours:
            found.append(Relation(kind, target_id=ours[target]))
            continue
        if not target.lower().startswith(("http://", "https://")) and (kind, target) not in had:
            row.say("form_unknown_record", "target", f"There is no record {target[:80]!r}.")
        found.append(had.get((kind, target)) or Relation(kind, target))
    return tuple(found)


def _languages(answers: Answers) -> tuple[str, ...]:
    codes = list(answers.choices("languages"))
    for word in filter(None, (part.strip() for part in answers.line("languages.other").split(";"))):
        code = language_code(word)
        if not code:
            answers.say("form_language", "languages.other", f"{word[:40]!r} is no language.")
        codes.append(code or word)
    return tuple(dict.fromkeys(codes))


def _bbox(answers: Answers, before: DatasetRecord) -> BoundingBox | None:
    sides = [answers.decimal(f"bbox.{side}") for side in SIDES]
    given = [float(side) for side in sides if side is not None]
    if not given:
        return None
    if len(given) < len(SIDES):
        missing = next(side for side in SIDES if not answers.line(f"bbox.{side}"))
        answers.say("form_box", f"bbox.{missing}", "Give all four sides of the box, or none.")
        return before.bbox
    return BoundingBox(*given)


_READ: Mapping[str, Callable[[Answers], Any]] = {
    "organization": lambda answers: owner(answers.line("organization")),
    "themes": lambda answers: answers.choices("themes"),
    "private": lambda answers: answers.flag("private"),
    "issued": lambda answers: answers.date("issued"),
    "modified": lambda answers: answers.date("modified"),
    "temporal": lambda answers: Period(answers.date("temporal.start"), answers.date("temporal.end")),
    "languages": _languages,
    "contributors": _contributors,
    "contacts": _contacts,
    "identifiers": _identifiers,
    "extras": _extras,
}
_READ_OVER: Mapping[str, Callable[[Answers, DatasetRecord], Any]] = {
    "type": _type,
    "keywords": _keywords,
    "subjects": _subjects,
    "bbox": _bbox,
}
"""Those of which the form does not hold everything: the rest is as it was."""
