"""Where words stand in a text that has no pages to turn to: places with a number, to which a reader can go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from opendata.search.marking import Piece

APART = 300
"""Characters between marks that are two places: whoever reads at one sees the other where there are fewer."""
LINKED = 20
"""Places that are linked; a text with more of them says so."""


@dataclass(frozen=True, slots=True)
class Places:
    """`numbers` has the number of each place by the index of the piece that it begins with."""

    numbers: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many places there are."""
        return len(self.numbers)

    @property
    def linked(self) -> range:
        """The numbers of those that are linked."""
        return range(1, min(self.total, LINKED) + 1)


def places_in(text: Iterable[Piece]) -> Places:
    """The places of a marked text, in its order."""
    numbers: dict[int, int] = {}
    since = APART
    for index, piece in enumerate(text):
        if piece.marked and since >= APART:
            numbers[index] = len(numbers) + 1
        since = 0 if piece.marked else since + len(piece.text)
    return Places(numbers)
