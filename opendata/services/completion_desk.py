"""What a form offers while somebody types: people with their ORCID, bodies, subjects, keywords, records, studies.

All of it is public at this moment, or of records that the asker may edit: what an agency has not published yet is
offered to its own people alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from opendata.catalog import subjects
from opendata.catalog.records import StudyRecord
from opendata.catalog.values import Contributor, Keyword, Text
from opendata.errors import SearchUnavailable
from opendata.search.analysis.words import fold
from opendata.search.completion import Entry
from opendata.search.query import SearchQuery
from opendata.services import discovery
from opendata.services.actors import PUBLIC, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, organizations_where
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study

MOST = 8
"""Choices that are offered."""
MOST_TYPED = 100
LEAST_TYPED = 2
OWN_RECORDS = 300
"""Of one's own agencies, the latest ones, whose people and keywords are offered."""
PEOPLE_RECORDS = 20
"""Public records in which the ORCID of a person is looked for."""
SELF = "="
"""Stands for the field in which one types, among the values of an offer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One choice. `values` are those of the fields that choosing it fills, by their names; `note` tells it apart."""

    label: str
    values: Mapping[str, str] = field(hash=False)
    note: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    catalogue: Catalogue
    actor: Actor
    typed: str
    language: str


def offers(catalogue: Catalogue, actor: Actor, kind: str, typed: str, language: str) -> tuple[Offer, ...]:
    """At most 8 choices of `kind` (one of KINDS) for what was typed; none for another kind, or for less than 2 letters.

    NotAllowed for who may edit nothing.
    """
    demand(actor, Right.EDIT_RECORDS)
    typed = " ".join(typed[:MOST_TYPED].split())
    if kind not in KINDS or len(typed) < (1 if kind == "subject" else LEAST_TYPED):
        return ()
    found = KINDS[kind](_Asked(catalogue, actor, typed, language))
    told = dict.fromkeys((one.label, one.note, tuple(one.values.items())) for one in found)
    return tuple(Offer(label, dict(values), note) for label, note, values in islice(told, MOST))


def _public(catalogue: Catalogue, group: str, typed: str) -> list[Entry]:
    """What the public's list has of a group, as far as it is in the index at this moment."""
    completer = catalogue.words.completer()
    entries = completer.complete(typed, 2 * MOST).get(group, []) if completer else []
    if not entries:
        return []
    try:
        counts = catalogue.index.counts(group, [entry.value for entry in entries])
    except SearchUnavailable:
        return []
    return [entry for entry in entries if counts[entry.value]]


def _own(session: Session, actor: Actor) -> Iterator[tuple[tuple[Contributor, ...], tuple[Keyword, ...]]]:
    """People and keywords of the latest records that the actor may edit."""
    wanted = select(Dataset.contributors, Dataset.keywords).where(_may_edit(actor, Dataset))
    rows = session.execute(wanted.order_by(Dataset.metadata_modified.desc()).limit(OWN_RECORDS))
    yield from ((people or (), words or ()) for people, words in rows)


def _may_edit(actor: Actor, table: type[Dataset] | type[Study]) -> ColumnElement[bool]:
    """What the actor may edit: a sysadmin everything."""
    where = organizations_where(actor, Right.EDIT_RECORDS)
    return true() if where is None else table.organization_id.in_(where)


def begins(typed: str, text: str) -> bool:
    """Whether every word of `typed` begins a word of `text`."""
    words = fold(text).replace("-", " ").split()
    return all(any(word.startswith(part) for word in words) for part in fold(typed).replace("-", " ").split())


def _keywords(asked: _Asked) -> Iterator[Offer]:
    with asked.catalogue.sessions.read() as session:
        own = [word for _, words in _own(session, asked.actor) for word in words]
    yield from (Offer(one.text, {SELF: one.text}) for one in own if begins(asked.typed, one.text))
    yield from (Offer(one.label, {SELF: one.label}) for one in _public(asked.catalogue, "keyword", asked.typed))


def _people(asked: _Asked) -> Iterator[Offer]:
    with asked.catalogue.sessions.read() as session:
        own = [one for people, _ in _own(session, asked.actor) for one in people if not one.is_organization]
    known = [one for one in own if begins(asked.typed, one.name) or (one.orcid and one.orcid.startswith(asked.typed))]
    names = [one.label for one in _public(asked.catalogue, "person", asked.typed)][:MOST]
    known += _of_public(asked.catalogue, names)
    told = {one.name for one in known}
    known += [Contributor(name) for name in names if name not in told]
    best = sorted(_richest(known), key=lambda one: not one.orcid)
    yield from (_person(one) for one in best)


def _of_public(catalogue: Catalogue, names: list[str]) -> list[Contributor]:
    """These people as public records name them. One search."""
    if not names:
        return []
    words = " OR ".join('"{}"'.format(name.replace('"', " ")) for name in names)
    try:
        found = discovery.find(catalogue, PUBLIC, SearchQuery(q=words, size=PEOPLE_RECORDS), facets=False)
    except SearchUnavailable:
        return []
    people = (one for card in found.cards for one in getattr(card.record, "contributors", ()))
    return [one for one in people if one.name in names]


