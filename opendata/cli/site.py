"""db …, config … and demo: the site itself."""

from __future__ import annotations

import json
from pathlib import Path

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, say


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@pass_context
def upgrade(context: Context) -> None:
    """Bring the database to the tables of this version."""
    from opendata.bootstrap import prepare_home

    prepare_home(context.config)
    say("The database is up to date.")


@db.command("check")
@pass_context
def check(context: Context) -> None:
    """Say whether the database is at this version; exit 1 when it is not."""
    from opendata.bootstrap import check_database

    check_database(context.config)
    say("The database is up to date.")


@db.command("copy")
@click.argument("file", type=click.Path(path_type=Path))
@pass_context
def copy(context: Context, file: Path) -> None:
    """Copy the SQLite store FILE into the empty PostgreSQL database of [database] url.

    With it go the page texts that lie beside FILE. No part of the site may run meanwhile. All is copied, or nothing;
    FILE stays as it is.
    """
    from opendata.bootstrap import copy_database

    copied = copy_database(context.config, file, lambda table: say(f"  {table}"))
    say(f"Copied {counted(copied, 'row')}.")


@click.group()
def config() -> None:
    """The settings."""


@config.command("show")
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """The effective settings; secrets are masked."""
    from opendata.config import shown

    tables = shown(context.config)
    if as_json:
        print_json({"origin": context.config.origin, "home": str(context.config.home), **tables})
        return
    click.echo(f"# {context.config.origin}, OPENDATA_HOME={context.config.home}")
    for table, values in tables.items():
        click.echo(f"\n[{table}]")
        for key, value in values.items():
            click.echo(f"{key} = {_toml(value)}")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # A JSON string is a basic string of TOML as well.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Load the demo content; `demo remove` takes it out again."""
    if context.invoked_subcommand is None:
        from opendata.services import demo as service

        loaded = service.load(context.obj.catalogue)
        say(f"Loaded {_told(loaded.studies, loaded.datasets, loaded.organizations)}.")
        say("Files are read and indexed by the worker: opendata worker --until-idle, or opendata serve.")


def _told(studies: int, datasets: int, agencies: int) -> str:
    parts = counted(studies, "study", "studies"), counted(datasets, "dataset")
    return f"{' and '.join(parts)} of {counted(agencies, 'agency', 'agencies')}"


@demo.command("remove")
@pass_context
def remove(context: Context) -> None:
    """Remove the demo content, bytes included."""
    from opendata.services import demo as service

    removed = service.remove(context.catalogue)
    say(f"Removed {_told(removed.studies, removed.datasets, removed.organizations)}.")


COMMANDS = (db, config, demo)
