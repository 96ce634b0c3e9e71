"""Lists of names at any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from opendata.errors import Gone
from opendata.services import ckan_lists, ckan_packages, home, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.queries.stamped import Chosen, count_stamped
from tests.factories import feed, found, record


def plans(catalogue: Catalogue, ask: Callable[[], object]) -> str:
    """How SQLite goes about the SELECTs of `ask`."""
    asked: list[tuple[str, Any]] = []

    def hear(*given: Any) -> None:
        asked.append((given[2], given[3]))

    event.listen(catalogue.engine, "before_cursor_execute", hear)
    ask()
    event.remove(catalogue.engine, "before_cursor_execute", hear)
    with catalogue.engine.connect() as connection:
        return " ".join(
            str(row)
            for statement, values in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        )


def test_lists_are_read_from_an_index_alone(catalogue: Catalogue) -> None:
    for ask, index in (
        (lambda: ckan_packages.names(catalogue, 10, 5, "a"), "ix_datasets_listed"),
        (lambda: ckan_packages.newest_ids(catalogue, 10, 5), "ix_datasets_latest"),
        (lambda: ckan_packages.of_organization(catalogue, uuid4(), 10), "ix_datasets_of_organization"),
    ):
        told = plans(catalogue, ask)
        assert f"COVERING INDEX {index}" in told
        assert "TEMP B-TREE" not in told


def test_datasets_of_agencies_are_counted_in_an_index(catalogue: Catalogue) -> None:
    told = plans(catalogue, lambda: ckan_lists.organizations(catalogue))
    assert "SCAN datasets USING COVERING INDEX ix_datasets_of_organization" in told


def test_the_figures_of_the_home_page_read_no_row_of_a_file(catalogue: Catalogue) -> None:
    told = plans(catalogue, lambda: home.front(catalogue, PUBLIC))
    assert "SCAN resources USING COVERING INDEX ix_resources_summed" in told
    assert "SEARCH resources USING COVERING INDEX ix_resources_summed" in told


def test_withdrawn_dataset_is_in_no_list_although_the_index_lags(catalogue: Catalogue) -> None:
    one = feed(catalogue).one(found("a", record("Отчёт о стоке")))
    assert one.id is not None
    assert len(ckan_packages.shown_all(catalogue, PUBLIC, [one.id])) == 1
    writing.remove(catalogue, SYSTEM, one.slug, "Ошибка")
    for actor in (PUBLIC, SYSTEM):
        assert ckan_packages.shown_all(catalogue, actor, [one.id]) == []
    with pytest.raises(Gone):
        ckan_packages.shown(catalogue, PUBLIC, one.slug)
    assert ckan_packages.shown(catalogue, SYSTEM, one.slug).record.tombstone is not None


def test_records_of_a_repository_are_counted_in_an_index(catalogue: Catalogue) -> None:
    def count() -> None:
        with catalogue.sessions.read() as session:
            count_stamped(session, Chosen(catalogue.today(), type="report"))

    assert "datasets USING COVERING INDEX ix_datasets_stamp" in plans(catalogue, count)
