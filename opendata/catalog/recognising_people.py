"""Numbers of people and bodies in the texts of a record: ORCID and ROR beside a name, БИН after the word for it.

A number is given to whom it stands beside, or to nobody: a wrong ORCID is worse than none. An ИИН is personal data and
is passed over even where the text calls it a БИН.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from opendata.catalog import identifiers
from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Contributor, ContributorRole, Extra

_REACH = 150
"""Characters before a number within which the name of its bearer must stand."""
_BIN_WORD = r"(?:БИН|БСН|BIN|бизнес-сәйкестендіру\s+нөмірі|бизнес-идентификационный\s+номер)"
_BIN_SAID = re.compile(rf"(?<!\w){_BIN_WORD}[\s:№\"(/ИЖСН]{{0,8}}(\d(?:[\s-]?\d){{11}})(?!\d)", re.IGNORECASE)
_BIN_KEY = re.compile(r"(?:^|[^a-zа-я])(?:bin|бин|бсн)(?:$|[^a-zа-я])", re.IGNORECASE)
_BIN_PART = re.compile(rf"[\s,;(\[]*(?<!\w){_BIN_WORD}[\s:№]*\d(?:[\s-]?\d){{11}}[\s)\]]*", re.IGNORECASE)
_ORCID_SAID = re.compile(r"orcid[^\d\n]{0,30}(\d{4}[-–]?\d{4}[-–]?\d{4}[-–]?\d{3}[\dXxХх])(?!\d)", re.IGNORECASE)


def with_numbers(record: DatasetRecord, said: str) -> tuple[tuple[Contributor, ...], tuple[Extra, ...]]:
    """The contributors with the numbers found for them, and the extras with each БИН that is nobody's among them."""
    people = [_own_numbers(person) for person in record.contributors]
    texts = [said, *(extra.value for extra in record.extras if any(letter.isdigit() for letter in extra.value))]
    lowered = [text.lower() for text in texts]
    if any("orcid" in text for text in lowered):
        people = _with_orcids(people, texts)
    bins = list(dict.fromkeys(_bins(record, texts, lowered)))
    people, loose = _with_bins(record, people, bins)
    known = {extra.value for extra in record.extras}
    extras = [*record.extras, *(Extra("bin", number) for number in loose if number not in known)]
    return tuple(people), tuple(extras)


def _own_numbers(person: Contributor) -> Contributor:
    """With the ORCID, ROR and БИН that were written into the name or the affiliation."""
    words = f"{person.name} {person.affiliation}"
    if not any(letter.isdigit() for letter in words):
        return person
    if not person.orcid and (orcid := identifiers.orcid(person.name)):
        person = replace(contributor(person.name, person.role), affiliation=person.affiliation, orcid=orcid)
    if not person.bin and (found := _BIN_SAID.search(person.name)) and (number := _body(found[1])):
        name = " ".join(_BIN_PART.sub(" ", person.name).split())
        person = replace(person, name=name or person.name, bin=number, is_organization=True)
    if not person.ror and (ror := identifiers.ror_address(person.name)):
        person = replace(person, ror=ror, is_organization=True)
    return person


def _body(digits: str) -> str:
    return identifiers.bin_number(re.sub(r"\D", "", digits))


def _with_orcids(people: list[Contributor], texts: Sequence[str]) -> list[Contributor]:
    """Each ORCID to the one person without any whose family name stands shortly before it."""
    for text in texts:
        end = 0
        for found in _ORCID_SAID.finditer(text):
            before = text[max(end, found.start() - _REACH) : found.start()].casefold()
            end = found.end()
            orcid = identifiers.orcid(found[1])
            if not orcid or orcid in {person.orcid for person in people}:
                continue
            named = [n for n, person in enumerate(people) if not person.orcid and _is_named(person, before)]
            if len(named) == 1:
                people[named[0]] = replace(people[named[0]], orcid=orcid)
    return people


def _is_named(person: Contributor, text: str) -> bool:
    """Whether the family name of a person stands in `text` as a word."""
    if person.is_organization:
        return False
    family = (person.name.partition(",")[0] if "," in person.name else person.name.split()[-1]).strip().casefold()
    if "," not in person.name and len(family.strip(".")) <= 2:  # "Ахметов А." puts the initials last
        family = person.name.split()[0].casefold()
    return len(family) > 2 and bool(re.search(rf"(?<!\w){re.escape(family)}(?!\w)", text))


def _bins(record: DatasetRecord, texts: Sequence[str], lowered: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each БИН with the text before it; "" before one that an extra of its own holds."""
    for extra in record.extras:
        if _BIN_KEY.search(extra.key) and (number := _body(extra.value.strip())):
            yield number, ""
    words = ("бин", "бсн", "bin", "бизнес-")
    for text, low in zip(texts, lowered, strict=True):
        if any(word in low for word in words):
            for found in _BIN_SAID.finditer(text):
                if number := _body(found[1]):
                    yield number, text[max(0, found.start() - _REACH) : found.start()].casefold()


def _with_bins(
    record: DatasetRecord, people: list[Contributor], bins: Sequence[tuple[str, str]]
) -> tuple[list[Contributor], list[str]]:
    """The bodies with the БИН that follows their name, and the numbers that are left over."""
    loose = []
    for number, before in bins:
        if number in {person.bin for person in people}:
            continue
        named = [
            n for n, one in enumerate(people) if not one.bin and len(one.name) > 4 and one.name.casefold() in before
        ]
        performer = next((one for one in record.performer.values() if one.value.casefold() in before), None)
        if len(named) == 1:
            people[named[0]] = replace(people[named[0]], bin=number, is_organization=True)
        elif performer and len(performer.value) > 4:
            people.append(Contributor(performer.value, ContributorRole.PERFORMER, is_organization=True, bin=number))
        else:
            loose.append(number)
    return people, loose
