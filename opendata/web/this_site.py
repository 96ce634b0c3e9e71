"""The site that answers, at the address by which the world knows it."""

from __future__ import annotations

from flask import current_app

from opendata.export.site import Site
from opendata.web.i18n import unprefixed_root
from opendata.web.identity import the_catalogue


def the_site() -> Site:
    """This site, at the address that it has in the settings."""
    return Site.of(the_catalogue().config, f"{current_app.config['SITE_URL']}{unprefixed_root()}")
