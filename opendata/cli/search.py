"""index … and search: the same search as the site, and the care of its index."""

from __future__ import annotations

import json
import sys

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say


@click.group()
def index() -> None:
    """The search index."""


@index.command("rebuild")
@pass_context
def rebuild(context: Context) -> None:
    """Build the index anew beside the live one, then swap. What changes meanwhile is in the new one too."""
    from opendata.cli.progress import progress
    from opendata.services import indexing, rereading, wordlists

    lost = rereading.queue_lost(context.catalogue)
    with progress("Indexing") as advance:
        written = indexing.rebuild(context.catalogue, advance)
    wordlists.refresh(context.catalogue)
    say(f"Indexed {counted(written, 'record')}.")
    _tell_lost(lost)


@index.command("check")
@json_option
@click.option("--dry-run", is_flag=True, help="Only compare.")
@pass_context
def check(context: Context, as_json: bool, dry_run: bool) -> None:
    """Compare the index with the store, record by record, and queue what mends it.

    With --dry-run the exit code is 1 when they differ.
    """
    from opendata.services import index_check

    found = index_check.compare(context.catalogue, repair=not dry_run)
    if as_json:
        print_json(found)
    elif found.unusable:
        say(f"{found.unusable} {'It must be rebuilt.' if dry_run else 'A rebuild is queued.'}")
    else:
        say(
            f"{counted(found.indexed, 'record is', 'records are')} indexed; {found.missing} missing, "
            f"{found.surplus} too many, {found.stale} stale, {found.misplaced} in the wrong area, "
            f"{found.unread} without the text of a file."
        )
    if dry_run and found.differs:
        raise SystemExit(1)


def _tell_lost(files: int) -> None:
    if files:
        say(f"The texts of {counted(files, 'file')} are gone. The worker reads them again, and indexes them then.")


@index.command("status")
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Figures of the index: documents, waiting jobs, format version, whether it is current."""
    from opendata.services import indexing

    found = indexing.status(context.catalogue)
    if as_json:
        print_json(found)
    else:
        print_rows([found])


@index.command("analyze")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), help="Language of the text, where it is known.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@pass_context
def analyze(context: Context, language: str | None, as_json: bool) -> None:
    """Print what the index stores for each token of the texts on stdin, one text a line.

    The words are analysed as the public index does it; where there is none, with what comes with the program.
    """
    from opendata.errors import SearchUnavailable
    from opendata.search.analysis import default_analyser
    from opendata.search.analysis.contract import explain
    from opendata.search.open import open_index

    settings = context.config.search
    try:
        analyser = open_index(context.config.below_home(settings.folder), settings.engine).analyser()
    except SearchUnavailable:
        analyser = default_analyser()
    for line in sys.stdin:
        for token in explain(analyser, line, language or ""):
            if as_json:
                click.echo(json.dumps({"token": token.token, "keys": list(token.keys)}, ensure_ascii=False))
            else:
                click.echo(f"{token.token}\t{' '.join(token.keys)}")


@click.command()
@click.argument("query")
@click.option("--filter", "filters", multiple=True, metavar="F=V", help="A filter, as in the URL; may be repeated.")
@click.option("--sort", default="", help="relevance, -issued, issued, title …")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="Results to print.")
@json_option
@pass_context
def search(context: Context, query: str, filters: tuple[str, ...], sort: str, limit: int, as_json: bool) -> None:
    """Search as the site does."""
    from opendata.search.query import SearchQuery
    from opendata.services import discovery
    from opendata.services.actors import PUBLIC

    pairs = [("q", query), *(_pair(given) for given in filters), *([("sort", sort)] if sort else [])]
    found = discovery.find(context.catalogue, PUBLIC, SearchQuery.from_args(pairs, size=limit))
    rows = [
        {
            "kind": card.kind,
            "slug": card.record.slug,
            "title": card.record.title.show("en").value,
            "file": card.passage.filename if card.passage else "",
            "page": card.passage.page if card.passage else None,
            "passage": card.passage.text if card.passage else "",
            "passages": [
                {"resource": str(one.resource_id), "page": one.page, "text": one.text}
                for one in (card.inside.passages if card.inside else ())
            ],
            "missing": list(card.missing),
        }
        for card in found.cards
    ]
    if as_json:
        print_json({"total": found.total, "complete": found.complete, "notes": found.notes, "items": rows})
        return
    print_rows([{name: value for name, value in row.items() if name not in ("passages", "missing")} for row in rows])
    for note in found.notes:
        say(f"{note.code}: {note.piece} {note.reading}".rstrip())
    say(f"{found.total} found, {found.complete} with all of the words.")


def _pair(given: str) -> tuple[str, str]:
    name, separator, value = given.partition("=")
    if not separator:
        raise click.UsageError(f"--filter {given}: write it as FILTER=VALUE.")
    return name, value


COMMANDS = (index, search)
