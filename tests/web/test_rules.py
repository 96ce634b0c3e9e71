"""Every door of the site, with everybody before it: what is answered is what the table of rules says.

Pages, actions of /api/3 and operations of /api/v1 are taken from the site itself. Who is let in may well be told that
something is missing or wrong; who is not is sent to sign in, refused, or before a thing of others finds none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRecord
from opendata.catalog.values import OrganizationRef
from opendata.config import load_config
from opendata.services import access, accounts, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import READ, SCOPES, WRITE, in_scope, may, may_over
from opendata.store.accounts import ApiToken
from opendata.store.alerts import Alert
from opendata.store.from_records import new_study
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import ReportedProblem, Upload
from opendata.store.organizations import Organization
from opendata.store.states import UploadStatus
from opendata.store.tables import ResourceView
from opendata.web.api.contract import FORM_TYPE, TABLE
from opendata.web.app import create_app
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.rules import ACTIONS
from opendata.web.rules import EVERYBODY, PAGES, Rule
from tests.conftest import settings
from tests.factories import ru
from tests.web.people import HERE, PASSWORD, People, sign_in

READING = ("GET", "HEAD", "OPTIONS")
ROLES = ("lonely", "member", "editor", "reviewer", "admin", "sysadmin")


NOWHERE = UUID(int=7)
PLACES = (
    ("/study/", "slug", "study"),
    ("/organization/", "slug", "organization"),
    ("/desk/sources/", "name", "source"),
    ("/desk/organizations/", "slug", "organization"),
    ("/desk/records/", "name", "source"),
    ("/search/facet/", "name", "keyword"),
    ("/image/", "name", "none.png"),
    ("/desk/uploads/template", "suffix", "csv"),
    ("/dataset/<undotted", "suffix", "bib"),
    ("/organizations/", "name", "organization"),
    ("/datasets/", "name", "slug"),
    ("/studies/", "name", "study"),
    ("/search/facets/", "name", "keyword"),
    ("/vocabularies/", "name", "theme"),
    ("/api/i18n", "language", "ru"),
    ("", "what", "x"),
    ("", "decision", "accept"),
    ("", "checksum", "0" * 64),
    ("", "code", "x"),
    ("", "filename", "x.csv"),
    ("/feeds/<any(theme", "by", "theme"),
    ("/feeds/<any(group", "by", "group"),
    ("/sitemap/", "kind", "dataset"),
    ("/catalog.<any(ttl", "suffix", "ttl"),
    ("", "suffix", "csv"),
    ("/desk/studies/", "slug", "study"),
    ("", "place", "datasets"),
    ("", "step", "comment"),
    ("", "kind", "dataset"),
    ("", "number", "1"),
    ("", "position", "1"),
    ("", "pair", "1"),
    ("", "row_id", "1"),
    ("", "version", "3"),
    ("", "record_id", "dataset_id"),
    ("", "token_id", str(NOWHERE)),
    ("", "file_id", str(NOWHERE)),
    ("", "owed", str(NOWHERE)),
)
"""What stands where in addresses: their beginning, the name of the place, the thing of an organisation or a text."""
POSTED = {"role": "member", "kind": "dataset", "user": "guest"}
"""What every form sends, so that what it does to a thing of others is asked at all."""
TUS = {"Tus-Resumable": "1.0.0"}
LAST = ("delete", "remove", "purge", "withdraw", "cancel", "revoke", "undo", "end", "take")
"""Names of what leaves less behind than it found: it comes after all else."""


@dataclass
class Doors:
    """The site, who stands before it by name, and what there is of the organisations "su" and "other"."""

    catalogue: Catalogue
    app: Flask
    tokens: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=lambda: {"nobody": PUBLIC})
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    owners: dict[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True)
class Try:
    """One request of somebody, and whether the table lets them in."""

    name: str
    rule: Rule
    method: str
    who: str
    where: str
    path: str
    expected: bool
    sent: Mapping[str, Any] = field(default_factory=dict, hash=False)
    page: bool = False

    @property
    def order(self) -> tuple[bool, bool, bool, bool]:
        """Who is refused first, then what only reads, and last what takes away."""
        takes = self.method == "DELETE" or any(word in self.name.lower() for word in LAST)
        return self.expected, self.method not in READING, self.rule.person, takes

    def wrong(self, doors: Doors) -> str:
        """What was answered where it is not what the table says, else ""."""
        client = doors.browsers.get(self.who) if self.page else None
        headers = dict(HERE) | TUS
        if not self.expected and self.who != "nobody":
            headers["Accept"] = "application/json"  # a page that says no takes ten times as long
        if client is None and self.who in doors.tokens:
            headers["Authorization"] = f"Bearer {doors.tokens[self.who]}"
        answer = (client or doors.app.test_client()).open(self.path, method=self.method, headers=headers, **self.sent)
        status, target = answer.status_code, answer.headers.get("Location", "")
        answer.close()
        refused = status in (401, 403) or (status == 303 and "/account/sign-in?next=" in target)
        if not self.expected and self.rule.owned and self.where == "other":
            refused = refused or status >= 400  # it is not there for them, or is wrong before that is asked
        if refused != self.expected and status < 500:
            return ""
        return f"{self.name}: {self.method} {self.path} by {self.who}: {status} {target}"


def _expected(rule: Rule, asker: Actor, owner: UUID, *, reads: bool) -> bool:
    if rule == EVERYBODY:
        return True
    if not asker.signed_in or (rule.person and asker.token_id is not None):
        return False
    if rule.right is None:
        return in_scope(asker, READ if reads else WRITE)
    return may_over(asker, rule.right, owner) if rule.owned else may(asker, rule.right)


def _tries(
    doors: Doors,
    name: str,
    rule: Rule,
    method: str,
    path: str,
    where: str,
    sent: Mapping[str, Any],
    *,
    page: bool = False,
) -> Iterator[Try]:
    """Everybody at one door, before a thing of that organisation: whoever is refused, and every role that is let in."""
    for who, asker in doors.actors.items():
        if (rule == EVERYBODY and who != "nobody") or (page and who not in ("nobody", *doors.browsers)):
            continue
        judged = replace(asker, token_id=None) if page else asker
        allowed = _expected(rule, judged, doors.owners[where], reads=method in READING)
        yield Try(name, rule, method, who, where, path, allowed, sent, page)


@pytest.fixture(scope="module")
def doors(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """The site of the module with somebody of every role in "su"."""
    home = copytree(peopled_site[0], tmp_path_factory.mktemp("doors") / "home")
    names = ("API_PER_MINUTE", "API_ACCOUNT_PER_MINUTE", "SEARCHES_PER_MINUTE", "DOWNLOADS_PER_MINUTE")
    unlimited = {f"OPENDATA_SECURITY__{name}": "0" for name in names}
    catalogue = open_catalogue(load_config(environ=settings(home) | unlimited))
    made = Doors(catalogue, create_app(catalogue))
    new = accounts.NewUser("reviewer", "reviewer@example.kz", PASSWORD, organization="su", role=Role.REVIEWER)
    for one in (new, accounts.NewUser("guest", "guest@example.kz", PASSWORD)):
        accounts.add_user(catalogue, SYSTEM, one)
    for where in ("su", "other"):
        made.things[where], made.owners[where] = add_things(catalogue, where)
    for who in ROLES:
        email = "root@example.kz" if who == "sysadmin" else f"{who}@example.kz"
        made.tokens[who] = accounts.create_token(catalogue, email)
        made.browsers[who] = sign_in(made.app.test_client(), email)
    for scope in SCOPES:
        made.tokens[scope] = accounts.create_token(catalogue, "admin@example.kz", scope)
        with catalogue.sessions.write.begin() as session:
            session.scalars(select(ApiToken).where(ApiToken.name == scope)).one().scopes = (scope,)
    made.actors |= {who: access.actor_for_token(catalogue, token) for who, token in made.tokens.items()}
    yield made
    catalogue.close()


def add_things(catalogue: Catalogue, where: str) -> tuple[dict[str, str], UUID]:
    """Something of every kind that belongs to the organisation; its name or id by the names of places."""
    now, agency = catalogue.now(), OrganizationRef(slug=where, title=ru(where))
    file = ResourceRecord(key="a", download_url="https://data.example.kz/a.csv")
    dataset = writing.create(
        catalogue, SYSTEM, DatasetRecord(ru(f"Вода {where}"), organization=agency, resources=(file,))
    )
    study = StudyRecord(ru(f"Сток {where}"), slug=f"study-{where}", organization=agency)
    with catalogue.sessions.write.begin() as session:
        owner = session.scalars(select(Organization.id).where(Organization.slug == where)).one()
        new_study(session, study, now).organization_id = owner
        source = HarvestSource(
            name=f"source-{where}", title="x", type="ckan", url="https://x.example", organization_id=owner,
            created=now, modified=now,
        )  # fmt: skip
        session.add(source)
        session.flush()
        report = ReportedProblem(object_id=dataset.id, message="x", created=now)
        upload = Upload(
            organization_id=owner, filename="a.csv", checksum="0" * 64, byte_size=1, status=UploadStatus.CHECKED,
            created=now,
        )  # fmt: skip
        job = HarvestJob(source_id=source.id, created=now)
        alert = Alert(organization_id=owner, kind="email", address="a@example.kz", created=now)
        view = ResourceView(resource_id=dataset.resources[0].id, title="x", view_type="x", position=0, created=now)
        session.add_all([report, upload, job, alert, view])
        session.flush()
        ids = {"report": report.id, "upload": upload.id, "job": job.id, "alert": alert.id, "view": view.id}
    things = {f"{name}_id": str(key) for name, key in ids.items()} | {"organization": where, "source": source.name}
    things |= {"slug": dataset.slug, "dataset_id": str(dataset.id), "resource_id": str(dataset.resources[0].id)}
    return things | {"study": study.slug, "user": "guest@example.kz"}, owner


def value(things: Mapping[str, str], path: str, name: str) -> str:
    """What stands at the place called `name` of an address."""
    found = next((key for begins, one, key in PLACES if one == name and path.startswith(begins)), name)
    return things.get(found, str(NOWHERE) if found.endswith("_id") else found)


def _page_tries(doors: Doors) -> Iterator[Try]:
    """Every page, at each of its methods."""
    adapter = doors.app.url_map.bind("localhost")
    for route in doors.app.url_map.iter_rules():
        rule = PAGES.get(route.endpoint)
        if rule is None or route.endpoint == "static":
            continue
        for where in ("su", "other") if rule.owned else ("su",):
            given = {name: value(doors.things[where], route.rule, name) for name in route.arguments}
            path = adapter.build(route.endpoint, given | dict(route.defaults or {}))
            for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
                if rule == EVERYBODY and method != "GET":
                    continue
                sent = {"data": {**POSTED, "organization": where}} if method == "POST" else {}
                yield from _tries(doors, route.endpoint, rule, method, path, where, sent, page=True)


def _operation_tries(doors: Doors) -> Iterator[Try]:
    """Every operation of /api/v1."""
    for op in TABLE.operations:
        for where in ("su", "other") if op.rule.owned else ("su",):
            path = re.sub(r"\{(\w+)\}", lambda at: value(doors.things[where], op.path, at[1]), op.path)  # noqa: B023
            sent: dict[str, Any] = {}
            if op.body is not None:
                kind = next(iter(op.body.content))
                sent = {"data": b"" if kind == FORM_TYPE else b"{}", "content_type": kind}
            yield from _tries(doors, op.id, op.rule, op.method, f"/api/v1{path}", where, sent)


def _action_tries(doors: Doors) -> Iterator[Try]:
    """Every action of /api/3."""
    for name, rule in ACTIONS.items():
        found = registry.find(name)
        assert found is not None, name
        for where in ("su", "other") if rule.owned else ("su",):
            sent = {"json": action_parameters(name, doors.things[where])}
            method = "GET" if found.reads else "POST"
            if found.reads:
                sent = {"query_string": sent["json"]}
            yield from _tries(doors, name, rule, method, f"/api/3/action/{name}", where, sent)


def action_parameters(name: str, things: Mapping[str, str]) -> dict[str, str]:
    """What the action takes, so that what it does to that thing is asked at all."""
    kind = name.partition("_")[0]
    ids = {"resource": "resource_id", "organization": "organization", "package": "slug", "bulk": "organization"}
    if name.endswith("_for_user"):
        return {}
    given = {"id": things.get(ids.get(kind, ""), str(NOWHERE)), "title": "x", "datasets": things["dataset_id"]}
    more = {"org_id": things["organization"], "group_id": things["organization"], "package_id": things["slug"]}
    if name == "group_create":
        del given["id"]  # which sysadmins alone may choose
    if name.startswith("resource_view"):
        more["id"] = things["view_id"] if name != "resource_view_reorder" else things["resource_id"]
        more |= {"resource_id": things["resource_id"], "view_type": "x", "order": things["view_id"]}
    if "relationship" in name:
        more |= {"subject": things["slug"], "object": things["slug"], "type": "depends_on"}
    return given | more | {"username": "nobody-at-all", "role": "member", "email": "new@example.kz"}


def test_every_door_has_a_rule(doors: Doors) -> None:
    pages = {one.endpoint for one in doors.app.url_map.iter_rules() if not one.endpoint.startswith(("api.", "tus."))}
    assert pages - {"api.openapi_json"} <= set(PAGES), "add them to opendata/web/rules.py"
    assert set(registry.names()) == set(ACTIONS), "opendata/web/ckan_api/rules.py"
    assert all(op.rule != EVERYBODY or op.reads or op.rate == "searches" for op in TABLE.operations)


def test_a_rule_names_a_door_that_there_is(doors: Doors) -> None:
    assert set(PAGES) <= {one.endpoint for one in doors.app.url_map.iter_rules()}


@pytest.mark.parametrize("doors_of", [_page_tries, _operation_tries, _action_tries])
def test_every_door_lets_in_whom_its_rule_names_and_nobody_else(
    doors: Doors, doors_of: Callable[[Doors], Iterator[Try]]
) -> None:
    found = [one.wrong(doors) for one in sorted(doors_of(doors), key=lambda one: one.order)]
    assert not [one for one in found if one]
