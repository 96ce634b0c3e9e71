"""Which pages of which files of a hit hold the words of a query, and in which order they are worth reading.

With page keys that is known exactly, but for phrases and beginnings of words; of a file without page keys it is guessed
from the beginnings of words in its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendata.search.marking import Marker, lowered_alike
from opendata.search.pagekeys import PageKeys

Masks = NDArray[np.bool_]
"""Things sought by pages: whether the thing stands on the page."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the pages of one file hold. `exact`: by page keys, so that only phrases and beginnings are to be proved."""

    checksum: str
    things: Masks
    exact: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A page (from 1) of the file at place `file`, the things that it should hold, and their groups."""

    file: int
    page: int
    things: frozenset[int]
    groups: frozenset[int]


def held_by_keys(marker: Marker, keys: PageKeys, texts: Callable[[], Sequence[str]]) -> Masks:
    """Which pages hold which things. The text is asked for only where a word may have any ending."""
    masks = np.zeros((len(marker.sought), keys.pages), np.bool_)
    for what, sought in enumerate(marker.sought):
        if sought.keys:
            masks[what] = keys.holding(sought.keys)
        if sought.sequence:
            masks[what] |= np.logical_and.reduce([keys.holding((key,)) for key in sought.sequence])
        if sought.beginnings:
            pages = texts()[: keys.pages]
            masks[what, : len(pages)] |= [
                any(probe in lowered_alike(page) for probe in sought.probes) for page in pages
            ]
    return masks


def held_by_text(marker: Marker, pages: Sequence[str]) -> Masks:
    """Which pages may hold which things, by the beginnings of words."""
    masks = np.zeros((len(marker.sought), len(pages)), np.bool_)
    for number, page in enumerate(pages):
        lowered = lowered_alike(page).replace("\u00ad", "")
        masks[list(marker.probe(lowered)), number] = True
    return masks


def by_group(marker: Marker, things: Masks) -> Masks:
    """Wanted things by pages: whether any of the alternatives stands there."""
    groups = sorted(set(marker.groups))
    if not groups:
        return np.zeros((0, things.shape[1]), np.bool_)
    return np.stack(
        [things[[n for n, one in enumerate(marker.groups) if one == group]].any(axis=0) for group in groups]
    )


def places(marker: Marker, files: Sequence[Held]) -> Iterator[Place]:
    """Every page that holds anything: those with most of the wanted things first, then as they stand in the files."""
    counts = [by_group(marker, file.things).sum(axis=0) for file in files]
    if not counts:
        return
    where = np.repeat(np.arange(len(counts)), [len(one) for one in counts])
    first = np.cumsum([0, *(len(one) for one in counts[:-1])])
    flat = np.concatenate(counts)
    for place in np.argsort(-flat, kind="stable"):
        if not flat[place]:
            return
        file = int(where[place])
        yield place_of(marker, files, file, int(place - first[file]) + 1)


def pages_with_most(marker: Marker, files: Sequence[Held]) -> tuple[list[tuple[int, int]], bool]:
    """(place of the file, page) of the pages that hold everything wanted, else of those with anything; and which."""
    counts = [by_group(marker, file.things).sum(axis=0) for file in files]
    everything = any((one == marker.size).any() for one in counts)
    least = marker.size if everything else 1
    return [(n, int(page) + 1) for n, one in enumerate(counts) for page in np.flatnonzero(one >= least)], everything


def place_of(marker: Marker, files: Sequence[Held], file: int, page: int) -> Place:
    """Page `page` (from 1) of the file at place `file`, with what it holds."""
    held = frozenset(int(what) for what in np.flatnonzero(files[file].things[:, page - 1]))
    return Place(file, page, held, frozenset(marker.groups[what] for what in held))
