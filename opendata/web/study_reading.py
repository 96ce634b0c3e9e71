"""A study as its form holds it, and what was typed there as a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from opendata.catalog.records import (
    Contract,
    DatasetRef,
    Deliverable,
    DeliverableKind,
    Performer,
    StudyRecord,
    StudyStatus,
    Utilisation,
)
from opendata.catalog.values import (
    LANGUAGES,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Keyword,
    OrganizationRef,
    Period,
    Subject,
    Text,
)
from opendata.errors import Problem
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import MARK, OTHER
from opendata.web.forms.typed import Typed

_Item = TypeVar("_Item")
_Choice = TypeVar("_Choice", bound=StrEnum)
Pair = tuple[str, str]
Named = Callable[[Iterable[str]], Mapping[str, DatasetRef]]
"""Gives the records that people named, as far as the asker may know of them."""

LINES = ("register_number", "official")
TEXTS = ("title", "description", "unit", "programme", "call", "priority", "evaluation")


def typed(record: StudyRecord) -> Typed:
    """What the form holds when nobody has typed."""
    return Typed(tuple(_pairs(record)))


def _pairs(record: StudyRecord) -> Iterator[Pair]:
    for name in TEXTS:
        yield from _text(name, getattr(record, name))
    for name in LINES:
        yield name, getattr(record, name)
    agency = record.organization
    yield "organization", str(agency.id) if agency and agency.id else ""
    yield "period.start", str(record.period.start or "")
    yield "period.end", str(record.period.end or "")
    yield "status", record.status.value
    yield from _rows("performers", record.performers, _performer)
    yield from _rows("contracts", record.contracts, _contract)
    yield from _rows("subjects", record.subjects, lambda one: (("scheme", one.scheme), ("code", one.code)))
    yield from _words(record.keywords)
    yield from (("themes", code) for code in record.themes)
    closed = record.disclosure
    yield "disclosure.status", closed.status.value
    yield "disclosure.until", str(closed.until or "")
    yield "disclosure.legal_ground", closed.legal_ground
    yield from _text("disclosure.reason", closed.reason)
    yield "private", "yes" if record.private else ""
    yield from _rows("utilisations", record.utilisations, _use)


def _text(name: str, value: Text) -> Iterator[Pair]:
    yield from ((f"{name}.{code}", getattr(value, code)) for code in (*LANGUAGES, OTHER))


def _words(keywords: Iterable[Keyword]) -> Iterator[Pair]:
    words: dict[str, list[str]] = {code: [] for code in (*LANGUAGES, OTHER)}
    for one in keywords:
        words[one.language if one.language in LANGUAGES else OTHER].append(one.text)
    yield from ((f"keywords.{code}", "\n".join(some)) for code, some in words.items())


def _rows(name: str, items: Iterable[_Item], pairs: Callable[[_Item], Iterable[Pair]]) -> Iterator[Pair]:
    for number, one in enumerate(items):
        yield f"{name}-{number}-{MARK}", ""
        yield from ((f"{name}-{number}-{inner}", value) for inner, value in pairs(one))


def _performer(one: Performer) -> Iterator[Pair]:
    yield from _text("name", one.name)
    yield from (("bin", one.bin), ("ror", one.ror))
    yield from _rows("people", one.people, _person)


def _person(one: Contributor) -> tuple[Pair, ...]:
    return ("name", one.name), ("role", one.role.value), ("orcid", one.orcid), ("affiliation", one.affiliation)


def _contract(one: Contract) -> Iterator[Pair]:
    yield "contract_number", one.contract_number
    yield "signed", str(one.signed or "")
    yield "amount", "" if one.amount is None else f"{one.amount:f}"
    yield "currency", one.currency
    yield "contract_type", one.contract_type
    yield from _rows("deliverables", one.deliverables, _deliverable)


def _deliverable(one: Deliverable) -> Iterator[Pair]:
    yield from (("id", str(one.id or "")), ("kind", one.kind.value), ("period", one.period))
    yield from ((name, str(getattr(one, name) or "")) for name in ("due", "delivered", "accepted", "returned"))
    yield "dataset", one.dataset.slug if one.dataset else ""
    yield "withheld", "yes" if one.withheld else ""


def _use(one: Utilisation) -> Iterator[Pair]:
    yield "kind", one.kind
    yield from _text("description", one.description)
    yield from (("date", str(one.date or "")), ("url", one.url))


@dataclass
class Reading:
    """Reads what was typed over the study that stood `before`. `named` gives the records that were named."""

    answers: Answers
    before: StudyRecord
    named: Named
    places: dict[str, str] = field(default_factory=dict)
    """Where in the form the rows of the study were typed: contracts.0 -> contracts-2."""
    known: Mapping[str, DatasetRef] = field(default_factory=dict)

    def record(self) -> StudyRecord:
        """The study; what cannot be read is a problem of the answers."""
        answers, before = self.answers, self.before
        self.known = self.named(self._names())
        agency, chosen = answers.line("organization"), answers.choices("themes")
        return replace(
            before,
            **self._plain(),
            organization=OrganizationRef(id=_uuid(agency)) if agency else None,
            period=Period(answers.date("period.start"), answers.date("period.end")),
            status=_choice(StudyStatus, answers.line("status"), before.status),
            performers=tuple(self._performer(one) for one in self._rows("performers")),
            contracts=tuple(self._contract(one) for one in self._rows("contracts")),
            subjects=tuple(self._subject(one) for one in self._rows("subjects")),
            keywords=self._keywords(),
            themes=before.themes if set(before.themes) == set(chosen) else chosen,
            disclosure=self._disclosure(),
            private=answers.flag("private"),
            utilisations=tuple(self._use(one) for one in self._rows("utilisations")),
        )

    def _plain(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: self.answers.text(name, getattr(self.before, name)) for name in TEXTS}
        return found | {name: self.answers.line(name) for name in LINES}

    def _keywords(self) -> tuple[Keyword, ...]:
        """As they stood where no word is another one: nobody types their order over the languages."""
        given = self.answers.words("keywords")
        before = self.before.keywords
        return before if _told(before) == _told(given) else given

    def placed(self, problem: Problem) -> Problem:
        """The problem of a service with its field as the form calls it."""
        path = problem.field
        rest: list[str] = []
        while path and path not in self.places:
            path, _, last = path.rpartition(".")
            rest.insert(0, last)
        if not path:
            return problem
        return replace(problem, field=f"{self.places[path]}-{'.'.join(rest)}" if rest else self.places[path], row="")

    def _rows(self, name: str, within: Answers | None = None, above: str = "") -> Iterator[Answers]:
        for number, row in enumerate((within or self.answers).rows(name)):
            self.places[f"{above}{name}.{number}"] = row.prefix.rstrip("-")
            yield row

    def _path(self, row: Answers) -> str:
        """The path within the study of a row that is being read."""
        return next(path for path, place in self.places.items() if place == row.prefix.rstrip("-"))

    def _names(self) -> Iterator[str]:
        pairs = self.answers.typed.pairs
        return (value.strip() for name, value in pairs if name.endswith("-dataset") and value.strip())

    def _performer(self, row: Answers) -> Performer:
        known = (one.name for one in self.before.performers)
        above = f"{self._path(row)}."
        people = tuple(self._person(one) for one in self._rows("people", row, above))
        return Performer(_as_known(row.text("name"), known), row.line("bin"), row.line("ror"), people)

    def _person(self, row: Answers) -> Contributor:
        name = row.line("name")
        people = (person for performer in self.before.performers for person in performer.people)
        known = next((one for one in people if one.name == name), Contributor(name))
        role = _choice(ContributorRole, row.line("role"), ContributorRole.LEADER)
        return replace(known, role=role, orcid=row.line("orcid"), affiliation=row.line("affiliation"))

    def _contract(self, row: Answers) -> Contract:
        above = f"{self._path(row)}."
        owed = tuple(self._deliverable(one) for one in self._rows("deliverables", row, above))
        currency = row.line("currency").upper() or "KZT"
        number = row.line("contract_number").removeprefix("№").lstrip()  # pages write the sign themselves
        kind = row.line("contract_type")
        return Contract(number, row.day("signed"), row.decimal("amount"), currency, kind, owed)

    def _deliverable(self, row: Answers) -> Deliverable:
        kind, name = row.line("kind"), row.line("dataset")
        if not kind:
            row.say("form_unchosen", "kind", "Choose what it is.")
        if name and name not in self.known:
            row.say("form_unknown_record", "dataset", f"There is no record {name!r}.")
        return Deliverable(
            kind=_choice(DeliverableKind, kind, DeliverableKind.OTHER),
            period=" ".join(row.line("period").split()),
            due=row.day("due"),
            delivered=row.day("delivered"),
            accepted=row.day("accepted"),
            returned=row.whole("returned") or 0,
            withheld=row.flag("withheld"),
            dataset=self.known.get(name),
            id=_uuid(row.line("id")),
        )

    def _subject(self, row: Answers) -> Subject:
        scheme, code = row.line("scheme"), row.line("code")
        known = (one for one in self.before.subjects if (one.scheme, one.code) == (scheme, code))
        return next(known, Subject(scheme, code))

    def _disclosure(self) -> Disclosure:
        answers, before = self.answers, self.before.disclosure
        return Disclosure(
            _choice(DisclosureStatus, answers.line("disclosure.status"), before.status),
            answers.day("disclosure.until"),
            answers.line("disclosure.legal_ground"),
            answers.text("disclosure.reason", before.reason),
        )

    def _use(self, row: Answers) -> Utilisation:
        known = (one.description for one in self.before.utilisations)
        told = _as_known(row.text("description"), known)
        return Utilisation(row.line("kind"), told, row.date("date"), row.line("url"))


def _told(keywords: Iterable[Keyword]) -> list[tuple[str, str]]:
    return sorted((one.text, one.language if one.language in LANGUAGES else "") for one in keywords)


def _as_known(given: Text, known: Iterable[Text]) -> Text:
    """The text as it stood, where it says the same: nobody types which of its languages is the original."""
    return next((one for one in known if replace(one, original="") == replace(given, original="")), given)


def _choice(kind: type[_Choice], value: str, otherwise: _Choice) -> _Choice:
    """What was chosen; what is none of the choices is a problem that the form has noted already."""
    return kind(value) if value in [one.value for one in kind] else otherwise


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
