"""/api/v1/sources: what is harvested, for those who have a desk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from opendata.services import desk, sources
from opendata.services.desk_results import SourcePage
from opendata.services.rights import Right
from opendata.services.source_rules import GivenCredentials, NewSource
from opendata.web.api import components, cursors
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    Parameter,
    listed,
    operation,
)
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.shapes import Faults, Json, Schema, fields_of, json_of
from opendata.web.api.source_shapes import Source, SourceChange, SourceGiven, job

SOURCE_NAME = Parameter(
    "source", "Name of the source.", {"type": "string", "minLength": 1, "maxLength": 100}, place="path", required=True
)
OPTIONS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
SHOWN = components.ref(Source)
components.MADE["Source"]["properties"]["options"] = OPTIONS
GIVEN = components.given(SourceGiven)
components.MADE["SourceInput"]["properties"]["options"] = OPTIONS
SOURCES = listed(SHOWN)
REVISED = components.named(
    "SourcePatch",
    {
        "description": "Fields of a source that are to be changed; null credentials take them away.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: schema
            for name, schema in components.MADE["SourceInput"]["properties"].items()
            if name not in ("name", "type")
        },
    },
)


def shown(call: Call, name: str) -> Json:
    """The source with its settings."""
    return _said(desk.source(call.catalogue, call.actor, name))


def _answer(call: Call, status: int = 200, location: str = "") -> Answer:
    """The source that the address names, with its version."""
    page = desk.source(call.catalogue, call.actor, str(call["source"]))
    return Answer(_said(page), status, version=page.version, location=location)


def _said(page: SourcePage) -> Json:
    known, line = page.settings, page.line
    return json_of(
        Source(
            name=line.name,
            type=line.type,
            title=known.title or line.title,
            url=line.url,
            organization=known.organization,
            frequency=known.frequency,
            options=dict(known.options),
            priority=known.priority,
            withdraw_share=known.withdraw_share,
            grace_days=known.grace_days,
            full_days=known.full_days,
            has_credentials=page.has_credentials,
            active=line.active,
            stopped_reason=line.stopped_reason,
            records=line.records,
            withdrawn=line.withdrawn,
            failures=page.failures,
            running=page.running,
            waiting=page.waiting,
            last_success=line.last_success,
            next_run=line.next_run,
            last_job=job(line.last_job) if line.last_job else None,
        )
    )


@operation("GET", "/sources", tag="sources", parameters=(CURSOR, LIMIT), gives=SOURCES, right=Right.SEE_DESK)
def list_sources(call: Call) -> Answer:
    """List the sources of one's agencies. By name."""
    place = cursors.decode(call["cursor"], call.given)
    names = sorted(one.name for one in desk.sources(call.catalogue, call.actor) if one.name > place)
    chosen = names[: call["limit"]]
    return cursors.page(call, [shown(call, name) for name in chosen], chosen[-1] if len(names) > len(chosen) else None)


@operation("GET", "/sources/{source}", tag="sources", parameters=(SOURCE_NAME,), gives=SHOWN, right=Right.SEE_DESK)
def show_source(call: Call) -> Answer:
    """Show a source with its settings and its last run."""
    return _answer(call)


def _read(data: Json, *, whole: bool) -> dict[str, Any]:
    """The fields that are given, read. Malformed."""
    faults = Faults()
    rest = dict(data) if isinstance(data, dict) else data
    options = rest.pop("options", None) if isinstance(rest, dict) else None
    if isinstance(rest, dict) and not whole:
        for name in ("name", "type"):
            if name in rest:
                faults.add(f"/{name}", "fixed", "This stays what it is.")
                rest.pop(name)
    found = fields_of(SourceGiven if whole else SourceChange, rest, "", faults) or {}
    if options is not None:
        if not isinstance(options, dict) or not all(isinstance(one, str) for one in options.values()):
            faults.add("/options", "wrong_type", "This must be an object of texts.")
        else:
            found["options"] = options
    check(faults)
    if found.get("credentials") is not None:
        found["credentials"] = GivenCredentials(**asdict(found["credentials"]))
    return found


@operation(
    "POST",
    "/sources",
    tag="sources",
    body=Body(
        {JSON_TYPE: GIVEN},
        example={"name": "water", "type": "ckan", "url": "https://data.water.example", "frequency": "daily"},
    ),
    gives=SHOWN,
    status=201,
    right=Right.MANAGE_SOURCES,
    statuses=(404,),
)
def create_source(call: Call) -> Answer:
    """Add a source. It is harvested for the first time when it is due; …/run does it at once."""
    new = NewSource(**_read(call.data, whole=True))
    with with_pointers():
        sources.add(call.catalogue, call.actor, new)
    made = desk.source(call.catalogue, call.actor, new.name)
    return Answer(_said(made), 201, version=made.version, location=f"/api/v1/sources/{new.name}")


@operation(
    "PATCH",
    "/sources/{source}",
    tag="sources",
    parameters=(SOURCE_NAME,),
    body=Body({PATCH_TYPE: REVISED, JSON_TYPE: REVISED}, "What is named is changed."),
    gives=SHOWN,
    right=Right.MANAGE_SOURCES,
    versioned=True,
)
def patch_source(call: Call) -> Answer:
    """Change a source. Credentials are dropped where its address moves to another server without them."""
    name, changes = str(call["source"]), _read(call.data, whole=False)
    with with_pointers():
        sources.revise(call.catalogue, call.actor, name, changes, if_versions=call.if_match)  # type: ignore[arg-type]
    return _answer(call)


@operation(
    "DELETE",
    "/sources/{source}",
    tag="sources",
    parameters=(SOURCE_NAME,),
    status=204,
    right=Right.MANAGE_SOURCES,
    versioned=True,
)
def delete_source(call: Call) -> Answer:
    """Remove a source. Its records stay."""
    sources.remove(call.catalogue, call.actor, str(call["source"]), if_versions=call.if_match)
    return Answer(status=204)


@operation(
    "POST",
    "/sources/{source}/run",
    tag="sources",
    parameters=(
        SOURCE_NAME,
        Parameter("full", "List everything anew.", {"type": "boolean"}),
        Parameter("dry_run", "Store nothing, and tell what would be.", {"type": "boolean"}, default=False),
    ),
    gives=SHOWN,
    status=202,
    right=Right.RUN_HARVEST,
)
def run_source(call: Call) -> Answer:
    """Harvest a source as soon as a worker is free."""
    name = str(call["source"])
    sources.run_soon(call.catalogue, call.actor, name, full=call["full"], dry_run=call["dry_run"])
    return Answer(shown(call, name), 202, location=f"/api/v1/sources/{name}")


@operation(
    "POST",
    "/sources/{source}/pause",
    tag="sources",
    parameters=(SOURCE_NAME,),
    gives=SHOWN,
    right=Right.RUN_HARVEST,
)
def pause_source(call: Call) -> Answer:
    """Let a source be harvested no more until it is resumed."""
    sources.pause(call.catalogue, call.actor, str(call["source"]))
    return Answer(shown(call, str(call["source"])))


@operation(
    "POST",
    "/sources/{source}/resume",
    tag="sources",
    parameters=(SOURCE_NAME,),
    gives=SHOWN,
    right=Right.RUN_HARVEST,
)
def resume_source(call: Call) -> Answer:
    """Let a paused source be harvested again."""
    sources.resume(call.catalogue, call.actor, str(call["source"]))
    return Answer(shown(call, str(call["source"])))
