"""Copies of real documents are found and warned of, other documents are not; benchmarks/similar.py measures all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.similar import FALSE_WARNINGS, FIRST, RECALL, Outcome, measure
from opendata.services.similar import CLOSE

pytestmark = pytest.mark.realdata

EVERY, FILLERS = 4, 150
"""One document of so many, in catalogues filled up with a part of the abstracts."""


@pytest.fixture(scope="module")
def outcomes(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Those of both halves: the threshold is the one that was chosen already."""
    first, second = measure(realdata, tmp_path_factory.mktemp("similar"), most_fillers=FILLERS, every=EVERY)
    return [*first, *second]


def test_originals_of_copies_are_among_the_first_and_warned_of(outcomes: list[Outcome]) -> None:
    copies = [one for one in outcomes if one.place is not None]
    missed = [(one.kind, one.document.name) for one in copies if not 0 < (one.place or 0) <= FIRST]
    unwarned = [(one.kind, one.document.name) for one in copies if one.closeness < CLOSE]
    assert len(copies) > 100
    assert len(missed) <= (1 - RECALL) * len(copies), missed
    assert len(unwarned) <= (1 - RECALL) * len(copies), unwarned


def test_unrelated_documents_raise_no_warning(outcomes: list[Outcome]) -> None:
    others = [one for one in outcomes if one.place is None]
    warned = [(one.kind, one.document.name, one.closeness) for one in others if one.closeness >= CLOSE]
    assert len(others) > 40
    assert len(warned) <= FALSE_WARNINGS * len(others), warned
