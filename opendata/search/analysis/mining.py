"""The stem list of a whole collection: millions of different words, in little memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from opendata.search.analysis.stem_list import MIN_VOTES, Stems, seed, union, votes
from opendata.search.runs import Runs, merged


def mine_files(words: Iterable[Path], folder: Path) -> Stems:
    """The stems of the Kazakh words in the files of `Runs`, and those of the shipped list. `folder` is for the votes.

    The shipped list itself where the words add nothing to it.
    """
    ballot = Runs(folder, "votes")
    for word, stem, kind in votes(merged(words)):
        ballot.add((f"{stem}\t{kind}\t{word}",))
    mined: dict[str, int] = {}
    for stem, lines in groupby(merged(ballot.close()), lambda line: line.partition("\t")[0]):
        kinds = [int(line.split("\t")[1]) for line in lines]
        if len(kinds) >= MIN_VOTES:
            mined[stem] = sum(set(kinds))
    found = union(seed(), mined)
    return seed() if found == seed() else found
