"""Harvests a CKAN portal through its action API (https://docs.ckan.org/en/latest/api/).

CKAN clamps `rows` without a word and counts while others write, so pages are taken by what they really brought: the
listing is complete only when the last page is empty or short, and as many different packages came as were counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.ckan_listing import Listing
from opendata.harvesting.contract import N_, Event, Option, OptionType, Run


class CkanHarvester:
    """Lists every public package of a portal, or those that a filter names; next time what changed since."""

    name = "ckan"
    title = N_("CKAN portal")
    version = 2
    incremental = True
    options = (
        Option("organization", help=N_("Harvest only these organisations (their names in the portal's URLs).")),
        Option("organizations_exclude", help=N_("Leave these organisations out.")),
        Option("groups", help=N_("Harvest only these groups (their names in the portal's URLs).")),
        Option("groups_exclude", help=N_("Leave these groups out.")),
        Option("q", help=N_("Harvest only what this search finds.")),
        Option("fq", help=N_("Harvest only what this filter query leaves, e.g. groups:science.")),
        Option("rows", help=N_("Packages per page."), type=OptionType.INTEGER, default="100", minimum=1, maximum=1000),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the portal lists. SourceError where it cannot be read, or is no CKAN."""
        return Listing(run).events()
