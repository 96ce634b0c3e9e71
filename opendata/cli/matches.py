"""match …: records that may be one."""

from __future__ import annotations

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say
from opendata.services.actors import SYSTEM


@click.group()
def match() -> None:
    """Records of different sources that may be one."""


@match.command("list")
@click.option("--decided", is_flag=True, help="Those that somebody has decided about.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Pairs at most.")
@json_option
@pass_context
def list_(context: Context, decided: bool, limit: int, as_json: bool) -> None:
    """The pairs that wait for a decision, the likeliest first."""
    from opendata.services import match_lists

    found = match_lists.matches(context.catalogue, SYSTEM, decided=decided, limit=limit)
    rows = [
        {
            "id": line.id,
            "score": line.score,
            "status": line.status,
            "first": line.first.slug,
            "second": line.second.slug,
            "reasons": list(line.reasons) if as_json else "; ".join(line.reasons),
        }
        for line in found.lines
    ]
    print_rows(rows, as_json=as_json)
    if not as_json:
        say(f"{len(rows)} of {counted(found.total, 'pair')}.")


@match.command("find")
@json_option
@pass_context
def find(context: Context, as_json: bool) -> None:
    """Look at all records for pairs that may be one. The worker does so with what changes."""
    from opendata.services import proposals

    count = proposals.everything(context.catalogue)
    if as_json:
        print_json({"proposed": count})
    say(f"Proposed {counted(count, 'pair')}.")


@match.command("propose")
@click.argument("first")
@click.argument("second")
@json_option
@pass_context
def propose(context: Context, first: str, second: str, as_json: bool) -> None:
    """Put the pair of datasets FIRST and SECOND (slugs or ids) on the list."""
    from opendata.services import joining

    number = joining.named(context.catalogue, SYSTEM, first, second)
    if as_json:
        print_json({"id": number})
    say(f"It is pair {number}. Join it with: opendata match join {number}")


@match.command("join")
@click.argument("pair", nargs=-1, required=True)
@click.option("--keep", default="", help="Slug or id of the record that stays; the older one when left out.")
@json_option
@pass_context
def join(context: Context, pair: tuple[str, ...], keep: str, as_json: bool) -> None:
    """Make one record of the two. The other leads to it, and can be split off again.

    PAIR is the number of a pair on the list, or two datasets (slugs or ids).
    """
    from opendata.services import joining

    number = _number(context, pair)
    slug = joining.join(context.catalogue, SYSTEM, number, keep)
    if as_json:
        print_json({"id": number, "slug": slug})
    say(f"Joined. The record is {slug}.")


def _number(context: Context, pair: tuple[str, ...]) -> int:
    """The number of the pair that was named."""
    from opendata.services import joining

    if len(pair) == 2:
        return joining.named(context.catalogue, SYSTEM, *pair)
    number = pair[0]
    if len(pair) > 2 or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise click.UsageError("Name one pair by its number, or two datasets by their slugs or ids.")
    return int(number)


@match.command("reject")
@click.argument("pair", type=int)
@json_option
@pass_context
def reject(context: Context, pair: int, as_json: bool) -> None:
    """Say that the two are two. They are not proposed again."""
    from opendata.services import joining

    joining.reject(context.catalogue, SYSTEM, pair)
    if as_json:
        print_json({"id": pair, "status": "rejected"})
    say(f"Rejected pair {pair}.")


@match.command("split")
@click.argument("pair", type=int)
@json_option
@pass_context
def split(context: Context, pair: int, as_json: bool) -> None:
    """Take two joined records apart again."""
    from opendata.services import joining

    slug = joining.split(context.catalogue, SYSTEM, pair)
    if as_json:
        print_json({"id": pair, "slug": slug})
    say(f"Split. {slug} is a record of its own again.")


@match.command("divide")
@click.argument("name")
@click.argument("source")
@json_option
@pass_context
def divide(context: Context, name: str, source: str, as_json: bool) -> None:
    """Make what SOURCE says of the dataset NAME a record of its own, where several sources have it by one DOI."""
    from opendata.services import dividing

    slug = dividing.divide(context.catalogue, SYSTEM, name, source)
    if as_json:
        print_json({"slug": slug})
    say(f"Divided. What {source} says is {slug} now.")
