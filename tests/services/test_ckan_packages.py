"""Lists of names at any length."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from opendata.errors import Gone
from opendata.services import ckan_packages, datasets
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from tests.factories import feed, found, record


def test_names_are_read_from_an_index_alone(catalogue: Catalogue) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(catalogue.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    ckan_packages.names(catalogue, 10, 5, "a")
    ((statement, values),) = [one for one in asked if one[0].startswith("SELECT")]
    with catalogue.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    told = " ".join(str(row) for row in plan)
    assert "COVERING INDEX ix_datasets_listed" in told
    assert "TEMP B-TREE" not in told


def test_withdrawn_dataset_is_in_no_list_although_the_index_lags(catalogue: Catalogue) -> None:
    one = feed(catalogue).one(found("a", record("Отчёт о стоке")))
    assert one.id is not None
    assert len(ckan_packages.shown_all(catalogue, PUBLIC, [one.id])) == 1
    datasets.withdraw(catalogue, SYSTEM, one.slug, "Ошибка")
    for actor in (PUBLIC, SYSTEM):
        assert ckan_packages.shown_all(catalogue, actor, [one.id]) == []
    with pytest.raises(Gone):
        ckan_packages.shown(catalogue, PUBLIC, one.slug)
    assert ckan_packages.shown(catalogue, SYSTEM, one.slug).record.tombstone is not None
