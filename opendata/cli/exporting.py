"""`opendata export`: the whole catalogue in one file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from opendata.cli.context import Context, pass_context
from opendata.cli.output import say
from opendata.export.registry import STREAMS
from opendata.export.site import Site


@click.command("export")
@click.argument("form", metavar="FORMAT", type=click.Choice([one.name for one in STREAMS]))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="FILE, which appears once it is whole.")
@click.option("--organization", default="", help="Only the datasets of this agency (slug) and of those below it.")
@pass_context
def export(context: Context, form: str, output: Path | None, organization: str) -> None:
    """Write every public dataset in FORMAT to stdout, or to a file.

    jsonl is CKAN's dictionary of a dataset a line, as `ckanapi load datasets` reads it. Addresses in it begin with
    the [site] url of the settings.
    """
    from opendata.services import walking

    catalogue = context.catalogue
    stream = next(one for one in STREAMS if one.name == form)
    pieces = stream.write(walking.walk(catalogue, organization=organization), Site.of(catalogue.config))
    if output is not None:
        say(f"Wrote {_write(output, pieces)} bytes to {output}.")
        return
    if stream.media_type.startswith("application/vnd.") and sys.stdout.isatty():
        raise click.UsageError(f"{form} is no text: give --output FILE, or send it on.")
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write(output: Path, pieces: Iterable[bytes]) -> int:
    """Write the file beside its place and put it there when it is whole and on the disk. Gives its bytes."""
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as part:
            try:
                size = sum(part.write(piece) for piece in pieces)
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).chmod(0o644)
                Path(part.name).replace(output)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror or error}") from error
    return size


COMMANDS = (export,)
