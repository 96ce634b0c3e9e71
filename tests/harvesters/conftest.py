"""How the harvesters are run in tests: as the engine runs them, with checked options and a real client."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest

from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Event, Raw, Run, Source
from opendata.harvesting.registry import check_options, harvester

Harvest = Callable[..., list[Event]]


@pytest.fixture
def client() -> Iterator[HttpClient]:
    policy = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=1, max_bytes=5_000_000)
    with HttpClient(policy, sleep=lambda seconds: None) as http:
        yield http


@pytest.fixture
def harvest(client: HttpClient) -> Harvest:
    """harvest(type, url, options…, limit=, since=, position=, full=, validators=, known=, credentials=, mapped=).

    Gives every event. A Raw is read, as the engine does with one that has changed, unless `mapped` is False.
    """

    def run(
        kind: str,
        url: str | Path,
        *,
        credentials: Mapping[str, str] | None = None,
        mapped: bool = True,
        limit: int | None = None,
        since: dt.datetime | None = None,
        position: str | None = None,
        full: bool = True,
        validators: Mapping[str, str] | None = None,
        known: Callable[[str], str] = lambda identifier: "",
        **options: str,
    ) -> list[Event]:
        chosen = harvester(kind)
        source = Source(UUID(int=1), "test", kind, str(url), check_options(chosen, options), credentials or {})
        asked = Run(source, client, since, position, limit, full, validators or {}, known)
        events = chosen.harvest(asked)
        return [event.read() if mapped and isinstance(event, Raw) else event for event in events]

    return run


@pytest.fixture
def realdata() -> Path:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: real data is not at hand")
    return Path(folder)
