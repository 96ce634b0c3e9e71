"""The manners of outbound requests, from the settings."""

from __future__ import annotations

from opendata.config import Config
from opendata.harvesting.client import ClientPolicy


def policy(config: Config) -> ClientPolicy:
    """How requests are made for this site."""
    settings = config.harvest
    return ClientPolicy(
        allow_addresses=settings.allow_addresses,
        timeout_seconds=settings.timeout_seconds,
        max_bytes=settings.max_response_bytes,
        retries=settings.retries,
        pace_seconds=settings.pace_seconds,
    )
