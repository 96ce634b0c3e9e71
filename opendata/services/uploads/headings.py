"""What an organisation said of the headings of its own tables: applied to its next upload, corrected once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.upload_columns import SHEETS, Column, columns, named, plain
from opendata.catalog.upload_headings import KEPT, LONGEST, Meaning, Why, meaning
from opendata.errors import Invalid, Problem
from opendata.reading.sheets.layout import SHEET_KINDS, Answers
from opendata.services.actors import Actor
from opendata.store.operations import UploadHeading

MOST = 2_000
"""Headings that are remembered of one organisation; of more, the newest."""
Columns = Mapping[str, Mapping[str, str]]
"""{kind of sheet: {heading: name of a column, "" left out, KEPT a further field}}; under SHEET_KINDS {sheet: kind}."""


@dataclass(frozen=True, slots=True)
class HeadingChoice:
    """A heading of a sheet of `kind`: the column it is taken for ("" left out, KEPT a further field), why (remembered,
    name, synonym, guess, "" unknown), and columns that it may mean instead, the likeliest first.
    """

    kind: str
    heading: str
    column: str
    why: str
    like: tuple[Column, ...]


def remembered(session: Session, organization_id: UUID) -> dict[str, dict[str, str]]:
    """What the organisation said before, by kind of sheet and folded heading."""
    wanted = (
        select(UploadHeading.kind, UploadHeading.heading, UploadHeading.column)
        .where(UploadHeading.organization_id == organization_id)
        .order_by(UploadHeading.modified.desc(), UploadHeading.id.desc())
        .limit(MOST)
    )
    found: dict[str, dict[str, str]] = {}
    for kind, heading, column in session.execute(wanted):
        found.setdefault(kind, {})[heading] = column
    return found


def remember(session: Session, actor: Actor, organization_id: UUID, given: Columns, now: dt.datetime) -> None:
    """Keep these answers of the organisation for its next uploads; those about whole sheets hold for their upload only.

    Invalid where a kind or a column is none of ours. The caller commits, and has asked for the right.
    """
    check_columns(given)
    for kind, heading, column in _folded(given):
        if kind == SHEET_KINDS or not heading:
            continue
        mine = (UploadHeading.organization_id == organization_id, UploadHeading.kind == kind)
        row = session.scalar(select(UploadHeading).where(*mine, UploadHeading.heading == heading))
        if row is None:
            row = UploadHeading(organization_id=organization_id, kind=kind, heading=heading)
            session.add(row)
        row.column, row.user_id, row.modified = column, actor.user_id, now


def check_columns(given: Columns) -> None:
    """Invalid, with every fault, where answers name a kind of sheet or a column that there is not."""
    problems = []
    for kind, heading, column in _folded(given):
        if kind == SHEET_KINDS:
            known = column in ("", KEPT, *SHEETS)
        else:
            known = kind in SHEETS and column in ("", KEPT, *(one.name for one in columns(kind)))
        if not known:
            problems.append(Problem("column_unknown", f"{kind}: there is no {column!r} for {heading!r}", heading))
    if problems:
        raise Invalid("The columns cannot be taken for that.", problems)


def answers(known: Answers, given: Columns) -> Answers:
    """What was said before, and over it what is said of this upload."""
    made = {kind: dict(said) for kind, said in known.items()}
    for kind, heading, column in _folded(given):
        made.setdefault(kind, {})[heading] = column
    return made


def choices(taken: Columns, known: Answers) -> tuple[HeadingChoice, ...]:
    """Every heading of an upload, and why it is taken for what it is; `taken` as the check wrote it down."""
    found = []
    for kind in SHEETS:
        for heading, column in taken.get(kind, {}).items():
            alone = meaning(kind, heading)
            said = known.get(kind, {}).get(plain(heading)[:LONGEST])
            like = tuple(one for one in (*_guessed(alone), *alone.like) if one.name != column)
            found.append(HeadingChoice(kind, heading, column, _why(column, alone, said), like))
    return tuple(found)


def labels(kind: str, language: str) -> tuple[tuple[str, str], ...]:
    """The columns that a heading of such a sheet may be taken for: name and title, in the order of the template."""
    return tuple((one.name, str(one.heading.show(language))) for one in columns(kind) if one.kind != "ignored")


def label(kind: str, name: str, language: str) -> str:
    """The title of one column. KeyError for one that there is not."""
    return str(named(kind, name).heading.show(language))


def _guessed(alone: Meaning) -> tuple[Column, ...]:
    return (alone.column,) if alone.column and alone.column.kind != "ignored" else ()


def _why(column: str, alone: Meaning, said: str | None) -> str:
    """Why: what the heading means by itself, else what somebody said."""
    own = alone.column.name if alone.column and alone.column.kind != "ignored" else "" if alone.dropped else KEPT
    if said == column and said != own:
        return Why.TOLD.value
    if alone.column and alone.column.kind == "ignored" and column == "":
        return alone.why.value
    return alone.why.value if column == own else Why.TOLD.value


def _folded(given: Columns) -> Iterator[tuple[str, str, str]]:
    for kind, said in given.items():
        for heading, column in said.items():
            yield kind, plain(heading)[:LONGEST], column
