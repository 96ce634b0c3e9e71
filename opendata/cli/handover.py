"""handover: everything that somebody answers for goes to a successor."""

from __future__ import annotations

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, say
from opendata.services.actors import SYSTEM


@click.command()
@click.argument("person", metavar="FROM")
@click.argument("successor", metavar="TO")
@click.option("--organization", default="", help="Slug of an agency: only in it and in those below it.")
@click.option("--note", default="", help="Why, for the history.")
@click.option("--dry-run", is_flag=True, help="Say what would go over, and change nothing.")
@json_option
@pass_context
def handover(
    context: Context, person: str, successor: str, organization: str, note: str, dry_run: bool, as_json: bool
) -> None:
    """Let TO answer for everything that FROM answers for: records, studies, sources, uploads that are not done.

    Both are named by e-mail or user name; FROM may be an account that has ended. Both get a letter.
    """
    from opendata.services import handover as service

    if dry_run:
        load = service.preview(context.catalogue, SYSTEM, person, successor, organization).load
    else:
        load = service.hand_over(context.catalogue, SYSTEM, person, successor, organization, note)
    if as_json:
        print_json(load)
        return
    counts = (
        counted(load.datasets, "record"),
        counted(load.studies, "study", "studies"),
        counted(load.sources, "source"),
        counted(load.uploads, "upload"),
    )
    say(f"{'Would hand' if dry_run else 'Handed'} over {', '.join(counts)}.")
    if load.staying:
        staying = counted(load.staying, "record stays", "records stay")
        say(f"{staying}: {successor} may not edit there. Give them a role first.")


COMMANDS = (handover,)
