"""Which pages of which files of a hit hold the words of a query, and in which order they are worth reading.

With page keys that is known exactly, but for phrases and beginnings of words; of a file without page keys it is guessed
from the beginnings of words in its text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendata.search.marking import Marker, lowered_alike
from opendata.search.pagekeys import ZONES, PageKeys, Zones

ANYWHERE = np.uint16(2**ZONES - 1)
"""On the page, but nobody knows in which part."""
EDGE_WORDS = 2
"""Words at the edge of a page that may stand between it and a row of words across it: its number."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the pages of one file hold: `zones` has, things sought by pages, the parts of the page where it stands.

    `lengths`: words of each page. `exact`: by page keys, so that only phrases and beginnings are to be proved.
    """

    checksum: str
    zones: Zones
    lengths: NDArray[np.uint16]
    exact: bool
    breaks: NDArray[np.bool_]
    """Things sought by pages: whether a row of words may begin on the page and end on the next."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page (from 1) of the file at place `file`, the things that it should hold, and their groups."""

    file: int
    page: int
    things: frozenset[int]
    groups: frozenset[int]


def held_by_keys(checksum: str, marker: Marker, keys: PageKeys, texts: Callable[[], Sequence[str]]) -> Held:
    """What page keys say. The text is asked for only where a word may have any ending."""
    zones = np.zeros((len(marker.sought), keys.pages), np.uint16)
    breaks = np.zeros(zones.shape, np.bool_)
    for what, sought in enumerate(marker.sought):
        if sought.keys:
            zones[what] = keys.zones(sought.keys)
        if sought.sequence:
            each = np.stack([keys.zones((key,)) for key in sought.sequence])
            zones[what] |= _in_a_row(each, keys.lengths)
            breaks[what] = _across(each, keys.lengths)
        if sought.beginnings and not sought.keys:
            pages = texts()[: keys.pages]
            begun = [any(probe in lowered_alike(page) for probe in sought.probes) for page in pages]
            zones[what, : len(pages)] |= np.where(begun, ANYWHERE, np.uint16(0))
    return Held(checksum, zones, keys.lengths, exact=True, breaks=breaks)


def held_by_text(checksum: str, marker: Marker, pages: Sequence[str]) -> Held:
    """What the pages may hold, by the beginnings of words."""
    zones = np.zeros((len(marker.sought), len(pages)), np.uint16)
    for number, page in enumerate(pages):
        lowered = lowered_alike(page).replace("\u00ad", "")
        zones[list(marker.probe(lowered)), number] = ANYWHERE
    breaks = np.zeros(zones.shape, np.bool_)
    breaks[[what for what, sought in enumerate(marker.sought) if sought.sequence], :-1] = True
    return Held(checksum, zones, np.zeros(len(pages), np.uint16), exact=False, breaks=breaks)


def places(marker: Marker, files: Sequence[Held]) -> Iterator[Place]:
    """Every page that holds anything, the best first.

    Those with most of the wanted things, of these those with the rarest, then those where they stand closest together,
    then as they stand in the files.
    """
    if not files or not marker:
        return
    groups = _by_group(marker, np.concatenate([file.zones for file in files], axis=1))
    held = groups != 0
    counts = held.sum(axis=0)
    rarity = 1 / np.maximum(1, held.sum(axis=1)) @ held
    apart = _apart(groups, counts) * np.concatenate([file.lengths for file in files])
    where = np.repeat(np.arange(len(files)), [len(file.lengths) for file in files])
    first = np.cumsum([0, *(len(file.lengths) for file in files)])
    for place in np.lexsort((apart, -rarity, -counts)):
        if not counts[place]:
            return
        file = int(where[place])
        yield place_of(marker, files, file, int(place - first[file]) + 1)


def pages_with_most(marker: Marker, files: Sequence[Held]) -> tuple[list[tuple[int, int]], bool]:
    """(place of the file, page) of the pages that hold everything wanted, else of those with anything; and which."""
    counts = [(_by_group(marker, file.zones) != 0).sum(axis=0) for file in files] if marker else []
    everything = any((one == marker.size).any() for one in counts)
    least = marker.size if everything else 1
    return [(n, int(page) + 1) for n, one in enumerate(counts) for page in np.flatnonzero(one >= least)], everything


