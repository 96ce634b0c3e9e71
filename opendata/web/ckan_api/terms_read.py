"""Keywords (CKAN's tags), licences, formats, the state of the site, and what CKAN has and we have not."""

from __future__ import annotations

from functools import cache
from typing import Any

from opendata.catalog import licenses
from opendata.catalog.licenses import License
from opendata.errors import NotFound
from opendata.export import ckan
from opendata.services import ckan_lists, ckan_packages
from opendata.web.ckan_api.packages_read import package_dict
from opendata.web.ckan_api.paging import MOST_NAMES, bounded, window
from opendata.web.ckan_api.registry import Call, Json, action

CKAN_VERSION = "2.12.0"
"""The version of CKAN whose API is answered."""
MOST_OF_TAG = 100


@action("tag_list", reads=True, kept=True)
def tag_list(call: Call) -> Json:
    """The keywords of public records, or with `all_fields` as {id, name, display_name, vocabulary_id}.

    query: what they hold. limit, offset: a part of them, of 1000 at most; after: those behind that one.
    """
    words = call.data.words("query")
    found = [] if _vocabulary(call) else [one for one in ckan_lists.keywords(call.catalogue) if _holds(one, words)]
    shown = window(call, found, str, MOST_NAMES)
    return [_tag(one) for one in shown] if call.data.boolean("all_fields") else shown


def _vocabulary(call: Call) -> str:
    """NotFound where one is asked for: there is none."""
    if name := call.data.text("vocabulary_id"):
        raise NotFound(f"could not find vocabulary {name[:100]!r}")
    return ""


def _holds(keyword: str, words: list[str]) -> bool:
    return all(word.casefold().strip() in keyword.casefold() for word in words)


def _tag(name: str) -> dict[str, Any]:
    made = ckan.tag(name)
    del made["state"]
    return made


@action("tag_show", reads=True)
def tag_show(call: Call) -> Json:
    """A keyword.

    id: the keyword. include_datasets: its public datasets, 100 at most.
    """
    name = call.data.required("id")
    _vocabulary(call)
    found = next((one for one in ckan_lists.keywords(call.catalogue) if name in (one, ckan.tag(one)["id"])), None)
    if found is None:
        raise NotFound(f"There is no tag {name[:100]!r}.")
    made = _tag(found)
    if call.data.boolean("include_datasets"):
        ids = ckan_lists.of_keyword(call.catalogue, found, MOST_OF_TAG)
        shown = ckan_packages.shown_all(call.catalogue, call.actor, ids)
        made["packages"] = [package_dict(call, one) for one in shown]
        if len(ids) == MOST_OF_TAG:
            call.cap = MOST_OF_TAG
    return made


@action("tag_search", reads=True, limit="searches")
def tag_search(call: Call) -> Json:
    """Keywords that hold what is asked for: {count, results}.

    query: one text or several, which must all be held. limit, offset: a part of them, of 1000 at most.
    """
    found = _matching(call)
    return {"count": len(found), "results": [_tag(one) for one in window(call, found, str, MOST_NAMES)]}


@action("tag_autocomplete", reads=True, limit="completions")
def tag_autocomplete(call: Call) -> Json:
    """Keywords that hold what was typed.

    query (or q): what was typed. limit, offset: a part of them, of 1000 at most.
    """
    return window(call, _matching(call), str, MOST_NAMES)


def _matching(call: Call) -> list[str]:
    words = [one for name in ("query", "q") for one in call.data.words(name) if one.strip()]
    _vocabulary(call)
    words = [word.partition(":")[2] if word.startswith("tags:") else word for word in words]
    return [one for one in ckan_lists.keywords(call.catalogue) if _holds(one, words)] if words else []


@action("vocabulary_list", reads=True)
def vocabulary_list(call: Call) -> Json:
    """CKAN's tag vocabularies, of which there are none: keywords are free, themes are groups."""
    del call
    return []


@action("vocabulary_show", reads=True)
def vocabulary_show(call: Call) -> Json:
    """A tag vocabulary, of which there are none.

    id: its name.
    """
    raise NotFound(f"could not find vocabulary {call.data.required('id')[:100]!r}")


@action("license_list", reads=True, kept=True)
def license_list(call: Call) -> Json:
    """The licences that the site knows, and whether each is open by the Open Definition."""
    del call
    return _licenses()


@cache
def _licenses() -> list[dict[str, Any]]:
    return [_license(one) for one in licenses.licenses().values()]


def _license(one: License) -> dict[str, Any]:
    conforms = {True: "approved", False: "rejected", None: "not reviewed"}[one.open]
    return {
        "id": one.id,
        "title": one.title.show("en").value,
        "url": one.url,
        "status": "active",
        "od_conformance": conforms,
        "osd_conformance": "not reviewed",
        "domain_content": True,
        "domain_data": True,
        "domain_software": False,
        "family": one.family,
        "is_generic": False,
        "is_okd_compliant": one.open is True,
        "is_osi_compliant": False,
        "maintainer": "",
    }


@action("format_autocomplete", reads=True, limit="completions")
def format_autocomplete(call: Call) -> Json:
    """Formats of public files that hold what was typed, those with most records first.

    q: what was typed. limit: 5 unless said otherwise.
    """
    typed, limit = call.data.text("q").casefold(), bounded(call, "limit", 5, MOST_NAMES)
    return [one for one in ckan_lists.formats(call.catalogue) if typed in one.casefold()][:limit]


@action("status_show", reads=True, kept=True)
def status_show(call: Call) -> Json:
    """What this site is, and whose API it answers."""
    site = call.site
    return {
        "ckan_version": CKAN_VERSION,
        "site_url": site.url,
        "site_description": site.description.show(site.language).value,
        "site_title": site.title,
        "error_emails_to": None,
        "locale_default": site.language,
        "extensions": ["datastore", "activity"],
    }


@action("site_read", reads=True)
def site_read(call: Call) -> Json:
    """Whether the site may be read: yes."""
    del call
    return True


@action("config_option_list", "config_option_show", "job_list", reads=True)
def for_sysadmins(call: Call) -> Json:
    """Settings and jobs of CKAN's server, of which there are none: ours are told by /metrics and the command line."""
    ckan_lists.demand_site(call.actor)
    return []


@action("job_show", "task_status_show", "resource_status_show", reads=True)
def no_task(call: Call) -> Json:
    """A task of CKAN's server, of which there are none.

    id: the task.
    """
    raise NotFound(f"There is no task {call.data.text('id')[:100]!r}.")


@action("term_translation_show", reads=True)
def term_translation_show(call: Call) -> Json:
    """Translations of terms, of which there are none: texts carry their languages themselves (title_translated)."""
    del call
    return []
