"""What is due: one thing that breaks holds up nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text

from opendata.services import care, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.source_rules import NewSource
from opendata.store.operations import Job
from tests.conftest import Clock


def test_a_step_that_breaks_is_logged_by_name_and_holds_up_no_other(
    catalogue: Catalogue, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    url = "https://data.example/"
    sources.add(catalogue, SYSTEM, NewSource(name="portal", type="ckan", url=url, frequency="daily"))
    clock.advance(days=2)
    with catalogue.sessions.write.begin() as session:
        session.execute(text("ALTER TABLE resources RENAME TO lost"))
    care.tend(catalogue)
    with catalogue.sessions.read() as session:
        assert "harvest" in set(session.scalars(select(Job.kind)))
    assert "care broke at care.open_due" in caplog.messages


def test_old_work_is_forgotten_though_another_step_breaks(catalogue: Catalogue, clock: Clock) -> None:
    with catalogue.sessions.write.begin() as session:
        session.add(
            Job(
                kind="harvest", lane="harvest", payload={}, status="complete", created=clock.now, not_before=clock.now,
                finished=clock.now,
            )
        )  # fmt: skip
        session.execute(text("ALTER TABLE resources RENAME TO lost"))
    clock.now += care.KEEP_JOBS + dt.timedelta(days=1)
    care.tend(catalogue)
    with catalogue.sessions.read() as session:
        assert "harvest" not in set(session.scalars(select(Job.kind)))
