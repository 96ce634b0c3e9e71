"""A dataset in every format of the registry, below the address of its page: /dataset/<slug>.<suffix>."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from opendata.catalog.records import RecordState
from opendata.export.entry import Entry
from opendata.export.registry import EXPORTS, Format, export
from opendata.export.site import Site
from opendata.services import walking
from opendata.web.dcat_profiles import in_profile
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import limited
from opendata.web.revalidating import tag_of, tagged, unless_known
from opendata.web.sharing import shared
from opendata.web.this_site import the_site

blueprint = Blueprint("exports", __name__, url_prefix="/dataset")

_PLAIN = ("application/x-bibtex", "application/x-research-info-systems")
"""Text whose media type does not say so: its charset is said."""


class Undotted(BaseConverter):
    """A slug before a suffix: no slug has a dot, and a suffix may have one."""

    regex = "[^/.]+"


_ALSO = {"xml": "rdf"}
"""Other suffixes by which CKAN's clients ask for a format."""


class Suffix(BaseConverter):
    """The suffix of a format that we write; anything else is no such address."""

    regex = "|".join(one.replace(".", r"\.") for one in (*(form.suffix for form in EXPORTS), *_ALSO))

    def to_python(self, value: str) -> str:
        """Ours, where another was asked for."""
        return _ALSO.get(value, value)


@dataclass(frozen=True, slots=True)
class ExportLink:
    """A dataset in one format, for <link rel="alternate"> and the menu. `url` is absolute and without a language."""

    name: str
    url: str
    media_type: str
    profile: str = ""
    cites: bool = False
    menu: bool = True


@blueprint.record_once
def _converters(state: BlueprintSetupState) -> None:
    state.app.url_map.converters.update(undotted=Undotted, suffix=Suffix)


@blueprint.get("/<undotted:slug>.<suffix:suffix>")
@limited("downloads")
def dataset(slug: str, suffix: str) -> Response:
    """The dataset in that format."""
    found = walking.entry(the_catalogue(), actor(), slug)
    return answer(found, in_profile(export(suffix)), the_site())


def export_links(entry_url: str) -> tuple[ExportLink, ...]:
    """Every format of the dataset whose page is at `entry_url` (absolute, without a language)."""
    return tuple(
        ExportLink(one.name, f"{entry_url}.{one.suffix}", one.media_type, one.profile, one.cites, one.menu)
        for one in EXPORTS
    )


def answer(entry: Entry, form: Format, site: Site) -> Response:
    """The document with what caches and programs need. Its validator is made of what is sent, so it is never stale."""
    body = form.write(entry, site)
    response = Response(body, content_type=content_type(form))
    response.headers["Link"] = f'<{site.dataset(entry.record)}>; rel="describes"; type="text/html"'
    if entry.record.state is not RecordState.PUBLISHED or entry.record.private:
        response.headers["Cache-Control"] = "no-store"
        return response
    shared(response)
    return unless_known(tagged(response, tag_of(body), changed(entry, site)))


def content_type(form: Format) -> str:
    """With charset and profile where they say something."""
    charset = "; charset=utf-8" if form.media_type.startswith("text/") or form.media_type in _PLAIN else ""
    profile = f'; profile="{form.profile}"' if form.profile else ""
    return f"{form.media_type}{charset}{profile}"


def changed(entry: Entry, site: Site) -> dt.datetime | None:
    """When what is shown last became so: the record was changed, or a file of it was opened by its date."""
    opened = (file.disclosure.until for file in entry.files if file.disclosure.until and file.available)
    zone = ZoneInfo(site.timezone)
    moments = [dt.datetime.combine(day, dt.time(), zone) for day in opened]
    if entry.record.metadata_modified:
        moments.append(entry.record.metadata_modified)
    return max(moments, default=None)
