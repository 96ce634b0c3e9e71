"""Every page that the table of routes knows, as somebody sees it who may see everything: axe-core, light and dark, the
console, and a screen of 320 pixels. A new page without an address here fails.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import OrganizationRef, PartialDate, Text
from opendata.services import accounts, invitations, proposals, reporting, resets, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import receiving
from opendata.store.accounts import User
from opendata.store.harvests import HarvestJob
from opendata.store.matches import MatchProposal
from opendata.store.operations import UploadRow
from opendata.store.register import Contract, Deliverable, Study
from opendata.web.app import create_app
from tests.journeys import desk
from tests.journeys.conftest import Visitor
from tests.journeys.site import Site
from tests.journeys.test_pages import AXE, OVERFLOWS, RULES, STRUCTURE, paths, violations

pytestmark = pytest.mark.browser

AGENCY, SLUG = "demo-water", "every-page"
EMAIL = "everything@example.kz"
TABLE = "Идентификатор;Название;Дата публикации\nE-1;Озёра;2024\nE-2;;весной\n"

FULL = bool(os.environ.get("OPENDATA_TEST_FULL"))
"""Every page in both schemes and all languages; else each in one scheme, by turns, and in Kazakh, whose words are long.
Contrasts, which take longer than all else, are then measured on a quarter of the pages (see also web/test_contrast).
"""
SCHEMES = ("light", "dark")

NOT_PAGES = {
    "single_sign_on.": "sends on to a provider, which this site has none of (tests/web/test_gate_pages.py)",
    "second_factor.code": "between the two steps of signing in (tests/web/test_gate_pages.py)",
    "account_links.new_address": "behind a letter (tests/web/test_gate_pages.py)",
    "advanced.find": "sends on to the search",
    "images.image": "a picture",
    "exports.dataset": "data",
    "catalog.": "data",
    "catalog_tables.": "data",
    "datastore.dump": "data",
    "downloads.": "bytes; refusing them is a page of test_pages",
    "feeds.": "data",
    "links.table": "data",
    "links.as_json": "data",
    "sitemaps.": "data",
    "tables.search": "data",
    "static": "bytes",
    "desk.job_csv": "data",
    "desk.job_json": "data",
    "desk.searches_csv": "data",
    "desk_audit.table": "data",
    "desk.raw": "bytes as they came",
    "matches.raw": "bytes as they came",
    "uploads.template": "a table",
    "uploads.failed": "a table",
    "desk_completion.": "answers programs",
    "desk_files.status": "a part of a page",
    "desk_files.proposed": "a file",
    "ckan_api.": "answers programs",
    "completing.complete": "answers programs",
    "oai.repository": "answers programs",
    "operations.": "answers programs",
    "metrics.metrics": "answers programs",
    "desk.preview": "a record of a trial run (tests/web/test_desk_harvests.py)",
    "api.": "answers programs",
    "tus.": "answers programs",
}
"""Endpoints, or the beginnings of their names, that are not visited, and why."""


@dataclass
class Things:
    """What there is to be seen, by the names that places of addresses have."""

    site: Site
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def paths(self, routes: Map) -> dict[str, str]:
        """An address of every page by its endpoint, without its language. Pages of test_pages are left to it."""
        adapter = routes.bind("localhost")
        seen = {_endpoint(adapter, path) for path in paths(self.site).values()}
        found: dict[str, str] = {}
        for route in routes.iter_rules():
            if "GET" not in (route.methods or ()) or route.endpoint in found or route.endpoint in seen - AGAIN:
                continue
            if any(
                route.endpoint == one or (one.endswith(".") and route.endpoint.startswith(one)) for one in NOT_PAGES
            ):
                continue
            found[route.endpoint] = adapter.build(route.endpoint, self.values.get(route.endpoint, {}))
        return found


ABSENT = {"short_links.follow": 404}
"""Pages that say why there is nothing."""
AGAIN = {"pages.front", "datasets.page", "datasets.file", "studies.page", "organizations.page"}
"""Seen by everybody, and with more on them by who may change what they show."""


def _group(name: str) -> str:
    return name if name.endswith(".") else f"{name} alone"


def _endpoint(adapter: Any, path: str) -> str:
    try:
        return str(adapter.match(path.partition("?")[0])[0])
    except (RequestRedirect, HTTPException):
        return ""


@pytest.fixture(scope="module")
def things(site: Site) -> Things:
    """Something on every page."""
    with desk.catalogue_of(site) as catalogue:
        accounts.add_user(catalogue, SYSTEM, accounts.NewUser("Всеволод", EMAIL, desk.PASSWORD, sysadmin=True))
        made = _made(catalogue)
        desk.settled(site)
        return Things(site, _values(site, catalogue, made))


def _made(catalogue: Catalogue) -> dict[str, Any]:
    """What the demonstration has none of: two records that are alike, an upload, a report, links of letters."""
    owner = OrganizationRef(slug=AGENCY, title=Text())
    one = DatasetRecord(
        Text(ru="Соли дельты", original="ru"), slug=SLUG, organization=owner, issued=PartialDate(2023),
        state=RecordState.PUBLISHED,
    )  # fmt: skip
    first = writing.create(catalogue, SYSTEM, one)
    writing.create(catalogue, SYSTEM, replace(one, slug=f"{SLUG}-2"))
    writing.replace(catalogue, SYSTEM, SLUG, replace(first, report_number="7"))
    proposals.everything(catalogue)
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser("Сауле", "saule@example.kz", desk.PASSWORD))
    resets.ask(catalogue, "saule@example.kz", "127.0.0.1")
    return {
        "upload": receiving.receive(catalogue, SYSTEM, AGENCY, "озёра.csv", io.BytesIO(TABLE.encode()), "ru"),
        "token": reporting.report(catalogue, "dataset", SLUG, "Опечатка.", "reader@example.kz", language="ru"),
        "invited": invitations.invite(catalogue, SYSTEM, "new@example.kz", "", AGENCY, Role.EDITOR),
    }


def _values(site: Site, catalogue: Catalogue, made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What stands at the places of each address."""
    study = {"slug": site.study(6).rpartition("/")[2]}
    with catalogue.sessions.read() as session:
        job = session.scalars(select(HarvestJob.id)).first()
        person = session.scalars(select(User.id).where(User.email == EMAIL)).one()
        pair = session.scalars(select(MatchProposal.id)).first()
        row = session.scalars(select(UploadRow.id).where(UploadRow.upload_id == made["upload"])).first()
        owed = session.scalars(select(Deliverable.id).join(Contract).join(Study).where(Study.slug == study["slug"]))
        owing = owed.first()
    record, source, job_id, upload = {"slug": SLUG}, {"name": "own"}, {"job_id": job}, {"upload_id": made["upload"]}
    with_file = site.file("balkhash-levels-2", "csv").split("/")
    file = {"slug": with_file[2], "resource_id": with_file[-1]}
    link = site.file("flood-service", "service").rpartition("/")[2]
    reset = desk.link_in(desk.letter_to(site, "saule@example.kz")).rpartition("/")[2]
    life = {"place": "datasets", **record}
    return {
        "datasets.page": record, "datasets.file": file, "datasets.inside": file, "studies.page": study,
        "organizations.page": {"slug": AGENCY}, "links.page": {"slug": AGENCY}, "discovery.facet": {"name": "keyword"},
        "reports.report": record, "reports.report_study": study, "reports.follow": {"token": made["token"]},
        "short_links.follow": {"code": "zzzzzzzz"}, "account_links.reset": {"secret": reset},
        "account_links.invitation": {"secret": made["invited"].link.rpartition("/")[2]},
        "desk.source": source, "desk.edit_source": source, "desk.ask_to_remove": source, "desk.job": job_id,
        "desk.preview": {**job_id, "position": 1}, "desk_datasets.edit": record, "desk_studies.edit": study,
        "desk_studies.report": {**study, "owed": owing}, "desk_files.index": file, "desk_files.new_link": file,
        "desk_files.edit": file, "desk_files.ask_to_replace": file, "desk_files.ask_to_remove": file,
        "desk_files.ask_disclosure": file, "desk_history.index": life, "desk_history.compare": life,
        "desk_history.preview": {**life, "number": 1}, "desk_life.dataset": record, "desk_life.study": study,
        "desk_life.ask_to_withdraw": life, "desk_organizations.edit": {"slug": AGENCY},
        "desk_organizations.show": {"slug": AGENCY}, "desk_people.person": {"user_id": person},
        "desk_work.listing": {"kind": "licenses"}, "desk_links.link": {"resource_id": link}, "uploads.show": upload,
        "uploads.row": {**upload, "row_id": row}, "uploads.columns": upload, "uploads.ask_to_undo": upload,
        "held.upload": upload, "matches.show": {"pair": pair}, "matches.edit": record,
    }  # fmt: skip


