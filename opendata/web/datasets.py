"""The pages of a dataset and of each of its files."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, Problem
from opendata.search.query import SearchQuery
from opendata.services import beginnings, datasets, file_versions, related, resources, versions, within
from opendata.web.file_contexts import rows_of, version_rows
from opendata.web.helping import alike_links
from opendata.web.identity import actor, count, the_catalogue
from opendata.web.kept import kept
from opendata.web.limits import limited
from opendata.web.negotiation import chosen, in_format
from opendata.web.records import dataset_context, file_context, inside_context
from opendata.web.signposting import sign_dataset, sign_file

blueprint = Blueprint("datasets", __name__, url_prefix="/dataset")

MAX_PAGE_DIGITS = 7


@blueprint.get("/<slug>")
def page(slug: str) -> ResponseReturnValue:
    """A dataset with all its metadata and files; 303 to another format for those who want that."""
    if (form := chosen()) is not None:
        return in_format(datasets.page(the_catalogue(), actor(), slug).record.slug, form)
    return _page(slug)


@kept(versions.of_dataset)
def _page(slug: str) -> ResponseReturnValue:
    found = datasets.page(the_catalogue(), actor(), slug)
    count("view", found.record.id)
    alike = alike_links(related.records_like(the_catalogue(), found.record))
    earlier = version_rows(found.record.slug, file_versions.of_dataset(the_catalogue(), actor(), found.record))
    context = dataset_context(found, beginnings.beginning(the_catalogue(), found))
    made = render_template("datasets/page.html", page=replace(context, alike=alike), versions=earlier)
    response = make_response(made)
    response.vary.update(("Accept", "Accept-Profile"))
    sign_dataset(response, found.record)
    return response


@blueprint.get("/<slug>/resource/<uuid:resource_id>")
def file(slug: str, resource_id: UUID) -> Response:
    """A page of a file's text (`page`, from 1; the first hit of `q` when it is not given)."""
    number, leaf = page_number(request.args.get("page")), page_number(request.args.get("hits"), "hits") or 1
    found = resources.file_page(the_catalogue(), actor(), slug, str(resource_id), number, words(), leaf)
    earlier = file_versions.of_dataset(the_catalogue(), actor(), found.dataset).get(resource_id, ())
    context = file_context(found, listed=number is None)
    rows = rows_of(found.dataset.slug, resource_id, earlier)
    response = make_response(render_template("datasets/file.html", page=context, versions=rows))
    sign_file(response, found.dataset, resource_id)
    return response


@blueprint.get("/<slug>/inside")
@limited("searches")
def inside(slug: str) -> str:
    """Every page of a dataset's files that holds the words of `q`; `hits` is the leaf of that list."""
    leaf = page_number(request.args.get("hits"), "hits") or 1
    found = within.inside_page(the_catalogue(), actor(), slug, words(), leaf)
    return render_template("datasets/inside.html", page=inside_context(found))


def words() -> SearchQuery:
    """The words that are searched in a document, as far as they are searched; nothing else of the search."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name in ("q", "also", "exact")]
    return SearchQuery.from_args(asked)


def page_number(value: str | None, name: str = "page") -> int | None:
    """A page of a file as asked for; None where none is. Invalid for anything but a whole number from 1."""
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) <= MAX_PAGE_DIGITS and int(value) > 0:
        return int(value)
    message = f"{name} is not a whole number from 1."
    raise Invalid(message, [Problem("bad_parameter", message, field=name)])
