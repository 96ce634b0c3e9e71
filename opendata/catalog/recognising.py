"""Recognises identifiers wherever a record holds them: in its description, its extras, its addresses, its file names.

What names the record itself and what it merely mentions are kept apart. A DOI or handle counts as the record's own only
where the field says so, since records with one DOI are taken for the same; a DOI in running text is a relation. Numbers
of studies and contracts tie a record to its study: those of its own fields go before those that its text mentions.
A person's ИИН is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from opendata.catalog import identifiers
from opendata.catalog.identifiers import MAX_TEXT, contract_form, registration_number
from opendata.catalog.recognising_people import with_numbers
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Extra, Identifier, Relation, Text

MAX_MENTIONED = 20
"""DOIs in running text that become relations: beyond that it is a list of references."""
MAX_NUMBERS = 5
"""Numbers of one kind that a text may mention and still be about their studies; more of them are a list."""

_OWN_KEY = re.compile(
    r"(?:^|[^a-z])(?:doi|handle|hdl|identifiers?|guid|pid|isbn|issn|permalink)(?:$|[^a-z])", re.IGNORECASE
)
_FOREIGN_KEY = re.compile(
    r"relat|referenc|source|parent|cites|cited|publication|part|version|fund|conform|document|author|creator|contact"
    r"|publisher|maintainer|contributor|harvest|license|licence|organi[sz]ation|schema|series",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-ZА-ЯІҚ]{2}[0-4]\d{7}\Z")
_SPACED = re.compile(r"[A-ZА-ЯІҚ]{2}[\s‐-―-][0-4]\d{7}\Z")
_NAMED = re.compile(
    r"(?:\b(?:ИРН|ЖТН|IRN|grant|project|award)|№|грант\w*|проект\w*|жоба\w*|программ\w*|бағдарлама\w*)[\s:№#(«\"]{0,5}\Z",
    re.IGNORECASE,
)
# A local handle of a DSpace that was never given a prefix: the same "123456789/1" is in every such repository.
UNREGISTERED = "123456789/"


def recognised(record: DatasetRecord) -> DatasetRecord:
    """The record with every identifier that its fields hold for certain; itself where there is nothing new."""
    texts = _Texts.of(record)
    numbers = _Numbers.of(record, texts)
    found = [*_own(record, texts), *numbers.identifiers()]
    known = {(one.scheme, one.value.lower()) for one in record.identifiers}
    new = tuple(one for one in dict.fromkeys(found) if (one.scheme, one.value.lower()) not in known)
    together = (*record.identifiers, *new)
    relations = _mentioned(record, texts, {one.value for one in together if one.scheme == "doi"})
    people, extras = with_numbers(record, texts.said)
    changes = {
        "identifiers": together,
        "relations": relations,
        "contributors": people,
        "extras": extras,
        "register_number": record.register_number or numbers.register,
        "report_number": record.report_number or numbers.report,
    }
    changed = {name: value for name, value in changes.items() if value != getattr(record, name)}
    return replace(record, **changed) if changed else record  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Texts:
    """What a record says, by how surely it speaks of itself; each a text with line ends between its parts."""

    own: str
    strong: str
    said: str

    @classmethod
    def of(cls, record: DatasetRecord) -> _Texts:
        """Texts without any digit are left out: no identifier is without one."""
        own = [record.identifier, record.landing_page]
        own += [extra.value for extra in record.extras if is_own(extra)]
        strong = [*_values(record.title), *(extra.value for extra in record.extras)]
        for resource in record.resources:
            strong += [_name(resource.filename), *_values(resource.name)]
            strong.append(_name((resource.download_url or resource.access_url).rpartition("/")[2]))
        said = [*_values(record.description), *_values(record.table_of_contents), *_values(record.performer)]
        for relation in record.relations:
            said += [relation.target, *_values(relation.title)]
        said += [value for resource in record.resources for value in _values(resource.description)]
        said += [keyword.text for keyword in record.keywords]
        for person in record.contributors:
            said += [person.name, person.affiliation]
        return cls(_joined(own), _joined(strong), _joined(said))


def is_own(extra: Extra) -> bool:
    """Whether the extra's name says that it holds an identifier of the record itself."""
    return bool(_OWN_KEY.search(extra.key)) and not _FOREIGN_KEY.search(extra.key)


def _values(text: Text) -> list[str]:
    return [value for value in (text.kk, text.ru, text.en, text.other) if value]


def _name(filename: str) -> str:
    """A file's name with its words apart: "otchet_AP05131234.pdf" holds a register number."""
    if not filename:
        return ""
    return re.sub(r"[_-]", " ", unquote(filename) if "%" in filename else filename)


