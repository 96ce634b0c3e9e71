"""Which format of a record a program wants: by the media types that it accepts, and by profile where two have one."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.http import parse_options_header
from werkzeug.wrappers import Response

from opendata.export.registry import EXPORTS, Format
from opendata.web.i18n import unprefixed_root
from opendata.web.sharing import shared

JSON = "application/json"
_PAGE = ("text/html", "application/xhtml+xml", "text/*", "*/*")


def chosen() -> Format | str | None:
    """What is wanted most: a format; JSON for the answer of our own API; None for the page, also where nothing fits."""
    profiles = _accepted_profiles()
    for value, quality in request.accept_mimetypes:
        media_type, options = parse_options_header(value)
        if quality <= 0:
            continue
        if media_type in _PAGE:
            return None
        if media_type == JSON:
            return JSON
        wanted = [options["profile"]] if options.get("profile") else profiles
        if found := _format(media_type, wanted):
            return found
    return None


def in_format(slug: str, form: Format | str) -> Response:
    """303 to the dataset called `slug` in that format."""
    below = f"/dataset/{slug}.{form.suffix}" if isinstance(form, Format) else f"/api/v1/datasets/{slug}"
    response = redirect(f"{unprefixed_root()}{below}", 303)
    response.vary.update(("Accept", "Accept-Profile"))
    return shared(response)


def _format(media_type: str, profiles: list[str]) -> Format | None:
    """The first format of that type, of the first of the `profiles` that any has."""
    same = [one for one in EXPORTS if one.media_type == media_type]
    for profile in profiles:
        for one in same:
            if one.profile and one.profile.rstrip("/") == profile.rstrip("/"):
                return one
    return same[0] if same else None


def _accepted_profiles() -> list[str]:
    """What Accept-Profile names, in its order ("Content Negotiation by Profile", W3C): URIs between angle brackets."""
    parts = request.headers.get("Accept-Profile", "").split(",")[:20]
    return [part.partition("<")[2].partition(">")[0] for part in parts if "<" in part]
