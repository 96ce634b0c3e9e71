"""Which DCAT-AP is asked for."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from opendata.errors import Invalid, Problem
from opendata.export import dcat
from opendata.export.dcat_values import Profile
from opendata.export.rdf import MEDIA_TYPES, Syntax
from opendata.export.registry import Format

_NAMES = {
    "dcat-ap-3": Profile.AP3,
    "dcat-ap-2": Profile.AP2,
    # As CKAN's extension calls them.
    "euro_dcat_ap_3": Profile.AP3,
    "euro_dcat_ap_2": Profile.AP2,
    "euro_dcat_ap": Profile.AP2,
}


def asked_profile() -> Profile:
    """`profile` or CKAN's `profiles`, else Accept-Profile; 3 where nothing is said. Invalid for one that nobody writes.

    A header that names only what we do not write binds nobody.
    """
    asked = request.args.get("profile") or request.args.get("profiles")
    if asked:
        found = _NAMES.get(asked) or next((one for one in Profile if one.uri.rstrip("/") == asked.rstrip("/")), None)
        if found is None:
            message = f"There is no profile {asked!r}; there are {', '.join(Profile)}."
            raise Invalid("", [Problem("profile", message, "profile")])
        return found
    wanted = request.headers.get("Accept-Profile", "")
    return next((one for one in Profile if one in wanted or one.uri.rstrip("/") in wanted), Profile.AP3)


def in_profile(form: Format) -> Format:
    """`form`, where it is one of DCAT-AP, as the profile that is asked for; any other as it is."""
    if form.suffix not in tuple(Syntax) or form.media_type != MEDIA_TYPES[Syntax(form.suffix)]:
        return form
    profile, syntax = asked_profile(), Syntax(form.suffix)
    return replace(form, write=lambda entry, site: dcat.write(entry, site, syntax, profile))
