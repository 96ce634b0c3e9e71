"""The agencies: their tree, and a page for each."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from opendata.services import organizations, report_figures, versions
from opendata.services.results import OrganizationPage
from opendata.web.contexts import Link, OrganizationContext, OrganizationsContext
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.kept import kept
from opendata.web.listing import card_view, organization_tree, organization_url
from opendata.web.rendering import shown

blueprint = Blueprint("organizations", __name__, url_prefix="/organization")


@blueprint.get("/")
@kept(versions.of_site)
def index() -> str:
    """Every agency, each under the one it belongs to."""
    found = organizations.tree(the_catalogue(), actor())
    context = OrganizationsContext(roots=organization_tree(found), total=len(found))
    return render_template("organizations/list.html", page=context)


@blueprint.get("/<slug>")
@kept(versions.of_site)
def page(slug: str) -> str:
    """An agency with its figures and newest records."""
    found = organizations.page(the_catalogue(), actor(), slug, page_language())
    return render_template("organizations/page.html", page=_context(found))


def _context(found: OrganizationPage) -> OrganizationContext:
    record = found.record
    parent = record.parent
    return OrganizationContext(
        page=found,
        record=record,
        parent=Link(shown(parent.title).value, organization_url(parent.slug)) if parent else None,
        children=tuple((child.title, organization_url(child.slug)) for child in record.children),
        newest=tuple(card_view(card) for card in found.newest),
        datasets=found.datasets,
        studies=found.studies,
        datasets_url=url_for("discovery.datasets", organization=record.slug),
        studies_url=url_for("discovery.studies", organization=record.slug),
        reports=report_figures.of_organization(the_catalogue(), record.slug),
    )
