"""Eight editors on one record and on one agency: no lost update, no deadlock; in threads and in processes.

Every keyword that an editor was told to be written is in a state that the history has, each state being the one before
it with one keyword more, and the last state is the record. With OPENDATA_TEST_FULL=1 they work for a minute.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, text

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.values import OrganizationRef
from opendata.config import load_config
from opendata.services import accounts, revisions, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.store.base import make_engine
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent
from opendata.store.organizations import Organization
from tests.conftest import settings
from tests.factories import organization, record, stored
from tests.services.editors import AGENCY, EDITORS, RECORD, Done, edit

FULL = bool(os.environ.get("OPENDATA_TEST_FULL"))
SECONDS, TURNS = (60.0, 0) if FULL else (60.0, 4)
"""How long they work, and how often at most (0: without a bound)."""
PROCESSES = EDITORS if FULL else 2
"""To start one takes longer than its few turns."""
ROOT = Path(__file__).parents[2]

Everybody = Callable[[dict[str, str], Catalogue], list[Done]]


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Where the catalogue is, of which every process opens its own part."""
    found = settings(tmp_path / "home")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        found["OPENDATA_DATABASE__URL"] = url
    return found


@pytest.fixture
def shared(environment: dict[str, str]) -> Iterator[Catalogue]:
    """The catalogue with the record, the agency and its people."""
    config = load_config(environ=environment)
    prepare_home(config)
    opened = open_catalogue(config)
    agency = OrganizationRef(slug=AGENCY, id=organization(opened, AGENCY))
    for number in range(EDITORS):
        new = accounts.NewUser(f"user{number}", f"user{number}@example.kz", "correct horse battery")
        accounts.add_user(opened, SYSTEM, dataclasses.replace(new, organization=AGENCY, role=Role.EDITOR))
    writing.create(opened, SYSTEM, record("Вода", organization=agency), slug=RECORD)
    generous = replace(config, records=replace(config.records, revisions=100_000))
    yield replace(opened, config=generous)
    opened.close()


def in_threads(_environment: dict[str, str], catalogue: Catalogue) -> list[Done]:
    """All of them in this process, on one engine."""
    with ThreadPoolExecutor(EDITORS) as pool:
        waiting = [pool.submit(edit, catalogue, number, SECONDS, TURNS) for number in range(EDITORS)]
        return [one.result() for one in waiting]


def in_processes(environment: dict[str, str], _catalogue: Catalogue) -> list[Done]:
    """Each in a process of its own."""
    said = (str(SECONDS), str(TURNS))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.services.editors", str(number), *said],
            cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    answers = [one.communicate(timeout=SECONDS + 120)[0] for one in running]
    assert [one.returncode for one in running] == [0] * PROCESSES
    return [Done(**json.loads(answer)) for answer in answers]


@pytest.mark.parametrize("everybody", [in_threads, in_processes])
def test_nothing_that_was_acknowledged_is_lost(
    environment: dict[str, str], shared: Catalogue, everybody: Everybody
) -> None:
    done = everybody(environment, shared)
    words = [word for one in done for word in one.keywords]
    assert len(words) == len(set(words)) >= len(done) * 4
    with shared.sessions.read() as session:
        row = session.scalars(select(Organization).where(Organization.slug == AGENCY)).one()
        key = session.scalars(select(Dataset.id).where(Dataset.slug == RECORD)).one()
        states = revisions.records_from(session, "dataset", key, 1)
        events = session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == key)).all()
    history = [[one.text for one in state.keywords] for state in states]
    added = [after[-1] for after in history[1:]]
    assert sorted(added) == sorted(words)
    for before, after in pairwise(history):
        assert after == [*before[-20:], after[-1]], "a state that is not the one before it with one word more"
    now = stored(shared, key)
    assert [one.text for one in now.keywords] == history[-1]
    assert events.count("edited") == len(words)
    _assert_titles(row, done)
    refused = sum(one.refused for one in done)
    sys.stdout.write(f"{everybody.__name__}: {len(done)} editors, {len(words)} changes, {refused} begun anew\n")


def _assert_titles(row: Organization, done: list[Done]) -> None:
    """Each language of the agency's title is the last that some editor was told to be written there."""
    said = {one for each in done for one in each.titles}
    for language in ("kk", "ru", "en"):
        value = getattr(row.title, language)
        given = {one for one in said if one.startswith(f"{language}:")}
        assert not given or f"{language}:{value}" in given
