"""Reads the counts of letter triples that tell languages apart."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources

KAZAKH, FOLDED, LATIN, RUSSIAN, ENGLISH = range(5)
CLASSES = ("kk", "kk-folded", "kk-latin", "ru", "en")
"""Kazakh; Kazakh typed on a Russian keyboard, in Latin letters; Russian; English. The numbers above are places here."""
KEPT = 2_500
"""Triples of each class, the most frequent ones."""
MISSING = math.log(1e-6)
_FILE = "trigrams.txt"

Model = Mapping[str, tuple[float, ...]]
"""A triple of letters to the logarithm of its share in each class."""


def dump(counts: Mapping[str, Mapping[str, int]]) -> str:
    """The counts of every class as lines: [class total], then triple and count."""
    lines = []
    for name in CLASSES:
        ordered = sorted(counts[name].items(), key=lambda one: (-one[1], one[0]))
        lines.append(f"[{name} {sum(counts[name].values())}]")
        lines += [f"{triple} {count}" for triple, count in ordered[:KEPT]]
    return "\n".join(lines) + "\n"


def load(text: str) -> Model:
    """The model of `dump`'s lines; lines that begin with # are comments."""
    found: dict[str, list[float]] = {}
    place, total = -1, 1
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            name, _blank, count = line.strip("[]").partition(" ")
            place, total = CLASSES.index(name), int(count)
            continue
        triple, _blank, count = line.partition(" ")
        found.setdefault(triple, [MISSING] * len(CLASSES))[place] = math.log(int(count) / total)
    return {triple: tuple(logs) for triple, logs in found.items()}


def _text() -> str:
    return (resources.files(__package__) / "data" / _FILE).read_text("utf-8")


@cache
def model() -> Model:
    """The model that comes with the program, counted in official acts by `build_seed`."""
    return load(_text())


@cache
def version() -> str:
    """Eight letters and digits that change with the model."""
    return hashlib.sha256(_text().encode()).hexdigest()[:8]
