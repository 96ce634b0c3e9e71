"""`opendata upload`: records in bulk from a spreadsheet, alone or in a zip with its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say

if TYPE_CHECKING:
    from opendata.services.uploads.publishing import Request
    from opendata.services.uploads.results import UploadReport

LANGUAGES = click.Choice(("kk", "ru", "en"))


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", default="", help="Slug of the agency that publishes.")
@click.option("--dry-run", is_flag=True, help="Check every cell, store nothing.")
@click.option(
    "--failed",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the failing rows to this XLSX.",
)
@click.option(
    "--template", type=click.Path(dir_okay=False, path_type=Path), help="Write an empty table here (.xlsx or .csv)."
)
@click.option("--review", is_flag=True, help="What would become public waits for a reviewer.")
@click.option("--accept", type=click.UUID, metavar="ID", help="Accept what of an upload waits for a reviewer.")
@click.option("--return", "send_back", type=click.UUID, metavar="ID", help="Return it, with the reasons in --message.")
@click.option("--message", default="", help="Words for who sent it in.")
@click.option("--undo", type=click.UUID, metavar="ID", help="Take an upload back, unless somebody edited it.")
@click.option("--language", type=LANGUAGES, default="ru", show_default=True, help="Language of problems and template.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the problems as CSV.")
@json_option
@pass_context
def upload(
    context: Context,
    file: Path | None,
    organization: str,
    dry_run: bool,
    failed: Path | None,
    template: Path | None,
    review: bool,
    accept: UUID | None,
    send_back: UUID | None,
    message: str,
    undo: UUID | None,
    language: str,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Publish the rows of FILE: XLSX, XLS, ODS or CSV, or a zip of one of these and the files that it names.

    Rows with an error are left out and reported; the others are published. Exit code 1 when a row was left out. With
    --review they wait for a reviewer, as what an editor sends in where the organisation wants that.
    """
    if sum(1 for one in (file, template, undo, accept, send_back) if one) != 1:
        raise click.UsageError("Give one of FILE, --template, --accept, --return and --undo.")
    if template is not None:
        _write_template(context, template, organization, language)
    elif undo is not None:
        _undo(context, undo, as_json=as_json)
    elif decided := accept or send_back:
        _decide(context, decided, "accept" if accept else "return", message, as_json=as_json)
    elif file is not None:
        if not organization:
            raise click.UsageError("Missing option '--organization'.")
        from opendata.services.uploads.publishing import Request

        request = Request(file, file.name, organization, language, review=review)
        _upload(context, request, dry_run=dry_run, failed=failed, as_json=as_json, as_csv=as_csv)


def _upload(
    context: Context,
    request: Request,
    *,
    dry_run: bool,
    failed: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    from opendata.cli.progress import progress
    from opendata.services.actors import SYSTEM
    from opendata.services.uploads import publishing, returning

    run = publishing.rehearse if dry_run else publishing.publish
    most = context.config.upload.max_rows
    say(f"{request.filename}: at most {most} filled rows a sheet and 100 MB for the spreadsheet.")
    with progress("rows") as advance:
        done = run(context.catalogue, SYSTEM, request, advance)
    if failed is not None and done.report.rejected:
        returning.write_failed(done.checked, failed, request.language)
        say(f"The failing rows are in {failed}: mend them and upload that file.")
    if as_json:
        print_json(done.report)
    else:
        print_rows([_problem(line) for line in done.report.problems], as_csv=as_csv)
    _summary(done.report, dry_run=dry_run, review=request.review)
    if done.report.rejected or done.report.status == "cancelled":
        raise SystemExit(1)


def _problem(line: object) -> dict[str, object]:
    names = ("severity", "sheet", "row", "cell", "column", "value", "code", "message", "hint")
    return {name: getattr(line, name) for name in names}


def _summary(report: UploadReport, *, dry_run: bool, review: bool) -> None:
    results = ("created", "updated", "restored", "unchanged", "rejected")
    done = ", ".join(f"{report.counts[name]} {name}" for name in results if report.counts.get(name))
    say(f"{counted(report.counts['rows'], 'row')}: {done or 'nothing to do'}.")
    say(f"{counted(report.counts['errors'], 'error')}, {counted(report.counts['warnings'], 'warning')}.")
    if report.status == "cancelled":
        left = counted(report.counts.get("left", 0), "row was", "rows were")
        say(f"Cancelled: {left} not reached. The same file again does the rest.")
    if review and not dry_run:
        say(f"What would become public waits for a reviewer: --accept {report.id} publishes it.")
    say("Dry run: nothing was stored." if dry_run else f"Upload {report.id}; take it back with --undo {report.id}.")


def _write_template(context: Context, path: Path, organization: str, language: str) -> None:
    from opendata.services.actors import SYSTEM
    from opendata.services.uploads import templates

    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise click.UsageError("A template is an .xlsx or a .csv.")
    templates.write_template(context.catalogue, SYSTEM, path, language, organization)
    say(f"The template is in {path}.")


def _decide(context: Context, upload_id: UUID, decision: str, message: str, *, as_json: bool) -> None:
    from opendata.services.actors import SYSTEM
    from opendata.services.uploads import deciding

    done = deciding.carry_out(context.catalogue, SYSTEM, upload_id, decision, message)
    if as_json:
        print_json(done)
    told = "accepted" if decision == deciding.ACCEPT else "returned"
    say(f"Upload {upload_id}: {done.decided} of {done.decided + done.left} {told}.")
    if done.left:
        say("Others wrote the same meanwhile: what is left is decided on the page of each record.")
        raise SystemExit(1)


def _undo(context: Context, upload_id: UUID, *, as_json: bool) -> None:
    from opendata.services.actors import SYSTEM
    from opendata.services.uploads import undoing

    undone = undoing.undo(context.catalogue, SYSTEM, upload_id)
    if as_json:
        print_json(undone)
    withdrawn = counted(undone.withdrawn, "record")
    say(f"Upload {upload_id} was taken back: {withdrawn} withdrawn, {undone.reverted} as before.")


COMMANDS = (upload,)
