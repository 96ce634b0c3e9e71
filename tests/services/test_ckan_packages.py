"""Lists of names at any length."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from opendata.services import ckan_packages
from opendata.services.catalogue import Catalogue


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
