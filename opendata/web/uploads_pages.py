"""The pages of bulk uploads, put together from what the services tell."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from opendata.catalog.upload_columns import SHEET_TITLES, SHEETS
from opendata.catalog.upload_columns import columns as columns_of
from opendata.catalog.upload_headings import KEPT, Why, meaning
from opendata.errors import Invalid, Problem
from opendata.reading.sheets.layout import SHEET_KINDS
from opendata.reading.sheets.package import MOST_SPREADSHEET_BYTES
from opendata.search.arguments import clean
from opendata.services.uploads import answering, viewing
from opendata.services.uploads.viewing_results import HeadingLine, UploadPage
from opendata.web import inside
from opendata.web.contexts import Link
from opendata.web.i18n import unprefixed_root
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.previews import unlinked
from opendata.web.rendering import number, shown
from opendata.web.uploads_contexts import (
    ColumnsContext,
    HeadingField,
    HeadingSheet,
    PreviewContext,
    UndoContext,
    UploadContext,
    UploadFormContext,
)
from opendata.web.wording import in_words

MOST_QUERY = 200
"""Characters by which rows can be narrowed."""
GENERAL = 200
"""Problems of the whole file that a page lists."""


def form(organization: str, problems: tuple[Problem, ...] = ()) -> str:
    """The form that sends a table."""
    settings = the_catalogue().config.upload
    agencies = tuple((slug, shown(title).value) for slug, title in viewing.agencies(the_catalogue(), actor()))
    page = UploadFormContext(
        organizations=agencies,
        organization=organization,
        form_bytes=settings.max_bytes,
        most_bytes=settings.package_bytes,
        table_bytes=MOST_SPREADSHEET_BYTES,
        most_rows=settings.max_rows,
        tus_url=f"{unprefixed_root()}/api/v1/uploads/files",
        create_url=f"{unprefixed_root()}/api/v1/uploads",
        page_url=url_for("uploads.index") + "/",
        problems=in_words(problems),
    )
    return render_template("desk/upload_new.html", page=page)


def upload(upload_id: UUID, *, refused: str = "", problems: tuple[Problem, ...] = (), typed: str = "") -> str:
    """One upload with its rows. `refused` says that what was asked of it could not be done: "conflict", "none" where no
    row was chosen, "decided" where nothing waits; `problems` what is wrong with the words `typed` for a decision.
    """
    show, query, number_ = _show(), clean(request.args.get("q", ""))[:MOST_QUERY], inside.page_number()
    found = viewing.upload(the_catalogue(), actor(), upload_id)
    rows = viewing.rows(the_catalogue(), actor(), upload_id, show=show, query=query, page=number_)
    kept = {"show": show or None, "q": query or None}
    page = UploadContext(
        upload=found,
        rows=rows,
        general=viewing.problems(the_catalogue(), actor(), upload_id, general=True, size=GENERAL),
        filters=_filters(found, show, query),
        show=show,
        q=query,
        page=number_,
        pagination=inside.leaf(number_, rows.total, viewing.ROWS, "uploads.show", upload_id=upload_id, **kept),
        share=min(100, found.done * 100 // found.total) if found.total else None,
        publish=publish_words(found),
        said=_words_of(found),
        conflict=_refusal(refused, found.line.status),
        held_url=_held_url(found),
        done=request.args.get("done", ""),
        problems=in_words(problems),
        typed=typed,
        headed=found.line.status == "failed" and bool(viewing.columns(the_catalogue(), actor(), upload_id)),
    )
    return render_template("desk/upload.html", page=page)


def _held_url(found: UploadPage) -> str:
    """Where one answers for files that a mark keeps back; "" where there are none."""
    waits = found.line.status == "checked" and answering.any_waiting(the_catalogue(), found.line.id)
    return url_for("held.upload", upload_id=found.line.id) if waits else ""


def _words_of(found: UploadPage) -> str:
    """The list of words for the results of rows: what would become of them, what became, or what undoing made of it."""
    status = found.line.status
    if status == "published" or (status == "cancelled" and found.items):
        return "upload_sent" if found.waits or found.returned else "upload_did"
    return "upload_undone" if status == "undone" else "upload_will"


def _refusal(refused: str, status: str) -> str:
    return label("upload_conflict", status if refused == "conflict" else refused) if refused else ""


def _show() -> str:
    show = request.args.get("show", "")
    if show and show not in viewing.SHOWN:
        raise Invalid(f"show is {show[:40]!r}; allowed are {', '.join(viewing.SHOWN)}.")
    return show


def _filters(found: UploadPage, show: str, query: str) -> tuple[Link, ...]:
    """The kinds of rows that there are, each with its number."""
    results, counts = found.rows.results, found.rows
    numbers = {
        "": counts.total,
        "new": results.get("created", 0),
        "changed": results.get("updated", 0) + results.get("restored", 0),
        "unchanged": results.get("unchanged", 0),
        "problems": counts.failed,
        "warnings": counts.warned,
        "left": counts.changing - counts.chosen + results.get("postponed", 0),
    }
    return tuple(
        Link(
            f"{label('upload_rows', name)} {number(count)}",
            url_for("uploads.show", upload_id=found.line.id, show=name or None, q=query or None),
            name == show,
        )
        for name, count in numbers.items()
        if count or name in ("", show)
    )


def chosen_words(found: UploadPage) -> Response:
    """How many rows are chosen by now, in the words of the button, for the page that saves each tick at once."""
    return jsonify(chosen=found.rows.chosen, words=publish_words(found))


def publish_words(found: UploadPage) -> str:
    """What the button says."""
    chosen = found.rows.chosen
    if found.sends_in:
        sent: str = ngettext(
            "Send in %(number)s row for review", "Send in %(number)s rows for review", chosen, number=number(chosen)
        )
        return sent
    words: str = ngettext("Publish %(number)s row", "Publish %(number)s rows", chosen, number=number(chosen))
    return words


def undo(upload_id: UUID) -> str:
    """What taking the upload back would do."""
    found = viewing.upload(the_catalogue(), actor(), upload_id)
    made = found.items.get("created", 0)
    page = UndoContext(
        upload=found,
        made=made,
        changed=sum(found.items.values()) - made,
        edited=viewing.edited(the_catalogue(), actor(), upload_id),
    )
    return render_template("desk/upload_undo.html", page=page)


def columns(upload_id: UUID) -> str:
    """What the headings are taken for."""
    found = viewing.upload(the_catalogue(), actor(), upload_id)
    headings = viewing.columns(the_catalogue(), actor(), upload_id)
    kinds = dict.fromkeys(line.kind for line in headings)
    named = [replace(line, heading=line.heading or found.line.filename) for line in headings]
    sheets = tuple(_sheet(kind, [line for line in named if line.kind == kind], len(kinds)) for kind in kinds)
    return render_template("desk/upload_columns.html", page=ColumnsContext(found, sheets))


def _sheet(kind: str, headings: list[HeadingLine], kinds: int) -> HeadingSheet:
    if kind == SHEET_KINDS:
        choices = [(name, shown(title).value) for name, title in SHEET_TITLES.items()]
    else:
        choices = [(one.name, shown(one.heading).value) for one in columns_of(kind) if one.kind != "ignored"]
    fields = tuple(
        HeadingField(_field_name(kind, place), line.heading, line.column, _like(line), line.why == Why.GUESS)
        for place, line in enumerate(headings)
    )
    title = _("What the sheets are") if kind == SHEET_KINDS else shown(SHEET_TITLES[kind]).value if kinds > 1 else ""
    return HeadingSheet(title, fields, tuple(choices), sheets=kind == SHEET_KINDS)


def _like(line: HeadingLine) -> tuple[tuple[str, str], ...]:
    found = meaning(line.kind, line.heading).like if line.column == KEPT and line.kind != SHEET_KINDS else ()
    return tuple((one.name, shown(one.heading).value) for one in found)


def _field_name(kind: str, place: int) -> str:
    return f"{kind}-{place}"


def given_columns(upload_id: UUID) -> dict[str, dict[str, str]]:
    """What the form says of the headings that it changes; Invalid for a column that is not there."""
    given: dict[str, dict[str, str]] = {}
    places: dict[str, int] = {}
    for line in viewing.columns(the_catalogue(), actor(), upload_id):
        place = places[line.kind] = places.get(line.kind, -1) + 1
        column = request.form.get(_field_name(line.kind, place), line.column)
        known = SHEETS if line.kind == SHEET_KINDS else [one.name for one in columns_of(line.kind)]
        if column not in ("", KEPT, *known):
            raise Invalid(f"There is no column {column[:60]!r}.")
        if column != line.column:
            given.setdefault(line.kind, {})[line.heading] = column
    return given


def preview(upload_id: UUID, row_id: int) -> str:
    """The page of a row's record, marked as one that is not there."""
    row, found = viewing.preview(the_catalogue(), actor(), upload_id, row_id)
    context = PreviewContext(unlinked(found), row.row, url_for("uploads.show", upload_id=upload_id))
    return render_template("desk/upload_preview.html", page=context.dataset, preview=context)
