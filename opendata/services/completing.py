"""What is offered while somebody types a search. All of it is public at this moment: index and store are asked anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.search.completion import Entry, Mark, mark
from opendata.services.catalogue import Catalogue
from opendata.store import queries

OFFERED: Mapping[str, int] = {
    "title": 4,
    "organization": 3,
    "subject": 2,
    "person": 3,
    "performer": 2,
    "keyword": 4,
}
"""Most of each group, in the order of the list."""

MAX_TYPED = 100
"""Characters of what was typed that count."""
_CONSIDERED = 12
"""Of each group this many are looked up, since some may have been withdrawn since the list was made."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing to choose. `value` is that of the filter `group`, or for a title the slug of its `kind` of record.

    `records` have it (0 for a title, which is one record's). `label` marks what was typed.
    """

    group: str
    value: str
    label: tuple[Mark, ...]
    language: str = ""
    records: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CompletionGroup:
    """Choices of one kind, best first."""

    name: str
    items: tuple[Completion, ...]


def complete(catalogue: Catalogue, typed: str) -> tuple[CompletionGroup, ...]:
    """Titles, agencies, subjects, people, performers and keywords with words that begin as what was typed.

    A SELECT for titles, one for agencies, and one for each other group, by which the index leaves out what is hidden.
    """
    typed = " ".join(typed[:MAX_TYPED].split())
    completer = catalogue.words.completer()
    found = completer.complete(typed, _CONSIDERED) if completer else {}
    if not found:
        return ()
    with catalogue.sessions.read() as session:
        groups = (_group(catalogue, session, name, found[name], typed) for name in OFFERED if name in found)
        return tuple(group for group in groups if group.items)


def _group(catalogue: Catalogue, session: Session, name: str, entries: Sequence[Entry], typed: str) -> CompletionGroup:
    if name == "title":
        shown = _titles(session, entries, typed)
    else:
        counts = catalogue.index.counts(name, [entry.value for entry in entries])
        there = [entry for entry in entries if counts[entry.value]]
        if name == "organization":
            there = _still_called(session, there)
        shown = (_completion(entry, typed, records=counts[entry.value]) for entry in there)
    return CompletionGroup(name, tuple(item for item, _ in zip(shown, range(OFFERED[name]), strict=False)))


def _titles(session: Session, entries: Sequence[Entry], typed: str) -> Iterator[Completion]:
    """Those records that are public and still have that title."""
    ids = [(kind, UUID(id_)) for kind, _, id_ in (entry.value.partition(":") for entry in entries)]
    found = queries.briefs(session, *([one for kind, one in ids if kind == wanted] for wanted in ("dataset", "study")))
    for entry, (kind, id_) in zip(entries, ids, strict=True):
        brief = found.get(id_)
        if brief and entry.label in (title.value for title in brief.title.values()):
            yield Completion("title", brief.slug, mark(entry.label, typed), entry.language, kind=kind)


def _still_called(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    titles = queries.organization_titles(session, {entry.value for entry in entries}) if entries else {}
    names = {(slug, name.value) for slug, title in titles.items() for name in title.values()}
    return [entry for entry in entries if (entry.value, entry.label) in names]


def _completion(entry: Entry, typed: str, records: int) -> Completion:
    return Completion(entry.group, entry.value, mark(entry.label, typed), entry.language, records)
