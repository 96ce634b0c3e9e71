"""How the harvesters are run in tests: as the engine runs them, with checked options and a real client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Event, Run, Source
from opendata.harvesting.registry import check_options, harvester

Harvest = Callable[..., list[Event]]


@pytest.fixture
def client() -> Iterator[HttpClient]:
    policy = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=1, max_bytes=5_000_000)
    with HttpClient(policy, sleep=lambda seconds: None) as http:
        yield http


@pytest.fixture
def harvest(client: HttpClient) -> Harvest:
    """harvest(type, url, options…, limit=, since=, position=) gives every event."""

    def run(kind: str, url: str | Path, *, limit=None, since=None, position=None, **options: str) -> list[Event]:  # type: ignore[no-untyped-def]
        chosen = harvester(kind)
        source = Source(UUID(int=1), "test", kind, str(url), check_options(chosen, options))
        return list(chosen.harvest(Run(source, client, since=since, position=position, limit=limit)))

    return run


@pytest.fixture
def realdata() -> Path:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: real data is not at hand")
    return Path(folder)
