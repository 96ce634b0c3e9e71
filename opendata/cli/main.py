"""The `opendata` command."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import click

from opendata import __version__, logs
from opendata.cli import (
    alerts,
    catalogue,
    exporting,
    files,
    handover,
    harvest,
    links,
    people,
    register,
    rules,
    search,
    server,
    similar,
    site,
    sources,
    uploads,
)
from opendata.cli.context import Context
from opendata.errors import CatalogueError, Invalid


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="config.toml to use.")
@click.version_option(__version__)
@click.pass_context
def opendata(context: click.Context, config_path: Path | None) -> None:
    """Open catalogue of government-commissioned research.

    OPENDATA_HOME (default ./data) holds store, files, index and page texts of every command.
    """
    context.obj = Context(config_path)


for command in (
    *server.COMMANDS,
    *site.COMMANDS,
    *people.COMMANDS,
    *handover.COMMANDS,
    *sources.COMMANDS,
    *harvest.COMMANDS,
    *links.COMMANDS,
    *alerts.COMMANDS,
    *register.COMMANDS,
    *catalogue.COMMANDS,
    *exporting.COMMANDS,
    *files.COMMANDS,
    *search.COMMANDS,
    *similar.COMMANDS,
    *uploads.COMMANDS,
):
    opendata.add_command(rules.held(command))


def main() -> None:
    """Run the command line; errors of ours are one line on stderr and exit 1."""
    # Whoosh 2.7.4 is frozen, and warns ("is" with a literal) when it is compiled at its first import.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    logs.set_up("WARNING")
    try:
        opendata(standalone_mode=True)
    except CatalogueError as error:
        click.echo(f"Error: {error.message}", err=True)
        for problem in error.problems if isinstance(error, Invalid) else ():
            if problem.message not in error.message:
                place = f"{problem.field}: " if problem.field else ""
                click.echo(f"  {place}{problem.told}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
