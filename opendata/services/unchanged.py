"""Whether what is to be changed is still what the change was made for: the one check of all that have versions."""

from __future__ import annotations

from collections.abc import Collection

from opendata.errors import Changed

Versions = str | Collection[str] | None
"""The version that a change was made for, or several of which one must stand; None: whatever stands."""


def demand_unchanged(what: str, stands: str, wanted: Versions) -> None:
    """Changed where the version that `stands` is none of those `wanted`. `what` says what it is: the study 'x'."""
    if wanted is None:
        return
    versions = {wanted} if isinstance(wanted, str) else set(wanted)
    if stands not in versions:
        told = f"{what[:1].upper()}{what[1:]} was changed meanwhile. Read it again and repeat the change."
        raise Changed(told, ", ".join(sorted(versions)), stands)