_DIGIT = re.compile(r"[0-9]")


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(part[:MAX_TEXT] for part in dict.fromkeys(parts) if _DIGIT.search(part))


def _own(record: DatasetRecord, texts: _Texts) -> Iterator[Identifier]:
    """DOI, handle, ISBN, ISSN and URN of the record itself."""
    for one in identifiers.identifiers_in(texts.own):
        if one.scheme in ("doi", "urn") or (one.scheme == "handle" and not one.value.startswith(UNREGISTERED)):
            yield one
    for extra in record.extras:
        key = extra.key.lower()
        for scheme, read in (("isbn", identifiers.isbn), ("issn", identifiers.issn)):
            if scheme in key and not _FOREIGN_KEY.search(key) and (value := read(extra.value)):
                yield Identifier(scheme, value)


def _mentioned(record: DatasetRecord, texts: _Texts, own: set[str]) -> tuple[Relation, ...]:
    """The relations, and one more for each DOI that the text mentions; none where it mentions very many."""
    if "10." not in texts.said and "10." not in texts.strong:
        return record.relations
    related = {identifiers.doi(relation.target) for relation in record.relations}
    found = dict.fromkeys(
        one.value for text in (texts.said, texts.strong) if "10." in text for one in identifiers.dois_in(text)
    )
    new = [value for value in found if value not in own and value not in related]
    if len(new) > MAX_MENTIONED:
        return record.relations
    return (*record.relations, *(Relation("References", f"https://doi.org/{value}") for value in new))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Numbers of the study (ИРН, state registration 01…), of its report (02…) and of its contract."""

    registers: tuple[str, ...]
    works: tuple[str, ...]
    reports: tuple[str, ...]
    contracts: tuple[str, ...]

    @classmethod
    def of(cls, record: DatasetRecord, texts: _Texts) -> _Numbers:
        """Of each kind, those of the field that speaks most surely; what harvesters know before what texts say."""
        known = {scheme: _known(record, scheme) for scheme in ("register_number", "contract_number")}
        order = [text for text in (texts.own, texts.strong, texts.said) if identifiers.may_hold_numbers(text)]
        order += [""] * (not order or order[-1] is not texts.said)  # the last choice is the running text, if only empty
        states = [_states(text) for text in order]
        stated = (record.register_number,) if record.register_number else ()
        return cls(
            _first(stated, known["register_number"], *(_registers(text) for text in order)),
            _first(*(tuple(one for one in some if one.startswith("01")) for some in states)),
            _first(*(tuple(one for one in some if one.startswith("02")) for some in states)),
            _first(known["contract_number"], *(_contracts(text) for text in order)),
        )

    @property
    def register(self) -> str:
        """The number of the study where there is no doubt: "" where several are named."""
        some = self.registers or self.works
        return some[0] if len(some) == 1 else ""

    @property
    def report(self) -> str:
        """The number of the report, "" where several are named."""
        return self.reports[0] if len(self.reports) == 1 else ""

    def identifiers(self) -> Iterator[Identifier]:
        """All of them."""
        for scheme, values in (
            ("register_number", self.registers),
            ("registration_number", (*self.works, *self.reports)),
            ("contract_number", self.contracts),
        ):
            for value in values:
                state = registration_number(value) if scheme == "register_number" else ""
                yield Identifier("registration_number", state) if state else Identifier(scheme, value)


def _known(record: DatasetRecord, scheme: str) -> tuple[str, ...]:
    return tuple(one.value for one in record.identifiers if one.scheme == scheme)


def _first(*choices: tuple[str, ...]) -> tuple[str, ...]:
    """The first that is not empty. Running text, the last, counts only with one number; a long list is about none."""
    at, some = next(((at, choice) for at, choice in enumerate(choices) if choice), (0, ()))
    return some if len(some) <= (1 if at == len(choices) - 1 else MAX_NUMBERS) else ()


def _registers(text: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(identifiers.register_number(said) for said in identifiers.register_numbers_in(text, _sure))
    )


def _sure(text: str, start: int, said: str) -> bool:
    """Whether `said`, which stands at `start` of `text`, is a register number and not "or 20190101" or a product code.

    Written in capitals and without a space it speaks for itself; all else needs a word before it that says so.
    """
    if _CAPITALS.match(said) or (_SPACED.match(said) and said[:2] not in ("OR", "ОР")):
        return True
    return bool(_NAMED.search(text[max(0, start - 30) : start]))


def _states(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(registration_number(said) for said in identifiers.registrations_in(text)))


def _contracts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(contract_form(number) for number in identifiers.contract_numbers_in(text)))
