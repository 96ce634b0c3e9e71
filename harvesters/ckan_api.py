"""The action API of one CKAN portal: its answers, its clock, its filters and its tree of organisations."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from harvesters.links import source_address
from opendata.errors import SourceError, TooLarge
from opendata.harvesting import json as strangers_json
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import Client, Response

_ACTION = re.compile(r"(/api(?:/\d)?/action)(?:/.*)?\Z")
_PAGES = re.compile(r"/(?:api(?:/\d)?|datasets?|organizations?|groups?)(?:/.*)?\Z")
_ORGANISATIONS = 1000
"""Organisations that are asked for: the most that CKAN gives at once with all their fields."""
_SEPARATOR = re.compile(r"\s*[;,]\s*")


class Api:
    """Calls actions. SourceError for what is no answer of CKAN, and for answers without success."""

    def __init__(self, url: str, client: Client) -> None:
        portal, self._base = addresses(url)
        self.portal = without_credentials(portal)
        self._client = client
        self.clock: dt.datetime | None = None

    def call(self, action: str, params: Mapping[str, str]) -> Any:
        """The `result` of an action. The portal's clock is that of its first answer."""
        try:
            response = self._client.get(self._base + action, params, accept="application/json")
        except TooLarge as error:
            raise SourceError(f"{error.message}: ask for fewer rows per page") from error
        self.clock = self.clock or _date(response)
        return _result(response)

    def parents(self) -> dict[str, str]:
        """The name of the organisation above each, where the portal has such a tree and shows it."""
        params = {"all_fields": "true", "include_groups": "true", "limit": str(_ORGANISATIONS)}
        try:
            listed = self.call("organization_list", params)
        except SourceError:
            return {}  # a courtesy: the packages name their organisations themselves
        found = {}
        for one in listed if isinstance(listed, list) else []:
            groups = one.get("groups") if isinstance(one, dict) else None
            above = (
                groups[0].get("name") if isinstance(groups, list) and groups and isinstance(groups[0], dict) else None
            )
            if isinstance(above, str) and isinstance(one.get("name"), str) and above != one["name"]:
                found[one["name"]] = above
        return found


def addresses(url: str) -> tuple[str, str]:
    """The portal's root and its action API (with a closing /) from whatever address of the portal was given."""
    parts = source_address(url)
    path = parts.path.rstrip("/")
    named = _ACTION.search(path)
    root = path[: named.start()] if named else _PAGES.sub("", path)
    action = named.group(1) if named else "/api/3/action"
    base = parts._replace(query="", fragment="")
    return base._replace(path=root).geturl(), base._replace(path=f"{root}{action}/").geturl()


class Choice:
    """Which packages the options ask for: as a filter query, and to be applied to packages at hand."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self.q, self.fq = options.get("q") or "", options.get("fq") or ""
        self._kept = {name: _names(options.get(f"{name}s") or options.get(name)) for name in ("organization", "group")}
        self._left = {name: _names(options.get(f"{name}s_exclude")) for name in ("organization", "group")}

    def query(self, since: dt.datetime | None) -> dict[str, str]:
        """The parameters of package_search."""
        filters = [f"({self.fq})"] if self.fq else []
        for name, field in (("organization", "organization"), ("group", "groups")):
            if kept := self._kept[name]:
                filters.append(f"{field}:{_any(kept)}")
            if left := self._left[name]:
                filters.append(f"-{field}:{_any(left)}")
        if since is not None:
            filters.append(f"metadata_modified:[{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ} TO *]")
        params = {"q": self.q} if self.q else {}
        return params | ({"fq": " AND ".join(filters)} if filters else {})

    @property
    def needs_search(self) -> bool:
        """Whether only the portal's own search can answer it."""
        return bool(self.q or self.fq)

    def takes(self, package: Mapping[str, Any], since: dt.datetime | None) -> bool:
        """Whether a package at hand is among those asked for."""
        organization = package.get("organization")
        own = {"organization": _own([organization]), "group": _own(package.get("groups"))}
        for name, names in own.items():
            if self._kept[name] and not names & self._kept[name]:
                return False
            if names & self._left[name]:
                return False
        modified = str(package.get("metadata_modified") or "")
        return since is None or not modified or modified[:19] >= f"{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}"


def _names(text: str | None) -> set[str]:
    return {part for part in _SEPARATOR.split((text or "").strip()) if part}


def _any(names: set[str]) -> str:
    quoted = [f'"{name.replace(chr(34), "")}"' for name in sorted(names)]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"


def _own(values: Any) -> set[str]:
    found: set[str] = set()
    for one in values if isinstance(values, list) else []:
        if isinstance(one, dict):
            found |= {str(one[key]) for key in ("name", "id") if isinstance(one.get(key), str)}
        elif isinstance(one, str):
            found.add(one)
    return found


def _date(response: Response) -> dt.datetime | None:
    """The portal's clock, as the header Date tells it."""
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _result(response: Response) -> Any:
    answer = strangers_json.parsed(response.content, of=response.url)
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise SourceError(f"{response.url} is JSON, but no answer of CKAN's action API")
    if answer.get("success") is False or "result" not in answer:
        raise SourceError(f"{response.url} answered without success: {_message(answer.get('error'))}")
    return answer["result"]


def _message(error: Any) -> str:
    if isinstance(error, dict):
        kind, text = error.get("__type", ""), error.get("message", "")
        return f"{kind}: {text}".strip(": ") or json.dumps(error, ensure_ascii=False)[:300]
    return str(error)[:300]
