"""Short ways to ask a list of events."""

from __future__ import annotations

from collections.abc import Sequence

from opendata.harvesting.contract import Event, Failed, Found, Gone, Incomplete


def found(events: Sequence[Event]) -> list[Found]:
    """The records, in order."""
    return [event for event in events if isinstance(event, Found)]


def failed(events: Sequence[Event]) -> list[Failed]:
    """The failures, in order."""
    return [event for event in events if isinstance(event, Failed)]


def gone(events: Sequence[Event]) -> list[str]:
    """The identifiers of deleted records."""
    return [event.identifier for event in events if isinstance(event, Gone)]


def reason(events: Sequence[Event]) -> str:
    """Why the listing is incomplete, "" where it is complete."""
    last = events[-1]
    return last.reason if isinstance(last, Incomplete) else ""


def codes(event: Found | Failed) -> set[str]:
    """The codes of warnings or problems."""
    return {problem.code for problem in (event.warnings if isinstance(event, Found) else event.problems)}
