"""The home page and the pages that the site writes about itself."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from opendata.catalog import licenses
from opendata.catalog.values import Text
from opendata.services import demand, home, versions
from opendata.services.home_results import HomePage
from opendata.web.contexts import HomeContext, ThemeLink
from opendata.web.describing import structured_site
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.kept import kept
from opendata.web.listing import card_view, organization_tree
from opendata.web.samples import patterns_context
from opendata.web.search_samples import search_patterns
from opendata.web.site_contexts import PrivacyContext, TermsContext
from opendata.web.this_site import the_site

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@kept(versions.of_site)
def front() -> str:
    """Search, figures, newest records, themes, agencies."""
    return render_template("home.html", page=_home(home.front(the_catalogue(), actor(), page_language())))


def _home(found: HomePage) -> HomeContext:
    themes = (
        ThemeLink(theme.label, url_for("discovery.everything", theme=theme.code), theme.count) for theme in found.themes
    )
    return HomeContext(
        home=found,
        newest=tuple(card_view(card) for card in found.newest),
        organizations=organization_tree(found.organizations),
        themes=tuple(themes),
        search_url=url_for("discovery.everything"),
        datasets_url=url_for("discovery.datasets"),
        studies_url=url_for("discovery.studies"),
        open_url=url_for("discovery.datasets", open="yes"),
        structured=structured_site(),
    )


@blueprint.get("/about")
def about() -> str:
    """What this catalogue is."""
    return render_template("pages/about.html", oai_url=f"{the_site().url}/oai")


@blueprint.get("/terms")
def terms() -> str:
    """On what terms the catalogue and what is in it may be used."""
    config = the_catalogue().config
    known = licenses.get(config.site.metadata_license_id)
    context = TermsContext(
        metadata_license=known.title if known else Text(other=config.site.metadata_license_id),
        searches=config.security.searches_per_minute,
        downloads=config.security.downloads_per_minute,
    )
    return render_template("pages/terms.html", page=context)


@blueprint.get("/privacy")
def privacy() -> str:
    """What is recorded about visitors, and for how long."""
    context = PrivacyContext(
        session_days=the_catalogue().config.security.session_days,
        search_days=demand.WANTED_DAYS,
        hash_days=demand.KEEP_HASHES.days,
    )
    return render_template("pages/privacy.html", page=context)


@blueprint.get("/accessibility")
def accessibility() -> str:
    """How accessible the site is, what is known to be missing, and whom to tell."""
    return render_template("pages/accessibility.html")


@blueprint.get("/-/patterns")
def patterns() -> str:
    """Every component of the design with sample values, for those who change it."""
    return render_template("patterns.html", page=patterns_context(), search=search_patterns())
