"""study …: the register of commissioned studies."""

from __future__ import annotations

from pathlib import Path

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say


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
    say(f"{report.taken} of {report.rows} studies {'can be' if dry_run else 'were'} registered.")
    if report.taken < report.rows:
        raise SystemExit(1)


COMMANDS = (study,)
