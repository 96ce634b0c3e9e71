"""What stands in a form: names and values as they were typed, in the form's order, whatever they are worth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from werkzeug.datastructures import MultiDict

from opendata.errors import TooLarge
from opendata.web.forms.fields import MARK, Form

MOST_PAIRS = 20_000
MOST_CHARACTERS = 2_000_000
"""Of all that is typed in one form together."""
BODY_BYTES = 16 * 1024 * 1024
"""Of a posted form: a Cyrillic letter takes six in it."""


@dataclass(frozen=True)
class Typed:
    """Names with what was typed there. A name that stands twice has several values (boxes that are ticked)."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def posted(cls, form: Form, given: MultiDict[str, str]) -> Typed:
        """What was sent, as far as the form has such fields. TooLarge over the bounds of a whole form."""
        return cls.known(form, bounded(given.items(multi=True)))

    @classmethod
    def known(cls, form: Form, pairs: Iterable[tuple[str, str]]) -> Typed:
        """Those of the pairs that are of fields of the form."""
        return cls(tuple((name, value) for name, value in pairs if form.field(name) or form.is_mark(name)))

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.pairs:
            found.setdefault(name, []).append(value)
        return found

    def first(self, name: str) -> str:
        """What stands there, "" where nothing does."""
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Everything that stands under that name."""
        return tuple(self._values.get(name, ()))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def numbers(self, rows: str) -> list[int]:
        """The numbers of the rows called so, in their order."""
        start = f"{rows}-"
        found = (name.removeprefix(start).partition("-")[0] for name in self._values if name.startswith(start))
        return sorted({int(number) for number in found})

    def below(self, prefix: str) -> Iterator[tuple[str, str]]:
        """The pairs whose names begin so."""
        return (pair for pair in self.pairs if pair[0].startswith(prefix))

    def of(self, name: str) -> tuple[tuple[str, str], ...]:
        """Everything that is typed of one field of the record: its languages, its parts, its rows. Blanks left out,
        sorted."""
        return tuple(sorted((one, value.strip()) for one, value in self.pairs if is_of(one, name) and value.strip()))

    def with_field(self, name: str, other: Typed) -> Typed:
        """The same with that field of the record as it stands in `other`."""
        kept = (pair for pair in self.pairs if not is_of(pair[0], name))
        return Typed((*kept, *(pair for pair in other.pairs if is_of(pair[0], name))))

    def with_values(self, given: Iterable[tuple[str, str]]) -> Typed:
        """The same with these values in place of those of their names."""
        new = tuple(given)
        names = {name for name, _ in new}
        return Typed((*(pair for pair in self.pairs if pair[0] not in names), *new))

    def with_row(self, rows: str) -> Typed:
        """With one more row, which is empty."""
        number = max(self.numbers(rows), default=-1) + 1
        return Typed((*self.pairs, (f"{rows}-{number}-{MARK}", "")))

    def without_row(self, row: str) -> Typed:
        """Without the row called so (contracts-2)."""
        return Typed(tuple(pair for pair in self.pairs if not pair[0].startswith(f"{row}-")))

    def moved(self, row: str, step: int) -> Typed:
        """With the row and its neighbour (-1: the one before) in each other's place."""
        rows, _, number = row.rpartition("-")
        order = self.numbers(rows)
        place = order.index(int(number)) + step if int(number) in order else -1
        if not 0 <= place < len(order):
            return self
        other = f"{rows}-{order[place]}"
        return Typed(tuple((_swapped(name, row, other), value) for name, value in self.pairs))


def _swapped(name: str, one: str, other: str) -> str:
    for here, there in ((one, other), (other, one)):
        if name.startswith(f"{here}-"):
            return there + name.removeprefix(here)
    return name


def mark(*said: object) -> str:
    """A short name of what is said: another word of it for anything else."""
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def unit_of(name: str) -> str:
    """The field of the record that a name of the form belongs to."""
    return name.partition("-")[0].partition(".")[0]


def is_of(name: str, field: str) -> bool:
    """Whether a name of the form belongs to that field of the record (title, title.kk, contributors)."""
    return name == field or name.startswith((f"{field}.", f"{field}-"))


def bounded(pairs: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The pairs with lines ended as everywhere. TooLarge where they are too many, or too long together."""
    kept: list[tuple[str, str]] = []
    size = 0
    for name, value in pairs:
        size += len(name) + len(value)
        if len(kept) >= MOST_PAIRS or size > MOST_CHARACTERS:
            raise TooLarge("This form holds more than a record can. Put long texts into a file of the record.")
        kept.append((name[:200], value.replace("\r\n", "\n").replace("\0", "")))
    return kept
