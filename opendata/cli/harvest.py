"""harvest …: fetching records from their sources, and what that came to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from opendata.catalog.problem_words import in_words
from opendata.catalog.run_words import in_language
from opendata.catalog.values import LANGUAGES
from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say
from opendata.errors import CatalogueError
from opendata.services.actors import SYSTEM

if TYPE_CHECKING:
    from opendata.services.results import JobLine, ProblemLine


JOB = click.IntRange(1, 2**63 - 1)
"""Numbers that a job may have."""

language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", help="Language of what is wrong; default en."
)


@click.group()
def harvest() -> None:
    """Harvest sources and look at the results."""


@harvest.command("run")
@click.argument("names", nargs=-1)
@click.option("--all-due", is_flag=True, help="Every active source whose time has come.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@click.option("--full", is_flag=True, help="List everything anew, not only what changed since the last run.")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many records (never a complete listing).")
@json_option
@pass_context
def run(
    context: Context, names: tuple[str, ...], all_due: bool, dry_run: bool, full: bool, limit: int | None, as_json: bool
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
                report = service.run(
                    context.catalogue, name, actor=SYSTEM, dry_run=dry_run, full=full or None, limit=limit,
                    progress=advance,
                )  # fmt: skip
                reports.append(report)
        except CatalogueError as error:
            failed = True
            say(f"Error: {name}: {error.message}")
    if as_json:
        print_json([report.job for report in reports])
    for one in reports:
        counts = " ".join(f"{result}={count}" for result, count in one.job.counts.items() if count)
        line = f"{one.job.source}: {one.job.status} {counts} {one.job.message}".rstrip()
        click.echo(line, err=as_json)
        if one.problems:
            say(f"  problems: opendata harvest report {one.job.id}" if one.job.id else "  problems:")
        for problem in one.problems[:10]:
            say(f"  {problem.severity} {problem.identifier}: {problem.message} {problem.hint}".rstrip())
    if failed or any(one.job.status == "error" for one in reports):
        raise SystemExit(1)


@harvest.command("status")
@click.argument("name", required=False)
@json_option
@language_option
@pass_context
def status(context: Context, name: str | None, as_json: bool, language: str) -> None:
    """The latest jobs, of all sources or of NAME."""
    from opendata.services import desk

    rows = [_as_row(line, language, as_json=as_json) for line in desk.jobs(context.catalogue, SYSTEM, name)]
    print_rows(rows, as_json=as_json)


def _as_row(line: JobLine, language: str, *, as_json: bool) -> dict[str, object]:
    counts = " ".join(f"{key}={value}" for key, value in line.counts.items() if value)
    more = {
        "total": line.total, "full": line.full, "stopping": line.stopping, "missing": line.missing,
        "pending": line.pending,
    }  # fmt: skip
    return {
        "job": line.id,
        "source": line.source,
        "status": line.status,
        "dry_run": line.dry_run,
        "started": line.started,
        "finished": line.finished,
        "counts": line.counts if as_json else counts,
        **(more if as_json else {}),
        "message": in_language(line.message, language),
    }


@harvest.command("report")
@click.argument("job", type=JOB)
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@language_option
@pass_context
def report(context: Context, job: int, as_json: bool, as_csv: bool, language: str) -> None:
    """Every problem of JOB, record by record: what stood there, what is wrong, what to do."""
    from opendata.services import desk

    found = desk.report(context.catalogue, SYSTEM, job, limit=1_000_000)
    rows = [_problem(line, language) for line in found.problems]
    if as_json:
        said = in_language(found.job.message, language)
        print_json({"job": replace(found.job, message=said), "problems": rows})
        return
    print_rows(rows, as_csv=as_csv)
    if not rows:
        say(f"Job {job} of {found.job.source} is {found.job.status}, without problems.")


def _problem(line: ProblemLine, language: str) -> dict[str, str]:
    words = in_words(line.code, line.message, line.hint, language, field=line.field, value=line.value)
    return {
        "identifier": line.identifier,
        "severity": line.severity,
        "code": line.code,
        "field": line.field,
        "value": line.value,
        "message": words.message,
        "hint": words.hint,
    }


@harvest.command("cancel")
@click.argument("job", type=JOB)
@pass_context
def cancel(context: Context, job: int) -> None:
    """Ask the running JOB to end. What it has taken stays."""
    from opendata.services import harvest_decisions

    harvest_decisions.cancel(context.catalogue, SYSTEM, job)
    say(f"Job {job} ends within seconds.")


@harvest.command("confirm")
@click.argument("job", type=JOB)
@pass_context
def confirm(context: Context, job: int) -> None:
    """Withdraw the records that the waiting JOB found missing."""
    from opendata.services import harvest_decisions

    say(f"Withdrew {counted(harvest_decisions.confirm(context.catalogue, SYSTEM, job), 'record')}.")


@harvest.command("refuse")
@click.argument("job", type=JOB)
@pass_context
def refuse(context: Context, job: int) -> None:
    """Keep the records that the waiting JOB found missing."""
    from opendata.services import harvest_decisions

    say(f"Kept {counted(harvest_decisions.refuse(context.catalogue, SYSTEM, job), 'record')}.")


COMMANDS = (harvest,)
