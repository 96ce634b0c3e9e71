"""Commands on datasets."""

from __future__ import annotations

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.matches import match
from opendata.cli.output import print_rows, say
from opendata.errors import Conflict
from opendata.services.actors import SYSTEM


@click.group()
def dataset() -> None:
    """Datasets."""


@dataset.command("withdraw")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands on the tombstone.")
@pass_context
def withdraw(context: Context, name: str, reason: str) -> None:
    """Withdraw the dataset NAME (slug or id). Its tombstone stays."""
    from opendata.services import writing

    stone = writing.remove(context.catalogue, SYSTEM, name, reason).tombstone
    if stone is not None and stone.reason != reason:
        raise Conflict(f"The dataset {name!r} is withdrawn already. Its tombstone says why: {stone.reason}")
    say(f"Withdrew {name}.")


@dataset.command("edit")
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A field by hand, such as title.ru=…")
@click.option("--release", "released", multiple=True, metavar="FIELD", help="Take the source's word for it again.")
@json_option
@pass_context
def edit(context: Context, name: str, changes: tuple[str, ...], released: tuple[str, ...], as_json: bool) -> None:
    """Edit the dataset NAME (slug or id) by hand, or take edits back. Without options, list what was edited."""
    from opendata.services import editing

    given = dict(_pair(change) for change in changes)
    if given:
        changed = editing.edit(context.catalogue, SYSTEM, name, given)
        say(f"Edited: {', '.join(changed) or 'nothing, all of it is so already'}.")
    if released:
        say(f"Released: {', '.join(editing.release(context.catalogue, SYSTEM, name, released))}.")
    _, fields = editing.fields(context.catalogue, SYSTEM, name)
    rows = [
        {"field": one.name, "value": one.value, "source": one.said, "edited": one.edit.at}
        for one in fields
        if one.edit is not None
    ]
    print_rows(rows, as_json=as_json)


def _pair(change: str) -> tuple[str, str]:
    # A key of a file may hold "="; its id, which stands for it as well, does not.
    field, separator, value = change.partition("=")
    if not separator:
        raise click.UsageError(f"--set {change}: write it as FIELD=VALUE.")
    return field.strip(), value.strip()


COMMANDS = (dataset, match)
