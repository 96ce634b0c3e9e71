"""Commands on the stored files: from one store to another, and what was left unfinished."""

from __future__ import annotations

import datetime as dt

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say

OTHER = {"s3": "local", "local": "s3"}


@click.group()
def files() -> None:
    """Stored files, in the folder or in the S3 bucket of [files]."""


@files.command("copy")
@click.option("--to", "target", type=click.Choice(tuple(OTHER)), required=True, help="The store to copy to.")
@click.option("--recheck", is_flag=True, help="Read also what is there already, and copy again what is damaged.")
@click.option("--dry-run", is_flag=True, help="Only count what would be copied.")
@json_option
@pass_context
def copy(context: Context, target: str, recheck: bool, dry_run: bool, as_json: bool) -> None:
    """Copy every file to the store that --to names, from the other one; [files] says where both are.

    Each file is hashed again from where it arrived. What is there already in its size is left, so that a copy that was
    broken off goes on where it was. Nothing is removed, and the setting `backend` stays: change it afterwards. Exit
    code 1 when a file could not be copied.
    """
    from opendata.cli.progress import progress
    from opendata.files import copying
    from opendata.files.open import open_store

    source = OTHER[target]
    stores = open_store(context.config, source), open_store(context.config, target)
    with progress("files") as advance:
        done = copying.copy(*stores, dry_run=dry_run, recheck=recheck, progress=advance)
    if as_json:
        print_json({"from": source, "to": target, "dry_run": dry_run, **_fields(done)})
    for one in done.failed if not as_json else ():
        click.echo(f"{one.checksum}: {one.reason}")
    did = "to be copied" if dry_run else "copied and verified"
    say(
        f"{counted(done.files, 'file')} in {source}: {done.copied} {did} ({counted(done.bytes, 'byte')}), "
        f"{done.present} already in {target}."
    )
    if done.failed:
        say(f"{len(done.failed)} could not be copied.")
        raise SystemExit(1)
    if not dry_run and context.config.files.backend != target:
        say(f'The site still uses {source}. To change that: [files] backend = "{target}", start anew, copy once more.')


@files.command("tidy")
@click.option("--dry-run", is_flag=True, help="Only list it.")
@json_option
@pass_context
def tidy(context: Context, dry_run: bool, as_json: bool) -> None:
    """Remove uploads into the store in use that were begun more than a day ago and never ended."""
    from opendata.files.open import open_store
    from opendata.files.tidying import tidy as tidied

    left = tidied(open_store(context.config), dt.datetime.now(dt.UTC), dry_run=dry_run)
    print_rows([{"name": one.name, "since": one.since} for one in left], as_json=as_json)
    say(f"{len(left)} unfinished {'found' if dry_run else 'removed'}.")


def _fields(done: object) -> dict[str, object]:
    return {name: getattr(done, name) for name in ("files", "copied", "present", "bytes", "failed")}


COMMANDS = (files,)
