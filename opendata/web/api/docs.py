"""/api/docs: the page that explains /api/v1, with examples that run and every operation, both from the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from opendata.services import idempotency, webhook_sending
from opendata.web.api import dataset_batch, examples
from opendata.web.api.contract import LIMIT_MOST, TABLE, Operation
from opendata.web.identity import the_catalogue
from opendata.web.this_site import the_site

blueprint = Blueprint("api_docs", __name__)

TAGS: Mapping[str, Any] = {
    "search": _l("Search"),
    "datasets": _l("Reports and data"),
    "resources": _l("Files of a record"),
    "studies": _l("Commissioned studies"),
    "organizations": _l("Agencies"),
    "members": _l("Members of an agency"),
    "audit": _l("Audit"),
    "work": _l("What waits for you"),
    "sources": _l("Harvest sources"),
    "jobs": _l("Runs of sources"),
    "uploads": _l("Bulk uploads"),
    "matches": _l("Matches"),
    "held": _l("Files held back"),
    "reports": _l("Readers’ reports"),
    "links": _l("Links"),
    "alerts": _l("Alerts"),
    "events": _l("What happened"),
    "webhooks": _l("Webhooks"),
    "lists": _l("Licences and vocabularies"),
    "account": _l("My account"),
    "about": _l("The API itself"),
}
TITLES: Mapping[str, Any] = {
    "search": _l("Search"),
    "list": _l("Read a list"),
    "create": _l("Create a record"),
    "change": _l("Change some fields"),
    "send": _l("Send a file"),
    "follow": _l("Follow what happens"),
}


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One example in three languages of programming; `anchor` names it in the address."""

    anchor: str
    title: Any
    languages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """The operations about one thing."""

    anchor: str
    title: Any
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the page may use. `per_address` and `per_account`: requests a minute, 0 for no limit."""

    url: str
    examples: tuple[ExampleView, ...]
    groups: tuple[OperationGroup, ...]
    per_address: int
    per_account: int
    most_items: int
    most_batch: int
    key_hours: int
    most_events: int


@blueprint.get("/api/docs")
def page() -> str:
    """How to use the API."""
    settings = the_catalogue().config.security
    shown = tuple(_example(name, sample) for name, sample in examples.SAMPLES.items())
    context = ApiContext(
        url=the_site().url,
        examples=shown,
        groups=tuple(group for name in TAGS if (group := _group(name)).operations),
        per_address=settings.api_per_minute,
        per_account=settings.api_account_per_minute,
        most_items=LIMIT_MOST,
        most_batch=dataset_batch.MOST_BATCH,
        key_hours=int(idempotency.KEPT.total_seconds() // 3600),
        most_events=webhook_sending.MOST_EVENTS,
    )
    return render_template("pages/api.html", page=context)


def _example(name: str, sample: examples.Sample) -> ExampleView:
    languages = (("curl", examples.curl(sample)), ("Python", examples.python(sample)), ("R", examples.r(sample)))
    return ExampleView(name, TITLES[name], languages)


def _group(tag: str) -> OperationGroup:
    mine = [one for one in TABLE.operations if one.tag == tag]
    return OperationGroup(f"api-{tag}", TAGS[tag], tuple(sorted(mine, key=lambda one: one.elsewhere)))