def place_of(marker: Marker, files: Sequence[Held], file: int, page: int) -> Place:
    """Page `page` (from 1) of the file at place `file`, with what it holds."""
    held = frozenset(int(what) for what in np.flatnonzero(files[file].zones[:, page - 1]))
    return Place(file, page, held, frozenset(marker.groups[what] for what in held))


def pages_of(marker: Marker, files: Sequence[Held], groups: Collection[int]) -> list[Place]:
    """The pages that may hold anything of these groups, those with most of them first, then in the order of reading.

    They know nothing of other things on the page.
    """
    those = [what for what, group in enumerate(marker.groups) if group in groups]
    found = []
    for number, file in enumerate(files):
        zones = file.zones[those] != 0
        for page in np.flatnonzero(zones.any(axis=0)).tolist():
            held = frozenset(what for what, there in zip(those, zones[:, page].tolist(), strict=True) if there)
            found.append(Place(number, page + 1, held, frozenset(marker.groups[what] for what in held)))
    return sorted(found, key=lambda place: -len(place.groups))


def page_breaks(marker: Marker, file: Held, groups: Collection[int]) -> list[int]:
    """The pages (from 1) on which a row of words of these groups may begin that ends on the next page."""
    those = [what for what, group in enumerate(marker.groups) if group in groups]
    return [int(page) + 1 for page in np.flatnonzero(file.breaks[those].any(axis=0))]


def _in_a_row(each: Zones, lengths: NDArray[np.uint16]) -> Zones:
    """In which parts a row of the keys, `each` with its own parts, may begin: it ends there or in the next one."""
    near: Zones = np.bitwise_and.reduce(each)
    for cut in range(1, len(each)):
        near |= np.bitwise_and.reduce(each[:cut]) & np.bitwise_and.reduce(each[cut:]) >> np.uint16(1)
    # On a page of few words, a part may be shorter than the row, which a code and its parts make twice as long.
    long = lengths >= 2 * ZONES * len(each)
    return np.where(long, near, np.where(each.all(axis=0), ANYWHERE, np.uint16(0)))


def _across(each: Zones, lengths: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether the first of the keys stand at the end of a page, and the others at the beginning of the next."""
    ending, beginning = _edges(lengths, 2 * len(each) + EDGE_WORDS)
    last = (each & ending) != 0
    following = np.zeros_like(last)
    following[:, :-1] = (each & beginning)[:, 1:] != 0
    splits = [last[:cut].all(axis=0) & following[cut:].all(axis=0) for cut in range(1, len(each))]
    return np.logical_or.reduce(splits) if splits else np.zeros(each.shape[1], np.bool_)


def _edges(lengths: NDArray[np.uint16], words: int) -> tuple[Zones, Zones]:
    """The parts of each page that hold its last so many words, and those that hold its first, if not a part more."""
    parts = np.minimum(ZONES, -(-words * ZONES // np.maximum(lengths, 1).astype(np.int64)) + 1)
    beginning = ((1 << parts) - 1).astype(np.uint16)
    return (int(ANYWHERE) ^ ((1 << (ZONES - parts)) - 1)).astype(np.uint16), beginning


def _by_group(marker: Marker, zones: Zones) -> Zones:
    """Wanted things by pages: where any of the alternatives stands."""
    groups = np.array(marker.groups)
    return np.stack([np.bitwise_or.reduce(zones[groups == group], axis=0) for group in sorted(set(marker.groups))])


def _apart(groups: Zones, counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """In how many parts in a row all that a page holds of them stands; 0 where that is one thing alone."""
    several = np.flatnonzero(counts > 1)
    apart = np.zeros(len(counts), np.intp)
    apart[several] = ZONES
    bits = np.unpackbits(np.ascontiguousarray(groups[:, several]).view(np.uint8), bitorder="little")
    reached = bits.reshape(len(groups), len(several), ZONES)
    for width in range(1, ZONES):
        if not len(several):
            break
        near = reached.sum(axis=0, dtype=np.uint8).max(axis=1) == counts[several]
        apart[several[near]] = width
        several, reached = several[~near], reached[:, ~near]
        reached[..., :-1] |= reached[..., 1:].copy()
    return apart
