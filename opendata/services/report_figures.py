"""How readers' reports are answered, as everybody may see it on the page of an agency."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import ceil
from statistics import median

from sqlalchemy import select

from opendata.services.catalogue import Catalogue
from opendata.services.reporting import DECIDED, KINDS
from opendata.store import queries
from opendata.store.operations import ReportedProblem
from opendata.store.queries.visible import is_visible

LOOKED_BACK = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Of `received` reports `answered` have an answer, half of these after at most `days` days (None of none)."""

    received: int
    answered: int
    days: float | None

    @property
    def whole_days(self) -> int:
        """The same in days that have begun."""
        return max(1, ceil(self.days or 0))


def of_organization(catalogue: Catalogue, slug: str) -> ReportFigures | None:
    """The reports of `LOOKED_BACK` about public records of the agency and of those below it; None without any."""
    since = catalogue.now() - LOOKED_BACK
    with catalogue.sessions.read() as session:
        ids = [key for key, path in queries.organization_paths(session).items() if slug in path]
        rows = [
            row
            for kind, table in KINDS.items()
            for row in session.execute(
                select(ReportedProblem.state, ReportedProblem.created, ReportedProblem.answered)
                .join(table, table.id == ReportedProblem.object_id)
                .where(ReportedProblem.kind == kind, ReportedProblem.created > since)
                .where(is_visible(table), table.organization_id.in_(ids))
            )
        ]
    if not rows:
        return None
    waits = [(row.answered - row.created) / dt.timedelta(days=1) for row in rows if row.state in DECIDED]
    return ReportFigures(len(rows), len(waits), median(waits) if waits else None)
