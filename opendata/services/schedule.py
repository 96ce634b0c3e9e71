"""When a source is due: by hand, every so often, or by a cron line read in the site's time zone."""

from __future__ import annotations

import datetime as dt
import hashlib
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from opendata.errors import Problem

MANUAL = "manual"
INTERVALS = {
    "hourly": dt.timedelta(hours=1),
    "daily": dt.timedelta(days=1),
    "weekly": dt.timedelta(weeks=1),
    "monthly": dt.timedelta(days=30),
}
"""How long after a run the next is due. Besides these there are "manual" (or nothing), and cron lines."""

SHORTEST = dt.timedelta(minutes=10)
"""No cron line may ask for a source more often."""
LATEST = dt.timedelta(minutes=15)
"""A time that somebody chose by a cron line is put off by no more than this."""
LONGEST_LINE = 200
_LOOKED_AT = 50


def check(frequency: str) -> list[Problem]:
    """What is wrong with a frequency; nothing for one that can be kept."""
    if frequency in ("", MANUAL) or frequency in INTERVALS:
        return []
    hint = f"Use {', '.join((MANUAL, *INTERVALS))}, or a cron line of five fields such as 30 3 * * 1-5."
    if len(frequency) > LONGEST_LINE or len(frequency.split()) != 5:
        return [Problem("frequency", f"Unknown frequency {frequency[:LONGEST_LINE]!r}.", "frequency", hint=hint)]
    try:
        times = list(islice(CronSim(frequency, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)), _LOOKED_AT))
    except CronSimError as error:
        return [Problem("frequency", f"{frequency!r} is no cron line: {error}", "frequency", hint=hint)]
    if not times:
        return [Problem("frequency", f"The time of {frequency!r} never comes.", "frequency", hint=hint)]
    if any(later - earlier < SHORTEST for earlier, later in pairwise(times)):
        minutes = int(SHORTEST.total_seconds() / 60)
        message = f"{frequency!r} comes more often than every {minutes} minutes."
        return [Problem("frequency", message, "frequency", hint=hint)]
    return []


def next_run(
    frequency: str, after: dt.datetime, *, timezone: str = "UTC", name: str = "", jitter: float = 0.0
) -> dt.datetime | None:
    """When a source that last ran at `after` (UTC) is due again; None for one that is run by hand.

    It may come later by up to `jitter` of the interval, so that not all sources come at once: always as much later for
    one `name` and one `after`.
    """
    if frequency in INTERVALS:
        return after + INTERVALS[frequency] * (1 + jitter * _chance(name, after))
    if frequency in ("", MANUAL) or check(frequency):
        return None
    times = list(islice(CronSim(frequency, after.astimezone(ZoneInfo(timezone))), 2))
    first = times[0].astimezone(dt.UTC)
    gap = times[-1].astimezone(dt.UTC) - first
    return first + min(gap * jitter, LATEST) * _chance(name, after)


def _chance(name: str, after: dt.datetime) -> float:
    """0 to 1, as good as random, and the same each time it is asked."""
    digest = hashlib.sha256(f"{name} {after.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
