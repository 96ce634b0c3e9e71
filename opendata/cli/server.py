"""serve and worker: the long-running commands."""

from __future__ import annotations

import os
from functools import partial

import click

from opendata.cli.context import Context, pass_context


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--processes", default=0, type=click.IntRange(0, 64), help="Web processes. 0: one per core, two at most.")
@click.option("--no-worker", is_flag=True, help="Do not run the background worker inside.")
@click.option("--demo", is_flag=True, help="Load the demo content first if the store is empty.")
@pass_context
def serve(context: Context, host: str, port: int, processes: int, no_worker: bool, demo: bool) -> None:
    """Serve the catalogue over HTTP, with the background worker inside."""
    from opendata.bootstrap import prepare_home
    from opendata.cli.gunicorn_server import run_server

    config = context.config.with_url(f"http://{host}:{port}")
    prepare_home(config)
    if demo:
        _load_demo_if_empty(context)
    run_server(config, None if no_worker else config, host, port, processes or min(2, os.cpu_count() or 1))


def _load_demo_if_empty(context: Context) -> None:
    from opendata.services import demo as demo_content

    if demo_content.store_is_empty(context.catalogue):
        click.echo("Loading the demo content …", err=True)
        demo_content.load(context.catalogue)
    context.catalogue.close()  # its connections must not be shared with the processes that will be forked


@click.command()
@click.option("--until-idle", is_flag=True, help="Stop when nothing is left to do.")
@pass_context
def worker(context: Context, until_idle: bool) -> None:
    """Run background jobs: harvests, fetching and reading files, indexing, OCR. Any number may share one database.

    Indexing has a process of its own, so that a harvest and the index each use a processor.
    """
    from opendata.bootstrap import prepare_home
    from opendata.cli import memory, workers
    from opendata.cli.child import Workers

    prepare_home(context.config)
    memory.settle()
    with Workers([partial(workers.index, context.config)]):
        workers.others(context.config, 0, until_idle=until_idle)


COMMANDS = (serve, worker)
