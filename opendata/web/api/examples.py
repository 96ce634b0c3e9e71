"""Runnable examples of /api/v1 in curl, Python and R, made from the table of operations.

SITE is the address of the catalogue and TOKEN, where it is needed, an API token: variables of the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from opendata.web.api.contract import TABLE, Operation
from opendata.web.api.shapes import Json


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: the operation by its id, and what stands in its address and body."""

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    file: str = ""

    @property
    def op(self) -> Operation:
        """The operation."""
        return next(one for one in TABLE.operations if one.id == self.operation)

    @property
    def address(self) -> str:
        """The path with what stands in it."""
        path = self.op.path
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return f"/api/v1{path}"

    @property
    def sent(self) -> Json:
        """The JSON to send: its own, else the example that the operation declares."""
        declared = self.op.body
        return self.body if self.body is not None or declared is None or self.file else declared.example

    @property
    def media_type(self) -> str:
        """That of the JSON."""
        return next(iter(self.op.body.content)) if self.op.body else ""


SAMPLES: Mapping[str, Sample] = {
    "search": Sample("search", query={"q": "water quality", "open": "yes", "size": "5"}),
    "list": Sample("listDatasets", query={"limit": "50", "fields": "id,slug,title"}),
    "create": Sample("createDataset"),
    "change": Sample("patchDataset", path={"name": "vodnyy-balans-reki-ural"}),
    "send": Sample("createResource", path={"name": "vodnyy-balans-reki-ural"}, file="balance.csv"),
    "follow": Sample("listEvents", query={"cursor": "0", "limit": "100"}),
}
"""What the page shows, in its order."""


def curl(one: Sample) -> str:
    """The request as a command of a shell."""
    parts = ["curl --fail-with-body"]
    if one.op.method != "GET":
        parts.append(f"-X {one.op.method}")
    if one.op.signed_in:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if one.file:
        parts.append(f"-F 'file=@{one.file}'")
    elif one.sent is not None:
        parts.append(f"-H 'Content-Type: {one.media_type}'")
        parts.append(f"-d '{_lines(one.sent)}'")
    query = f"?{urlencode(one.query, quote_via=quote)}" if one.query else ""
    return " \\\n  ".join([*parts, f'"$SITE{one.address}{query}"'])


def python(one: Sample) -> str:
    """The request in Python, with the package requests."""
    lines = ["import os", "", "import requests", "", 'site = os.environ["SITE"]']
    arguments = [f'site + "{one.address}"']
    if one.query:
        arguments.append(f"params={dict(one.query)!r}")
    if one.op.signed_in:
        arguments.append('headers={"Authorization": "Bearer " + os.environ["TOKEN"]}')
    if one.file:
        arguments.append(f'files={{"file": open("{one.file}", "rb")}}')
    elif one.sent is not None:
        lines.append(f"data = {_literal(one.sent)}")
        arguments.append("json=data")
    inside = "".join(f"    {argument},\n" for argument in arguments)
    lines.append(f"answer = requests.{one.op.method.lower()}(\n{inside})")
    lines += ["answer.raise_for_status()", "print(answer.json())"]
    return "\n".join(lines)


def _lines(value: Json) -> str:
    """The value as JSON, a field a line."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    fields = ",\n".join(f"    {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in value.items())
    return f"{{\n{fields}\n  }}"


def _literal(value: Json) -> str:
    """The value as Python writes it, a field a line."""
    if isinstance(value, dict):
        return "{\n" + "".join(f"    {name!r}: {one!r},\n" for name, one in value.items()) + "}"
    return repr(value)


def r(one: Sample) -> str:
    """The request in R, with the package httr2."""
    steps = [f'request(paste0(Sys.getenv("SITE"), "{one.address}"))']
    if one.query:
        told = ", ".join(f"{name} = {json.dumps(value)}" for name, value in one.query.items())
        steps.append(f"req_url_query({told})")
    if one.op.signed_in:
        steps.append('req_auth_bearer_token(Sys.getenv("TOKEN"))')
    if one.file:
        steps.append(f'req_body_multipart(file = curl::form_file("{one.file}"))')
    elif one.sent is not None:
        text = json.dumps(one.sent, ensure_ascii=False)
        steps.append(f'req_body_raw(r"---({text})---", type = "{one.media_type}")')
        steps.append(f'req_method("{one.op.method}")')
    steps += ["req_perform()", "resp_body_json()"]
    return "library(httr2)\n\nanswer <- " + " |>\n  ".join(steps) + "\nstr(answer)"
