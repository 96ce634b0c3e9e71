"""Makes the web application of one catalogue: languages, security, limits, errors, and every group of pages."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, request, url_for
from flask_babel import gettext as _

import opendata
from opendata.config import Config
from opendata.services.catalogue import Catalogue
from opendata.services.hidden import one_answer
from opendata.services.rights import Right, may
from opendata.web import (
    account_links,
    accounts,
    advanced,
    alerts,
    catalog_rdf,
    catalog_tables,
    completing,
    datasets,
    datastore,
    desk,
    desk_audit,
    desk_begin,
    desk_completion,
    desk_datasets,
    desk_drafts,
    desk_files,
    desk_history,
    desk_life,
    desk_links,
    desk_organizations,
    desk_people,
    desk_studies,
    desk_work,
    discovery,
    downloads,
    errors,
    exports,
    feeds,
    held,
    i18n,
    images,
    kept,
    limits,
    links,
    matches,
    metrics,
    oai,
    operations,
    organizations,
    packing,
    pages,
    rendering,
    reports,
    rules,
    search_table,
    second_factor,
    security,
    short_links,
    similar,
    single_sign_on,
    sitemaps,
    studies,
    uploads,
)
from opendata.web.api import docs as api_docs
from opendata.web.api import tus, version1
from opendata.web.api.override import MethodOverride
from opendata.web.ckan_api import transport as ckan_api
from opendata.web.contexts import Link, SiteContext
from opendata.web.forms import carrying
from opendata.web.identity import actor, the_catalogue
from opendata.web.proxies import TrustedProxies
from opendata.web.requests import CleanRequest

PACKAGE = Path(opendata.__file__).parent

BLUEPRINTS = (
    pages.blueprint,
    discovery.blueprint,
    advanced.blueprint,
    completing.blueprint,
    exports.blueprint,
    catalog_rdf.blueprint,
    oai.blueprint,
    datasets.blueprint,
    downloads.blueprint,
    images.blueprint,
    datastore.blueprint,
    reports.blueprint,
    studies.blueprint,
    organizations.blueprint,
    links.blueprint,
    similar.blueprint,
    feeds.blueprint,
    search_table.blueprint,
    catalog_tables.blueprint,
    short_links.blueprint,
    sitemaps.blueprint,
    operations.blueprint,
    metrics.blueprint,
    accounts.blueprint,
    account_links.blueprint,
    second_factor.blueprint,
    single_sign_on.blueprint,
    desk.blueprint,
    desk_completion.blueprint,
    desk_datasets.blueprint,
    desk_drafts.blueprint,
    desk_begin.blueprint,
    desk_files.blueprint,
    desk_history.blueprint,
    desk_life.blueprint,
    desk_studies.blueprint,
    desk_audit.blueprint,
    desk_organizations.blueprint,
    desk_people.blueprint,
    desk_work.blueprint,
    desk_links.blueprint,
    alerts.blueprint,
    uploads.blueprint,
    held.blueprint,
    matches.blueprint,
    tus.blueprint,
    version1.blueprint,
    api_docs.blueprint,
    ckan_api.blueprint,
)


def templates_folder() -> Path:
    """Where the templates are: inside the package as the wheel has them, else beside it as the checkout has them."""
    inside = PACKAGE / "templates"
    return inside if inside.is_dir() else PACKAGE.parent / "templates"


def create_app(catalogue: Catalogue) -> Flask:
    """The WSGI application for `catalogue`. `[site] url` should be filled: `serve` does it where it was left empty."""
    app = Flask(
        "opendata.web",
        template_folder=str(templates_folder()),
        static_folder=str(PACKAGE / "static"),
        static_url_path="/static",
    )
    app.request_class = CleanRequest
    app.extensions["catalogue"] = catalogue
    _install(app, catalogue.config)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"site": site_context()})
    return app


def _install(app: Flask, config: Config) -> None:
    app.config["MAX_CONTENT_LENGTH"] = config.upload.max_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]
    metrics.install(app)
    packing.install(app)
    kept.install(app)
    site_url = config.site.url or "http://localhost"
    security.install(app, site_url=site_url, allowed_hosts=config.security.allowed_hosts)
    errors.install(app)
    carrying.install(app)
    rules.install(app)
    rendering.install(app)
    limits.install(
        app,
        searches=config.security.searches_per_minute,
        downloads=config.security.downloads_per_minute,
        comparisons=config.security.comparisons_per_minute,
    )
    version1.install(app, config)
    i18n.install(
        app,
        languages=config.languages.enabled,
        default=config.languages.default,
        timezone=config.site.timezone,
        translations=str(PACKAGE / "translations"),
    )
    answering = MethodOverride(one_answer()(app.wsgi_app), tus.PREFIX)
    app.wsgi_app = TrustedProxies(answering, config.security.trusted_proxies)  # type: ignore[method-assign]


def site_context() -> SiteContext:
    """What every page shows around its content."""
    settings = the_catalogue().config.site
    query = request.query_string.decode("ascii", "ignore")
    here = request.path + (f"?{query}" if query else "")
    return SiteContext(
        title=settings.title,
        contact_email=settings.contact_email,
        home_url=url_for("pages.front"),
        search_url=url_for("discovery.everything"),
        q=request.args.get("q", ""),
        nav=_nav(),
        account=_account(),
        languages=i18n.switch_links(),
        default_url=i18n.unprefixed_root() + here,
        canonical_url=f"{i18n.unprefixed_root()}/{i18n.page_language()}{request.path}",
    )


def _nav() -> tuple[Link, ...]:
    places = (
        (_("Reports and data"), "discovery.datasets"),
        (_("Studies"), "discovery.studies"),
        (_("Agencies"), "organizations.index"),
        (_("About"), "pages.about"),
    )
    here = request.path
    return tuple(Link(words, url := url_for(endpoint), _within(here, url)) for words, endpoint in places)


def _within(path: str, url: str) -> bool:
    return f"{request.script_root}{path}".startswith(url)


def _account() -> Link:
    """The way to the desk, to one's account where one has no desk, or to signing in."""
    if not actor().signed_in:
        return Link(_("Sign in"), url_for("account.sign_in"))
    if may(actor(), Right.SEE_DESK):
        return Link(_("Desk"), url := url_for("desk.index"), _within(request.path, url))
    return Link(_("My account"), url := url_for("account.account"), _within(request.path, url))
