"""A synthetic CKAN of any size, with the bad manners of real ones to be switched on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.local import Asked, LocalServer, Reply, serve


@dataclass(frozen=True)
class Portal:
    """What the portal holds and how it misbehaves.

    `count_lie` is added to the count; `rows_cap` clamps rows without a word; `same_page` ignores `start`; `html_from`
    and `failing_from` answer a web page, or 500, from that start on; `body`, where given, is every answer, and `only`
    are the answers by action, all others being 404. `refused` are actions that answer 403; `hidden` are packages that
    package_show refuses; `parents` are the organisations above others. Incremental filters are kept to where `changed`
    gives the number of the first package that changed.
    """

    size: int = 25
    count_lie: int = 0
    rows_cap: int = 1000
    same_page: bool = False
    html_from: int = -1
    failing_from: int = -1
    body: bytes | None = None
    only: Mapping[str, bytes] = field(default_factory=dict)
    replaced: tuple[tuple[int, Any], ...] = ()
    under: str = ""
    refused: tuple[str, ...] = ()
    hidden: frozenset[int] = frozenset()
    parents: tuple[tuple[str, str], ...] = ()
    changed: int = 0
    removed: frozenset[int] = frozenset()


@contextmanager
def ckan_server(portal: Portal | None = None) -> Iterator[LocalServer]:
    """A portal until the end of the block, its API under `portal.under` and /api/3/action."""
    held = portal or Portal()
    with serve(lambda asked: portal_answer(held, asked, held.under)) as server:
        server.url += held.under
        yield server


def package(number: int, **changes: Any) -> dict[str, Any]:
    """A package with the default schema's usual fields."""
    return {
        "id": f"id-{number:05}",
        "name": f"package-{number}",
        "title": f"Набор данных {number}",
        "notes": "Описание набора.",
        "state": "active",
        "private": False,
        "type": "dataset",
        "license_id": "cc-by",
        "license_title": "Creative Commons Attribution 4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "metadata_modified": "2024-02-03T04:05:06.789",
        "organization": {"id": "o1", "name": "stat", "title": "Бюро статистики", "description": "О бюро"},
        "tags": [{"name": "вода"}, {"name": "климат"}],
        "groups": [{"name": "environment", "title": "Environment"}],
        "extras": [{"key": "frequency", "value": "monthly"}, {"key": "own", "value": "kept"}],
        "resources": [
            {"id": f"r-{number}", "name": "Таблица", "url": "https://data.example/a.csv", "format": "CSV", "size": "12"}
        ],
        **changes,
    }


def portal_answer(held: Portal, asked: Asked, under: str) -> Reply:
    """What the portal below the path `under` answers."""
    if held.body is not None:
        return Reply(held.body, media_type="application/json")
    action = asked.path.removeprefix(f"{under}/api/3/action/")
    if held.only:
        known = held.only.get(action)
        return Reply(status=404) if known is None else Reply(known, media_type="application/json")
    if action in held.refused:
        return _json({"success": False, "error": {"__type": "Authorization Error", "message": "no"}}, 403)
    if action == "package_search":
        return _search(held, asked)
    if action == "organization_list" and held.parents:
        return _json({"success": True, "result": [{"name": one, "groups": [{"name": up}]} for one, up in held.parents]})
    if action == "package_show":
        return _shown(held, asked.query["id"])
    if action in ("package_list", "current_package_list_with_resources"):
        start, most = int(asked.query.get("offset", "0")), int(asked.query.get("limit", "1000"))
        listed = _packages(held)[start : start + most]
        whole = action != "package_list"
        return _json({"success": True, "result": listed if whole else [one["name"] for one in listed]})
    return _json({"success": False, "error": {"__type": "Not Found Error", "message": "Not found"}}, 404)


def _packages(held: Portal) -> list[Any]:
    replaced = dict(held.replaced)
    return [replaced.get(n, package(n)) for n in range(held.size) if n not in held.removed]


def _search(held: Portal, asked: Asked) -> Reply:
    start = 0 if held.same_page else int(asked.query.get("start", "0"))
    if 0 <= held.failing_from <= start:
        return Reply(status=500)
    if 0 <= held.html_from <= start:
        return Reply(b"<!DOCTYPE html><html>Log in</html>", media_type="text/html")
    rows = min(int(asked.query.get("rows", "10")), held.rows_cap)
    every = _packages(held)
    if "metadata_modified" in asked.query.get("fq", ""):
        every = every[held.changed :]
    return _json(
        {"success": True, "result": {"count": len(every) + held.count_lie, "results": every[start : start + rows]}}
    )


def _shown(held: Portal, name: str) -> Reply:
    for number, one in enumerate(_packages(held)):
        if name in (one["name"], one["id"]) and number not in held.hidden:
            return _json({"success": True, "result": one})
    return _json({"success": False, "error": {"__type": "Not Found Error", "message": "Not found"}}, 404)


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(body).encode(), status, "application/json")
