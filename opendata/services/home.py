"""What the front page shows."""

from __future__ import annotations

from collections.abc import Mapping

from opendata.catalog import vocabularies
from opendata.errors import SearchRebuilding
from opendata.search.index import FacetCount
from opendata.search.query import SearchQuery
from opendata.services import discovery
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.home_results import Figures, HomePage, ThemeCount
from opendata.store import queries

NEWEST = 6
FACETS = ("theme", "open")


def front(catalogue: Catalogue, actor: Actor, language: str = "en") -> HomePage:
    """Newest records, agencies, themes and figures, all of what is public. SearchUnavailable as for a search.

    While the index is rebuilt, what it counts is left out: every other way into the catalogue is open.
    """
    del actor
    counted = _counted(catalogue)
    with catalogue.sessions.read() as session:
        newest = queries.newest(session, NEWEST)
        organizations = queries.organizations(session)
        counts = queries.site_counts(session)
        overdue = len(queries.studies_owing(session, catalogue.today()))
        pages = queries.readable_pages(session, catalogue.today())
    opened = None if counted is None else {count.value: count.count for count in counted.get("open", ())}
    return HomePage(
        newest=discovery.cards(catalogue, newest, language),
        organizations=tuple(organizations),
        themes=tuple(
            ThemeCount(count.value, vocabularies.text_of("theme", count.value), count.count)
            for count in (counted or {}).get("theme", ())
        ),
        figures=Figures(
            datasets=counts.datasets,
            studies=counts.studies,
            organizations=counts.organizations,
            files=counts.files,
            pages=pages,
            open_datasets=None if opened is None else opened.get("yes", 0),
            overdue_studies=overdue,
        ),
    )


def _counted(catalogue: Catalogue) -> Mapping[str, tuple[FacetCount, ...]] | None:
    """Datasets by theme and by openness; None while the index is rebuilt."""
    query = SearchQuery(filters={"kind": ("dataset",)}, size=1)
    try:
        with catalogue.searches:
            return catalogue.index.search(query, facets=FACETS).facets
    except SearchRebuilding:
        return None
