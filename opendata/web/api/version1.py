"""/api/v1 put together: every operation of the table, its OpenAPI document, and the page that explains it."""

from __future__ import annotations

import json
from functools import cache

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from opendata.config import Config
from opendata.web.api import (
    account,
    alerts,
    allowances,
    audit,
    dataset_batch,
    datasets,
    events,
    held,
    jobs,
    life,
    links,
    lists,
    matches,
    members,
    openapi,
    organizations,
    previews,
    proposed_files,
    reports,
    resource_versions,
    resources,
    search,
    serving,
    sources,
    studies,
    tus,
    uploads,
    webhooks,
    work,
)
from opendata.web.api.contract import TABLE
from opendata.web.revalidating import tag_of, tagged, unless_known
from opendata.web.this_site import the_site

_RECORDS = (search, datasets, dataset_batch, resources, resource_versions, studies, life, organizations, members, audit)
_CARE = (proposed_files, matches, held, reports, links, alerts)
MODULES = (*_RECORDS, sources, jobs, previews, uploads, tus, *_CARE, events, webhooks, work, lists, account)
"""Whose operations are in the table, in the order of the documentation."""

blueprint = serving.make_blueprint(TABLE)


def install(app: Flask, config: Config) -> None:
    """What the API needs of the application around it."""
    allowances.install(
        app,
        per_address=config.security.api_per_minute,
        per_account=config.security.api_account_per_minute,
    )
    app.after_request(serving.open_to_pages)
    app.url_map.converters["named"] = serving.NameConverter


@cache
def document(title: str, url: str, contact: str) -> bytes:
    """The OpenAPI document, as it is sent."""
    return json.dumps(openapi.document(TABLE, title=title, url=url, contact=contact), ensure_ascii=False).encode()


@blueprint.get("/openapi.json")
def openapi_json() -> ResponseReturnValue:
    """The OpenAPI 3.1 document."""
    site = the_site()
    body = document(site.title, site.url, site.contact_email)
    return unless_known(tagged(Response(body, mimetype="application/json"), tag_of(body)))
