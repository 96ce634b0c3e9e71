"""index … and search: the same search as the site, and the care of its index."""

from __future__ import annotations

import json
import sys

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say


@click.group()
def index() -> None:
    """The search index."""


@index.command("rebuild")
@pass_context
def rebuild(context: Context) -> None:
    """Build the index anew beside the live one, then swap."""
    from opendata.cli.progress import progress
    from opendata.services import indexing, wordlists

    with progress("Indexing") as advance:
        written = indexing.rebuild(context.catalogue, advance)
    wordlists.refresh(context.catalogue)
    say(f"Indexed {written} records.")


@index.command("check")
@json_option
@click.option("--dry-run", is_flag=True, help="Only compare.")
@pass_context
def check(context: Context, as_json: bool, dry_run: bool) -> None:
    """Compare the index with the store and queue what mends it."""
    from opendata.services import indexing

    found = indexing.compare(context.catalogue, repair=not dry_run)
    if as_json:
        print_json(found)
    else:
        say(f"{found.indexed} records are indexed; {found.missing} were missing and {found.surplus} too many.")
    if dry_run and (found.missing or found.surplus):
        raise SystemExit(1)


@index.command("status")
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Figures of the index: documents, jobs that wait, format version, bytes."""
    from opendata.services import indexing

    found = indexing.status(context.catalogue)
    if as_json:
        print_json(found)
    else:
        print_rows([found])


@index.command("analyze")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), help="Language of the text, where it is known.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def analyze(language: str | None, as_json: bool) -> None:
    """Print what the index stores for each token of the texts on stdin, one text a line."""
    from opendata.search.analysis import default_analyser
    from opendata.search.analysis.contract import explain

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
            "passage": "".join(piece.text for piece in card.passage.pieces) if card.passage else "",
        }
        for card in found.cards
    ]
    if as_json:
        print_json({"total": found.total, "items": rows})
        return
    print_rows(rows)
    say(f"{found.total} found.")


def _pair(given: str) -> tuple[str, str]:
    name, separator, value = given.partition("=")
    if not separator:
        raise click.UsageError(f"--filter {given}: write it as FILTER=VALUE.")
    return name, value


COMMANDS = (index, search)