def _richest(people: Iterable[Contributor]) -> list[Contributor]:
    """Each person (by ORCID, else by name) as the record knows them that says most."""
    best: dict[str, Contributor] = {}
    for one in people:
        key = one.orcid or one.name
        if key not in best or (bool(one.affiliation) and not best[key].affiliation):
            best[key] = one
    named = {one.name for one in best.values() if one.orcid}
    return [one for one in best.values() if one.orcid or one.name not in named]


def _person(one: Contributor) -> Offer:
    values = {"name": one.name, "orcid": one.orcid, "affiliation": one.affiliation}
    note = " · ".join(filter(None, (one.orcid, one.affiliation)))
    return Offer(one.name, {name: value for name, value in values.items() if value}, note)


def _organizations(asked: _Asked) -> Iterator[Offer]:
    """Agencies of the catalogue, then bodies that public records name as performers."""
    with asked.catalogue.sessions.read() as session:
        rows = session.execute(
            select(Organization.title, Organization.identifier).where(Organization.state == "active")
        )
        titles = [(title, identifier) for title, identifier in rows if _is_called(title, asked.typed)]
    for title, identifier in titles:
        shown = title.show(asked.language)
        number = {"bin": identifier} if identifier.isdecimal() and len(identifier) == 12 else {}
        yield Offer(shown.value, {SELF: shown.value, **number}, number.get("bin", ""), shown.language)
    yield from (Offer(one.label, {SELF: one.label}) for one in _public(asked.catalogue, "performer", asked.typed))


def _is_called(title: Text, typed: str) -> bool:
    return any(begins(typed, one.value) for one in title.values())


def _subjects(asked: _Asked) -> Iterator[Offer]:
    """Codes that begin so, then those with such a name in any language."""
    listed = [(scheme, code, name) for scheme, names in _SCHEMES.items() for code, name in names().items()]
    by_code = [one for one in listed if one[1].startswith(asked.typed)]
    named = listed if len(asked.typed) >= LEAST_TYPED else []
    by_name = [one for one in named if one not in by_code and _is_called(one[2], asked.typed)]
    for scheme, code, name in (*by_code, *by_name):
        shown = name.show(asked.language)
        yield Offer(shown.value, {"scheme": scheme, "code": code}, f"{scheme.upper()} {code}", shown.language)


_SCHEMES: Mapping[str, Callable[[], Mapping[str, Text]]] = {"grnti": subjects.grnti, "ford": subjects.ford}


def _records(asked: _Asked) -> Iterator[Offer]:
    """Public records by their titles, and those that the asker may edit."""
    with asked.catalogue.sessions.read() as session:
        own = select(Dataset.slug, Dataset.title).where(_may_edit(asked.actor, Dataset))
        rows = session.execute(own.order_by(Dataset.metadata_modified.desc()).limit(OWN_RECORDS)).all()
    mine = [(slug, title) for slug, title in rows if _is_called(title, asked.typed)]
    for slug, title in mine:
        yield Offer(title.show(asked.language).value, {SELF: slug}, slug, title.show(asked.language).language)
    try:
        found = discovery.find(asked.catalogue, PUBLIC, SearchQuery(q=asked.typed, size=MOST), facets=False)
    except SearchUnavailable:
        return
    for card in found.cards:
        shown = card.record.title.show(asked.language)
        yield Offer(shown.value, {SELF: card.record.slug}, card.record.slug, shown.language)


def _studies(asked: _Asked) -> Iterator[Offer]:
    """Studies by register number, or by title: public ones, and those of one's own agencies."""
    own = _may_edit(asked.actor, Study)
    wanted = select(Study.register_number, Study.title).where(Study.register_number.is_not(None))
    begun = Study.register_number.startswith(asked.typed.upper(), autoescape=True)
    with asked.catalogue.sessions.read() as session:
        rows = list(session.execute(wanted.where(is_visible(Study) | own, begun).limit(MOST)))
        mine = session.execute(wanted.where(own).order_by(Study.metadata_modified.desc()).limit(OWN_RECORDS)).all()
    told = [(str(one[0]), one[1]) for one in (*rows, *(each for each in mine if _is_called(each[1], asked.typed)))]
    told += _public_studies(asked.catalogue, asked.typed)
    for number, title in told:
        yield Offer(title.show(asked.language).value, {SELF: number}, number, title.show(asked.language).language)


def _public_studies(catalogue: Catalogue, typed: str) -> list[tuple[str, Text]]:
    try:
        asked = SearchQuery(q=typed, filters={"kind": ("study",)}, size=MOST)
        found = discovery.find(catalogue, PUBLIC, asked, facets=False)
    except SearchUnavailable:
        return []
    studies = (card.record for card in found.cards if isinstance(card.record, StudyRecord))
    return [(one.register_number, one.title) for one in studies if one.register_number]


KINDS: Mapping[str, Callable[[_Asked], Iterator[Offer]]] = {
    "keyword": _keywords,
    "person": _people,
    "organization": _organizations,
    "subject": _subjects,
    "record": _records,
    "study": _studies,
}
"""What may be looked up."""
