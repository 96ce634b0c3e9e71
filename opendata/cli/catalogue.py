"""Commands on datasets."""

from __future__ import annotations

import click

from opendata.cli.context import Context, pass_context
from opendata.cli.matches import edit, match
from opendata.cli.output import say


@click.group()
def dataset() -> None:
    """Datasets."""


@dataset.command("withdraw")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands on the tombstone.")
@pass_context
def withdraw(context: Context, name: str, reason: str) -> None:
    """Withdraw the dataset NAME (slug or id). Its tombstone stays."""
    from opendata.services import datasets
    from opendata.services.actors import SYSTEM

    datasets.withdraw(context.catalogue, SYSTEM, name, reason)
    say(f"Withdrew {name}.")


dataset.add_command(edit)

COMMANDS = (dataset, match)
