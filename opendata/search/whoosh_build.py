"""What a build was made with, kept in its folder: as long as it lives, queries and updates use the same.

format.json says the version of the format and of the analysis and how long the fields are on average; the mined list of
Kazakh stems stands beside it. What does not fit this program any more must be built anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from opendata.search.analysis import Analyser, TrilingualAnalyser, default_analyser, stem_list
from opendata.search.analysis.stem_list import Stems
from opendata.search.whoosh_schema import FORMAT_VERSION

FORMAT_FILE = "format.json"
STEMS_FILE = "stems-kk.txt"

LENGTHS: Mapping[str, float] = {
    "title": 12.0,
    "keywords": 8.0,
    "abstract": 90.0,
    "toc": 150.0,
    "other": 25.0,
    "body": 8000.0,
}
"""Tokens of each field in a record that has it, as a new index supposes them until a rebuild has measured."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a build is made with. `stems` is its mined list as text, empty for the list that comes with the program."""

    analyser: Analyser
    lengths: Mapping[str, float]
    stems: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What format.json says."""

    format_version: int
    analysis: str
    lengths: Mapping[str, float]


def made_with(stems: Stems, lengths: Mapping[str, float]) -> Made:
    """The making of a new build with this list of stems."""
    text = "" if stems == stem_list.seed() else stem_list.dump(stems)
    return Made(_analyser(text), lengths, text)


def write(folder: Path, made: Made) -> None:
    """Put it into the folder of a build."""
    if made.stems:
        (folder / STEMS_FILE).write_text(made.stems, "utf-8")
    header = {"format_version": FORMAT_VERSION, "analysis": made.analyser.version, "lengths": dict(made.lengths)}
    (folder / FORMAT_FILE).write_text(json.dumps(header), "utf-8")


def header(folder: Path) -> Header:
    """What the build says of itself; OSError or ValueError when it cannot be read."""
    stated = json.loads((folder / FORMAT_FILE).read_text("utf-8"))
    if not isinstance(stated, dict):
        raise ValueError(f"{folder / FORMAT_FILE} holds no object.")
    lengths = stated.get("lengths", {})
    return Header(int(stated.get("format_version", 0)), str(stated.get("analysis", "")), {**LENGTHS, **lengths})


def read(folder: Path, fixed: Analyser | None = None) -> Made | None:
    """What the build was made with, None when that is not what this program would make of it.

    `fixed` is the analysis of indexes whose list of stems is not mined. OSError or ValueError as for `header`.
    """
    stated = header(folder)
    if stated.format_version != FORMAT_VERSION:
        return None
    file = folder / STEMS_FILE
    stems = file.read_text("utf-8") if file.exists() else ""
    analyser = fixed or _analyser(stems)
    return Made(analyser, stated.lengths, stems) if analyser.version == stated.analysis else None


@lru_cache(maxsize=3)
def _analyser(stems: str) -> Analyser:
    """One analyser a list, shared by areas and threads, for its memories are large; the live ones and one in making."""
    return TrilingualAnalyser(stem_list.load(stems)) if stems else default_analyser()
