"""The pages of a dataset and of each of its files."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, render_template, request

from opendata.errors import Invalid, Problem
from opendata.services import datasets, related, resources
from opendata.web.helping import alike_links
from opendata.web.identity import actor, count, the_catalogue
from opendata.web.records import dataset_context, file_context

blueprint = Blueprint("datasets", __name__, url_prefix="/dataset")

MAX_PAGE_DIGITS = 7


@blueprint.get("/<slug>")
def page(slug: str) -> str:
    """A dataset with all its metadata and files."""
    found = datasets.page(the_catalogue(), actor(), slug)
    count("view", found.record.id)
    alike = alike_links(related.records_like(the_catalogue(), found.record))
    return render_template("datasets/page.html", page=replace(dataset_context(found), alike=alike))


@blueprint.get("/<slug>/resource/<uuid:resource_id>")
def file(slug: str, resource_id: UUID) -> str:
    """A page of a file's text (`page`, from 1; the first hit of `q` when it is not given)."""
    number, q = page_number(request.args.get("page")), request.args.get("q", "").strip()
    found = resources.file_page(the_catalogue(), actor(), slug, str(resource_id), page=number, q=q)
    return render_template("datasets/file.html", page=file_context(found))


def page_number(value: str | None) -> int | None:
    """A page of a file as asked for; None where none is. Invalid for anything but a whole number from 1."""
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) <= MAX_PAGE_DIGITS and int(value) > 0:
        return int(value)
    message = "page is not a whole number from 1."
    raise Invalid(message, [Problem("bad_parameter", message, field="page")])
