"""source … and harvest …: where records come from, and fetching them."""

from __future__ import annotations

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say
from opendata.errors import CatalogueError
from opendata.services.actors import SYSTEM


@click.group()
def source() -> None:
    """Harvest sources."""


@source.command("add")
@click.argument("name")
@click.option("--type", "type_", required=True, help="Kind of source: oaipmh, ckan, folder …")
@click.option("--url", required=True, help="Its address; for a folder the path of a directory or zip.")
@click.option("--title", default="", help="Its name for people; NAME when left out.")
@click.option("--organization", default="", help="Slug of the agency that its records belong to.")
@click.option("--option", "options", multiple=True, metavar="K=V", help="An option of that type; may be repeated.")
@pass_context
def add(
    context: Context, name: str, type_: str, url: str, title: str, organization: str, options: tuple[str, ...]
) -> None:
    """Add the source NAME."""
    from opendata.services import sources

    given = dict(_pair(option) for option in options)
    sources.add(
        context.catalogue,
        SYSTEM,
        sources.NewSource(name=name, title=title, type=type_, url=url, organization=organization, options=given),
    )
    say(f"Added the source {name}. Run it with: opendata harvest run {name}")


@source.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """All sources with the outcome of their last run."""
    from opendata.services import desk

    rows = [
        {
            "name": line.name,
            "type": line.type,
            "url": line.url,
            "active": line.active,
            "records": line.records,
            "last_status": line.last_job.status if line.last_job else None,
            "last_finished": line.last_job.finished if line.last_job else None,
        }
        for line in desk.sources(context.catalogue, SYSTEM)
    ]
    print_rows(rows, as_json=as_json)


@source.command("remove")
@click.argument("name")
@pass_context
def remove(context: Context, name: str) -> None:
    """Remove the source NAME. Its records stay, and no longer belong to a source."""
    from opendata.services import sources

    kept = sources.remove(context.catalogue, SYSTEM, name)
    say(f"Removed the source {name}; {kept} of its records stay in the catalogue.")


@click.group()
def harvest() -> None:
    """Harvest sources and look at the results."""


@harvest.command("run")
@click.argument("names", nargs=-1)
@click.option("--all-due", is_flag=True, help="Every active source whose time has come.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many records (never a complete listing).")
@json_option
@pass_context
def run(
    context: Context, names: tuple[str, ...], all_due: bool, dry_run: bool, limit: int | None, as_json: bool
) -> None:
    """Harvest the sources NAMES now, in the foreground. Linked files are fetched and read by the worker."""
    from opendata.cli.progress import progress
    from opendata.services import harvest as service
    from opendata.services import sources

    if bool(names) == all_due:
        raise click.UsageError("Name the sources to run, or give --all-due.")
    chosen = sources.due(context.catalogue) if all_due else names
    reports, failed = [], False
    for name in chosen:
        try:
            with progress(name) as advance:
                reports.append(
                    service.run(context.catalogue, name, dry_run=dry_run, limit=limit, progress=advance, actor=SYSTEM)
                )
        except CatalogueError as error:
            failed = True
            say(f"Error: {name}: {error.message}")
    if as_json:
        print_json([report.job for report in reports])
    for report in reports:
        counts = " ".join(f"{result}={count}" for result, count in report.job.counts.items() if count)
        say(f"{report.job.source}: {report.job.status} {counts} {report.job.message}".rstrip())
        if report.problems:
            say(f"  problems: opendata harvest report {report.job.id}" if report.job.id else "  problems:")
        for problem in report.problems[:10]:
            say(f"  {problem.severity} {problem.identifier}: {problem.message} {problem.hint}".rstrip())
    if failed or any(report.job.status == "error" for report in reports):
        raise SystemExit(1)


@harvest.command("status")
@click.argument("name", required=False)
@json_option
@pass_context
def status(context: Context, name: str | None, as_json: bool) -> None:
    """The latest jobs, of all sources or of NAME."""
    from opendata.services import desk

    rows = [
        {
            "job": line.id,
            "source": line.source,
            "status": line.status,
            "started": line.started,
            "finished": line.finished,
            **(
                {"counts": line.counts}
                if as_json
                else {"counts": " ".join(f"{key}={value}" for key, value in line.counts.items() if value)}
            ),
            "message": line.message,
        }
        for line in desk.jobs(context.catalogue, SYSTEM, name)
    ]
    print_rows(rows, as_json=as_json)


@harvest.command("report")
@click.argument("job", type=int)
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@pass_context
def report(context: Context, job: int, as_json: bool, as_csv: bool) -> None:
    """Every problem of JOB, record by record."""
    from opendata.services import desk

    found = desk.report(context.catalogue, SYSTEM, job, limit=1_000_000)
    rows = [
        {
            "identifier": line.identifier,
            "severity": line.severity,
            "code": line.code,
            "field": line.field,
            "message": line.message,
            "hint": line.hint,
        }
        for line in found.problems
    ]
    if as_json:
        print_json({"job": found.job, "problems": rows})
        return
    print_rows(rows, as_csv=as_csv)
    if not rows:
        say(f"Job {job} of {found.job.source} is {found.job.status}, without problems.")


def _pair(option: str) -> tuple[str, str]:
    key, separator, value = option.partition("=")
    if not separator:
        raise click.UsageError(f"--option {option}: write it as KEY=VALUE.")
    return key.strip(), value.strip()


COMMANDS = (source, harvest)
