"""What a file tells of the fields of a form: offered beside them, taken by a button, never written over anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from opendata.services.completion_desk import SELF
from opendata.web.forms.fields import MARK, Field, Form, Kind, Rows
from opendata.web.forms.merging import Sides
from opendata.web.forms.typed import Typed


@dataclass(frozen=True, slots=True)
class Offer:
    """`words` as people read them; `taking` is what the button sends, `pairs` what the form holds then. `bare`: nothing
    stands there yet. `guess`: nobody says so, it only looks so.
    """

    words: str
    language: str
    taking: str
    pairs: tuple[tuple[str, str], ...]
    bare: bool
    guess: bool = False


@dataclass(frozen=True)
class Tells:
    """What the file called `filename` tells, as the form would hold it. `pending`: it is still to be read. `unasked` is
    what stands in fields before anybody types there: the name of the file for a title, the first of a choice. `guess`
    as in Offer.
    """

    filename: str
    typed: Typed = Typed()
    pending: bool = False
    unasked: Typed = Typed()
    guess: bool = False

    def offers(self, form: Form, typed: Typed) -> Mapping[str, Sequence[Offer]]:
        """By the name of a field (or of rows): what the file tells and the form does not hold."""
        found = {
            part.name: tuple(self._rows(form, part, typed) if isinstance(part, Rows) else self._field(part, typed))
            for part in form.parts
        }
        return {name: offers for name, offers in found.items() if offers}

    def all(self, form: Form, typed: Typed) -> Typed:
        """What is typed, with everything that is offered where nothing stands."""
        for offers in self.offers(form, typed).values():
            typed = typed.with_values(pair for one in offers if one.bare for pair in one.pairs)
        return typed

    def _field(self, part: Field, typed: Typed) -> Iterator[Offer]:
        stands = typed.of(part.name)
        unasked = bool(stands) and stands == self.unasked.of(part.name)
        for name in part.names:
            value = self.typed.first(name)
            if value and value != typed.first(name).strip() and part.kind in _TAKEN:
                language = name.rpartition(".")[2] if name != part.name else ""
                others = {each: "" for each in part.names if each != name and unasked}
                pairs = ((name, value), *others.items())
                words = next((one.words for one in part.offered() if one.value == value), value)
                yield Offer(
                    words, language, _taking(name, {SELF: value} | others), pairs, unasked or not stands, self.guess
                )

    def _rows(self, form: Form, part: Rows, typed: Typed) -> Iterator[Offer]:
        there = [_said(part, typed, number) for number in typed.numbers(part.name)]
        free = max(typed.numbers(part.name), default=-1) + 1
        first = part.parts[0].name
        sides = Sides(form, self.typed, self.typed, self.typed)
        for number in self.typed.numbers(part.name):
            row = f"{part.name}-{number}-"
            values = {name.removeprefix(row): value for name, value in self.typed.below(row) if value}
            said = _said(part, self.typed, number)
            if not said or any(said <= each for each in there):
                continue
            place = f"{part.name}-{free}"
            pairs = ((f"{place}-{MARK}", ""), *((f"{place}-{name}", value) for name, value in values.items()))
            taken = {SELF: values.get(first, "")} | {name: value for name, value in values.items() if name != first}
            words = sides.in_words(self.typed, f"{part.name}-{number}")
            yield Offer(words, "", _taking(f"{place}-{first}", taken), pairs, bare=True, guess=self.guess)
            free += 1


_TAKEN = frozenset({Kind.LINE, Kind.PROSE, Kind.TEXT, Kind.TEXTS, Kind.DATE, Kind.DAY, Kind.CHOICE})


def _taking(name: str, values: Mapping[str, str]) -> str:
    return f"take:{name}:{json.dumps(values, ensure_ascii=False)}"


def _said(part: Rows, typed: Typed, number: int) -> frozenset[str]:
    """What was typed into the row, to see whether it is there already: its lines, in whatever letters."""
    lines = [one.name for one in part.parts if isinstance(one, Field) and one.kind is Kind.LINE]
    return frozenset(
        value for name in lines if (value := typed.first(f"{part.name}-{number}-{name}").strip().casefold())
    )
