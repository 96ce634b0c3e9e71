"""Harvests an OAI-PMH 2.0 repository (https://www.openarchives.org/OAI/openarchivesprotocol.html).

The listing is believed only as far as it proves itself: it is complete when its last page says so, no page was broken,
and as many different records came as the repository had announced.
"""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.oai_listing import Listing
from opendata.harvesting.contract import N_, Event, Option, OptionType, Run


class OaiPmhHarvester:
    """Lists every record of a repository, or of one of its sets; next time what changed since."""

    name = "oaipmh"
    title = N_("OAI-PMH repository")
    version = 2
    incremental = True
    options = (
        Option("set", help=N_("Harvest only this set (its setSpec).")),
        Option(
            "metadata_prefix", help=N_("Metadata format to ask for. Empty: the richest that the repository offers.")
        ),
        Option(
            "organization_from",
            help=N_("The agency of a record: that of the source, or the one named in dc:publisher."),
            type=OptionType.CHOICE,
            default="source",
            choices=("source", "publisher"),
        ),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the repository lists. SourceError where it cannot be read, or has no format that we know."""
        return Listing(run).events()
