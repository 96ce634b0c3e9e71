"""The links of one's records at the desk: their state, what each look at them found, and "look now"."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.services import linking, links
from opendata.web import inside
from opendata.web.identity import actor, the_catalogue
from opendata.web.link_contexts import DeskLinksContext, LinkContext
from opendata.web.links import PER_PAGE, states

blueprint = inside.make_blueprint("desk_links", __name__, "/desk/links")


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The links of the records that one may edit, those that want a look first."""
    number, status = inside.page_number(), links.status_of(request.args.get("status", ""))
    organization = request.args.get("organization", "")
    offset = (number - 1) * PER_PAGE
    found = links.desk(the_catalogue(), actor(), organization, status, PER_PAGE, offset)
    chosen = links.name_of(status) if status is not None else None
    own = organization or None
    context = DeskLinksContext(
        list=found,
        states=states(found, chosen, "desk_links.index", organization=own),
        pagination=inside.leaf(number, found.found, PER_PAGE, "desk_links.index", organization=own, status=chosen),
        organization=organization,
        status=chosen or "",
        days=the_catalogue().config.harvest.link_days,
        done=request.args.get("done", ""),
    )
    return render_template("desk/links.html", page=context)


@blueprint.post("")
def check_all() -> ResponseReturnValue:
    """Look soon at the links that the page lists."""
    organization, name = request.form.get("organization", ""), request.form.get("status", "")
    ids = links.check_all(the_catalogue(), actor(), organization, links.status_of(name))
    linking.check_soon(the_catalogue(), ids)
    back = url_for("desk_links.index", organization=organization or None, status=name or None, done="links_queued")
    return redirect(back, 303)


@blueprint.get("/<uuid:resource_id>")
def link(resource_id: UUID) -> str:
    """One link with the looks at it."""
    row, visits = links.history(the_catalogue(), actor(), resource_id)
    return render_template("desk/link.html", page=LinkContext(row, visits, request.args.get("done", "")))


@blueprint.post("/<uuid:resource_id>")
def check(resource_id: UUID) -> ResponseReturnValue:
    """Look at it soon."""
    links.check_now(the_catalogue(), actor(), resource_id)
    return redirect(url_for("desk_links.link", resource_id=resource_id, done="links_queued"), 303)
