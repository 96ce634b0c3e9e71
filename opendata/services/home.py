"""What the front page shows."""

from __future__ import annotations

from opendata.catalog import vocabularies
from opendata.search.query import SearchQuery
from opendata.services import discovery
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.results import Figures, HomePage, ThemeCount
from opendata.store import queries

NEWEST = 6
FACETS = ("theme", "open")


def front(catalogue: Catalogue, actor: Actor, language: str = "en") -> HomePage:
    """Newest records, agencies, themes and figures, all of what is public. SearchUnavailable as for a search."""
    del actor
    with catalogue.searches:
        results = catalogue.index.search(SearchQuery(filters={"kind": ("dataset",)}, size=1), facets=FACETS)
    with catalogue.sessions.read() as session:
        newest = queries.newest(session, NEWEST)
        organizations = queries.organizations(session)
        counts = queries.site_counts(session)
        overdue = len(queries.studies_owing(session, catalogue.today()))
        pages = queries.readable_pages(session, catalogue.today())
    opened = {count.value: count.count for count in results.facets.get("open", ())}
    return HomePage(
        newest=discovery.cards(catalogue, newest, language),
        organizations=tuple(organizations),
        themes=tuple(
            ThemeCount(count.value, vocabularies.text_of("theme", count.value), count.count)
            for count in results.facets.get("theme", ())
        ),
        figures=Figures(
            datasets=counts.datasets,
            studies=counts.studies,
            organizations=counts.organizations,
            files=counts.files,
            pages=pages,
            open_datasets=opened.get("yes", 0),
            overdue_studies=overdue,
        ),
    )