@pytest.fixture
def everything(visitor: Visitor, things: Things) -> tuple[Page, dict[str, str]]:
    """A browser of who sees everything, and the address of every page."""
    with desk.catalogue_of(things.site) as catalogue:
        found = things.paths(create_app(catalogue).url_map)
    page = desk.signed_in(visitor, EMAIL, "/kk/desk", reduced_motion="reduce")
    return page, found


def test_axe_the_browser_and_a_narrow_screen_find_nothing(everything: tuple[Page, dict[str, str]]) -> None:
    page, found = everything
    problems: dict[str, Any] = {}
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for place, (endpoint, path) in enumerate(sorted(found.items())):
        page.set_viewport_size({"width": 1280, "height": 800})
        answer = page.goto(f"/kk{path}")
        expected = ABSENT.get(endpoint, 200)
        wrong = [] if answer and answer.status == expected else [f"answered {answer and answer.status}"]
        structure = page.evaluate(STRUCTURE)
        if structure["h1"] != 1 or structure["unnamed"] or structure["repeated"] or structure["skipped"]:
            wrong.append(str(structure))
        page.evaluate(AXE)
        for scheme in SCHEMES if FULL else SCHEMES[place % 2 :][:1]:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            rules = {"color-contrast": {"enabled": FULL or place % 8 < 2}}
            wrong += violations(page, {"runOnly": RULES, "rules": rules, "resultTypes": ["violations"]})
        page.set_viewport_size({"width": 320, "height": 800})
        wrong += page.evaluate(OVERFLOWS)[:4]
        if expected != 200:
            said.clear()  # the browser says as much
        if wrong or said:
            problems[f"{endpoint} {path}"] = [*wrong, *said]
        said.clear()
    assert problems == {}


@pytest.mark.skipif(not FULL, reason="OPENDATA_TEST_FULL is not set: Kazakh alone was looked at")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_overflows_in_the_other_languages(everything: tuple[Page, dict[str, str]], language: str) -> None:
    page, found = everything
    page.set_viewport_size({"width": 320, "height": 800})
    problems = {}
    for endpoint, path in found.items():
        page.goto(f"/{language}{path}")
        if wide := page.evaluate(OVERFLOWS):
            problems[endpoint] = wide[:4]
    assert problems == {}
