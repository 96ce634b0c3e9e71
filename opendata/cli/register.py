"""study …: the register of commissioned studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say

if TYPE_CHECKING:
    from opendata.catalog.records import StudyRecord


@click.group()
def study() -> None:
    """The register of commissioned studies."""


@study.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """All studies with what they owe."""
    from opendata.services import studies

    rows = [
        {
            "register_number": record.register_number,
            "slug": record.slug,
            "title": record.title.show("en").value,
            "organization": record.organization.slug if record.organization else "",
            "status": record.status.value,
            "due_state": record.due_state(context.catalogue.today()).value,
            "datasets": len(record.datasets),
        }
        for record in studies.every(context.catalogue)
    ]
    print_rows(rows, as_json=as_json)


@study.command("show")
@click.argument("name")
@pass_context
def show(context: Context, name: str) -> None:
    """Everything about the study NAME (register number, slug or id), as JSON."""
    from opendata.services import studies

    print_json(studies.named(context.catalogue, name))


@study.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", default="", help="Slug of the agency, for rows that name none.")
@click.option("--dry-run", is_flag=True, help="Check every row, store nothing.")
@pass_context
def import_(context: Context, file: Path, organization: str, dry_run: bool) -> None:
    """Register the studies of FILE (CSV or XLSX, one a row; see docs/register.md for the columns)."""
    from opendata.services import studies

    report = studies.import_table(context.catalogue, file, organization, dry_run=dry_run)
    for problem in report.problems:
        say(f"{problem.severity} row {problem.row} {problem.field}: {problem.message} {problem.hint}".rstrip())
    say(f"{report.taken} of {counted(report.rows, 'study', 'studies')} {'can be' if dry_run else 'were'} registered.")
    if report.taken < report.rows:
        raise SystemExit(1)


@study.command("add")
@click.argument("number")
@click.option("--title", required=True, help="Title, in whatever language.")
@click.option("--organization", required=True, help="Slug of the agency that commissioned it.")
@click.option("--draft", is_flag=True, help="Show it to the people of the agency alone until somebody publishes it.")
@pass_context
def add(context: Context, number: str, title: str, organization: str, draft: bool) -> None:
    """Register a study with the register number NUMBER; prints its slug. Say all else at the desk or by the API."""
    from opendata.services import studies_writing
    from opendata.services.actors import SYSTEM

    click.echo(studies_writing.create(context.catalogue, SYSTEM, _begun(number, title, organization, draft)).slug)


def _begun(number: str, title: str, organization: str, draft: bool) -> StudyRecord:
    from opendata.catalog.languages import detect_language
    from opendata.catalog.records import RecordState, StudyRecord
    from opendata.catalog.values import OrganizationRef, Text

    state = RecordState.DRAFT if draft else RecordState.PUBLISHED
    shown = Text.of(title, detect_language(title))
    return StudyRecord(shown, number, organization=OrganizationRef(slug=organization), state=state)


@study.command("withdraw")
@click.argument("name")
@click.option("--reason", default="", help="Why, as its tombstone tells everybody.")
@pass_context
def withdraw(context: Context, name: str, reason: str) -> None:
    """Withdraw the study NAME (register number, slug or id). Its tombstone stays."""
    from opendata.services import studies, studies_writing
    from opendata.services.actors import SYSTEM

    found = studies.named(context.catalogue, name)
    studies_writing.remove(context.catalogue, SYSTEM, str(found.id), reason)
    say(f"{found.slug} is withdrawn.")


@study.command("restore")
@click.argument("name")
@pass_context
def restore(context: Context, name: str) -> None:
    """Bring the withdrawn study NAME (register number, slug or id) back as what it was."""
    from opendata.services import studies, studies_writing
    from opendata.services.actors import SYSTEM

    found = studies.named(context.catalogue, name)
    stands = studies_writing.restore(context.catalogue, SYSTEM, str(found.id))
    say(f"{stands.slug} is {stands.state.value}.")


@study.command("purge")
@click.argument("name")
@click.option("--reason", default="", help="Why, for the audit.")
@click.confirmation_option(prompt="It cannot be brought back. Purge it?")
@pass_context
def purge(context: Context, name: str, reason: str) -> None:
    """Purge the study NAME (register number, slug or id): nothing stays but that it was there."""
    from opendata.services import studies, studies_purging
    from opendata.services.actors import SYSTEM

    found = studies.named(context.catalogue, name)
    studies_purging.purge(context.catalogue, SYSTEM, str(found.id), reason)
    say(f"{found.slug} is purged.")


COMMANDS = (study,)
