"""source …: where records come from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, plain, print_json, print_rows, say
from opendata.services.actors import SYSTEM

if TYPE_CHECKING:
    from opendata.services.source_rules import GivenCredentials
    from opendata.services.sources import Changes

OF_THE_SITE = "site"
"""Typed where a number of the source gives way to that of the site's settings."""


def _or_of_the_site(kind: type[float]) -> Callable[..., Any]:
    """Reads a number of that kind, or the word that stands for the site's own."""

    def read(_context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        if value is None or value == OF_THE_SITE:
            return value
        try:
            return kind(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is neither a number nor {OF_THE_SITE!r}.", param=parameter) from None

    return read


_SHARED: tuple[Callable[[Any], Any], ...] = (
    click.option("--title", help="Its name for people."),
    click.option("--organization", help="Slug of the agency that its records belong to."),
    click.option("--frequency", help="manual, hourly, daily, weekly, monthly, or a cron line such as '30 3 * * 1-5'."),
    click.option("--option", "options", multiple=True, metavar="K=V", help="An option of its kind; may be repeated."),
    click.option("--priority", type=int, help="Where two sources have one record, the lower number's word holds."),
    click.option(
        "--withdraw-share",
        callback=_or_of_the_site(float),
        metavar="SHARE",
        help="Share (0 to 1) of its records that may vanish at once; 'site' for what the settings say.",
    ),
    click.option(
        "--grace-days",
        callback=_or_of_the_site(int),
        metavar="DAYS",
        help="Days for which a missing record stays in the catalogue, or 'site'.",
    ),
    click.option(
        "--full-days",
        callback=_or_of_the_site(int),
        metavar="DAYS",
        help="Days after which everything is listed again, or 'site'.",
    ),
    click.option(
        "--credential",
        metavar="KIND[:NAME]",
        help="basic:USER, bearer, header:NAME, query:NAME or s3:ACCESS_KEY. The secret itself is asked for.",
    ),
    click.option("--secret-stdin", is_flag=True, help="Read the secret from the first line of stdin."),
    click.option("--secret-env", metavar="VARIABLE", help="Read the secret from this environment variable."),
)


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """What can be said of a source when it is added, and changed later."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


@click.group()
def source() -> None:
    """Harvest sources."""


@source.command("add")
@click.argument("name")
@click.option("--type", "type_", required=True, help="Kind of source: oaipmh, ckan, folder …")
@click.option("--url", required=True, help="Its address; for a folder the path of a directory or zip.")
@_shared
@pass_context
def add(context: Context, /, name: str, type_: str, url: str, **given: Any) -> None:
    """Add the source NAME. A user and password in the address are stored encrypted, apart from it."""
    from opendata.services import sources

    changes = _changes(given)
    new = sources.NewSource(name=name, type=type_, url=url, **changes)
    sources.add(context.catalogue, SYSTEM, new)
    say(f"Added the source {name}. Run it with: opendata harvest run {name}")
    _say_first_harvest(context, name)


@source.command("edit")
@click.argument("name")
@click.option("--url", help="Its address. With another host its credentials are removed, unless they are given again.")
@click.option("--no-credential", is_flag=True, help="Remove its credentials.")
@_shared
@pass_context
def edit(context: Context, /, name: str, url: str | None, no_credential: bool, **given: Any) -> None:
    """Change the source NAME: what is not named stays. --option K= takes an option back to its default."""
    from opendata.services import sources

    if no_credential and given["credential"]:
        raise click.UsageError("Give --credential or --no-credential, not both.")
    known, _ = sources.form(context.catalogue, SYSTEM, name)
    changes = _changes(given)
    if "options" in changes:
        merged = {**known.options, **changes["options"]}
        changes["options"] = {key: value for key, value in merged.items() if value}
    if url is not None:
        changes["url"] = url
    if no_credential:
        changes["credentials"] = None
    revised = sources.revise(context.catalogue, SYSTEM, name, cast("Changes", changes))
    say(f"Changed {', '.join(revised.changed)} of the source {name}." if revised.changed else "Nothing was changed.")
    if "frequency" in revised.changed:
        _say_first_harvest(context, name)
    if revised.dropped:
        say("Its credentials belonged to the former address and were removed. Give them again with --credential.")


def _say_first_harvest(context: Context, name: str) -> None:
    """When the worker harvests it for the first time, where it will."""
    from opendata.services import desk

    line = desk.source(context.catalogue, SYSTEM, name).line
    if line.is_new and line.next_run:
        moment = f"{line.next_run:%Y-%m-%d %H:%M} UTC"
        say(f"First harvest on {moment}; try it before with: opendata harvest run {name} --dry-run")


@source.command("show")
@click.argument("name")
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Everything that is known of the source NAME, but its credentials."""
    from opendata.services import desk

    found = desk.source(context.catalogue, SYSTEM, name)
    line, own = found.line, found.settings
    rows = {
        "name": own.name, "title": own.title, "type": own.type, "url": own.url, "organization": own.organization,
        "frequency": own.frequency or "manual", "options": dict(own.options), "credentials": found.has_credentials,
        "priority": own.priority, "withdraw_share": own.withdraw_share, "grace_days": own.grace_days,
        "full_days": own.full_days, "active": line.active, "stopped_reason": line.stopped_reason,
        "records": line.records, "withdrawn": line.withdrawn, "last_success": line.last_success,
        "next_run": line.next_run, "failures": found.failures,
        "last_status": line.last_job.status if line.last_job else None,
    }  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for key, value in rows.items():
        if isinstance(value, dict):
            value = " ".join(f"{name}={option}" for name, option in value.items() if option)
        if value not in (None, ""):
            click.echo(f"{key:<15} {plain(value)}")


@source.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """All sources with the outcome of their last run."""
    from opendata.services import desk

    rows = [
        {
            "name": line.name,
            "type": line.type,
            "url": line.url,
            "active": line.active,
            "records": line.records,
            "withdrawn": line.withdrawn,
            "last_status": line.last_job.status if line.last_job else None,
            "last_finished": line.last_job.finished if line.last_job else None,
            "next_run": line.next_run,
        }
        for line in desk.sources(context.catalogue, SYSTEM)
    ]
    print_rows(rows, as_json=as_json)


@source.command("pause")
@click.argument("name")
@pass_context
def pause(context: Context, name: str) -> None:
    """Harvest the source NAME no more until it is resumed."""
    from opendata.services import sources

    sources.pause(context.catalogue, SYSTEM, name)
    say(f"Paused the source {name}.")


@source.command("resume")
@click.argument("name")
@pass_context
def resume(context: Context, name: str) -> None:
    """Let the paused source NAME be harvested again."""
    from opendata.services import sources

    sources.resume(context.catalogue, SYSTEM, name)
    say(f"Resumed the source {name}.")


@source.command("remove")
@click.argument("name")
@pass_context
def remove(context: Context, name: str) -> None:
    """Remove the source NAME. Its records stay, and no longer belong to a source."""
    from opendata.services import sources

    kept = sources.remove(context.catalogue, SYSTEM, name)
    say(f"Removed the source {name}; {counted(kept, 'record stays', 'records stay')} in the catalogue.")


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """What was named on the command line, as the services take it."""
    plainly = ("title", "organization", "frequency", "priority")
    changes = {key: given[key] for key in plainly if given[key] is not None}
    for key in ("withdraw_share", "grace_days", "full_days"):
        if given[key] is not None:
            changes[key] = None if given[key] == OF_THE_SITE else given[key]
    if given["options"]:
        changes["options"] = dict(_pair(option) for option in given["options"])
    if given["credential"]:
        changes["credentials"] = _credentials(given["credential"], given["secret_env"], stdin=given["secret_stdin"])
    elif given["secret_env"] or given["secret_stdin"]:
        raise click.UsageError("Say with --credential what the secret is.")
    return changes


def _credentials(spelled: str, variable: str | None, *, stdin: bool) -> GivenCredentials:
    """KIND[:NAME] with its secret, which never stands on the command line: others on the machine can read that."""
    from opendata.services.source_rules import GivenCredentials

    kind, _, name = spelled.partition(":")
    if variable:
        secret = os.environ.get(variable, "")
        if not secret:
            raise click.UsageError(f"--secret-env: the environment has no {variable}.")
    elif stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        secret = click.prompt("Secret", hide_input=True, err=True)
    else:
        raise click.UsageError("Give the secret by --secret-stdin or --secret-env VARIABLE.")
    return GivenCredentials(kind.strip(), name.strip(), secret)


def _pair(option: str) -> tuple[str, str]:
    key, separator, value = option.partition("=")
    if not separator:
        raise click.UsageError(f"--option {option}: write it as KEY=VALUE.")
    return key.strip(), value.strip()


COMMANDS = (source,)
