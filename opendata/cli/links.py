"""links …: the addresses from which files come, and whether they lead there."""

from __future__ import annotations

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say
from opendata.services.actors import SYSTEM

STATES = ("ok", "broken", "gone", "refused", "unknown", "unchecked")


@click.group("links")
def links() -> None:
    """Links to files, and whether they lead there."""


@links.command("list")
@click.option("--organization", default="", help="Slug of the agency; those below it count as well.")
@click.option("--status", type=click.Choice(STATES), help="Only those of this state.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@pass_context
def list_(context: Context, organization: str, status: str | None, as_json: bool, as_csv: bool) -> None:
    """Links of all records with what the last look at each found; what wants a look first."""
    from opendata.services import links as service

    found = service.desk(context.catalogue, SYSTEM, organization, service.status_of(status or ""))
    rows = [
        {
            "status": service.name_of(row.status),
            "url": row.url,
            "problem": row.problem,
            "checked": row.checked,
            "copy_of": row.fetched if row.copied else None,
            "record": row.dataset_slug,
            "resource_id": row.resource_id,
        }
        for row in found.rows
    ]
    print_rows(rows, as_json=as_json, as_csv=as_csv)
    counts = ", ".join(f"{number} {service.name_of(state)}" for state, number in found.counts.items())
    say(f"Looked at {found.looked_at} of {counted(found.total, 'link')}{f': {counts}' if counts else ''}.")


@links.command("check")
@click.option("--organization", default="", help="Slug of the agency; those below it count as well.")
@click.option("--status", type=click.Choice(STATES), help="Only those of this state.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Most links looked at.")
@json_option
@pass_context
def check(context: Context, organization: str, status: str | None, limit: int, as_json: bool) -> None:
    """Look at links now, in the foreground, those first that were not looked at for longest."""
    from opendata.services import linking
    from opendata.services import links as service

    catalogue = context.catalogue
    ids = service.check_all(catalogue, SYSTEM, organization, service.status_of(status or ""), limit)
    counts: dict[str, int] = {}
    for start in range(0, len(ids), linking.AT_ONCE):
        for visit in linking.check(catalogue, ids[start : start + linking.AT_ONCE]).values():
            name = service.name_of(visit.status)
            counts[name] = counts.get(name, 0) + 1
    if as_json:
        print_json({"looked_at": len(ids), "counts": counts})
    else:
        found = ", ".join(f"{number} {name}" for name, number in counts.items())
        say(f"Looked at {counted(len(ids), 'link')}{f': {found}' if found else ''}.")


COMMANDS = (links,)
