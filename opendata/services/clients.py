"""The manners of outbound requests, from the settings; pace and connections are shared by the whole process."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from opendata import __version__
from opendata.config import Config
from opendata.harvesting.client import AGENT, ClientPolicy, Credentials, HttpClient, transport_for
from opendata.harvesting.contract import Source
from opendata.harvesting.manners import Manners
from opendata.harvesting.transport import GuardedTransport
from opendata.services.catalogue import Catalogue

_MAKING = threading.Lock()
BRISK_SECONDS = 60.0
"""Most that one answer may take where many hosts are asked for little, such as whether a link leads anywhere."""
BRISK_RETRIES = 1


def policy(config: Config) -> ClientPolicy:
    """How requests are made for this site."""
    settings = config.harvest
    return ClientPolicy(
        allow_addresses=settings.allow_addresses,
        timeout_seconds=settings.timeout_seconds,
        max_bytes=settings.max_response_bytes,
        retries=settings.retries,
        pace_seconds=settings.pace_seconds,
        user_agent=user_agent(config),
        robots=settings.robots,
    )


def user_agent(config: Config) -> str:
    """Who asks, and where its operator is reached."""
    about = [f"+{config.site.url}" if config.site.url else "", config.site.contact_email]
    # A title or an address may be in any script; a header holds ASCII.
    told = "; ".join(part.encode("ascii", "ignore").decode() for part in about if part and part.isprintable())
    return f"{AGENT}/{__version__} ({told or 'open catalogue of commissioned research'})"


def client_for(
    catalogue: Catalogue,
    source: Source | None = None,
    credentials: Credentials | None = None,
    stopped: Callable[[], bool] | None = None,
    *,
    brisk: bool = False,
) -> HttpClient:
    """A client whose pace and connections are shared with all others of this process. Close it as any other.

    `credentials` go to the origin of the source's address alone; `stopped` ends every request with Stopped. A `brisk`
    one gives up soon on who is slow, since it comes again another day.
    """
    manner = policy(catalogue.config)
    if brisk:
        manner = replace(manner, total_seconds=BRISK_SECONDS, retries=min(manner.retries, BRISK_RETRIES))
    with _MAKING:  # two threads at once would make two, and one would be dropped with its connections open
        shared = _shared(catalogue.config.harvest.allow_addresses)
    return HttpClient(
        manner,
        credentials=credentials if source and source.url.startswith(("http://", "https://")) else None,
        origin=source.url if source else "",
        stopped=stopped,
        manners=shared[0],
        transport=shared[1],
    )


@cache
def _shared(allow: tuple[str, ...]) -> tuple[Manners, GuardedTransport]:
    transport = transport_for(allow)
    atexit.register(transport.close)
    return Manners(), transport
