"""What an index that is behind may name, and nobody may see any more, is left out of every answer at once."""

from __future__ import annotations

import pytest

from opendata.search.query import SearchQuery
from opendata.services import discovery, versions, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.hidden import one_answer
from tests.factories import Feed, found, record, work
from tests.store.conftest import Selects


def looked_up(catalogue: Catalogue, *, versioned: bool) -> tuple[int, int]:
    """How many records one answer finds, and how often it asks what is hidden."""
    with one_answer(), Selects(catalogue.engine) as asked:
        if versioned:
            versions.of_site(catalogue)
        total = discovery.find(catalogue, PUBLIC, SearchQuery("солёность")).total
    return total, sum("min(jobs.created)" in statement for statement in asked.statements)


@pytest.fixture
def names(catalogue: Catalogue, one: Feed) -> list[str]:
    """Three records that the index knows."""
    made = [one.one(found(f"n{number}", record(f"Солёность {number}"))).slug for number in range(3)]
    work(catalogue)
    return made


def test_answers_of_one_version_of_the_site_ask_once(catalogue: Catalogue, names: list[str]) -> None:
    assert looked_up(catalogue, versioned=True) == (3, 1)
    assert looked_up(catalogue, versioned=True) == (3, 0)
    assert looked_up(catalogue, versioned=False) == (3, 1), "who does not say of which version asks for itself"


def test_what_is_withdrawn_is_hidden_at_once_and_until_the_index_knows(catalogue: Catalogue, names: list[str]) -> None:
    looked_up(catalogue, versioned=True)
    writing.remove(catalogue, SYSTEM, names[0], "a mistake")
    assert looked_up(catalogue, versioned=True) == (2, 1)
    assert looked_up(catalogue, versioned=True) == (2, 0)
    work(catalogue)
    assert looked_up(catalogue, versioned=True)[0] == 2
    writing.remove(catalogue, SYSTEM, names[1], "another")
    assert looked_up(catalogue, versioned=True)[0] == 1
