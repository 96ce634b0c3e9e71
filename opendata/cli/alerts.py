"""alert …: who is told when something failed."""

from __future__ import annotations

from uuid import UUID

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say
from opendata.services.actors import SYSTEM


@click.group("alert")
def alert() -> None:
    """Who is told when a harvest failed or links broke."""


@alert.command("add")
@click.option("--email", default="", help="Address that gets the digests.")
@click.option("--webhook", default="", help="URL that gets them as signed JSON.")
@click.option("--organization", default="", help="Only what fails in this agency and those below it.")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), help="Of the digests; that of the site if left out.")
@json_option
@pass_context
def add(context: Context, email: str, webhook: str, organization: str, language: str | None, as_json: bool) -> None:
    """Tell an address what failed, once a day at most, and nothing when nothing did."""
    from opendata.services import alerts

    if bool(email) == bool(webhook):
        raise click.UsageError("Give either --email or --webhook.")
    kind = "email" if email else "webhook"
    added = alerts.add(context.catalogue, SYSTEM, kind, email or webhook, organization, language or "")
    if as_json:
        print_json({"id": added.id, **({"key": added.key} if added.key else {})})
    else:
        say(f"Added {added.id}. Try it with: opendata alert test {added.id}")
        if added.key:
            say("Messages are signed with this key, which is shown this once:")
            click.echo(added.key)


@alert.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Everybody who is told, and how the last message went."""
    from opendata.services import alerts

    rows = [
        {
            "id": line.id,
            "kind": line.kind,
            "address": line.address,
            "organization": line.organization,
            "language": line.language,
            "last_sent": line.last_sent,
            "failures": line.failures,
            "last_error": line.last_error,
        }
        for line in alerts.listing(context.catalogue, SYSTEM)
    ]
    print_rows(rows, as_json=as_json)


@alert.command("remove")
@click.argument("key", metavar="ID", type=click.UUID)
@pass_context
def remove(context: Context, key: UUID) -> None:
    """Tell ID no more."""
    from opendata.services import alerts

    alerts.remove(context.catalogue, SYSTEM, key)
    say(f"Removed {key}.")


@alert.command("test")
@click.argument("key", metavar="ID", type=click.UUID)
@pass_context
def test(context: Context, key: UUID) -> None:
    """Send a test message to ID now."""
    from opendata.services import alerts

    error = alerts.try_out(context.catalogue, SYSTEM, key)
    if error:
        say(f"Error: {error}")
        raise SystemExit(1)
    say("The message was taken.")


COMMANDS = (alert,)
