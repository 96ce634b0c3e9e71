"""Fields that nobody asked for, too long or no words, where the store is PostgreSQL: it takes less than SQLite does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.hostile.conftest import emptied
from tests.hostile.desk import Doors, open_doors
from tests.hostile.every_field import Form
from tests.hostile.test_desk_more_than_asked import (
    test_forms_take_their_own_fields_alone,
    test_operations_refuse_fields_that_they_do_not_have,
)
from tests.hostile.test_every_field import Sender, _sent_by_forms, _sent_to_api, _sent_to_ckan, forms

__all__ = ["forms", "test_forms_take_their_own_fields_alone", "test_operations_refuse_fields_that_they_do_not_have"]

LENGTHS = (33, 65, 101, 201, 256, 301, 501, 1001, 2001, 25_000)
"""A little more than columns and rules allow."""
USUAL = (256,)


@pytest.fixture(scope="module")
def doors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """As on SQLite."""
    url = emptied(request.getfixturevalue("hostile_postgresql"))
    home, _ = request.getfixturevalue("peopled_site")
    with open_doors(home, tmp_path_factory.mktemp("desk"), url) as made:
        yield made


@pytest.mark.parametrize("sent", [_sent_to_api, _sent_to_ckan, _sent_by_forms])
def test_nothing_that_is_sent_breaks_the_store(
    doors: Doors, request: pytest.FixtureRequest, sent: Sender, full: bool
) -> None:
    if sent is _sent_by_forms and not full:
        pytest.skip("OPENDATA_TEST_FULL is not set: what forms send reaches the store as what programs send does")
    found: Sequence[Form] = request.getfixturevalue("forms") if sent is _sent_by_forms else ()
    for number, length in enumerate(LENGTHS if full else USUAL):
        answers = dict(sent(doors, found, f"{number}" + "ұ" * (length - 1)))
        assert {name: status for name, status in answers.items() if status >= 500} == {}, length
        assert len(answers) > 10
