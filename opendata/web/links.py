"""The links of an agency's records with their state: a page for everybody, the same rows as CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from opendata.services import links
from opendata.services.links import LinkList, LinkRow
from opendata.services.visits import LinkStatus
from opendata.web import inside
from opendata.web.contexts import Link
from opendata.web.identity import the_catalogue
from opendata.web.labels import label
from opendata.web.limits import limited
from opendata.web.link_contexts import LinksContext
from opendata.web.rendering import absolute, shown
from opendata.web.tables import csv_answer

blueprint = Blueprint("links", __name__, url_prefix="/organization")

PER_PAGE = 50

COLUMNS: Mapping[str, Callable[[LinkRow], str]] = {
    "status": lambda row: links.name_of(row.status),
    "url": lambda row: row.url,
    "problem": lambda row: row.problem,
    "checked": lambda row: row.checked.isoformat(timespec="seconds") if row.checked else "",
    "copy_of": lambda row: row.fetched.isoformat(timespec="seconds") if row.copied and row.fetched else "",
    "file": lambda row: row.filename or shown(row.name).value,
    "record": lambda row: shown(row.dataset_title).value,
    "record_url": lambda row: absolute(url_for("datasets.page", slug=row.dataset_slug)),
    "resource_id": lambda row: str(row.resource_id),
}
"""Name of each column and what stands in it; docs/links.md tells what they mean."""


@blueprint.get("/<slug>/links")
@limited("searches")
def page(slug: str) -> str:
    """The links of an agency, those that want a look first."""
    number, status = inside.page_number(), links.status_of(request.args.get("status", ""))
    offset = (number - 1) * PER_PAGE
    record, found = links.of_organization(the_catalogue(), slug, status, PER_PAGE, offset)
    chosen = links.name_of(status) if status is not None else None
    context = LinksContext(
        record=record,
        list=found,
        states=states(found, chosen, "links.page", slug=record.slug),
        pagination=inside.leaf(number, found.found, PER_PAGE, "links.page", slug=record.slug, status=chosen),
        table_url=url_for("links.table", slug=record.slug, status=chosen),
        json_url=url_for("links.as_json", slug=record.slug, status=chosen),
    )
    return render_template("organizations/links.html", page=context)


@blueprint.get("/<slug>/links.csv")
@limited("searches")
def table(slug: str) -> Response:
    """All of them as a table, sent while it is read."""
    record, found = links.table(the_catalogue(), slug, links.status_of(request.args.get("status", "")))
    rows = ([cell(row) for cell in COLUMNS.values()] for row in found)
    return csv_answer(f"{record.slug}-links.csv", tuple(COLUMNS), rows)


@blueprint.get("/<slug>/links.json")
@limited("searches")
def as_json(slug: str) -> Response:
    """The same with the numbers of each state; `total` is the number of links that they are of."""
    record, found = links.of_organization(the_catalogue(), slug, links.status_of(request.args.get("status", "")))
    rows = [{name: cell(row) for name, cell in COLUMNS.items()} for row in found.rows]
    counts = {links.name_of(status): number for status, number in found.counts.items()}
    return jsonify(organization=record.slug, total=found.total, looked_at=found.looked_at, counts=counts, links=rows)


def states(found: LinkList, chosen: str | None, endpoint: str, **values: str | None) -> tuple[tuple[Link, int], ...]:
    """Links to all, and to those of each state that there is, with their numbers."""

    def of(name: str | None, number: int) -> tuple[Link, int]:
        url = url_for(endpoint, **{**values, "status": name})  # type: ignore[arg-type]
        return Link(label("link_status", name or "all"), url, name == chosen), number

    each = [(links.name_of(LinkStatus(status)), number) for status, number in found.counts.items()]
    return of(None, found.total), *(of(name, number) for name, number in each)
